"""SOAP's operations of no resource over the running suite: logins, the version, queries by REST's words, open WSDLs."""

import json
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.helpers import serialize_object

from tests.fixtures.suite import DEMO_PASSWORD, Suite

NS = "{urn:trivet:v1}"
CLERK = "clerk@example.com"


@pytest.fixture(scope="module")
def suite(demo_suite: Suite) -> Suite:
    """The demo, whose SOAP service is met as its users meet it."""
    return demo_suite


def post(suite: Suite, body: str, header: str = "", **headers: str) -> requests.Response:
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:trivet:v1">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
    return requests.post(
        f"{suite.base_url}/soap/v1", text.encode(), headers={"Content-Type": "text/xml", **headers}, timeout=20
    )


def found(answer: requests.Response, name: str) -> str | None:
    return etree.fromstring(answer.content).findtext(f".//{NS}{name}")


def token_header(token: str) -> str:
    return f"<AuthToken>{token}</AuthToken>"


def login(suite: Suite, username: str = CLERK, password: str = DEMO_PASSWORD, **headers: str) -> requests.Response:
    body = f"<Login><username>{username}</username><password>{password}</password></Login>"
    return post(suite, body, **headers)


@pytest.fixture(scope="module")
def clerk(suite: Suite) -> str:
    """A token that Login gave."""
    token = found(login(suite), "token")
    assert token is not None
    return token


def test_a_login_s_token_is_good_in_the_header_and_as_bearer(suite: Suite, clerk: str) -> None:
    body = "<ListCustomers><page><limit>1</limit></page></ListCustomers>"
    assert post(suite, body).status_code == 401
    by_header = post(suite, body, token_header(clerk))
    by_bearer = post(suite, body, Authorization=f"Bearer {clerk}")
    assert by_header.status_code == 200
    assert by_header.content == by_bearer.content
    rest = requests.get(
        f"{suite.base_url}/rest/v1/customers?limit=1", headers={"Authorization": f"Bearer {clerk}"}, timeout=10
    )
    assert rest.status_code == 200


def test_a_login_by_zeep(suite: Suite) -> None:
    anonymous = zeep.Client(f"{suite.base_url}/soap/v1?wsdl")
    assert not hasattr(anonymous.service, "ListCustomers")
    session = anonymous.service.Login(username=CLERK, password=DEMO_PASSWORD)
    assert session.expiresIn > 0
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {session.token}"
    address = f"{suite.base_url}/soap/v1?wsdl&tables=customers"
    client = zeep.Client(address, transport=zeep.Transport(session=http))
    del http.headers["Authorization"]
    header = etree.Element(f"{NS}AuthToken")
    header.text = session.token
    client.set_default_soapheaders([header])
    assert client.service.ListCustomers(page={"limit": 1})["items"]["Customers"]
    assert client.service.GetVersion()["product"] == "Trivet"


def test_a_wrong_password_is_a_fault_of_the_body_and_is_audited(suite: Suite) -> None:
    refused = login(suite, password="wrong")
    assert (refused.status_code, found(refused, "code")) == (500, "TRV201")
    assert "WWW-Authenticate" not in refused.headers
    nobody = login(suite, username="nobody@example.com", password="wrong")
    assert (nobody.status_code, found(nobody, "message")) == (500, found(refused, "message"))
    assert found(post(suite, "<Login><username>a</username></Login>"), "code") == "PGRST102"


def test_who_logs_in_anew_may_still_send_the_token_of_before(suite: Suite) -> None:
    stale = token_header("a.b.c")
    body = f"<Login><username>{CLERK}</username><password>{DEMO_PASSWORD}</password></Login>"
    assert found(post(suite, body, stale), "token")
    assert post(suite, "<GetVersion/>", stale).status_code == 401


def test_a_logout_ends_the_session(suite: Suite) -> None:
    token = found(login(suite), "token")
    assert token is not None
    assert post(suite, "<Logout/>", token_header(token)).status_code == 200
    again = post(suite, "<Logout/>", token_header(token))
    assert again.status_code in (401, 500)
    assert found(post(suite, "<Logout/>"), "code") == "PGRST302"


def test_the_version(suite: Suite, clerk: str) -> None:
    answer = post(suite, "<GetVersion/>")
    assert (found(answer, "product"), found(answer, "version")) == ("Trivet", "0.1.0")
    assert found(answer, "catalogVersion")


@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("customers", "select=id,name&amp;order=id&amp;limit=2"),
        ("Customers", "?select=id,orders(id,status)&amp;order=id&amp;limit=1&amp;orders.order=id"),
        ("products", "select=name,price&amp;price=gte.10&amp;order=price.desc,id&amp;limit=3"),
        ("products", "name=ilike.*é*"),
    ],
)
def test_a_query_has_the_rows_of_rest(suite: Suite, clerk: str, table: str, query: str) -> None:
    body = f"<Query><table>{table}</table><restQuery>{query}</restQuery></Query>"
    answer = etree.fromstring(post(suite, body, token_header(clerk)).content)
    rows = [
        {field.findtext(f"{NS}name"): field.findtext(f"{NS}value") for field in row} for row in answer.iter(f"{NS}Row")
    ]
    address = f"{suite.base_url}/rest/v1/{table.lower()}?{query.lstrip('?').replace('&amp;', '&')}"
    expected = requests.get(address, headers={"Authorization": f"Bearer {clerk}"}, timeout=10)
    assert expected.status_code == 200
    assert [{name: said(value) for name, value in row.items()} for row in expected.json()] == [
        {name: said(json.loads(value)) if value and value[0] in "[{" else value for name, value in row.items()}
        for row in rows
    ]


def said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def test_a_query_that_rest_refuses_is_a_fault(suite: Suite, clerk: str) -> None:
    def code(table: str, query: str, header: str = "") -> str | None:
        return found(
            post(suite, f"<Query><table>{table}</table><restQuery>{query}</restQuery></Query>", header), "code"
        )

    header = token_header(clerk)
    assert code("customers", "nope=eq.1", header) == "42703"
    assert code("nope", "", header) == "PGRST205"
    assert code("rpc/anything", "", header) == "PGRST205"
    assert code("customers", "limit=1", "") in ("PGRST202", "PGRST205", "PGRST302")


def test_the_wsdl_without_a_token_shows_what_anonymous_may_do(suite: Suite, clerk: str) -> None:
    address = f"{suite.base_url}/soap/v1?wsdl"
    anonymous = requests.get(address, timeout=20)
    assert anonymous.status_code == 200
    openly = requests.get(f"{suite.base_url}/rest/v1/", timeout=20).json()
    shown = {path.strip("/") for path in openly["paths"]} - {""}
    tables = {name for name in shown if not name.startswith("rpc/")}
    names = operations(anonymous.content)
    assert {name for name in names if name.startswith("List")} == {f"List{pascal(table)}" for table in tables}
    assert {"Login", "Logout", "GetVersion"} <= names
    for hidden in (b"Customers", b"customer_id"):
        assert hidden not in anonymous.content
    clerks = requests.get(address, headers={"Authorization": f"Bearer {clerk}"}, timeout=20)
    assert names < operations(clerks.content)
    assert clerks.headers["ETag"] != anonymous.headers["ETag"]


def operations(document: bytes) -> set[str]:
    path = "{http://schemas.xmlsoap.org/wsdl/}portType/{http://schemas.xmlsoap.org/wsdl/}operation"
    return {each.attrib["name"] for each in etree.fromstring(document).findall(path)}


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_the_document_in_two_and_in_parts(suite: Suite, clerk: str) -> None:
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {clerk}"
    transport = zeep.Transport(session=http)
    base = f"{suite.base_url}/soap/v1"
    split = zeep.Client(f"{base}?wsdl=2", transport=transport)
    part = zeep.Client(f"{base}?wsdl=2&tables=customers,orders", transport=transport)
    assert split.service.ListCustomers(page={"limit": 1})["items"]["Customers"]
    row = serialize_object(part.service.ListOrders(page={"limit": 1}, include={"string": ["customer"]}), dict)
    assert row["items"]["Orders"][0]["customer"]
    assert not hasattr(part.service, "ListProducts")
    assert hasattr(split.service, "ListProducts")
    unknown = http.get(f"{base}?wsdl&tables=nope", timeout=10)
    assert (unknown.status_code, found(unknown, "code")) == (500, "TRV109")
