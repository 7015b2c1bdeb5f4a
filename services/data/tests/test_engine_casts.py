"""Casts, counts and written values in which the databases differ, brought to the same answers."""

from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Aggregate, Assign, Create, FieldOutput, Node, Read, Sort, Update
from contracts.problems import Problem

F, P = FieldRef, Param
FIRST = Compare(F("id"), "eq", P(0))


@pytest.fixture
def fresh(store):
    """The store, put back as it was afterwards."""
    yield store
    store.restore()


CASTS = [
    (F("created_at"), "date", "2024-01-31"),
    (F("created_at"), "time", "10:00:00"),
    (F("created_at"), "timestamp", "2024-01-31T10:00:00"),
    (F("born"), "timestamp", "1990-02-28T00:00:00"),
    (F("born"), "text", "1990-02-28"),
    (F("balance"), "text", "10.10"),
    (F("balance"), "int", 10),
    (F("profile", ("age",)), "text", "30"),
    (F("profile", ("age",), True), "int", 30),
    (F("vip"), "text", "true"),
    (F("id"), "numeric", 1),
]


@pytest.mark.parametrize("field, cast, expected", CASTS, ids=[f"{c[0].name}-{c[1]}" for c in CASTS])
def test_casts(store, field, cast, expected):
    read = Read("customers", Node((FieldOutput("v", field, cast),), filter=FIRST, shape="one"))
    assert store.ask(read, [1]) == {"v": expected}


def test_decimals_are_rounded_to_their_scale_when_written(fresh):
    update = Update(
        "products", (Assign("price", P(1)),), FIRST, returning=Node((FieldOutput("price", F("price")),), shape="one")
    )
    for given, kept in (("1.005", "1.01"), ("-1.005", "-1.01"), ("2", "2.00"), ("0.125", "0.13"), ("1e2", "100.00")):
        assert fresh.ask(update, [4, given]) == {"price": Decimal(kept)}
    total = Read("products", Node((Aggregate("s", "sum", (F("price"),)),), filter=Compare(F("id"), "eq", P(0))))
    assert fresh.ask(total, [4]) == [{"s": Decimal("100.00")}]


@pytest.mark.parametrize("value", ["100000000", "99999999.995", "-1e30", "1e400"])
def test_decimals_beyond_their_precision_are_refused(fresh, value):
    with pytest.raises(Problem) as caught:
        fresh.ask(Update("products", (Assign("price", P(1)),), FIRST), [4, value])
    assert caught.value.code == "22003"


def test_an_update_to_the_default(fresh):
    update = Update(
        "orders",
        (Assign("status", P(1), "default"), Assign("note", P(1), "default")),
        FIRST,
        returning=Node((FieldOutput("status", F("status")), FieldOutput("note", F("note"))), shape="one"),
    )
    assert fresh.ask(update, [1, None]) == {"status": "new", "note": None}


def test_an_estimated_count_of_few_rows_is_exact(store):
    node = Node((FieldOutput("id", F("id")),), sort=(Sort(F("id")),), limit=P(0), offset=P(1))
    assert store.run(Read("orders", node, count="estimated"), [1, 2]).total == 4
    planned = store.run(Read("orders", node, count="planned"), [1, 2])
    assert planned.total >= 3  # the page that is there, at the least


def test_an_estimated_count_of_many_rows_is_the_databases_guess(fresh):
    rows = [{"id": number, "name": "x"} for number in range(1000, 2500)]
    fresh.run(Create("tags", ("id", "name"), P(0)), [rows])
    total = fresh.run(Read("tags", Node(limit=P(0)), count="estimated"), [1]).total
    assert total >= 1001


@pytest.mark.parametrize("value", ["Infinity", "-Infinity"])
def test_infinities_come_back(fresh, value):
    weight = Node((FieldOutput("weight", F("weight")),), shape="one")
    assert fresh.ask(Update("products", (Assign("weight", P(1)),), FIRST, returning=weight), [4, value]) == {
        "weight": value
    }
    assert fresh.ask(Read("products", Node(weight.outputs, filter=FIRST, shape="one")), [4]) == {"weight": value}


def test_floats_beyond_all_are_refused(fresh):
    with pytest.raises(Problem) as caught:
        fresh.ask(Update("products", (Assign("weight", P(1)),), FIRST), [4, Decimal("1e400")])
    assert caught.value.code == "22003"
