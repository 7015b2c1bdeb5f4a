"""The demo's exchange rates: an old SOAP service in all three protocols, as fields of products and as an operation."""

import json
import urllib.request
from decimal import Decimal

import pytest
from zeep import Client, Settings, Transport

from tests.fixtures.suite import Suite

CUSTOMER = "customer@example.com"
QUERY = "select=name,price,price_usd&order=id&limit=3"


def asked(suite: Suite, path: str, body: object = None, *, anonymous: bool = False) -> tuple[object, dict[str, str]]:
    """The JSON answer of a request, and its headers."""
    headers = {} if anonymous else {"Authorization": f"Bearer {suite.token(CUSTOMER)}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(
        suite.base_url + path, headers=headers, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read(), parse_float=Decimal), dict(response.headers)


def soap(suite: Suite, *, anonymous: bool = False):
    """The operations of the suite's own SOAP service."""
    import requests

    session = requests.Session()
    if not anonymous:
        session.headers["Authorization"] = f"Bearer {suite.token(CUSTOMER)}"
    client = Client(f"{suite.base_url}/soap/v1?wsdl", transport=Transport(session=session), settings=Settings())
    return client


def dollars(price: Decimal) -> Decimal:
    return (price * Decimal("1.0852")).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_rest_shows_prices_in_dollars(demo_suite: Suite) -> None:
    rows, headers = asked(demo_suite, f"/rest/v1/products?{QUERY}")
    assert len(rows) == 3
    assert all(row["price_usd"] == dollars(row["price"]) for row in rows)
    assert "Trivet-Warning" not in headers


def test_graphql_shows_the_same(demo_suite: Suite) -> None:
    rest, _ = asked(demo_suite, f"/rest/v1/products?{QUERY}")
    query = "{ products(order_by: {id: asc}, limit: 3) { name price price_usd } }"
    body, _ = asked(demo_suite, "/graphql", {"query": query})
    assert [Decimal(row["price_usd"]) for row in body["data"]["products"]] == [row["price_usd"] for row in rest]
    assert "extensions" not in body


def test_soap_shows_the_same(demo_suite: Suite) -> None:
    rest, _ = asked(demo_suite, f"/rest/v1/products?{QUERY}")
    client = soap(demo_suite)
    found = client.service.ListProducts(page={"limit": 3}, orderBy={"item": [{"field": "id"}]})
    assert [row["price_usd"] for row in found["items"]["Products"]] == [row["price_usd"] for row in rest]


def test_the_field_can_only_be_read(demo_suite: Suite) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(demo_suite, "/rest/v1/products?price_usd=gt.10")
    assert caught.value.code == 400


def test_the_old_service_has_rest_now(demo_suite: Suite) -> None:
    rows, _ = asked(demo_suite, "/rest/v1/rpc/exchange_rates", {"Currency": ["USD", "NOK"]}, anonymous=True)
    assert rows == [
        {"Currency": "USD", "Value": Decimal("1.0852"), "Day": "2024-05-31"},
        {"Currency": "NOK", "Value": Decimal("11.4055"), "Day": "2024-05-31"},
    ]
    every, _ = asked(demo_suite, "/rest/v1/rpc/exchange_rates?select=Currency&Value=lt.1", anonymous=True)
    assert [row["Currency"] for row in every] == ["GBP", "CHF"]


def test_the_old_service_has_graphql_now(demo_suite: Suite) -> None:
    query = '{ exchange_rates(args: {Currency: ["JPY"]}) { Currency Value } }'
    body, _ = asked(demo_suite, "/graphql", {"query": query}, anonymous=True)
    assert body == {"data": {"exchange_rates": [{"Currency": "JPY", "Value": Decimal("170.11")}]}}
