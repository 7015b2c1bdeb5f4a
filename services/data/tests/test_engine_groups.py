"""Grouped reads on both databases: by fields, casts and related values, with aggregates of to-one spreads."""

from decimal import Decimal

import pytest
from contracts.filters import And, Compare, CompareGroup, Exists, FieldRef, Not, Or, Param, RelationRef
from contracts.operations import Aggregate, Embed, FieldOutput, Group, Node, Read, Sort
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
    ("in the order of an aggregate",
     Read("order_items", Node((*out("order_id"), Aggregate("n", "sum", (F("quantity"),))), sort=(Sort(F("quantity"), aggregate="sum", descending=True), Sort(F("order_id"))))), [],
     [{"order_id": 2, "n": 5}, {"order_id": 1, "n": 3}, {"order_id": 3, "n": 2}]),
    ("in the order of the count, which is not shown",
     Read("orders", Node((*out("customer_id"), Aggregate("last", "max", (F("id"),))), sort=(Sort(None, aggregate="count", descending=True), Sort(F("customer_id"))))), [],
     [{"customer_id": 1, "last": 2}, {"customer_id": 2, "last": 4}]),
    ("of which only some are wanted",
     Read("order_items", Node((*out("order_id"), COUNT), having=CompareGroup("count", "gt", Param(0)), sort=(Sort(F("order_id")),))), [1],
     [{"order_id": 1, "n": 2}, {"order_id": 3, "n": 2}]),
    ("for which any of two conditions holds, and not a third",
     Read("order_items", Node((*out("order_id"),), group_by=(F("order_id"),), having=And((Or((CompareGroup("sum", "lt", Param(0), (F("quantity"),)), CompareGroup("count", "eq", Param(1)))), Not(CompareGroup("max", "gt", Param(2), (F("order_id"),))))), sort=(Sort(F("order_id")),))), [3, 1, 3],
     [{"order_id": 2}, {"order_id": 3}]),
    ("named, with keys and aggregates apart",
     Read("order_items", Node((Group("key", out("order_id")), Group("aggregate", (COUNT, Group("max", (Aggregate("line_no", "max", (F("line_no"),)),))))), group_by=(F("order_id"), F("order_id")), sort=(Sort(F("order_id")),), limit=Param(0))), [1],
     [{"key": {"order_id": 1}, "aggregate": {"n": 2, "max": {"line_no": 2}}}]),
    ("by what is not shown",
     Read("orders", Node((COUNT,), group_by=(F("status"),), sort=(Sort(F("status")),), limit=Param(0))), [1], [{"n": 1}]),
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


# fmt: off
REFUSED = [
    ("an order by what is not grouped", Node((COUNT, *out("status")), sort=(Sort(F("id")),)), "42803"),
    ("a plain output beside other groups", Node((*out("id"), COUNT), group_by=(F("status"),)), "42803"),
    ("a condition on groups where there are none", Node(out("id"), having=CompareGroup("count", "gt", Param(0))), "PGRST100"),
    ("a condition on rows as one on groups", Node((COUNT,), having=Compare(F("id"), "eq", Param(0))), "PGRST100"),
    ("a condition on groups as one on rows", Node((COUNT,), filter=CompareGroup("count", "gt", Param(0))), "PGRST100"),
    ("an aggregate that the type does not have", Node((COUNT,), having=CompareGroup("sum", "gt", Param(0), (F("status"),))), "42883"),
    ("an order by an aggregate of no groups", Node(out("id"), sort=(Sort(None, aggregate="count"),)), "PGRST100"),
    ("aggregates of a to-many spread", Node((spread("order_items", COUNT),)), "PGRST127"),
    ("a to-many spread beside an aggregate", Node((COUNT, spread("order_items", *out("line_no")))), "PGRST127"),
    ("a hidden embed of no relation", Node((*out("id"), embed("tags"))), "PGRST200"),
]
# fmt: on


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
    assert store.ask(Read("customers", kept), []) == [{"id": 1}, {"id": 2}]


def test_a_hint_that_is_wrong_suggests_no_name(store):
    with pytest.raises(Problem) as caught:
        store.ask(Read("orders", Node((Embed("c", R("customers", "nope"), Node()),))), [])
    assert (caught.value.code, caught.value.hint) == ("PGRST200", None)
