"""Groups asked for in every protocol give the same answer on each database."""

import json
from decimal import Decimal

import pytest
import zeep
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

# of order_items: order 1 has quantities 2 and 1, order 2 has 5, order 3 has 1 and 1
GROUPS = {
    "in the order of a sum": (
        "order_items?select=order_id,quantity.sum()&order=quantity.sum().desc,order_id",
        "{ rows: order_items_grouped(by: [order_id], order_by: [{aggregate: {sum: {quantity: desc}}}, {key: {order_id: asc}}])"
        " { key { order_id } aggregate { sum { quantity } } } }",
        [{"order_id": 2, "sum": 5}, {"order_id": 1, "sum": 3}, {"order_id": 3, "sum": 2}],
    ),
    "of which some are wanted": (
        "order_items?select=order_id,quantity.sum()&quantity.sum()=gte.3&count()=not.eq.1&order=order_id",
        "{ rows: order_items_grouped(by: order_id, having: {sum: {quantity: {_gte: 3}}, _not: {count: {_eq: 1}}})"
        " { key { order_id } aggregate { sum { quantity } } } }",
        [{"order_id": 1, "sum": 3}],
    ),
    "of filtered rows, a page of them": (
        "order_items?select=order_id,quantity.sum()&line_no=eq.1&order=order_id&limit=1&offset=1",
        "query($n: Int!) { rows: order_items_grouped(by: [order_id], where: {line_no: {_eq: $n}}, limit: $n, offset: $n,"
        " order_by: {key: {order_id: asc}}) { key { order_id } aggregate { sum { quantity } } } }",
        [{"order_id": 2, "sum": 5}],
    ),
}


def by_rest(suite: Suite, address: str) -> list[dict]:
    """The groups by REST."""
    return exact(suite.send("GET", address, ADMIN).data)


def by_graphql(suite: Suite, text: str) -> list[dict]:
    """The groups by GraphQL, each with its key and its sum beside each other."""
    answer = exact(suite.ask(text, ADMIN, **({"n": 1} if "$n" in text else {})).data)
    assert "errors" not in answer, answer
    return [{**row["key"], "sum": row["aggregate"]["sum"]["quantity"]} for row in answer["data"]["rows"]]


@pytest.mark.parametrize("name", GROUPS)
def test_groups(suite: Suite, name: str) -> None:
    rest, graphql, rows = GROUPS[name]
    assert by_rest(suite, rest) == rows
    assert by_graphql(suite, graphql) == rows


REFUSED = {
    "a key that is not grouped by": (
        "order_items?select=order_id,count()&order=product_id",
        "{ rows: order_items_grouped(by: [order_id]) { key { product_id } } }",
        ("42803", "validation-failed"),
    ),
    "a condition of another kind": (
        "order_items?select=order_id,count()&count()=like.1",
        "{ rows: order_items_grouped(by: [order_id], having: {count: {_is_null: true}}) { key { order_id } } }",
        ("PGRST100", "validation-failed"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_groups_that_make_no_sense(suite: Suite, name: str) -> None:
    rest, graphql, codes = REFUSED[name]
    assert by_rest(suite, rest)["code"] == codes[0]
    error = json.loads(suite.ask(graphql, ADMIN).data)["errors"][0]
    assert error["extensions"]["code"] == codes[1]
    assert error["extensions"]["path"].startswith("$.selectionSet.order_items_grouped")


def by_soap(suite: Suite, **arguments: object) -> list[dict]:
    """The groups by SOAP: zeep writes the request and reads the answer, by the WSDL."""
    found = serialize_object(suite.soap_client(ADMIN).service.AggregateOrderItems(**arguments), dict)
    return (found["items"] or {}).get("OrderItemsGroup") or []


def present(value: object) -> object:
    """A value of zeep's without what is not there."""
    if isinstance(value, dict):
        return {key: present(item) for key, item in value.items() if item is not None}
    return value


SUM = {"item": [{"function": "sum", "field": "quantity"}]}


def test_groups_by_soap(suite: Suite) -> None:
    order = {"item": [{"function": "sum", "field": "quantity", "descending": True}, {"field": "order_id"}]}
    found = by_soap(suite, groupBy={"string": ["order_id"]}, aggregates=SUM, orderBy=order)
    assert [present(row) for row in found] == [
        {"key": {"order_id": 2}, "sum": {"quantity": Decimal(5)}},
        {"key": {"order_id": 1}, "sum": {"quantity": Decimal(3)}},
        {"key": {"order_id": 3}, "sum": {"quantity": Decimal(2)}},
    ]
    having = {"item": [{"function": "sum", "field": "quantity", "ge": "3"}, {"function": "count", "ne": "1"}]}
    aggregates = {"item": [{"function": "count"}, {"function": "max", "field": "line_no"}]}
    found = by_soap(suite, groupBy={"string": ["order_id"]}, aggregates=aggregates, having=having)
    assert [present(row) for row in found] == [{"key": {"order_id": 1}, "count": 2, "max": {"line_no": 2}}]
    assert [present(row) for row in by_soap(suite)] == [{"count": 5}]
    distinct = {"item": [{"function": "count", "field": "product_id", "distinct": True}]}
    assert [present(row) for row in by_soap(suite, aggregates=distinct)] == [{"countOf": {"product_id": 3}}]
    filtered = {"line_no": {"eq": 1}}
    page = {"limit": 1, "includeTotal": True}
    answer = suite.soap_client(ADMIN).service.AggregateOrderItems(
        filter=filtered,
        groupBy={"string": ["order_id"]},
        aggregates=SUM,
        page=page,
        orderBy={"item": [{"field": "order_id"}]},
    )
    found = serialize_object(answer, dict)
    assert found["totalCount"] == 3
    assert present(found["items"]["OrderItemsGroup"][0]) == {"key": {"order_id": 1}, "sum": {"quantity": Decimal(2)}}


def test_groups_by_soap_that_make_no_sense(suite: Suite) -> None:
    for arguments, words in (
        ({"aggregates": {"item": [{"function": "median", "field": "quantity"}]}}, "there is no function median"),
        ({"aggregates": {"item": [{"function": "sum"}]}}, "needs a field"),
        ({"groupBy": {"string": ["nope"]}}, "there is no field nope"),
        ({"groupBy": {"string": ["order_id"]}, "orderBy": {"item": [{"field": "product_id"}]}}, "GROUP BY"),
    ):
        with pytest.raises(zeep.exceptions.Fault, match=words):
            by_soap(suite, **arguments)


def test_a_role_that_may_not_aggregate_has_no_operation_for_it(suite: Suite) -> None:
    names = dir(suite.soap_client(Who("anonymous")).service)
    assert not any(name.startswith("Aggregate") for name in names)
