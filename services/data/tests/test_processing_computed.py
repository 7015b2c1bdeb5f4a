"""Computed fields on both databases: by expression, to be filtered, ordered and grouped by; by Python, to be read."""

from decimal import Decimal

import pytest
from contracts.filters import And, Compare, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Aggregate, Assign, Create, Embed, FieldOutput, Node, Read, Sort, Update
from contracts.problems import Problem

P = Param
CONFIG = """\
version: 1
resources:
  products:
    fields:
      doubled: {compute: {sql: "price * 2", type: "numeric(12,2)", comment: twice the price}}
      dear: {compute: {sql: "price > 50", type: bool}}
      label: {compute: {sql: "upper(name) || '!'", type: text}}
      heavy: {compute: {sql: "coalesce(weight, 0) > 40", type: bool}}
    permissions:
      guest: {select: {columns: [id, doubled], filter: {doubled: {_lt: 100}}, allow_aggregations: true}}
      seller:
        select: {columns: '*', filter: {}}
        insert: {columns: [name, price], check: {doubled: {_lt: 100}}}
        update: {columns: [price], filter: {}, check: {doubled: {_lt: 300}}}
    checks:
      - {expression: {doubled: {_gte: 1}}, message: too cheap}
  tags:
    fields:
      ratio: {compute: {sql: "100 / (id - 3)", type: "numeric(10,2)"}}
    permissions:
      careful: {select: {columns: [id, ratio], filter: {product_tags: {product_id: {_gt: 0}}}}}
  customers:
    fields:
      initial: {compute: {sql: "substr(name, 1, 1)", type: text}}
"""
GUEST = Caller(principal=Principal(role="guest", subject="s"))


def outputs(*names):
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


def by_id(*names, **more):
    return Node(outputs(*names), sort=(Sort(FieldRef("id")),), **more)


def refusal(store, operation, values=(), who=None):
    with pytest.raises(Problem) as caught:
        store.run(operation, list(values), who)
    return caught.value


def test_it_is_read_like_any_other(ruled_store):
    assert ruled_store.ask(Read("products", by_id("name", "doubled", "dear", "label", "heavy")), []) == [
        {"name": "Anvil", "doubled": Decimal("200.00"), "dear": True, "label": "ANVIL!", "heavy": True},
        {"name": "Rope", "doubled": Decimal("19.80"), "dear": False, "label": "ROPE!", "heavy": True},
        {"name": 'Paint "red"', "doubled": Decimal("19.80"), "dear": False, "label": 'PAINT "RED"!', "heavy": False},
        {"name": "Unsold", "doubled": Decimal("2.00"), "dear": False, "label": "UNSOLD!", "heavy": False},
    ]
    assert b'"doubled":19.80' in ruled_store.run(Read("products", by_id("doubled")), []).body.replace(b" ", b"")
    assert set(ruled_store.ask(Read("products"), [])[0]) >= {"id", "name", "doubled", "label"}


def test_it_is_filtered_ordered_and_paged_by(ruled_store):
    where = And((Compare(FieldRef("doubled"), "lt", P(0)), Compare(FieldRef("label"), "like", P(1))))
    node = Node(outputs("id"), where, (Sort(FieldRef("doubled"), descending=True), Sort(FieldRef("id"))), limit=P(2))
    assert ruled_store.ask(Read("products", node), [100, "%!", 2]) == [{"id": 2}, {"id": 3}]
    assert ruled_store.ask(Read("products", Node(outputs("id"), Compare(FieldRef("dear"), "eq", P(0)))), [True]) == [
        {"id": 1}
    ]


def test_it_is_grouped_and_aggregated_by(ruled_store):
    node = Node((*outputs("doubled"), Aggregate("n", "count")), sort=(Sort(FieldRef("doubled")),))
    assert ruled_store.ask(Read("products", node), []) == [
        {"doubled": Decimal("2.00"), "n": 1},
        {"doubled": Decimal("19.80"), "n": 2},
        {"doubled": Decimal("200.00"), "n": 1},
    ]
    total = Node(
        (Aggregate("sum", "sum", (FieldRef("doubled"),)), Aggregate("max", "max", (FieldRef("label"),))),
        shape="summary",
    )
    assert ruled_store.ask(Read("products", total), []) == {"sum": Decimal("241.60"), "max": "UNSOLD!"}
    assert len(ruled_store.ask(Read("products", Node(outputs("id"), distinct_on=("doubled",))), [])) == 3


def test_it_stands_in_embeds_and_their_filters(ruled_store):
    items = Node(outputs("line_no"), Compare(FieldRef("order_id"), "eq", P(0)))
    product = Embed("product", RelationRef("product"), Node(outputs("doubled")))
    node = Node((*items.outputs, product), items.filter, (Sort(FieldRef("doubled"), via=(RelationRef("product"),)),))
    assert ruled_store.ask(Read("order_items", node), [3]) == [
        {"line_no": 1, "product": {"doubled": Decimal("19.80")}},
        {"line_no": 2, "product": {"doubled": Decimal("200.00")}},
    ]


def test_it_comes_back_with_what_was_written_and_is_never_written(ruled_store):
    create = Create("products", ("name", "price"), P(0), returning=Node(outputs("doubled", "label")))
    assert ruled_store.ask(create, [[{"name": "new", "price": Decimal("1.25")}]]) == [
        {"doubled": Decimal("2.50"), "label": "NEW!"}
    ]
    ruled_store.restore()
    assert refusal(ruled_store, Create("products", ("name", "price", "doubled"), P(0)), [[{}]]).code == "428C9"
    update = Update("products", (Assign("doubled", P(0)),), And())
    assert refusal(ruled_store, update, [1]).code == "428C9"


def test_permissions_name_it_and_hide_what_it_is_made_of(ruled_store):
    assert ruled_store.ask(Read("products", by_id("id", "doubled")), [], GUEST) == [
        {"id": 2, "doubled": Decimal("19.80")},
        {"id": 3, "doubled": Decimal("19.80")},
        {"id": 4, "doubled": Decimal("2.00")},
    ]
    assert refusal(ruled_store, Read("products", by_id("id", "price")), (), GUEST).code == "42703"
    seen = {field.name: field for field in ruled_store.engine.catalog(GUEST).by_name["products"].fields}
    assert seen.keys() == {"id", "doubled"}
    assert (seen["doubled"].type, seen["doubled"].writable, seen["doubled"].comment) == (
        "numeric",
        False,
        "twice the price",
    )


def test_texts_of_rows_and_names_alike_are_computed(ruled_store):
    assert ruled_store.ask(Read("customers", by_id("initial")), []) == [
        {"initial": "A"},
        {"initial": "B"},
        {"initial": "Ç"},
    ]


def test_rules_for_writes_may_look_at_it(ruled_store):
    seller = Caller(principal=Principal(role="seller", subject="s"))
    create = Create("products", ("name", "price"), P(0), returning=Node(outputs("doubled")))
    assert ruled_store.ask(create, [[{"name": "new", "price": 49}]], seller) == [{"doubled": Decimal("98.00")}]
    assert refusal(ruled_store, create, [[{"name": "new", "price": 51}]], seller).code == "42501"
    update = Update("products", (Assign("price", P(0)),), Compare(FieldRef("doubled"), "gt", P(1)))
    assert ruled_store.run(update, [120, 150], seller).affected == 1
    assert refusal(ruled_store, update, [200, 150], seller).code == "42501"
    assert refusal(ruled_store, update, [Decimal("0.4"), 150], seller).message == "too cheap"
    ruled_store.restore()


@pytest.mark.parametrize(
    "where",
    [
        Compare(FieldRef("ratio"), "lt", P(0)),
        Is(FieldRef("ratio"), "not_null"),
        Or((Compare(FieldRef("id"), "gt", P(0)), Not(Compare(FieldRef("id"), "eq", FieldRef("ratio"))))),
    ],
)
def test_an_expression_never_meets_rows_that_a_policy_hides(ruled_store, kind, where):
    careful = Caller(principal=Principal(role="careful", subject="s"))
    assert len(ruled_store.ask(Read("tags", Node(outputs("id"), where)), [0], careful)) == 2
    if kind == "postgresql":  # SQLite has null for it
        assert refusal(ruled_store, Read("tags", Node(outputs("ratio"))), []).code == "22012"
