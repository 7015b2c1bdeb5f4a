"""What is too long or too large for the suite, and what is just not: through nginx and each service behind it."""

import pytest
import requests
from lxml import etree

LONG = 64_000  # characters of an address that must pass; nginx takes 64 KB with the method and the protocol
LARGE = 9_900_000  # bytes of a body that must pass
LIMIT = 10_485_760
TEXT = "{http://schemas.xmlsoap.org/soap/envelope/}"


@pytest.fixture(scope="module")
def ask(demo_suite):
    """Ask a path of the suite as the clerk."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {demo_suite.token('clerk@example.com')}"

    def ask(method: str, path: str, **kinds) -> requests.Response:
        return session.request(method, demo_suite.base_url + path, timeout=60, **kinds)

    return ask


def numbers(length: int) -> list[int]:
    """Numbers of orders, and of what is none, whose list is about so many characters long."""
    return list(range(1, 6)) + list(range(1_000_000, 1_000_000 + length // 8))


def list_orders(note: str) -> str:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListOrders xmlns="urn:trivet:v1">'
        f"<filter><note><eq>{note}</eq></note></filter></ListOrders></s:Body></s:Envelope>"
    )


def test_a_long_filter_of_rest(ask):
    path = f"/rest/v1/orders?select=id&order=id&id=in.({','.join(map(str, numbers(LONG)))})"
    assert len(path) >= LONG
    answer = ask("GET", path)
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in answer.json()] == [1, 2, 3, 4, 5]
    assert sum(map(len, answer.headers.values())) < 4096, "more than some clients take"


def test_a_long_query_of_graphql(ask):
    listed = ",".join(map(str, numbers(LONG)))
    path = f"/graphql?query={{orders(where:{{id:{{_in:[{listed}]}}}},order_by:{{id:asc}}){{id}}}}"
    assert len(path) >= LONG
    answer = ask("GET", path)
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in answer.json()["data"]["orders"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("path", ["/soap/v1?wsdl&", "/auth/v1/user?", "/?"])
def test_a_long_address_of_the_others(ask, path):
    assert ask("GET", f"{path}x={'a' * LONG}").status_code == 200


def test_an_address_past_the_limit_is_refused_in_each_dialect(ask):
    rest, graphql, soap = (ask("GET", f"{path}{'a' * 66_000}") for path in ("/rest/v1/o?", "/graphql?", "/soap/v1?"))
    assert {rest.status_code, graphql.status_code, soap.status_code} == {414}
    assert rest.json()["code"] == "TRV104"
    assert graphql.json()["errors"][0]["message"]
    assert etree.fromstring(soap.content).find(f".//{TEXT}Fault/faultcode").text == "soap:Client"


def test_a_large_body_of_rest(ask):
    answer = ask("PATCH", "/rest/v1/orders?id=eq.-1", json={"note": "x" * LARGE})
    assert answer.status_code == 204, answer.text[:500]


def test_a_large_body_of_graphql(ask):
    query = "query($note: String!) { orders(where: {note: {_eq: $note}}) { id } }"
    answer = ask("POST", "/graphql", json={"query": query, "variables": {"note": "x" * LARGE}})
    assert answer.json() == {"data": {"orders": []}}


def test_a_large_body_of_soap(ask):
    answer = ask("POST", "/soap/v1", data=list_orders("x" * LARGE), headers={"Content-Type": "text/xml"})
    assert answer.status_code == 200, answer.text[:500]
    assert "ListOrdersResponse" in answer.text


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "chunked"])
def test_a_body_past_the_limit_is_refused_in_each_dialect(ask, chunked):
    def post(path: str, media: str) -> requests.Response:
        body = b" " * (LIMIT + 1)
        return ask("POST", path, data=iter([body]) if chunked else body, headers={"Content-Type": media})

    rest = post("/rest/v1/orders", "application/json")
    assert (rest.status_code, rest.json()["code"]) == (413, "TRV103")
    graphql = post("/graphql", "application/json")
    assert (graphql.status_code, list(graphql.json())) == (413, ["errors"])
    soap = post("/soap/v1", "text/xml")
    assert soap.status_code == 413
    assert etree.fromstring(soap.content).find(f".//{TEXT}Fault/faultcode").text == "soap:Client"
    auth = post("/auth/v1/token?grant_type=password", "application/json")
    assert (auth.status_code, auth.json()["code"]) == (413, "TRV103")
