"""Grouped reads on both databases: by fields, casts and related values, with aggregates of to-one spreads."""

from decimal import Decimal

import pytest
from contracts.operations import (
    Aggregate,
    Compare,
    Embed,
    Exists,
    FieldOutput,
    FieldRef,
    Node,
    Param,
    Read,
    RelationRef,
    Sort,
)
from contracts.problems import Problem

F, R = FieldRef, RelationRef
COUNT = Aggregate("n", "count")


def out(*names):
    return tuple(FieldOutput(name, F(name)) for name in names)


def spread(name, *outputs, **node):
    return Embed(name, R(name), Node(outputs=outputs, **node), spread=True)


def embed(name, *outputs, **node):
    return Embed(name, R(name), Node(outputs=outputs, **node))


def via(relation, name, **more):
    return Sort(F(name), via=(R(relation),), **more)


GROUPS = [
    ("by a related value, not by the row it is from",
     Read("order_items", Node((COUNT, spread("product", *out("price"))), sort=(via("product", "price"),))), [],
     [{"n": 3, "price": Decimal("9.90")}, {"n": 2, "price": Decimal("100.00")}]),
    ("by an embed's content",
     Read("order_items", Node((embed("product", *out("price")), COUNT), sort=(via("product", "price", descending=True),))), [],
     [{"product": {"price": Decimal("100.00")}, "n": 2}, {"product": {"price": Decimal("9.90")}, "n": 3}]),
    ("by an embed that is null",
     Read("orders", Node((embed("billing_address", *out("city")), COUNT), sort=(via("billing_address", "city"),))), [],
     [{"billing_address": {"city": "Bergen"}, "n": 1}, {"billing_address": {"city": "Rome"}, "n": 1}, {"billing_address": None, "n": 2}]),
    ("an aggregate of a spread is over its parent's rows",
     Read("order_items", Node((*out("order_id"), spread("product", Aggregate("total", "sum", (F("price"),)))), sort=(Sort(F("order_id")),))), [],
     [{"order_id": 1, "total": Decimal("109.90")}, {"order_id": 2, "total": Decimal("9.90")}, {"order_id": 3, "total": Decimal("109.90")}]),
    ("an aggregate through two spreads",
     Read("order_items", Node((spread("order", spread("customer", FieldOutput("who", F("name")), Aggregate("last", "max", (F("id"),)))),), sort=(via("order", "customer_id"),))), [],
     [{"who": "Ada", "last": 1}, {"who": "Bob", "last": 2}]),
    ("by a cast value",
     Read("customers", Node((FieldOutput("day", F("created_at"), "date"), COUNT), sort=(Sort(F("created_at")),))), [],
     [{"day": "2024-01-31", "n": 1}, {"day": "2024-02-29", "n": 1}, {"day": None, "n": 1}]),
    ("by a place in JSON",
     Read("customers", Node((FieldOutput("city", F("profile", ("city",), True)), COUNT), sort=(Sort(F("profile", ("city",), True)),))), [],
     [{"city": "Oslo", "n": 1}, {"city": "Rome", "n": 1}, {"city": None, "n": 1}]),
    ("within an embed",
     Read("customers", Node((*out("id"), embed("orders", COUNT, spread("shipping_address", *out("city")), sort=(via("shipping_address", "city"),))), sort=(Sort(F("id")),))), [],
     [{"id": 1, "orders": [{"n": 2, "city": "Oslo"}]}, {"id": 2, "orders": [{"n": 1, "city": "Rome"}, {"n": 1, "city": None}]}, {"id": 3, "orders": []}]),
    ("a page of groups",
     Read("orders", Node((*out("status"), COUNT), sort=(Sort(F("status")),), limit=Param(0), offset=Param(1))), [1, 1],
     [{"status": "new", "n": 1}]),
    ("count as PostgREST's clients write it",
     Read("customers", Node((*out("id"), embed("orders", *out("count"))), sort=(Sort(F("id")),))), [],
     [{"id": 1, "orders": [{"count": 2}]}, {"id": 2, "orders": [{"count": 2}]}, {"id": 3, "orders": [{"count": 0}]}]),
    ("the text of a sum keeps its scale",
     Read("products", Node((Aggregate("t", "sum", (F("price"),), cast="text"),))), [], [{"t": "120.80"}]),
    ("casts to whole numbers round",
     Read("products", Node((Aggregate("t", "sum", (F("price"),), before="int"),))), [], [{"t": 121}]),
]  # fmt: skip


@pytest.mark.parametrize("name, read, values, expected", GROUPS, ids=[case[0] for case in GROUPS])
def test_groups(store, name, read, values, expected):
    assert store.ask(read, values) == expected


def test_groups_are_counted(store):
    read = Read("orders", Node((*out("status"), COUNT), limit=Param(0)), count="exact")
    assert (store.run(read, [1]).rows, store.run(read, [1]).total) == (1, 3)
    assert store.run(Read("orders", read.node, count="planned"), [1]).total == 3


REFUSED = [
    ("an order by what is not grouped", Node((COUNT, *out("status")), sort=(Sort(F("id")),)), "42803"),
    ("aggregates of a to-many spread", Node((spread("order_items", COUNT),)), "PGRST127"),
    ("a to-many spread beside an aggregate", Node((COUNT, spread("order_items", *out("line_no")))), "PGRST127"),
    ("a hidden embed of no relation", Node((*out("id"), embed("tags"))), "PGRST200"),
]


@pytest.mark.parametrize("name, node, code", REFUSED, ids=[case[0] for case in REFUSED])
def test_refused(store, name, node, code):
    with pytest.raises(Problem) as caught:
        store.ask(Read("orders", node), [])
    assert caught.value.code == code


def test_an_embed_that_asks_for_nothing_only_filters(store):
    there = Embed("orders", R("orders"), Node(outputs=(), filter=Compare(F("status"), "eq", Param(0))), join="inner")
    assert store.ask(Read("customers", Node((*out("id"), there))), ["new"]) == [{"id": 1}]
    assert store.ask(Read("customers", Node((*out("id"), embed("orders")), sort=(Sort(F("id")),))), []) == [
        {"id": 1},
        {"id": 2},
        {"id": 3},
    ]
    kept = Node((*out("id"), embed("orders", embed("order_items"))), filter=Exists(R("orders")), sort=(Sort(F("id")),))
    assert store.ask(Read("customers", kept), []) == [{"id": 1, "orders": [{}, {}]}, {"id": 2, "orders": [{}, {}]}]


def test_a_hint_that_is_wrong_suggests_no_name(store):
    with pytest.raises(Problem) as caught:
        store.ask(Read("orders", Node((Embed("c", R("customers", "nope"), Node()),))), [])
    assert (caught.value.code, caught.value.hint) == ("PGRST200", None)
