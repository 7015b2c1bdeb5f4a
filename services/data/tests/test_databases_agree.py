"""Random questions: both databases give the same rows, or refuse with the same code.

Values that are none of their type are not asked with here: PostgreSQL may never look at one that can't matter.
"""

import pytest
from contracts.filters import And, Compare, Exists, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import Aggregate, Embed, FieldOutput, Node, Read, Sort
from contracts.problems import Problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FIELDS = {
    "customers": {"id": "n", "name": "t", "email": "t", "vip": "b", "born": "d", "balance": "n", "created_at": "s"},
    "orders": {
        "id": "n", "customer_id": "n", "status": "t", "ordered_at": "s", "note": "t",
        "shipping_address_id": "n", "billing_address_id": "n",
    },
    "order_items": {"order_id": "n", "line_no": "n", "product_id": "n", "quantity": "n"},
    "products": {"id": "n", "name": "t", "price": "n", "weight": "f"},
    "addresses": {"id": "n", "customer_id": "n", "city": "t"},
    "tags": {"id": "n", "name": "t"},
    "categories": {"id": "n", "parent_id": "n", "name": "t"},
}  # fmt: skip
KEYS = {"order_items": ("order_id", "line_no")}
RELATIONS = {
    "customers": {"orders": "orders", "addresses": "addresses"},
    "orders": {
        "customer": "customers", "shipping_address": "addresses", "billing_address": "addresses",
        "order_items": "order_items",
    },
    "order_items": {"order": "orders", "product": "products"},
    "products": {"order_items": "order_items", "tags": "tags"},
    "addresses": {"customer": "customers"},
    "tags": {"products": "products"},
    "categories": {"parent": "categories", "categories": "categories"},
}  # fmt: skip
TO_ONE = {"customer", "shipping_address", "billing_address", "order", "product", "parent"}
VALUES = {
    "n": ["0", "1", "2", "3", 4, "-1", "9", None],
    "f": ["50.5", 0, "1e20"],
    "t": ["", "paid", "new", "Ada", "a", "%", "A%", "_da", "ü", "\\", "'", '"', "Rope", "first"],
    "b": ["true", "false", "t"],
    "d": ["1990-02-28", "2000-12-31"],
    "s": ["2024-03-01T08:00:00", "2024-03-02 08:00:00", "2024-01-31"],
}
OPERATORS = ["eq", "neq", "gt", "gte", "lt", "lte", "isdistinct", "in"]


class Draft:
    """An operation under way: its values are collected beside it."""

    def __init__(self, draw):
        self.draw = draw
        self.values = []

    def param(self, value):
        self.values.append(value)
        return Param(len(self.values) - 1)

    def pick(self, options):
        return self.draw(st.sampled_from(list(options)))

    def compare(self, resource):
        name, kind = self.pick(FIELDS[resource].items())
        operator = self.pick([*OPERATORS, *(("like", "ilike") if kind == "t" else ())])
        value = (
            [self.pick(VALUES[kind]) for _ in range(self.draw(st.integers(0, 3)))]
            if operator == "in"
            else self.pick(VALUES[kind])
        )
        return Compare(FieldRef(name), operator, self.param(value))

    def filter(self, resource, depth=2):
        kind = self.pick(["compare", "compare", "null", "and", "or", "not", "exists"] if depth else ["compare", "null"])
        if kind == "compare":
            return self.compare(resource)
        if kind == "null":
            return Is(FieldRef(self.pick(FIELDS[resource])), self.pick(["null", "not_null"]))
        if kind == "not":
            return Not(self.filter(resource, depth - 1))
        if kind == "exists":
            name, target = self.pick(RELATIONS[resource].items())
            return Exists(RelationRef(name), (self.draw(st.booleans()) and self.filter(target, depth - 1)) or None)
        items = tuple(self.filter(resource, depth - 1) for _ in range(self.draw(st.integers(0, 3))))
        return And(items) if kind == "and" else Or(items)

    def sort(self, resource):
        terms = []
        if self.draw(st.booleans()):
            to_one = [(name, target) for name, target in RELATIONS[resource].items() if name in TO_ONE]
            via, target = ((), resource)
            if to_one and self.draw(st.booleans()):
                name, target = self.pick(to_one)
                via = (RelationRef(name),)
            kinds = [name for name, kind in FIELDS[target].items() if kind != "t"]  # texts sort by collation
            terms.append(
                Sort(FieldRef(self.pick(kinds)), self.draw(st.booleans()), self.pick([None, "first", "last"]), via)
            )
        return (*terms, *(Sort(FieldRef(name)) for name in KEYS.get(resource, ("id",))))

    def node(self, resource, depth=2):
        names = self.draw(st.lists(st.sampled_from(list(FIELDS[resource])), unique=True, max_size=4))
        outputs = [FieldOutput(name, FieldRef(name)) for name in names]
        for name, target in RELATIONS[resource].items():
            if depth and self.draw(st.integers(0, 2)) == 0:
                join = self.pick(["left", "left", "inner"])
                outputs.append(Embed("r_" + name, RelationRef(name), self.node(target, depth - 1), join))
        page = {}
        if self.draw(st.integers(0, 3)) == 0:
            page["limit"] = self.param(self.draw(st.integers(0, 3)))
        if self.draw(st.integers(0, 3)) == 0:
            page["offset"] = self.param(self.draw(st.integers(0, 2)))
        where = self.filter(resource) if self.draw(st.booleans()) else None
        return Node(tuple(outputs), where, self.sort(resource), **page)


@st.composite
def questions(draw):
    draft = Draft(draw)
    resource = draft.pick(FIELDS)
    if draw(st.integers(0, 4)) == 0:
        numbers = [name for name, kind in FIELDS[resource].items() if kind == "n"]
        column = FieldRef(draft.pick(numbers))
        outputs = (Aggregate("c", "count"), Aggregate("s", "sum", (column,)), Aggregate("m", "max", (column,)))
        where = draft.filter(resource) if draw(st.booleans()) else None
        return Read(resource, Node(outputs, where, shape="summary")), draft.values
    return Read(resource, draft.node(resource), count=draft.pick([None, "exact"])), draft.values


@pytest.fixture(scope="module")
def both(tmp_path_factory, postgres_server, request):
    fixtures = next(m for m in request.config.pluginmanager.get_plugins() if hasattr(m, "sqlite_store"))
    one, first = fixtures.sqlite_store(tmp_path_factory.mktemp("agree"))
    two, second = fixtures.postgres_store(postgres_server.create_database("agree"))
    yield one, two
    first.close()
    second.close()


def told(store, operation, values):
    try:
        rows = store.ask(operation, values)
    except Problem as problem:
        return problem.code
    total = store.run(operation, values).total
    return rows, total


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(question=questions())
def test_the_databases_agree(both, question):
    operation, values = question
    lite, post = (told(store, operation, values) for store in both)
    assert lite == post
