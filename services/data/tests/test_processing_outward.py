"""Fields that Python computes, on both databases: once for all rows of a level, wherever they stand, and only read."""

import json
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Aggregate, Create, Document, Embed, FieldOutput, Group, Member, Node, Read, Rows, Sort
from contracts.problems import Problem
from data_service.processing.setting import Means

P = Param
CONFIG = """\
version: 1
resources:
  products:
    fields:
      tag: {compute: {python: tag, needs: [name, price], type: text}}
      taxed: {compute: {python: taxed, needs: [doubled], type: numeric}}
      both: {compute: {python: both, needs: [tag, taxed], type: json}}
      doubled: {compute: {sql: "price * 2", type: "numeric(12,2)"}}
      broken: {compute: {python: broken, needs: [name], type: text}}
  customers:
    fields:
      shout: {compute: {python: shout, needs: [name], type: text}}
    permissions:
      guest: {select: {columns: [id, shout], filter: {}}}
"""


class Here:
    """Functions that compute fields, run in this process; which were called, and with how many rows."""

    def __init__(self):
        self.calls = []

    functions = ("tag", "taxed", "both", "shout", "broken")

    def compute(self, function, rows, types, occasion):
        self.calls.append((function, len(rows), occasion.role))
        return [getattr(self, function)(**row) for row in rows]

    def tag(self, name, price):
        return f"{name}@{price}"

    def taxed(self, doubled):
        return doubled * Decimal("1.25")

    def both(self, tag, taxed):
        return {"tag": tag, "taxed": taxed}

    def shout(self, name):
        return name.upper()

    def broken(self, name):
        raise Problem("TRV301", "the rule products.broken.compute failed")


@pytest.fixture(scope="module")
def means():
    return Means(computers=Here())


@pytest.fixture
def calls(means):
    means.computers.calls.clear()
    return means.computers.calls


def outputs(*names):
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


def by_id(*names):
    return Node(outputs(*names), sort=(Sort(FieldRef("id")),))


def refusal(store, operation, values=()):
    with pytest.raises(Problem) as caught:
        store.run(operation, list(values))
    return caught.value


def test_one_call_for_all_rows(ruled_store, calls):
    body = ruled_store.run(Read("products", by_id("tag", "id")), []).body
    assert json.loads(body)[:2] == [{"tag": "Anvil@100.00", "id": 1}, {"tag": "Rope@9.90", "id": 2}]
    assert [list(row) for row in json.loads(body)] == [["tag", "id"]] * 4  # in the order that was asked for
    assert calls == [("tag", 4, "admin")]


def test_nothing_is_computed_that_nobody_asks_for(ruled_store, calls):
    assert len(ruled_store.ask(Read("products", by_id("id", "price")), [])) == 4
    assert calls == []


def test_numbers_keep_their_digits(ruled_store):
    body = ruled_store.run(Read("products", by_id("price", "weight", "tag")), []).body.replace(b" ", b"")
    assert b'"price":100.00,' in body
    assert b'"price":9.90,' in body


def test_what_it_needs_may_be_computed_too(ruled_store, calls):
    (row,) = ruled_store.ask(Read("products", Node(outputs("both"), Compare(FieldRef("id"), "eq", P(0)))), [2])
    assert row == {"both": {"tag": "Rope@9.90", "taxed": Decimal("24.7500")}}
    assert [call[0] for call in calls] == ["tag", "taxed", "both"]


def test_all_rows_of_an_embed_are_one_batch(ruled_store, calls):
    product = Embed("thing", RelationRef("product"), Node(outputs("tag")))
    items = Embed(
        "items", RelationRef("order_items"), Node((*outputs("line_no"), product), sort=(Sort(FieldRef("line_no")),))
    )
    customer = Embed("customer", RelationRef("customer"), Node(outputs("shout")))
    node = Node((*outputs("id"), items, customer), sort=(Sort(FieldRef("id")),))
    found = ruled_store.ask(Read("orders", node), [])
    assert found[2] == {
        "id": 3,
        "items": [
            {"line_no": 1, "thing": {"tag": 'Paint "red"@9.90'}},
            {"line_no": 2, "thing": {"tag": "Anvil@100.00"}},
        ],
        "customer": {"shout": "BOB"},
    }
    assert found[3]["items"] == []
    assert sorted(calls) == [("shout", 4, "admin"), ("tag", 5, "admin")]


def test_a_spread_of_one_row_lies_in_its_parent(ruled_store):
    address = Embed(
        "a",
        RelationRef("shipping_address"),
        Node((Embed("c", RelationRef("customer"), Node(outputs("shout")), spread=True),)),
        spread=True,
    )
    node = Node((*outputs("id"), address), sort=(Sort(FieldRef("id")),))
    assert ruled_store.ask(Read("orders", node), []) == [
        {"id": 1, "shout": "ADA"},
        {"id": 2, "shout": "ADA"},
        {"id": 3, "shout": "BOB"},
        {"id": 4, "shout": None},
    ]
    many = Embed("o", RelationRef("products"), Node(outputs("tag")), spread=True)
    assert refusal(ruled_store, Read("tags", Node((many,)))).code == "PGRST127"


def test_summaries_documents_and_single_rows(ruled_store):
    rows = Node(
        (Group("sums", (Aggregate("n", "count"),)), Rows("nodes", outputs("id", "shout"))),
        sort=(Sort(FieldRef("id")),),
        shape="summary",
    )
    one = Node(outputs("shout"), Compare(FieldRef("id"), "eq", P(0)), shape="maybe")
    document = Document((Member("all", Read("customers", rows)), Member("one", Read("customers", one))))
    found = ruled_store.ask(document, [2])
    assert found["all"]["sums"] == {"n": 3}
    assert found["all"]["nodes"][1] == {"id": 2, "shout": "BOB"}
    assert found["one"] == {"shout": "BOB"}
    assert ruled_store.ask(document, [99])["one"] is None


def test_what_was_written_comes_back_computed(ruled_store):
    create = Create("customers", ("id", "name"), P(0), returning=Node(outputs("id", "shout")))
    assert ruled_store.ask(create, [[{"id": 9, "name": "new"}]]) == [{"id": 9, "shout": "NEW"}]
    ruled_store.restore()


def test_where_it_fails_nothing_is_written(ruled_store):
    create = Create("products", ("name", "price"), P(0), returning=Node(outputs("broken")))
    problem = refusal(ruled_store, create, [[{"name": "lost", "price": 1}]])
    assert (problem.code, problem.status) == ("TRV301", 500)
    assert len(ruled_store.ask(Read("products", by_id("id")), [])) == 4


@pytest.mark.parametrize(
    "node",
    [
        Node(outputs("id"), Compare(FieldRef("tag"), "eq", P(0))),
        Node(outputs("id"), sort=(Sort(FieldRef("tag")),)),
        Node(outputs("id"), distinct_on=("tag",)),
        Node((*outputs("tag"), Aggregate("n", "count"))),
        Node((Aggregate("n", "max", (FieldRef("tag"),)),)),
        Node((FieldOutput("tag", FieldRef("tag"), cast="text"),)),
        Node((FieldOutput("tag", FieldRef("both", ("tag",))),)),
    ],
)
def test_it_can_only_be_read(ruled_store, node):
    problem = refusal(ruled_store, Read("products", node), ["x"])
    assert (problem.code, problem.status) == ("PGRST100", 400)
    assert "can only be read" in problem.message


def test_a_role_sees_it_without_what_it_needs(ruled_store):
    guest = Caller(principal=Principal(role="guest", subject="s"))
    assert ruled_store.ask(Read("customers", by_id("id", "shout")), [], guest)[0] == {"id": 1, "shout": "ADA"}
    (seen,) = ruled_store.engine.catalog(guest).resources
    assert [(field.name, field.filterable, field.writable) for field in seen.fields] == [
        ("id", True, True),
        ("shout", False, False),
    ]


def test_a_key_that_looks_like_one_of_ours_gets_nothing_of_it(ruled_store):
    node = Node((FieldOutput("trivet needs 1", FieldRef("id")), *outputs("tag")))
    for row in ruled_store.ask(Read("products", node), []):
        assert row.get("trivet needs 1") in (None, 1, 2, 3, 4)
