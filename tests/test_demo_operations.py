"""The demo store's own operation, `ship_order`, in REST, GraphQL and SOAP."""

import json
import urllib.error
import urllib.request
from typing import Any

import requests
import zeep
from requests import Session

from tests.fixtures.suite import Suite

CLERK = "clerk@example.com"


def ask(suite: Suite, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {suite.token(CLERK)}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{suite.base_url}{path}", data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def paid(suite: Suite) -> list[dict[str, Any]]:
    """Paid orders all of whose pieces are there, however many others take of them."""
    query = "select=id,order_items(quantity,product:products(stock))&status=eq.paid&order=id&limit=300"
    orders = ask(suite, "GET", f"/rest/v1/orders?{query}")[1]
    return [
        order
        for order in orders
        if order["order_items"]
        and all(item["product"]["stock"] > 3 * item["quantity"] for item in order["order_items"])
    ]


def pieces(order: dict[str, Any]) -> int:
    return sum(item["quantity"] for item in order["order_items"])


def test_ship_order_in_all_three(demo_suite: Suite) -> None:
    first, second, third, *_ = paid(demo_suite)
    status, body = ask(demo_suite, "POST", "/rest/v1/rpc/ship_order", {"order_id": first["id"]})
    assert (status, body["order_id"], body["pieces"]) == (200, first["id"], pieces(first))
    query = f"mutation {{ ship_order(args: {{order_id: {second['id']}}}) {{ order_id pieces shipped_at }} }}"
    status, body = ask(demo_suite, "POST", "/v1/graphql", {"query": query})
    assert body["data"]["ship_order"]["pieces"] == pieces(second)
    session = Session()
    session.headers["Authorization"] = f"Bearer {demo_suite.token(CLERK)}"
    client = zeep.Client(f"{demo_suite.base_url}/soap/v1?wsdl", transport=zeep.Transport(session=session))
    assert client.service.CallShipOrder(order_id=third["id"], note="by SOAP").pieces == pieces(third)
    ids = ",".join(str(order["id"]) for order in (first, second, third))
    rows = ask(demo_suite, "GET", f"/rest/v1/orders?select=status,note,shipped_at&id=in.({ids})&order=id")[1]
    assert [row["status"] for row in rows] == ["shipped"] * 3
    assert rows[2]["note"] == "by SOAP"
    assert all(row["shipped_at"] for row in rows)


def test_what_can_t_be_shipped_is_told(demo_suite: Suite) -> None:
    (order,) = ask(demo_suite, "GET", "/rest/v1/orders?select=id&status=eq.cancelled&order=id&limit=1")[1]
    status, body = ask(demo_suite, "POST", "/rest/v1/rpc/ship_order", {"order_id": order["id"]})
    assert (status, body["code"]) == (409, "NOT_PAID")
    assert ask(demo_suite, "POST", "/rest/v1/rpc/ship_order", {"order_id": 999999999})[0] == 404


def test_card_numbers_are_opened_for_who_may_see_them(demo_suite: Suite) -> None:
    address = f"{demo_suite.base_url}/rest/v1/payments?select=card_number&method=eq.card&order=id&limit=1"
    numbers = {}
    for account in (CLERK, "admin@example.com"):
        headers = {"Authorization": f"Bearer {demo_suite.token(account)}"}
        answer = requests.get(address, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        numbers[account] = answer.json()[0]["card_number"]
    clear = numbers["admin@example.com"]
    assert (len(clear) >= 15, clear.isdigit()) == (True, True)
    assert numbers[CLERK] == f"**** {clear[-4:]}"
