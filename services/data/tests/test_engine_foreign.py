"""Functions that are not the database's own: their rows are read as any others, in the transaction of the call."""

import json
from decimal import Decimal

import msgspec
import pytest
from contracts.catalog import Argument, Function, Returns
from contracts.fields import Field
from contracts.filters import Compare, FieldRef, Given, Param
from contracts.operations import Aggregate, Call, Document, FieldOutput, Member, Node, Sort
from contracts.problems import Problem

NUMBER = Argument(name="n", type="int4", db_type="integer", required=False)
FIELDS = (
    Field(name="x", type="int4", db_type="integer"),
    Field(name="price", type="numeric", db_type="numeric", precision=8, scale=2),
    Field(name="on", type="date", db_type="date"),
    Field(name="tags", type="json", db_type="json"),
    Field(name="ok", type="bool", db_type="boolean"),
)


def function(name, returns, volatility="stable"):
    return Function(
        name=name,
        schema="",
        function=name,
        arguments=(NUMBER,),
        returns=returns,
        source="python",
        volatility=volatility,
    )


ROWS = [
    {"x": 2, "price": Decimal("1.50"), "on": "2024-01-31", "tags": ["a"], "ok": True},
    {"x": 1, "price": Decimal("20"), "on": None, "tags": None, "ok": False},
]
FUNCTIONS = {
    "listed": (function("listed", Returns(kind="rows", many=True, fields=FIELDS)), lambda n: ROWS[:n]),
    "one": (function("one", Returns(kind="rows", fields=FIELDS)), lambda n: ROWS[n] if n in (0, 1) else None),
    "double": (function("double", Returns(kind="scalar", type="int4")), lambda n: n and 2 * n),
    "texts": (function("texts", Returns(kind="scalar", many=True, type="text")), lambda n: ["t"] * n),
    "empty": (function("empty", Returns(kind="void"), "volatile"), lambda n: None),
}


class Calculator:
    """What is called by name."""

    def __init__(self):
        self.seen = []

    def call(self, function, arguments, caller, session, *, writes):
        self.seen.append((function.name, arguments, caller.principal.role, writes))
        return FUNCTIONS[function.name][1](arguments.get("n"))


@pytest.fixture
def desk(store):
    """The store's engine, which has these functions as well until the test is over."""
    engine, calculator = getattr(store.engine, "_engine", store.engine), Calculator()
    state = engine._present.state
    catalog = msgspec.structs.replace(state.catalog, functions=tuple(made for made, _ in FUNCTIONS.values()))
    engine._present.state = type(state)(catalog, state.policies, state.mark)
    engine._answers._foreign = {"python": calculator}
    store.calculator = calculator
    yield store
    engine._present.state, engine._answers._foreign = state, {}


def call(name, node=Node(), form="json", **options):  # noqa: B008  (it is frozen)
    return Call(name, (Given("n", Param(0), form),), node, **options)


def test_rows(desk):
    assert desk.ask(call("listed"), [2]) == [
        {"x": 2, "price": Decimal("1.50"), "on": "2024-01-31", "tags": ["a"], "ok": True},
        {"x": 1, "price": Decimal("20.00"), "on": None, "tags": None, "ok": False},
    ]
    assert desk.ask(call("listed"), [0]) == []
    assert desk.calculator.seen[0] == ("listed", {"n": 2}, "admin", False)


def test_rows_are_filtered_sorted_and_counted(desk):
    node = Node((FieldOutput("x", FieldRef("x")),), Compare(FieldRef("price"), "gt", Param(1)), (Sort(FieldRef("x")),))
    result = desk.run(call("listed", node, count="exact"), [2, 1])
    assert json.loads(result.body) == [{"x": 1}, {"x": 2}]
    assert result.total == 2
    summary = Node((Aggregate("n", "count"), Aggregate("most", "max", (FieldRef("x"),))), shape="summary")
    assert desk.ask(call("listed", summary), [2]) == {"n": 2, "most": 2}


def test_one_row_or_none(desk):
    node = Node((FieldOutput("x", FieldRef("x")),))
    assert desk.ask(call("one", node), [1]) == {"x": 1}
    assert desk.ask(call("one", node), [7]) is None


def test_values(desk):
    assert desk.ask(call("double"), [21]) == 42
    assert desk.ask(call("double"), [None]) is None
    assert desk.ask(call("texts"), [2]) == ["t", "t"]
    assert desk.ask(call("double", form="text"), ["21"]) == 42
    with pytest.raises(Problem) as caught:
        desk.ask(call("double", form="text"), ["much"])
    assert caught.value.code == "22P02"


def test_void_writes(desk):
    assert desk.run(call("empty"), [1]).body == b""
    assert desk.calculator.seen == [("empty", {"n": 1}, "admin", True)]
    desk.run(call("empty", reads_only=True), [1])
    assert desk.calculator.seen[-1][-1] is False


def test_in_documents(desk):
    document = Document((Member("a", call("double")), Member("b", call("empty")), Member("c", call("texts"))))
    assert desk.ask(document, [1]) == {"a": 2, "b": None, "c": ["t"]}


def test_more_rows_than_wanted(desk):
    with pytest.raises(Problem) as caught:
        desk.run(call("listed", at_most=Param(1)), [2, 1])
    assert caught.value.code == "PGRST124"
