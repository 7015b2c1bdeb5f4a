"""Prepared shapes: an operation that was asked before is neither read nor written again."""

import json

import apsw
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Assign, FieldOutput, Node, Read, Sort, Update, encode
from contracts.problems import Problem
from data_service import shaping
from data_service.execute.shape import PreparedShape
from prometheus_client import REGISTRY


@pytest.fixture
def caller(request):
    """The function that makes a caller in a role."""
    return next(m.caller for m in request.config.pluginmanager.get_plugins() if hasattr(m, "sqlite_store"))


BY_ID = Compare(FieldRef("id"), "eq", Param(0))
NAME = Read("customers", Node((FieldOutput("name", FieldRef("name")),), BY_ID))


def test_a_text_is_answered_as_its_operation_is(store, caller):
    found = store.engine.execute_text(encode(NAME), [2], caller())
    assert found.body == store.run(NAME, [2]).body
    assert json.loads(found.body) == [{"name": "Bob"}]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"is":"drop"}', b'{"is":"read"}', b"[" * 100_000, b"\xff"])
def test_what_is_no_operation_is_refused(store, caller, text):
    with pytest.raises(Problem) as caught:
        store.engine.execute_text(text, [], caller())
    assert caught.value.code == "PGRST100"


def test_a_known_text_is_not_even_decoded(store, caller, monkeypatch):
    store.engine.execute_text(encode(NAME), [1], caller())
    monkeypatch.setattr(shaping, "decode", None)
    assert json.loads(store.engine.execute_text(encode(NAME), [3], caller()).body) == [{"name": "Çelik 日本"}]


def test_a_shape_is_a_roles_own(store, caller):
    store.engine.execute_text(encode(NAME), [1], caller())
    with pytest.raises(Problem) as caught:
        store.engine.execute_text(encode(NAME), [1], caller("stranger"))
    assert caught.value.code == "42501"


def looked_up(event):
    return REGISTRY.get_sample_value("trivet_map_lookups_total", {"map": "shapes", "event": event}) or 0.0


def test_shapes_are_bounded_and_counted(store, caller, monkeypatch):
    monkeypatch.setattr("data_service.state._SHAPES", 3)
    monkeypatch.setattr("chassis.bounded._TELL", 0.0)
    store.engine.refresh(force=True)
    before = {event: looked_up(event) for event in ("hit", "miss", "evicted")}
    texts = [encode(Read("customers", Node((FieldOutput(key, FieldRef("id")),), BY_ID))) for key in "abcd"]
    for text in [*texts[:3], texts[0], texts[3], texts[0], texts[1], texts[1]]:  # b goes for d, and c for b
        store.engine.execute_text(text, [1], caller())
    assert len(store.engine._present.state.shapes) == 3
    counted = {event: looked_up(event) - count for event, count in before.items()}
    assert counted == {"hit": 3, "miss": 5, "evicted": 2}
    store.engine.refresh(force=True)


def test_a_shape_learns_how_long_it_takes():
    shape = PreparedShape(None)
    for _ in range(100):
        shape.took(1.0)
    assert shape.seconds == pytest.approx(1.0, rel=0.01)
    for _ in range(100):
        shape.took(0.0)
    assert shape.seconds < 0.01


def test_more_outputs_than_a_function_takes_arguments(store):
    keys = [f'key {number} it\'s "quoted"' for number in range(1100)]
    outputs = tuple(FieldOutput(key, FieldRef("id" if at % 2 else "name")) for at, key in enumerate(keys))
    [row] = store.ask(Read("customers", Node(outputs, BY_ID)), [1])
    assert list(row) == keys
    assert set(row.values()) == {1, "Ada"}


# --- SQLite alone ------------------------------------------------------------------------------------------------------

SORTED = (Sort(FieldRef("id")),)
STEADY = {
    "by key": (NAME, [1], [2]),
    "by a range": (
        Read("orders", Node(filter=Compare(FieldRef("customer_id"), "gt", Param(0)), sort=SORTED)), [1], [0],
    ),
    "a page": (Read("orders", Node(sort=SORTED, limit=Param(0), offset=Param(1))), [2, 1], [3, 0]),
    "an update": (Update("orders", (Assign("note", Param(1)),), BY_ID), [1, "a"], [2, "b"]),
}  # fmt: skip


@pytest.fixture
def analyzed(sqlite_maker, tmp_path):
    """A store whose file has statistics, as SQLite's STAT4 wants them."""
    made, database = sqlite_maker(tmp_path)
    connection = apsw.Connection(str(tmp_path / "store.db"))
    connection.execute("create index orders_customer on orders (customer_id); analyze")
    connection.close()
    made.engine.refresh()
    yield made, database
    database.close()


@pytest.mark.parametrize("name", STEADY)
def test_other_values_do_not_make_sqlite_prepare_again(analyzed, caller, name):
    store, database = analyzed
    operation, *both = STEADY[name]
    prepared = []
    with database.session(writes=isinstance(operation, Update), deadline=None) as session:
        connection = session._connection
    connection.authorizer = lambda *what: prepared.append(what) or apsw.SQLITE_OK  # asked whenever one is prepared
    store.run(operation, both[0])
    assert prepared
    prepared.clear()
    for values in both * 2:
        store.run(operation, values)
    connection.authorizer = None
    assert [what for what in prepared if what[0] != apsw.SQLITE_TRANSACTION] == []
