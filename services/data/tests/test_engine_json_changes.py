"""JSON changed in place by an update: the same on each database."""

import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Assign, FieldOutput, Node, Update
from contracts.problems import Problem

ADA = {"city": "Oslo", "age": 30, "tags": ["a", "b"]}
CHANGES = [
    ("append", ADA, {"x": 1}, {**ADA, "x": 1}),
    ("append", ADA, {"age": 31}, {**ADA, "age": 31}),
    ("append", [1], [2, 3], [1, 2, 3]),
    ("append", [1], "two", [1, "two"]),
    ("append", [1], {"a": 1}, [1, {"a": 1}]),
    ("append", 1, 2, [1, 2]),
    ("append", {"a": 1}, 2, [{"a": 1}, 2]),
    ("append", "text", None, ["text", None]),
    ("append", [], [], []),
    ("prepend", [1], [2, 3], [2, 3, 1]),
    ("prepend", {"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 2, "c": 4}),
    ("prepend", [1], 0, [0, 1]),
    ("delete_key", ADA, "city", {"age": 30, "tags": ["a", "b"]}),
    ("delete_key", ADA, "nope", ADA),
    ("delete_key", ["a", "b", "a", 1], "a", ["b", 1]),
    ("delete_elem", ["a", "b", "c"], 1, ["a", "c"]),
    ("delete_elem", ["a", "b", "c"], -1, ["a", "b"]),
    ("delete_elem", ["a"], 5, ["a"]),
    ("delete_elem", ["a"], "0", []),
    ("delete_elem", ["a"], -2, ["a"]),
    ("delete_at_path", ADA, ["tags", "0"], {"city": "Oslo", "age": 30, "tags": ["b"]}),
    ("delete_at_path", ADA, ["tags", "-1"], {"city": "Oslo", "age": 30, "tags": ["a"]}),
    ("delete_at_path", {"a": {"b": {"c": 1, "d": 2}}}, ["a", "b", "c"], {"a": {"b": {"d": 2}}}),
    ("delete_at_path", ADA, ["no", "where"], ADA),
    ("delete_at_path", ADA, ["city", "deeper"], ADA),
    ("delete_at_path", ADA, ["tags", "9"], ADA),
    ("delete_at_path", ADA, [], ADA),
    ("delete_at_path", [1, [2, 3]], ["1", "0"], [1, [3]]),
]
REFUSED = [
    ("profile", "delete_key", 1, "a", "22023"),
    ("profile", "delete_elem", 1, 0, "22023"),
    ("profile", "delete_elem", {"a": 1}, 0, "22023"),
    ("profile", "delete_elem", [1], "x", "22P02"),
    ("profile", "delete_at_path", 1, ["a"], "22023"),
    ("profile", "delete_at_path", [1], ["a"], "22P02"),
    ("name", "append", None, 1, "42883"),
    ("name", "delete_key", None, "a", "42883"),
]


def _update(field, how, value):
    node = Node((FieldOutput("profile", FieldRef("profile")),), shape="one")
    where = Compare(FieldRef("id"), "eq", Param(1))
    return Update("customers", (Assign(field, Param(0), how),), filter=where, returning=node), [value, 1]


@pytest.fixture
def customers(store):
    yield store
    store.restore()


@pytest.mark.parametrize(("how", "before", "value", "after"), CHANGES)
def test_changes(customers, how, before, value, after):
    customers.ask(*_update("profile", "value", before))
    assert customers.ask(*_update("profile", how, value)) == {"profile": after}


@pytest.mark.parametrize("how", ["append", "prepend", "delete_key", "delete_elem", "delete_at_path"])
def test_nothing_stays_nothing(customers, how):
    customers.ask(*_update("profile", "value", None))
    assert customers.ask(*_update("profile", how, ["0"] if how == "delete_at_path" else "0")) == {"profile": None}


def test_digits_are_kept(customers):
    customers.ask(*_update("profile", "value", {"n": 12345678901234567890, "x": [0.1]}))
    assert customers.ask(*_update("profile", "delete_key", "x")) == {"profile": {"n": 12345678901234567890}}


@pytest.mark.parametrize(("field", "how", "before", "value", "code"), REFUSED)
def test_what_is_refused(customers, field, how, before, value, code):
    customers.ask(*_update("profile", "value", before))
    with pytest.raises(Problem) as caught:
        customers.run(*_update(field, how, value))
    assert caught.value.code == code
