"""Rows streamed from both databases: what a read gives, one row a line; ended early, broken, bounded."""

import json
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Aggregate, Embed, FieldOutput, Node, Read, Sort
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.sql.statements import Caps

F, R = FieldRef, RelationRef


def caller():
    return Caller(principal=Principal(role="admin", subject="s"))


def out(*names):
    return tuple(FieldOutput(name, F(name)) for name in names)


def streamed(store, read, values):
    return store.engine.stream(read, values, caller())


def rows_of(stream):
    text = b"".join(stream)
    assert text == b"" or text.endswith(b"\n")
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


READS = [
    ("all fields", Read("products", Node(sort=(Sort(F("id")),))), []),
    ("a page of a filter", Read("orders", Node(out("id", "status"), filter=Compare(F("status"), "neq", Param(0)), sort=(Sort(F("id"), descending=True),), limit=Param(1), offset=Param(2))), ["new", 2, 1]),
    ("embeds in both directions", Read("orders", Node((*out("id"), Embed("customer", R("customers"), Node(out("name"))), Embed("order_items", R("order_items"), Node(out("line_no")))), sort=(Sort(F("id")),))), []),
    ("groups", Read("orders", Node((*out("status"), Aggregate("n", "count")), sort=(Sort(F("status")),))), []),
    ("the first of each", Read("orders", Node(out("id", "customer_id"), sort=(Sort(F("customer_id")), Sort(F("id"))), distinct_on=("customer_id",))), []),
    ("nothing", Read("orders", Node(out("id"), filter=Compare(F("id"), "eq", Param(0)))), [-1]),
]  # fmt: skip


@pytest.mark.parametrize("name, read, values", READS, ids=[case[0] for case in READS])
def test_the_rows_are_those_of_the_read(store, name, read, values):
    assert rows_of(streamed(store, read, values)) == store.ask(read, values)


def test_they_are_counted_before_they_come(store):
    read = Read("orders", Node(out("id"), limit=Param(0)), count="exact")
    stream = streamed(store, read, [3])
    assert (stream.head.rows, stream.head.total, stream.head.body) == (3, 4, b"")
    assert len(rows_of(stream)) == 3


def test_no_cap_holds_but_the_highest(sqlite_maker, tmp_path):
    made, database = sqlite_maker(tmp_path)
    read = Read("order_items", Node(out("order_id", "line_no")))
    for caps, asked, taken in ((Caps(2, None), 2, 5), (Caps(2, 3), 2, 3), (Caps(None, 3), 3, 3)):
        engine = Engine(database, caps=caps)
        engine.refresh()
        assert len(json.loads(engine.execute(read, [], caller()).body)) == asked
        assert len(rows_of(engine.stream(read, [], caller()))) == taken
    database.close()
    assert made.engine.ready


REFUSED = [
    ("an unknown field", Read("orders", Node(out("nope"))), "42703"),
    ("one object", Read("orders", Node(out("id"), shape="one")), "PGRST127"),
    ("a page beyond the last row", Read("orders", Node(out("id"), offset=Param(0)), count="exact"), "PGRST103"),
]


@pytest.mark.parametrize("name, read, code", REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_wrong_is_told_before_any_row(store, name, read, code):
    with pytest.raises(Problem) as caught:
        streamed(store, read, [99])
    assert caught.value.code == code


def test_one_that_is_closed_gives_its_place_back(store):
    read = Read("orders", Node(out("id")))
    for _ in range(20):  # more than there are places
        streamed(store, read, []).close()
    assert len(rows_of(streamed(store, read, []))) == 4


def test_more_than_there_is_room_for_are_refused(store):
    read = Read("orders", Node(out("id")))

    held = [streamed(store, read, []) for _ in range(2)]
    with pytest.raises(Problem) as caught:
        streamed(store, read, [])
    assert caught.value.code == "PGRST001"
    held[0].close()
    assert len(rows_of(streamed(store, read, []))) == 4
    assert len(rows_of(held[1])) == 4
