"""nginx in front of upstreams: what is routed where, what is kept away, and whose words errors have."""

import http.client
import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from chassis import explanations
from trivet_cli.programs import find

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = (ROOT / "nginx" / "trivet.conf.template").read_text(encoding="utf-8")
API_PATHS = ["/rest/v1/orders", "/graphql", "/v1/graphql", "/soap/v1", "/auth/v1/user"]


def ask(router, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None):
    connection = http.client.HTTPConnection("127.0.0.1", router.port, timeout=10)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


def raw(router, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", router.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def seen(response) -> dict[str, Any]:
    return json.loads(response.text)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/rest/v1", "rest"),
        ("/rest/v1/", "rest"),
        ("/rest/v1/orders?id=eq.1", "rest"),
        ("/graphql", "graphql"),
        ("/v1/graphql", "graphql"),
        ("/v1/version", "graphql"),
        ("/healthz", "graphql"),
        ("/soap/v1?wsdl", "soap"),
        ("/soap/v1.wsdl", "soap"),
        ("/soap/v1/shop", "soap"),
        ("/auth/v1/token?grant_type=password", "auth"),
        ("/auth/v1/.well-known/jwks.json", "auth"),
        ("/", "gateway"),
        ("/livez", "gateway"),
        ("/readyz", "gateway"),
        ("/assets/front.css", "gateway"),
        ("/explore/examples?resource=orders", "gateway"),
    ],
)
def test_each_path_reaches_its_service(router, path: str, service: str) -> None:
    response = ask(router, "GET", path)
    assert response.status == 200
    assert (seen(response)["service"], seen(response)["path"]) == (service, path)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/execute", "/catalog", "/reload", "/batch", "/-/exchange", "/-/revocations", "/-/error/404", "/rest",
        "/rest/v1x", "/rest/v2/orders", "/graphqlx", "/graphql/", "/soap/v10", "/auth/v1", "//rest/v1/orders", "/livez/x",
        "/METRICS", "/%6detrics", "/healthz/x",
    ],
)  # fmt: skip
def test_nothing_else_is_reachable(router, path: str) -> None:
    response = ask(router, "GET", path)
    assert response.status == 404
    assert "service" not in json.loads(response.text)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1/../../metrics", "/rest/v1/%2e%2e/%2e%2e/metrics", "/rest/v1/..%2f..%2fmetrics", "/metrics/../rest/v1/x",
        "/rest/v1/./x", "/-/exchange/%2E%2E/../rest/v1/x", "/auth/v1/..", "/rest/v1/%2e",
    ],
)  # fmt: skip
def test_dot_segments_are_refused(router, path: str) -> None:
    assert ask(router, "GET", path).status in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1/Order%20Items", "/rest/v1/a%2Fb?x=eq.%2e%2e/", '/rest/v1/t?select="a.b"&f=in.("x,y")', "/rest/v1/a..b",
        "/rest/v1/%E6%97%A5%E6%9C%AC?select=%2A", "/rest/v1/orders?a=b&or=(x.eq./../)", "/rest/v1//orders",
    ],
)  # fmt: skip
def test_addresses_arrive_untouched(router, path: str) -> None:
    assert seen(ask(router, "GET", path))["path"] == path


def test_inner_headers_are_replaced(router) -> None:
    sent = {
        "X-Trivet-Role": "admin", "X-Internal-User": "1", "X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6",
        "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/x", "Forwarded": "for=6.6.6.6", "X_Trivet_Role": "admin",
        "X-Forwarded-Host": "evil.example", "X-Hasura-Role": "clerk", "Prefer": "count=exact",
    }  # fmt: skip
    found = {name.lower(): value for name, value in seen(ask(router, "GET", "/rest/v1/x", sent))["headers"]}
    assert "6.6.6.6" not in found.values()
    assert not {"x-trivet-role", "x-internal-user", "x-forwarded-prefix", "forwarded", "x_trivet_role"} & set(found)
    assert (found["x-real-ip"], found["x-forwarded-for"]) == ("127.0.0.1", "127.0.0.1")
    assert (found["x-forwarded-proto"], found["x-forwarded-host"]) == ("http", f"127.0.0.1:{router.port}")
    assert (found["x-hasura-role"], found["prefer"]) == ("clerk", "count=exact")


def test_every_inner_header_of_the_code_is_stripped() -> None:
    named = set()
    for source in [*ROOT.glob("libs/**/*.py"), *ROOT.glob("services/*/*_service/**/*.py")]:
        named |= set(
            re.findall(r"['\"](x-(?:trivet|internal)-[a-z-]+)['\"]", source.read_text(encoding="utf-8").lower())
        )
    stripped = set(re.findall(r'proxy_set_header (x-(?:trivet|internal)-[a-z-]+) "";', TEMPLATE.lower()))
    assert named
    assert named - {explanations.ASK.lower()} <= stripped  # which is for clients to ask with


def test_request_id_is_kept_where_well_formed(router) -> None:
    assert ask(router, "GET", "/rest/v1/x", {"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    for bad in ("a b", "x" * 65, 'a"b'):
        made = ask(router, "GET", "/rest/v1/x", {"X-Request-Id": bad}).headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{32}", made)
    own = ask(router, "GET", "/nowhere", {"X-Request-Id": "abc-2"})
    assert own.headers.get_all("X-Request-Id") == ["abc-2"]


@pytest.mark.parametrize("path", API_PATHS)
def test_preflight_is_answered_here(router, path: str) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "prefer, x-custom",
    }
    response = ask(router, "OPTIONS", path, asked)
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST, PATCH, PUT, DELETE, OPTIONS"
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization, prefer, x-custom"
    assert response.headers["Access-Control-Max-Age"] == "86400"


def test_plain_options_reaches_the_service(router) -> None:
    assert seen(ask(router, "OPTIONS", "/rest/v1/x"))["method"] == "OPTIONS"


@pytest.mark.parametrize("path", API_PATHS)
def test_answers_may_be_read_by_any_page(router, path: str) -> None:
    response = ask(router, "GET", path)
    assert response.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert "Content-Range" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Methods" not in response.headers


def test_the_front_page_is_not_open_to_other_pages(router) -> None:
    assert "Access-Control-Allow-Origin" not in ask(router, "GET", "/").headers


def test_errors_of_services_pass_untouched(router) -> None:
    for status in (404, 409, 500, 503):
        response = ask(router, "GET", f"/rest/v1/answer/{status}")
        assert response.status == status
        assert seen(response)["service"] == "rest"
    assert ask(router, "GET", "/rest/v1/answer/503").headers.get_all("Retry-After") == ["1"]
    assert "Retry-After" not in ask(router, "GET", "/rest/v1/answer/500").headers


def _rest(text: str) -> str:
    found = json.loads(text)
    assert list(found) == ["code", "message", "details", "hint"]
    return found["code"]


def _graphql(text: str) -> str:
    found = json.loads(text)["errors"][0]
    assert found["message"]
    assert found["extensions"]["path"] == "$"
    return found["extensions"]["code"]


def _auth(text: str) -> str:
    found = json.loads(text)
    assert found["msg"]
    assert found["code"] == found["error_code"]
    return found["code"]


def _soap(text: str) -> str:
    fault = ElementTree.fromstring(text).find(".//{http://schemas.xmlsoap.org/soap/envelope/}Fault")
    assert [child.tag for child in fault] == ["faultcode", "faultstring"]
    return fault.find("faultcode").text


def _gateway(text: str) -> str:
    found = json.loads(text)
    assert found["title"]
    return found["code"]


DIALECTS = [
    ("/rest/v1/orders", _rest, "application/json; charset=utf-8", "TRV103", "TRV107"),
    ("/graphql", _graphql, "application/json; charset=utf-8", "bad-request", "unexpected"),
    ("/soap/v1", _soap, "text/xml; charset=utf-8", "soap:Client", "soap:Server"),
    ("/auth/v1/user", _auth, "application/json; charset=utf-8", "TRV103", "TRV107"),
    ("/", _gateway, "application/problem+json", "TRV103", "TRV107"),
]


@pytest.mark.parametrize(("path", "parse", "media", "too_large", "_away"), DIALECTS)
def test_a_body_too_large_is_refused_in_the_dialect(
    router, path: str, parse, media: str, too_large: str, _away
) -> None:
    response = ask(router, "POST", path, {"Content-Type": "text/plain"}, b"x" * 30_000)
    assert (response.status, response.headers["Content-Type"]) == (413, media)
    assert parse(response.text) == too_large


@pytest.mark.parametrize(("path", "parse", "media", "_large", "away"), DIALECTS)
def test_a_service_that_is_away_is_told_in_the_dialect(router, path: str, parse, media: str, _large, away: str) -> None:
    name = {"/": "gateway"}.get(path) or path.split("/")[1]
    router.close(name)
    try:
        response = ask(router, "GET", path)
    finally:
        router.open(name)
    assert (response.status, response.headers["Content-Type"]) == (503, media)
    assert response.headers.get_all("Retry-After") == ["1"]
    assert response.headers.get_all("X-Request-Id")
    assert parse(response.text) == away
    assert ask(router, "GET", path).status == 200


def test_soap_12_gets_its_own_fault(router) -> None:
    response = ask(router, "POST", "/soap/v1", {"Content-Type": "application/soap+xml"}, b"x" * 30_000)
    assert response.headers["Content-Type"] == "application/soap+xml; charset=utf-8"
    code = ElementTree.fromstring(response.text).find(".//{http://www.w3.org/2003/05/soap-envelope}Value")
    assert code.text == "soap:Sender"


@pytest.mark.parametrize(
    ("request_line", "status", "marker"),
    [
        (b"GET /rest/v1/" + b"a" * 66_000 + b" HTTP/1.1", 414, b'"code":"TRV104"'),
        (b"GET /graphql?query=" + b"a" * 66_000 + b" HTTP/1.1", 414, b'"errors":['),
        (b"GET /soap/v1?" + b"a" * 66_000 + b" HTTP/1.1", 414, b"soap:Client"),
        (b"GET /rest/v1/x HTTP/1.1\r\nX-Long: " + b"a" * 66_000, 431, b'"code":"TRV103"'),
        (b"GET /rest/v1/%zz HTTP/1.1", 400, b'"code":"TRV109"'),
        (b"TRACE /rest/v1/x HTTP/1.1", 405, b'"code":"TRV101"'),
        (b"GET /soap/v1/%00 HTTP/1.1", 400, b"soap:Client"),
        (b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: rot13", 400, b'"code":"bad-request"'),
    ],
)
def test_what_nginx_itself_refuses(router, request_line: bytes, status: int, marker: bytes) -> None:
    answer = raw(router, request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert marker in answer
    assert b"<html" not in answer


def test_long_filters_pass(router) -> None:
    path = "/rest/v1/orders?id=in.(" + ",".join(str(n) for n in range(11_000)) + ")"
    assert seen(ask(router, "GET", path))["path"] == path


def test_logins_are_limited_in_auths_words(router) -> None:
    answers = [ask(router, "POST", "/auth/v1/token?grant_type=password", body=b"{}") for _ in range(60)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert _auth(refused[0].text) == "TRV105"
    assert refused[0].headers["Retry-After"] == "1"
    assert ask(router, "GET", "/auth/v1/user").status == 200


def test_answers_are_compressed_when_asked(router) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", router.port, timeout=10)
    connection.request("GET", "/rest/v1/x", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Server"] == "nginx"
    connection.close()


@pytest.mark.parametrize("accepted, coding", [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")])
def test_brotli_is_preferred_where_nginx_has_it(router, accepted: str, coding: str) -> None:
    told = subprocess.run([find("nginx", os.environ), "-V"], capture_output=True, text=True, check=True).stderr
    modules = re.search(r"--modules-path=(\S+)", told)
    assert modules is not None
    if not Path(modules[1], "ngx_http_brotli_filter_module.so").exists():
        coding = "gzip"
    connection = http.client.HTTPConnection("127.0.0.1", router.port, timeout=10)
    connection.request("GET", "/rest/v1/x", headers={"Accept-Encoding": accepted})
    response = connection.getresponse()
    assert response.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in response.headers["Vary"]
    connection.close()


def test_brotli_is_for_the_types_that_gzip_is_for() -> None:
    kinds = [
        re.search(rf"{name}_types ([^;]*);", text)[1].split()
        for name, text in (("gzip", TEMPLATE), ("brotli", (ROOT / "nginx" / "brotli.conf").read_text(encoding="utf-8")))
    ]
    assert kinds[0] == kinds[1]


def test_an_nginx_without_the_module_goes_without_it(tmp_path: Path) -> None:
    stub = tmp_path / "nginx"
    stub.write_text(f"#!/bin/sh\necho 'configure arguments: --modules-path={tmp_path}/modules' >&2\n")
    stub.chmod(0o755)
    (tmp_path / "brotli.conf").write_text("of an earlier start")
    environment = {"NGINX": str(stub), "TRIVET_NGINX_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([ROOT / "nginx" / "brotli.sh"], env=environment, check=True, timeout=10)
    assert not list(tmp_path.glob("*.conf"))


def test_every_code_of_ours_is_in_the_table() -> None:
    from contracts.problems import CODES

    for code in set(re.findall(r"TRV\d+", TEMPLATE)):
        assert code in CODES
