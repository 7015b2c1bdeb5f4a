"""SOAP as it comes over the wire, through nginx: credentials, packing, statuses, and a promised service for partners."""

import gzip
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests
import zeep
from lxml import etree

from tests.fixtures.suite import ROOT, Suite

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
PARTNER = "urn:example:partner:v1"
CONFIG = f"""\
version: 1
resources:
  things:
    permissions:
      partner: {{select: {{columns: [id, name], filter: {{id: {{_lt: 3}}}}}}}}
soap:
  services:
    Partner: {{resources: [things], namespace: '{PARTNER}', version: 1.0, role: partner, public: true}}
"""


def envelope(
    body: str = "<ListThings/>", header: str = "", soap: str = SOAP11, namespace: str = "urn:trivet:v1"
) -> str:
    return f'<s:Envelope xmlns:s="{soap}" xmlns="{namespace}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'


def command(suite: Suite, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **suite._choices, "STATE": str(suite.state), "PUBLIC_URL": suite.base_url}
    argv = [sys.executable, "-m", "trivet_cli", *words]
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A suite over a database of one's own, whose service for partners was promised before it started."""
    folder = tmp_path_factory.mktemp("wire")
    with sqlite3.connect(folder / "own.db") as connection:
        connection.execute("CREATE TABLE things (cost TEXT, id INTEGER PRIMARY KEY, name TEXT NOT NULL, photo BLOB)")
        connection.executemany("INSERT INTO things (id, name) VALUES (?, ?)", [(1, "Ä"), (2, "b"), (3, "c")])
    connection.close()
    (folder / "trivet.yaml").write_text(CONFIG)
    suite = Suite(f"sqlite:///{folder / 'own.db'}", config=folder / "trivet.yaml")
    saved = command(suite, "contract", "save")
    assert saved.returncode == 0, saved.stderr
    with suite:
        yield suite


@pytest.fixture(scope="module")
def key(served: Suite) -> str:
    """An API key of the role partner."""
    answer = requests.post(
        f"{served.base_url}/auth/v1/admin/api-keys",
        json={"name": "partner", "role": "partner"},
        headers={"Authorization": f"Bearer {served.admin_token()}"},
        timeout=30,
    )
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["key"])


def post(suite: Suite, text: str | bytes, path: str = "/soap/v1", **headers: str) -> requests.Response:
    data = text.encode() if isinstance(text, str) else text
    named = {"Content-Type": "text/xml; charset=utf-8"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return requests.post(suite.base_url + path, data=data, headers=named, timeout=30)


@pytest.mark.parametrize(
    "way", ["bearer", "basic", "X-API-Key", "bearer key", "UsernameToken", "AuthToken", "AuthToken key"]
)
def test_every_way_to_say_who_one_is(served: Suite, key: str, way: str) -> None:
    header, sent = "", {}
    if way == "basic":
        answer = requests.post(
            f"{served.base_url}/soap/v1", data=envelope().encode(), auth=("admin@trivet.local", served.admin_password),
            headers={"Content-Type": "text/xml"}, timeout=30,
        )  # fmt: skip
    else:
        if way == "UsernameToken":
            space = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
            inner = f"<w:Username>admin@trivet.local</w:Username><w:Password>{served.admin_password}</w:Password>"
            header = f'<w:Security xmlns:w="{space}" s:mustUnderstand="1"><w:UsernameToken>{inner}</w:UsernameToken></w:Security>'
        elif way.startswith("AuthToken"):
            header = f"<AuthToken>{key if way.endswith('key') else served.admin_token()}</AuthToken>"
        elif way == "X-API-Key":
            sent = {"X_API_Key": key}
        else:
            sent = {"Authorization": f"Bearer {key if way.endswith('key') else served.admin_token()}"}
        answer = post(served, envelope(header=header), **sent)
    assert answer.status_code == 200, answer.text
    assert answer.content.count(b"<Things>") == (2 if "key" in way.lower() else 3)


def test_a_token_that_is_none(served: Suite) -> None:
    answer = post(served, envelope(header="<AuthToken>a.b.c</AuthToken>"))
    assert (answer.status_code, "PGRST301" in answer.text) == (401, True)
    assert answer.headers["WWW-Authenticate"]


def test_an_old_client_that_waits_to_be_told_to_go_on(served: Suite, key: str) -> None:
    """Expect: 100-continue, as .NET and PHP send it."""
    body = envelope().encode()
    head = (
        f"POST /soap/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"ListThingsResponse" in answer


def test_a_message_in_chunks_and_packed(served: Suite, key: str) -> None:
    whole = gzip.compress(envelope().encode())
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    headers = {"Content-Type": "text/xml", "Content-Encoding": "gzip", "X-API-Key": key}
    connection.request("POST", "/soap/v1", iter([whole[:50], whole[50:]]), headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, b"ListThingsResponse" in answer.read()) == (200, True)
    connection.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_charsets(served: Suite, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>' + envelope(
        "<ListThings><filter><name><eq>Ä</eq></name></filter></ListThings>"
    )
    answer = post(
        served, text.encode(encoding), Content_Type="text/xml", Authorization=f"Bearer {served.admin_token()}"
    )
    assert answer.status_code == 200, answer.text
    assert answer.content.count(b"<Things>") == 1
    assert answer.content.startswith(b"<?xml")


def test_an_answer_is_packed_for_who_takes_it(served: Suite) -> None:
    headers = {"Authorization": f"Bearer {served.admin_token()}", "Accept-Encoding": "gzip"}
    answer = requests.get(f"{served.base_url}/soap/v1?wsdl", headers=headers, timeout=30)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')


def test_who_waits_for_no_answer(served: Suite, key: str) -> None:
    nowhere = f'<a:ReplyTo xmlns:a="{WSA}"><a:Address>{WSA}/none</a:Address></a:ReplyTo>'
    answer = post(served, envelope(header=nowhere), X_API_Key=key)
    assert (answer.status_code, answer.content) == (202, b"")
    refused = post(served, envelope("<Nothing/>", nowhere), X_API_Key=key)
    assert (refused.status_code, refused.content) == (500, b"")


@pytest.mark.parametrize("path", ["/soap/v1", "/soap/v1/Partner"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(served: Suite, method: str, path: str) -> None:
    answer = requests.request(method, served.base_url + path, data="<a/>", timeout=30)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert etree.fromstring(answer.content).tag == f"{{{SOAP11}}}Envelope"


@pytest.mark.parametrize("soap, media", [(SOAP11, "text/xml"), (SOAP12, "application/soap+xml")])
def test_what_nginx_itself_refuses_is_a_fault_in_the_client_s_version(served: Suite, soap: str, media: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.putrequest("POST", "/soap/v1")
    connection.putheader("Content-Type", media)
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert etree.fromstring(answer.read()).find(f".//{{{soap}}}Fault") is not None
    connection.close()


# --- the promised service --------------------------------------------------------------------------------------------


def partner(suite: Suite, key: str) -> zeep.Client:
    session = requests.Session()
    client = zeep.Client(
        f"{suite.base_url}/soap/v1/Partner?wsdl",
        transport=zeep.Transport(session=session),
        settings=zeep.Settings(strict=True),
    )
    session.headers["X-API-Key"] = key
    return client


def test_a_partner_reads_what_its_role_may(served: Suite, key: str) -> None:
    """With a WSDL that was read without a login."""
    found = partner(served, key).service.ListThings()["items"]["Things"]
    assert [(row["id"], row["name"]) for row in found] == [(1, "Ä"), (2, "b")]


def test_nobody_else_s_rights_come_with_it(served: Suite) -> None:
    assert post(served, envelope(namespace=PARTNER), "/soap/v1/Partner").status_code == 401
    admin = f"Bearer {served.admin_token()}"
    answer = post(served, envelope(namespace=PARTNER), "/soap/v1/Partner", Authorization=admin)
    assert answer.content.count(b"<Things>") == 3  # the rows of the caller's role, in the promised fields
    assert b"cost" not in answer.content


def test_it_outlives_its_table(served: Suite, key: str) -> None:
    """Made anew with columns in another order and new ones between: the same document, and the same client."""
    client = partner(served, key)
    before = requests.get(f"{served.base_url}/soap/v1/Partner?wsdl", timeout=30).content
    path = served._choices["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "ALTER TABLE things RENAME TO old; CREATE TABLE things (name TEXT NOT NULL, size TEXT, id INTEGER PRIMARY KEY);"
            "INSERT INTO things (id, name) SELECT id, name FROM old; DROP TABLE old;"
        )
    connection.close()
    reload(served)
    found = client.service.ListThings()["items"]["Things"]
    assert [(row["id"], row["name"]) for row in found] == [(1, "Ä"), (2, "b")]
    assert requests.get(f"{served.base_url}/soap/v1/Partner?wsdl", timeout=30).content == before
    assert command(served, "contract", "diff").stdout == "nothing breaks\n"


def reload(suite: Suite) -> None:
    """Have the database read again, and wait until REST knows its new column."""
    admin = {"Authorization": f"Bearer {suite.admin_token()}"}
    for _ in range(300):
        answer = requests.get(f"{suite.base_url}/rest/v1/things?select=size", headers=admin, timeout=30)
        if answer.status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError(json.dumps(answer.json()))
