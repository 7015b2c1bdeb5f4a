"""Functions by REST, as PostgREST's clients call them (spec: rest.md §4, RPC)."""

import json
from decimal import Decimal

import pytest
from contracts.operations import Read
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

CLERK = Who("clerk")
ANYBODY = Who("anonymous")


def raw(suite: Suite, address: str, body: bytes, media_type: str, **headers: str):
    """A POST of whatever bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return suite.rest.post(
        f"/rest/v1/{address}", data=body, content_type=media_type, headers={**named, **ADMIN.headers}
    )


def logged(suite: Suite) -> list[str]:
    return [row["what"] for row in suite.run(Read("log"))]


@pytest.fixture(autouse=True)
def _empty_log(suite: Suite):
    yield
    suite.restore()


@pytest.mark.parametrize(
    ("method", "address", "body", "expected"),
    [
        ("GET", "rpc/add?a=1", None, 3),
        ("GET", "rpc/add?a=1&b=5", None, 6),
        ("POST", "rpc/add", {"a": 1, "b": 5}, 6),
        ("POST", "rpc/add?select=*", {"a": "1"}, 3),
        ("GET", "rpc/numbers?n=3", None, [1, 2, 3]),
        ("GET", "rpc/numbers?n=5&limit=2&offset=1", None, [2, 3]),
        ("GET", "rpc/nothing_there", None, None),
        ("GET", "rpc/outs", None, {"low": 1, "high": 9}),
        ("GET", "rpc/pairs?n=2&x=eq.2", None, [{"x": 2, "y": Decimal("3.00")}]),
        ("GET", "rpc/pairs?n=3&select=y&order=y.desc&limit=1", None, [{"y": Decimal("4.50")}]),
        ("POST", "rpc/pairs?x=lt.2&select=total:y", {"n": 3}, [{"total": Decimal("1.50")}]),
        ("GET", "rpc/pairs?n=3&or=(x.eq.1,x.eq.3)&select=x", None, [{"x": 1}, {"x": 3}]),
        ("GET", "rpc/pairs?n=4&select=y.sum()", None, [{"sum": Decimal("15.00")}]),
        ("GET", "rpc/shops?id=eq.1&select=name,city(name)", None, [{"name": "Baker", "city": {"name": "Graz"}}]),
        ("GET", "rpc/shops?minimum=3&select=id", None, [{"id": 3}]),
        ("GET", "rpc/shop_of?which=2&select=id,name", None, {"id": 2, "name": "Cobbler"}),
        ("GET", "rpc/shop_of?which=9", None, None),
        ("GET", "rpc/joined?parts=a&parts=b,c", None, "a-b,c"),
        ("GET", "rpc/joined?parts=a", None, "a"),
        ("POST", "rpc/joined", {"parts": ["a", "b"]}, "a-b"),
        ("POST", "rpc/joined", {}, ""),
        ("POST", "rpc/whole", {"any": [1, {"thing": None}]}, {"any": [1, {"thing": None}]}),
        ("POST", "rpc/whole", [1, 2], [1, 2]),
        ("POST", "rpc/add?columns=a", {"a": 1, "zzz": 9}, 3),
        ("POST", "rpc/moods", None, ["ok", "sad"]),
    ],
)
def test_what_comes_back(suite: Suite, method: str, address: str, body, expected) -> None:
    answer = suite.send(method, address, ADMIN, body)
    assert (answer.status_code, exact(answer.data)) == (200, expected)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_arguments_of_every_kind(suite: Suite) -> None:
    body = {
        "j": {"k": [1]}, "n": [1.5, None], "m": "ok", "a": {"street": "Ring", "no": 7}, "at": "2024-01-31T10:00Z",
        "b": "\\x00ff", "ok": True, "on_day": "2024-02-29",
    }  # fmt: skip
    expected = [
        {"k": [1]}, [Decimal("1.5"), None], "ok", {"street": "Ring", "no": 7}, "2024-01-31T10:00:00", "\\x00ff", True,
        "2024-02-29",
    ]  # fmt: skip
    assert exact(suite.send("POST", "rpc/described", ADMIN, body).data) == expected
    query = "j={%22k%22:[1]}&n={1.5,NULL}&m=ok&a=(Ring,7)&at=2024-01-31T10:00Z&b=%5Cx00ff&ok=true&on_day=2024-02-29"
    assert exact(suite.get(f"rpc/described?{query}").data) == expected
    form = raw(suite, "rpc/described", query.encode(), "application/x-www-form-urlencoded")
    assert exact(form.data) == expected


def test_whole_bodies(suite: Suite) -> None:
    assert exact(raw(suite, "rpc/shout", b"hey", "text/plain").data) == "HEY"
    answer = raw(suite, "rpc/shout", b"hey", "text/plain; charset=utf-8", Accept="text/plain")
    assert (answer.data, answer.headers["Content-Type"]) == (b"HEY", "text/plain; charset=utf-8")
    answer = raw(suite, "rpc/bytes_back", b"\x00\x01", "application/octet-stream", Accept="application/octet-stream")
    assert (answer.data, answer.headers["Content-Type"]) == (b"\x00\x01\xff", "application/octet-stream")
    answer = raw(suite, "rpc/as_xml", b"<a><b/></a>", "text/xml", Accept="text/xml")
    assert (answer.data, answer.headers["Content-Type"]) == (b"<a><b/></a>", "text/xml; charset=utf-8")
    assert exact(raw(suite, "rpc/add", b"a,b\n1,5\n7,8", "text/csv").data) == 6
    assert raw(suite, "rpc/shout", b"a,b\n1,2", "text/csv").json["code"] == "PGRST202"
    assert raw(suite, "rpc/shout", b"a,b", "image/png").json["code"] == "PGRST102"
    assert raw(suite, "rpc/add", b"text", "text/plain").json["code"] == "PGRST202"
    assert raw(suite, "rpc/add", b"{", "application/json").json["code"] == "PGRST102"


def test_formats(suite: Suite) -> None:
    csv = suite.get("rpc/pairs?n=2", Accept="text/csv")
    assert csv.data == b"x,y\n1,1.50\n2,3.00"
    assert suite.get("rpc/outs", Accept="text/csv").data == b"low,high\n1,9"
    single = "application/vnd.pgrst.object+json"
    assert exact(suite.get("rpc/pairs?n=1", Accept=single).data) == {"x": 1, "y": Decimal("1.50")}
    assert suite.get("rpc/pairs?n=2", Accept=single).json["code"] == "PGRST116"
    assert suite.get("rpc/add?a=1", Accept="text/plain").data == b"3"
    assert suite.get("rpc/nothing_there", Accept="text/plain").data == b""
    assert suite.get("rpc/add?a=1", Accept="text/csv").data == b"pgrst_scalar\n3"
    assert suite.get("rpc/numbers?n=3", Accept="text/csv").data == b"pgrst_scalar\n1\n2\n3"
    assert suite.get("rpc/numbers?n=3", Accept="application/x-ndjson").data == b"1\n2\n3\n"
    assert suite.get("rpc/add?a=1", Accept="application/x-ndjson").json["code"] == "PGRST107"
    assert suite.get("rpc/numbers?n=1", Accept="text/plain").json["code"] == "PGRST107"


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "text/csv"])
def test_long_answers_are_written_as_rows_come(suite: Suite, media_type: str) -> None:
    answer = suite.get("rpc/pairs?n=20000&x=gt.10", Accept=media_type)
    assert answer.status_code == 200
    assert "Content-Length" not in answer.headers
    assert answer.data.count(b"\n") == 19990
    short = suite.get("rpc/pairs?n=2&select=y", Accept=media_type)
    assert short.headers["Content-Range"] == "0-1/*"
    assert b"3.00" in short.data
    posted = suite.send("POST", "rpc/pairs?x=gt.10", body={"n": 20000}, Accept=media_type)
    assert (posted.status_code, posted.data) == (200, answer.data)
    assert "Content-Length" not in posted.headers
    short = suite.send("POST", "rpc/pairs?select=y", body={"n": 2}, Accept=media_type)
    assert (short.status_code, b"3.00" in short.data, "ETag" in short.headers) == (200, True, False)


def test_what_writes_is_not_streamed(suite: Suite) -> None:
    answer = suite.get("rpc/write_log?what=never", Accept="text/csv")
    assert (answer.status_code, answer.json["code"]) == (405, "25006")
    written = suite.send("POST", "rpc/write_log", ADMIN, {"what": "once"}, Accept="text/csv")
    assert written.data == b"id,what\n1,once\n2,once!"
    assert logged(suite) == ["once", "once!"]


def test_pages_and_counts(suite: Suite) -> None:
    answer = suite.get("rpc/pairs?n=5&limit=2", Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, "0-1/5")
    assert answer.headers["Preference-Applied"] == "count=exact"
    assert answer.headers["Content-Location"] == "/rpc/pairs?limit=2&n=5"
    assert suite.get("rpc/pairs?n=5", Range="1-2").headers["Content-Range"] == "1-2/*"
    beyond = suite.get("rpc/pairs?n=5&offset=9", Prefer="count=exact")
    assert (beyond.status_code, beyond.json["code"]) == (416, "PGRST103")


def test_head_and_options(suite: Suite) -> None:
    head = suite.send("HEAD", "rpc/pairs?n=5", Prefer="count=exact")
    assert (head.status_code, head.data, head.headers["Content-Range"]) == (200, b"", "0-4/5")
    assert suite.send("OPTIONS", "rpc/add").headers["Allow"] == "OPTIONS,GET,HEAD,POST"
    assert suite.send("OPTIONS", "rpc/note").headers["Allow"] == "OPTIONS,POST"
    assert suite.send("OPTIONS", "rpc/unknown").status_code == 404
    refused = suite.send("DELETE", "rpc/add")
    assert (refused.status_code, refused.json["code"]) == (405, "PGRST101")


def test_an_answer_that_is_known_already(suite: Suite) -> None:
    tag = suite.get("rpc/add?a=1").headers["ETag"]
    assert suite.get("rpc/add?a=1", If_None_Match=tag).status_code == 304
    assert suite.get("rpc/add?a=2", If_None_Match=tag).status_code == 200


def test_void(suite: Suite) -> None:
    answer = suite.send("POST", "rpc/note", ADMIN, {"what": "void"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert logged(suite) == ["void"]


def test_what_writes_can_not_be_got(suite: Suite) -> None:
    answer = suite.get("rpc/write_log?what=never")
    assert (answer.status_code, answer.json["code"]) == (405, "25006")
    assert logged(suite) == []
    written = suite.send("POST", "rpc/write_log?select=what", ADMIN, {"what": "once"}, Prefer="count=exact")
    assert exact(written.data) == [{"what": "once"}, {"what": "once!"}]
    assert logged(suite) == ["once", "once!"]


def test_no_more_rows_than_wanted(suite: Suite) -> None:
    strict = {"Prefer": "handling=strict, max-affected=1"}
    answer = suite.send("POST", "rpc/write_log", ADMIN, {"what": "many"}, **strict)
    assert (answer.status_code, answer.json["code"]) == (400, "PGRST124")
    assert answer.json["details"] == "The query affects 2 rows"
    assert logged(suite) == []
    assert suite.send("POST", "rpc/note", ADMIN, {"what": "x"}, **strict).json["code"] == "PGRST128"
    ignored = suite.send("POST", "rpc/write_log", ADMIN, {"what": "many"}, Prefer="max-affected=1")
    assert ignored.status_code == 200


@pytest.mark.parametrize(
    ("address", "status", "code", "message", "hint"),
    [
        ("rpc/ad?a=1", 404, "PGRST202", "Could not find the function public.ad(a) in the schema cache",
         "Perhaps you meant to call the function public.add"),
        ("rpc/add?z=1&c=2", 404, "PGRST202", "Could not find the function public.add(c, z) in the schema cache",
         "Perhaps you meant to call the function public.add(a, b)"),
        ("rpc/add?b=1", 404, "PGRST202", "Could not find the function public.add(b) in the schema cache",
         "Perhaps you meant to call the function public.add(a, b)"),
        ("rpc/add", 404, "PGRST202", "Could not find the function public.add without parameters in the schema cache",
         "Perhaps you meant to call the function public.add(a, b)"),
        ("rpc/twin?a=1", 300, "PGRST203", "Could not choose the best candidate function between: "
         "public.twin(a => integer), public.twin(a => text)",
         "Try renaming the parameters or the function itself in the database so function overloading can be resolved"),
        ("rpc/add?a=x", 400, "22P02", 'invalid input syntax for type integer: "x"', None),
        ("rpc/refuse", 402, "PT402", "Pay first", "Bring money"),
        ("rpc/pairs?n=1&select=z", 400, "42703", "column pairs.z does not exist", None),
        ("rpc/pairs?n=1&x=like.a", 404, "42883", "operator does not exist: integer ~~ unknown", None),
    ],
)  # fmt: skip
def test_refusals(suite: Suite, address: str, status: int, code: str, message: str, hint: str | None) -> None:
    answer = suite.get(address)
    assert (answer.status_code, answer.json["code"], answer.json["message"]) == (status, code, message)
    assert answer.json["hint"] == hint
    assert set(answer.json) == {"code", "message", "details", "hint"}


def test_roles(suite: Suite) -> None:
    assert exact(suite.get("rpc/add?a=1", ANYBODY).data) == 3
    refused = suite.get("rpc/numbers?n=1", CLERK)
    assert (refused.status_code, refused.json["code"]) == (403, "42501")
    assert suite.get("rpc/numbers?n=1", ANYBODY).status_code == 401
    rows = exact(suite.get("rpc/shops?select=*", CLERK, Prefer="count=exact").data)
    assert rows == [{"id": 2, "name": "Cobbler", "city_id": 1}, {"id": 1, "name": "Baker", "city_id": 1}]
    assert suite.get("rpc/shops?secret=eq.c", CLERK).json["code"] == "42703"
    assert exact(suite.get("rpc/shop_of?which=3&select=secret", CLERK).data) == {"secret": "c"}
    hint = suite.get("rpc/number?n=1", CLERK).json["hint"]
    assert hint is None


def test_the_documents_tell_of_functions(suite: Suite) -> None:
    document = json.loads(suite.get("openapi.json").data)
    add = document["paths"]["/rpc/add"]
    assert add["get"]["summary"] == "The sum of both numbers"
    assert {p["name"]: p.get("required", False) for p in add["get"]["parameters"] if "name" in p} == {
        "a": True, "b": False,
    }  # fmt: skip
    body = add["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (body["required"], set(body["properties"])) == (["a"], {"a", "b"})
    assert add["get"]["responses"]["200"]["content"]["application/json"]["schema"]["type"] == ["integer", "null"]
    assert "get" not in document["paths"]["/rpc/note"]
    assert "204" in document["paths"]["/rpc/note"]["post"]["responses"]
    assert "/rpc/numbers" not in json.loads(suite.get("openapi.json", CLERK).data)["paths"]
    older = json.loads(suite.get("", Accept="application/openapi+json").data)
    assert "/rpc/add" in older["paths"]
    OpenAPIV31SpecValidator(document).validate()
    OpenAPIV2SpecValidator(older).validate()
