"""One list of questions, the same answers from both databases: what every engine must pass."""

import json
from decimal import Decimal

import pytest
from contracts.filters import And, Compare, CompareAggregate, Exists, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import (
    Affected,
    Aggregate,
    Assign,
    Constant,
    Create,
    Delete,
    Document,
    Embed,
    FieldOutput,
    Group,
    Member,
    Node,
    Read,
    Rows,
    Sort,
    Update,
)
from contracts.problems import Problem

F = FieldRef
P = Param
R = RelationRef


def out(*names):
    return tuple(FieldOutput(name, F(name)) for name in names)


def eq(name, index, operator="eq"):
    return Compare(F(name), operator, P(index))


def by(*names):
    return tuple(Sort(F(name)) for name in names)


def embed(name, *outputs, **kinds):
    node = {k: kinds.pop(k) for k in ("filter", "sort", "limit", "offset", "shape") if k in kinds}
    return Embed(kinds.pop("key", name), R(name, kinds.pop("hint", None)), Node(outputs=outputs, **node), **kinds)


ID = by("id")

READS = [
    ("star", Read("tags", Node(sort=ID)), [], [{"id": 1, "name": "heavy"}, {"id": 2, "name": "new"}, {"id": 3, "name": "unused"}]),
    ("no outputs", Read("tags", Node(outputs=())), [], [{}, {}, {}]),
    ("every type", Read("customers", Node(filter=eq("id", 0))), ["1"],
     [{"id": 1, "name": "Ada", "email": "ada@example.com", "vip": True, "born": "1990-02-28", "balance": Decimal("10.10"),
       "profile": {"city": "Oslo", "age": 30, "tags": ["a", "b"]}, "created_at": "2024-01-31T10:00:00", "secret": "s1"}]),
    ("nulls", Read("customers", Node(outputs=out("born", "balance", "profile", "email"), filter=eq("id", 0))), [3],
     [{"born": "2000-12-31", "balance": None, "profile": None, "email": None}]),
    ("bytes", Read("files", Node(sort=ID)), [], [{"id": 1, "content": "\\x00ff"}, {"id": 2, "content": None}]),
    ("float", Read("products", Node(outputs=out("weight"), sort=ID)), [], [{"weight": 50.5}, {"weight": 1e20}, {"weight": None}, {"weight": 0}]),
    ("odd names", Read("odd Name.s", Node()), [], [{"the Key": 1, 'quo"te': "q", "ünï": "ü"}]),
    ("no key", Read("log_lines", Node(sort=by("line"))), [], [{"line": "one"}, {"line": "two"}]),
    ("view", Read("big_orders", Node(sort=by("order_id"), limit=P(0))), [1], [{"order_id": 1, "pieces": 3}]),
    ("alias, cast, constant", Read("orders", Node(outputs=(FieldOutput("n", F("id"), "text"), Constant("__typename", "orders")), filter=eq("id", 0))), [1],
     [{"n": "1", "__typename": "orders"}]),
    ("numeric as text keeps its scale", Read("customers", Node(outputs=(FieldOutput("b", F("balance"), "text"),), filter=eq("id", 0))), [2], [{"b": "0.50"}]),
    ("and, or, not", Read("orders", Node(outputs=out("id"), sort=ID, filter=And((Or((eq("status", 0), eq("status", 1))), Not(eq("id", 2)))))), ["paid", "new", 1],
     [{"id": 2}, {"id": 3}]),
    ("empty and", Read("tags", Node(outputs=out("id"), filter=And(), sort=ID)), [], [{"id": 1}, {"id": 2}, {"id": 3}]),
    ("empty or", Read("tags", Node(outputs=out("id"), filter=Or())), [], []),
    ("in", Read("orders", Node(outputs=out("id"), sort=ID, filter=eq("status", 0, "in"))), [["new", "cancelled"]], [{"id": 2}, {"id": 4}]),
    ("in numbers", Read("orders", Node(outputs=out("id"), sort=ID, filter=eq("id", 0, "in"))), [["1", 3]], [{"id": 1}, {"id": 3}]),
    ("in nothing", Read("orders", Node(outputs=out("id"), filter=eq("id", 0, "in"))), [[]], []),
    ("is null", Read("orders", Node(outputs=out("id"), sort=ID, filter=Is(F("note"), "null"))), [], [{"id": 2}, {"id": 4}]),
    ("is not null", Read("orders", Node(outputs=out("id"), sort=ID, filter=Is(F("note"), "not_null"))), [], [{"id": 1}, {"id": 3}]),
    ("is true", Read("customers", Node(outputs=out("id"), sort=ID, filter=Is(F("vip"), "true"))), [], [{"id": 1}, {"id": 3}]),
    ("bool eq", Read("customers", Node(outputs=out("id"), filter=eq("vip", 0))), ["false"], [{"id": 2}]),
    ("not of null stays unknown", Read("orders", Node(outputs=out("id"), sort=ID, filter=Not(eq("note", 0)))), ["first"], [{"id": 3}]),
    ("distinct from", Read("orders", Node(outputs=out("id"), sort=ID, filter=eq("note", 0, "isdistinct"))), ["first"], [{"id": 2}, {"id": 3}, {"id": 4}]),
    ("like is case-sensitive", Read("products", Node(outputs=out("id"), filter=eq("name", 0, "like"))), ["a%"], []),
    ("like", Read("products", Node(outputs=out("id"), filter=eq("name", 0, "like"))), ["A%l"], [{"id": 1}]),
    ("ilike", Read("customers", Node(outputs=out("id"), filter=eq("name", 0, "ilike"))), ["çelik%"], [{"id": 3}]),
    ("match", Read("products", Node(outputs=out("id"), filter=eq("name", 0, "match"))), ["^R.p"], [{"id": 2}]),
    ("imatch", Read("products", Node(outputs=out("id"), filter=eq("name", 0, "imatch"))), ["^r.p"], [{"id": 2}]),
    ("similar", Read("products", Node(outputs=out("id"), filter=eq("name", 0, "similar"))), ["%(vil|ope)"], [{"id": 1}, {"id": 2}]),
    ("timestamp", Read("orders", Node(outputs=out("id"), sort=ID, filter=eq("ordered_at", 0, "gt"))), ["2024-03-01T08:00:00"], [{"id": 2}, {"id": 3}]),
    ("numeric", Read("products", Node(outputs=out("id"), sort=ID, filter=eq("price", 0))), ["9.9"], [{"id": 2}, {"id": 3}]),
    ("any of", Read("products", Node(outputs=out("id"), sort=ID, filter=Compare(F("name"), "like", P(0), "any"))), [["A%", "R%"]], [{"id": 1}, {"id": 2}]),
    ("all of", Read("products", Node(outputs=out("id"), filter=Compare(F("name"), "like", P(0), "all"))), [["%o%", "%p%"]], [{"id": 2}]),
    ("columns compared", Read("order_items", Node(outputs=out("order_id"), filter=Compare(F("line_no"), "eq", F("product_id")), sort=by("order_id"))), [], [{"order_id": 1}, {"order_id": 1}]),
    ("json path out", Read("customers", Node(outputs=(FieldOutput("city", F("profile", ("city",), True)), FieldOutput("tags", F("profile", ("tags",))), FieldOutput("t", F("profile", ("tags", 1), True))), sort=ID, limit=P(0))), [2],
     [{"city": "Oslo", "tags": ["a", "b"], "t": "b"}, {"city": "Rome", "tags": None, "t": None}]),
    ("json path filter", Read("customers", Node(outputs=out("id"), filter=Compare(F("profile", ("city",), True), "eq", P(0)))), ["Rome"], [{"id": 2}]),
    ("json number filter", Read("customers", Node(outputs=out("id"), filter=Compare(F("profile", ("age",)), "gt", P(0)))), ["35"], [{"id": 2}]),
    ("json contains", Read("customers", Node(outputs=out("id"), filter=eq("profile", 0, "contains"))), ['{"city": "Oslo"}'], [{"id": 1}]),
    ("json has key", Read("customers", Node(outputs=out("id"), filter=eq("profile", 0, "has_key"))), ["tags"], [{"id": 1}]),
    ("sort nulls last", Read("orders", Node(outputs=out("id"), sort=(Sort(F("ordered_at")), Sort(F("id"), True)))), [], [{"id": 1}, {"id": 3}, {"id": 2}, {"id": 4}]),
    ("sort nulls first by desc", Read("orders", Node(outputs=out("id"), sort=(Sort(F("ordered_at"), True), Sort(F("id"))))), [], [{"id": 4}, {"id": 2}, {"id": 3}, {"id": 1}]),
    ("sort desc nulls last", Read("orders", Node(outputs=out("id"), sort=(Sort(F("ordered_at"), True, "last"), Sort(F("id"))))), [], [{"id": 2}, {"id": 3}, {"id": 1}, {"id": 4}]),
    ("sort by relation", Read("orders", Node(outputs=out("id"), sort=(Sort(F("name"), True, None, (R("customer"),)), Sort(F("id"))))), [], [{"id": 3}, {"id": 4}, {"id": 1}, {"id": 2}]),
    ("sort by count", Read("customers", Node(outputs=out("id"), sort=(Sort(None, True, None, (R("orders"),), "count"), Sort(F("id"))))), [], [{"id": 1}, {"id": 2}, {"id": 3}]),
    ("limit and offset", Read("orders", Node(outputs=out("id"), sort=ID, limit=P(0), offset=P(1))), [2, 1], [{"id": 2}, {"id": 3}]),
    ("offset alone", Read("orders", Node(outputs=out("id"), sort=ID, offset=P(0))), [3], [{"id": 4}]),
    ("limit zero", Read("orders", Node(outputs=out("id"), limit=P(0))), [0], []),
    ("to one", Read("orders", Node(outputs=(*out("id"), embed("customer", *out("name"))), sort=ID, limit=P(0))), [1], [{"id": 1, "customer": {"name": "Ada"}}]),
    ("to one, none", Read("orders", Node(outputs=(*out("id"), embed("billing_address", *out("city"))), sort=ID)), [],
     [{"id": 1, "billing_address": {"city": "Bergen"}}, {"id": 2, "billing_address": None}, {"id": 3, "billing_address": {"city": "Rome"}}, {"id": 4, "billing_address": None}]),
    ("to many", Read("customers", Node(outputs=(*out("id"), embed("orders", *out("id"), sort=(Sort(F("id"), True),))), sort=ID)), [],
     [{"id": 1, "orders": [{"id": 2}, {"id": 1}]}, {"id": 2, "orders": [{"id": 4}, {"id": 3}]}, {"id": 3, "orders": []}]),
    ("to many, page per parent", Read("customers", Node(outputs=(*out("id"), embed("orders", *out("id"), sort=ID, limit=P(0), offset=P(1))), sort=ID)), [1, 1],
     [{"id": 1, "orders": [{"id": 2}]}, {"id": 2, "orders": [{"id": 4}]}, {"id": 3, "orders": []}]),
    ("three levels", Read("customers", Node(outputs=(*out("name"), embed("orders", *out("id"), embed("order_items", *out("line_no"), embed("product", *out("name")), sort=by("line_no")), sort=ID)), filter=eq("id", 0))), [1],
     [{"name": "Ada", "orders": [{"id": 1, "order_items": [{"line_no": 1, "product": {"name": "Anvil"}}, {"line_no": 2, "product": {"name": "Rope"}}]}, {"id": 2, "order_items": [{"line_no": 1, "product": {"name": "Rope"}}]}]}]),
    ("many to many", Read("products", Node(outputs=(*out("id"), embed("tags", *out("name"), sort=ID)), sort=ID, limit=P(0))), [3],
     [{"id": 1, "tags": [{"name": "heavy"}, {"name": "new"}]}, {"id": 2, "tags": [{"name": "new"}]}, {"id": 3, "tags": []}]),
    ("self", Read("categories", Node(outputs=(*out("name"), embed("parent", *out("name")), embed("categories", *out("name"), sort=ID)), sort=ID, limit=P(0))), [2],
     [{"name": "All", "parent": None, "categories": [{"name": "Tools"}, {"name": "Art"}]}, {"name": "Tools", "parent": {"name": "All"}, "categories": [{"name": "Hammers"}]}]),
    ("inner", Read("customers", Node(outputs=(*out("id"), embed("orders", *out("id"), filter=eq("status", 0), join="inner", sort=ID)), sort=ID)), ["new"], [{"id": 1, "orders": [{"id": 2}]}]),
    ("exists", Read("customers", Node(outputs=out("id"), sort=ID, filter=Exists(R("orders"), eq("status", 0)))), ["cancelled"], [{"id": 2}]),
    ("not exists", Read("customers", Node(outputs=out("id"), filter=Not(Exists(R("orders"))))), [], [{"id": 3}]),
    ("exists over a junction", Read("products", Node(outputs=out("id"), sort=ID, filter=Exists(R("tags"), eq("name", 0)))), ["new"], [{"id": 1}, {"id": 2}]),
    ("exists, two levels", Read("customers", Node(outputs=out("id"), sort=ID, filter=Exists(R("orders"), Exists(R("order_items"), eq("product_id", 0))))), [3], [{"id": 2}]),
    ("aggregate compared", Read("customers", Node(outputs=out("id"), filter=CompareAggregate(R("orders"), "count", "gte", P(0), filter=eq("status", 1)))), [1, "new"], [{"id": 1}]),
    ("spread one", Read("orders", Node(outputs=(*out("id"), embed("customer", FieldOutput("who", F("name")), FieldOutput("vip", F("vip")), spread=True)), sort=ID, limit=P(0))), [1], [{"id": 1, "who": "Ada", "vip": True}]),
    ("spread many", Read("customers", Node(outputs=(*out("id"), embed("orders", FieldOutput("statuses", F("status")), spread=True, sort=ID)), sort=ID, limit=P(0))), [1], [{"id": 1, "statuses": ["paid", "new"]}]),
    ("grouped", Read("orders", Node(outputs=(FieldOutput("status", F("status")), Aggregate("n", "count")), sort=by("status"))), [], [{"status": "cancelled", "n": 1}, {"status": "new", "n": 1}, {"status": "paid", "n": 2}]),
    ("grouped by a to-one", Read("orders", Node(outputs=(*out("customer_id"), Aggregate("n", "count"), embed("customer", *out("name"))), sort=by("customer_id"))), [], [{"customer_id": 1, "n": 2, "customer": {"name": "Ada"}}, {"customer_id": 2, "n": 2, "customer": {"name": "Bob"}}]),
    ("aggregates within an embed", Read("customers", Node(outputs=(*out("name"), embed("orders", FieldOutput("status", F("status")), Aggregate("n", "count"), sort=by("status"))), sort=ID, limit=P(0))), [1], [{"name": "Ada", "orders": [{"status": "new", "n": 1}, {"status": "paid", "n": 1}]}]),
    ("aggregate alone within an embed", Read("customers", Node(outputs=(*out("id"), embed("orders", Aggregate("count", "count"))), sort=ID)), [], [{"id": 1, "orders": [{"count": 2}]}, {"id": 2, "orders": [{"count": 2}]}, {"id": 3, "orders": [{"count": 0}]}]),
    ("summed", Read("products", Node(outputs=(Aggregate("sum", "sum", (F("price"),)), Aggregate("max", "max", (F("name"),))))), [], [{"sum": Decimal("120.80"), "max": "Unsold"}]),
    ("distinct on", Read("orders", Node(outputs=out("customer_id", "id"), distinct_on=("customer_id",), sort=(Sort(F("customer_id")), Sort(F("id"), True)))), [], [{"customer_id": 1, "id": 2}, {"customer_id": 2, "id": 4}]),
    ("hint", Read("orders", Node(outputs=(embed("addresses", *out("city"), key="a", hint="billing_address_id"),), filter=eq("id", 0))), [1], [{"a": {"city": "Bergen"}}]),
    ("by constraint", Read("orders", Node(outputs=(embed("orders_shipping_address_id_fkey", *out("city"), key="a"),), filter=eq("id", 0))), [1], [{"a": {"city": "Oslo"}}]),
    ("by column", Read("orders", Node(outputs=(embed("customer_id", *out("name"), key="c"),), filter=eq("id", 0))), [1], [{"c": {"name": "Ada"}}]),
]  # fmt: skip


@pytest.mark.parametrize("name, operation, values, expected", READS, ids=[case[0] for case in READS])
def test_read(store, name, operation, values, expected):
    assert store.ask(operation, values) == expected


OBJECTS = [
    ("one", Read("orders", Node(outputs=out("id"), filter=eq("id", 0), shape="one")), [1], {"id": 1}),
    ("maybe", Read("orders", Node(outputs=out("id"), filter=eq("id", 0), shape="maybe")), [99], None),
    ("summary", Read("orders", Node(outputs=(Group("aggregate", (Aggregate("count", "count"), Group("max", (Aggregate("id", "max", (F("id"),)),)))), Rows("nodes", out("id"))), filter=eq("id", 0, "gt"), sort=ID, shape="summary")), [2],
     {"aggregate": {"count": 2, "max": {"id": 4}}, "nodes": [{"id": 3}, {"id": 4}]}),
    ("summary of nothing", Read("orders", Node(outputs=(Group("aggregate", (Aggregate("count", "count"), Group("max", (Aggregate("id", "max", (F("id"),)),)))), Rows("nodes", out("id"))), filter=eq("id", 0), shape="summary")), [99],
     {"aggregate": {"count": 0, "max": {"id": None}}, "nodes": []}),
    ("summary embedded", Read("customers", Node(outputs=(*out("id"), embed("orders", Group("aggregate", (Aggregate("count", "count"),)), Rows("nodes", out("id")), key="orders_aggregate", shape="summary", sort=ID)), filter=eq("id", 0), shape="one")), [1],
     {"id": 1, "orders_aggregate": {"aggregate": {"count": 2}, "nodes": [{"id": 1}, {"id": 2}]}}),
    ("count distinct", Read("orders", Node(outputs=(Aggregate("n", "count", (F("customer_id"),), True),), shape="summary")), [], {"n": 2}),
    ("stddev", Read("order_items", Node(outputs=(Aggregate("s", "stddev_pop", (F("line_no"),)),), filter=eq("order_id", 0), shape="summary")), [1], {"s": Decimal("0.5")}),
    ("document", Document((Member("a", Read("tags", Node(outputs=out("id"), sort=ID, limit=P(0)))), Member("b", Read("orders", Node(outputs=out("id"), filter=eq("id", 1), shape="maybe"))), Member("__typename", Constant("__typename", "query_root")))), [1, 99],
     {"a": [{"id": 1}], "b": None, "__typename": "query_root"}),
]  # fmt: skip


@pytest.mark.parametrize("name, operation, values, expected", OBJECTS, ids=[case[0] for case in OBJECTS])
def test_object(store, name, operation, values, expected):
    assert store.ask(operation, values) == expected


def test_more_fields_than_an_object_takes_at_once(store):
    outputs = tuple(FieldOutput(f"k{n}", F("id")) for n in range(1200))
    assert store.ask(Read("tags", Node(outputs=outputs, filter=eq("id", 0), shape="one")), [2]) == {
        f"k{n}": 2 for n in range(1200)
    }


PROBLEMS = [
    ("table", Read("customrs"), [], "PGRST205", "customers"),
    ("column", Read("orders", Node(outputs=out("statu"))), [], "42703", "status"),
    ("column in a filter", Read("orders", Node(filter=eq("nope", 0))), [1], "42703", None),
    ("relation", Read("orders", Node(outputs=(embed("tags", *out("id")),))), [], "PGRST200", None),
    ("several relations", Read("orders", Node(outputs=(embed("addresses", *out("id")),))), [], "PGRST201", None),
    ("order by a to-many", Read("customers", Node(sort=(Sort(F("id"), via=(R("orders"),)),))), [], "PGRST118", None),
    ("text for a number", Read("orders", Node(filter=eq("id", 0))), ["x"], "22P02", None),
    ("too big a number", Read("orders", Node(filter=eq("id", 0))), ["99999999999999999999"], "22003", None),
    ("no date", Read("customers", Node(filter=eq("born", 0))), ["2023-02-30"], "22008", None),
    ("no boolean", Read("customers", Node(filter=eq("vip", 0))), ["perhaps"], "22P02", None),
    ("like on a number", Read("orders", Node(filter=eq("id", 0, "like"))), ["1"], "42883", None),
    ("bad pattern", Read("tags", Node(filter=eq("name", 0, "match"))), ["("], "2201B", None),
    ("none for one", Read("orders", Node(filter=eq("id", 0), shape="one")), [99], "PGRST116", None),
    ("several for one", Read("orders", Node(shape="one")), [], "PGRST116", None),
    ("range", Read("orders", Node(offset=P(0)), count="exact"), [99], "PGRST103", None),
    ("missing value", Read("orders", Node(filter=eq("id", 7))), [1], "PGRST100", None),
    ("write without filter", Delete("orders"), [], "21000", None),
    ("unknown column written", Create("tags", ("id", "colour"), P(0)), [[{"id": 9, "colour": "x"}]], "PGRST204", None),
    ("unique", Create("tags", ("id", "name"), P(0)), [[{"id": 1, "name": "x"}]], "23505", None),
    ("foreign key", Create("orders", ("customer_id",), P(0)), [[{"customer_id": 99}]], "23503", None),
    ("not null", Create("tags", ("id", "name"), P(0)), [[{"id": 9, "name": None}]], "23502", None),
    ("check", Create("order_items", ("order_id", "line_no", "product_id", "quantity"), P(0)), [[{"order_id": 1, "line_no": 9, "product_id": 1, "quantity": 0}]], "23514", None),
    ("view", Create("big_orders", ("pieces",), P(0)), [[{"pieces": 1}]], "55000", None),
]  # fmt: skip


@pytest.mark.parametrize("name, operation, values, code, hint", PROBLEMS, ids=[case[0] for case in PROBLEMS])
def test_problem(store, name, operation, values, code, hint):
    with pytest.raises(Problem) as caught:
        store.ask(operation, values)
    assert caught.value.code == code
    assert hint is None or hint in caught.value.hint
    assert "select" not in caught.value.message.lower()


def test_counts(store):
    result = store.run(Read("orders", Node(limit=P(0)), count="exact"), [1])
    assert (result.rows, result.total) == (1, 4)
    result = store.run(Read("orders", Node(shape="none"), count="exact"), [])
    assert (result.body, result.rows, result.total) == (b"", 4, 4)
    assert store.run(Read("orders", Node(), count="planned"), []).total >= 4


@pytest.fixture
def fresh(store):
    """The store, put back as it was afterwards."""
    yield store
    store.restore()


def test_create_reads_back_with_embeds(fresh):
    create = Create(
        "orders",
        ("customer_id", "note"),
        P(0),
        returning=Node(outputs=(*out("status", "note"), embed("customer", *out("name")))),
    )
    rows = [{"customer_id": 1, "note": "a"}, {"customer_id": 2, "note": None}]
    assert fresh.ask(create, [rows]) == [
        {"status": "new", "note": "a", "customer": {"name": "Ada"}},
        {"status": "new", "note": None, "customer": {"name": "Bob"}},
    ]
    assert fresh.run(Read("orders", Node(shape="none"), count="exact"), []).total == 6


def test_create_ragged_rows_take_defaults_or_null(fresh):
    rows = [{"customer_id": 1, "status": "paid"}, {"customer_id": 1}]
    create = Create(
        "orders", ("customer_id", "status"), P(0), ragged=True, missing="default", returning=Node(outputs=out("status"))
    )
    assert fresh.ask(create, [rows]) == [{"status": "paid"}, {"status": "new"}]
    with pytest.raises(Problem) as caught:
        fresh.ask(Create("orders", ("customer_id", "status"), P(0), ragged=True), [rows])
    assert caught.value.code == "23502"


def test_create_of_defaults_only(fresh):
    create = Create("categories", (), P(0), returning=Node(outputs=out("name")))
    with pytest.raises(Problem) as caught:
        fresh.ask(create, [[{}]])
    assert caught.value.code == "23502"


def test_create_nothing(fresh):
    assert fresh.ask(Create("tags", ("id",), P(0), returning=Node()), [[]]) == []


def test_create_tells_the_key(fresh):
    result = fresh.run(
        Create("order_items", ("order_id", "line_no", "product_id", "quantity"), P(0)),
        [[{"order_id": 4, "line_no": 7, "product_id": 1, "quantity": 1}]],
    )
    assert result.location == {"order_id": "4", "line_no": "7"}
    assert result.affected == 1
    assert result.body == b""


def test_create_types_round_trip(fresh):
    row = {
        "id": 9,
        "name": "Zoë \U0001f600",
        "vip": True,
        "born": "2024-02-29",
        "balance": Decimal("12345678.90"),
        "profile": {"a": [1, 2.5, None]},
        "created_at": "2024-12-31T23:59:59",
    }
    create = Create("customers", tuple(row), P(0), returning=Node(outputs=out(*row), shape="one"))
    assert fresh.ask(create, [[row]]) == row
    assert fresh.ask(Read("customers", Node(outputs=out(*row), filter=eq("id", 0), shape="one")), [9]) == row


def test_create_bytes(fresh):
    create = Create("files", ("id", "content"), P(0), returning=Node())
    assert fresh.ask(create, [[{"id": 9, "content": "\\xdeadbeef"}]]) == [{"id": 9, "content": "\\xdeadbeef"}]


def test_update(fresh):
    update = Update(
        "orders",
        (Assign("note", P(0)), Assign("status", P(1))),
        eq("customer_id", 2),
        returning=Node(outputs=(*out("id", "note"), embed("customer", *out("name")))),
    )
    assert sorted(fresh.ask(update, ["n", "paid", 1]), key=lambda row: row["id"]) == [
        {"id": 1, "note": "n", "customer": {"name": "Ada"}},
        {"id": 2, "note": "n", "customer": {"name": "Ada"}},
    ]


def test_update_increment_null_and_nobody(fresh):
    update = Update(
        "products",
        (Assign("price", P(0), "increment"), Assign("weight", P(1))),
        eq("id", 2),
        returning=Node(outputs=out("price", "weight"), shape="maybe"),
    )
    assert fresh.ask(update, ["0.10", None, 2]) == {"price": Decimal("10.00"), "weight": None}
    assert fresh.ask(update, ["0.10", None, 99]) is None
    assert fresh.run(Update("tags", (), eq("id", 0)), [1]).affected == 0


def test_update_of_a_summary(fresh):
    node = Node(outputs=(Affected("affected_rows"), Rows("returning", out("id"))), shape="summary")
    assert fresh.ask(Update("tags", (Assign("name", P(0)),), eq("id", 1), returning=node), ["x", 3]) == {
        "affected_rows": 1,
        "returning": [{"id": 3}],
    }
    assert fresh.ask(Update("tags", (), eq("id", 0), returning=node), [3]) == {"affected_rows": 0, "returning": []}


def test_delete_gives_the_row_and_no_children(fresh):
    delete = Delete(
        "orders",
        eq("id", 0),
        returning=Node(
            outputs=(*out("id", "status"), embed("order_items", *out("line_no")), embed("customer", *out("name")))
        ),
    )
    assert fresh.ask(delete, [1]) == [{"id": 1, "status": "paid", "order_items": [], "customer": {"name": "Ada"}}]


def test_writes_that_are_not_single_are_rolled_back(fresh):
    update = Update("orders", (Assign("note", P(0)),), eq("customer_id", 1), returning=Node(shape="one"))
    with pytest.raises(Problem) as caught:
        fresh.ask(update, ["changed", 1])
    assert caught.value.code == "PGRST116"
    assert fresh.ask(Read("orders", Node(outputs=out("note"), filter=eq("id", 0))), [1]) == [{"note": "first"}]


def test_at_most(fresh):
    with pytest.raises(Problem) as caught:
        fresh.ask(Delete("order_items", And(), at_most=P(0)), [2])
    assert caught.value.code == "PGRST124"
    assert fresh.run(Read("order_items", Node(shape="none"), count="exact"), []).total == 5


def test_a_document_of_writes_is_all_or_nothing(fresh):
    good = Member("a", Create("tags", ("id", "name"), P(0), returning=Node(shape="one", outputs=out("id"))))
    later = Member(
        "b",
        Update(
            "tags",
            (Assign("name", P(1)),),
            eq("id", 2),
            returning=Node(outputs=(Affected("n"), Rows("rows", out("name"))), shape="summary"),
        ),
    )
    assert fresh.ask(Document((good, later, Member("t", Constant("t", "mutation_root")))), [[{"id": 9, "name": "x"}], "y", 9]) == {
        "a": {"id": 9}, "b": {"n": 1, "rows": [{"name": "y"}]}, "t": "mutation_root",
    }  # fmt: skip
    bad = Member("c", Create("tags", ("id", "name"), P(0), returning=Node()))
    with pytest.raises(Problem) as caught:
        fresh.ask(Document((later, bad)), [[{"id": 9, "name": "again"}], "z", 9])
    assert caught.value.code == "23505"
    assert caught.value.path[0] == "c"
    assert fresh.ask(Read("tags", Node(outputs=out("name"), filter=eq("id", 0))), [9]) == [{"name": "y"}]


def test_json_answer_is_json_text(store):
    assert json.loads(store.run(Read("tags"), []).body)
