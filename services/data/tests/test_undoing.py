"""``Prefer: tx=rollback`` where rules of the configuration decide: on each database, on a hub and in threads."""

import json
from contextlib import nullcontext

import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Around, Caller, Principal
from contracts.operations import Create, Delete, FieldOutput, Node, Read
from contracts.problems import Problem
from data_service.app import ending_of
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.settings import DataSettings

from tests.fixtures.on_hub import EngineOnHub, TurningHub

BACK = Node((FieldOutput("id", FieldRef("id")),))
CREATE = Create("things", ("id",), Param(0), returning=BACK)
READ = Read("things", BACK)


def opened(kind, folder, request):
    """An empty table ``things`` in a database of this kind."""
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database("undoing")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table things (id integer primary key)")
        return PostgresDatabase(url, size=2, limit=5.0)
    import sqlite3

    with sqlite3.connect(folder / "things.db") as connection:
        connection.execute("create table things (id integer primary key)")
    connection.close()
    return SqliteDatabase(folder / "things.db", size=2, limit=5.0)


@pytest.fixture(scope="module")
def ask(place, kind, tmp_path_factory, request):
    database = opened(kind, tmp_path_factory.mktemp("undoing"), request)

    with TurningHub() if place.endswith("hub") else nullcontext() as turning:

        def ask(operation, *values, end="commit-allow-override", tx=None):
            engine = Engine(database, ending=ending_of(DataSettings(tx_end=end)))
            engine.refresh()
            if turning is not None:
                engine = EngineOnHub(engine, turning)
            who = Caller(principal=Principal(role="admin", subject="s"), around=Around(tx=tx) if tx else None)
            return engine.execute(operation, values, who)

        yield ask
        database.close()


def there(ask):
    return [row["id"] for row in json.loads(ask(READ).body)]


@pytest.mark.parametrize(
    ("end", "tx", "stays", "told"),
    [
        ("commit", None, True, None),
        ("commit", "rollback", True, None),
        ("commit-allow-override", None, True, None),
        ("commit-allow-override", "rollback", False, "rollback"),
        ("commit-allow-override", "commit", True, "commit"),
        ("rollback", None, False, None),
        ("rollback", "commit", False, None),
        ("rollback-allow-override", None, False, None),
        ("rollback-allow-override", "commit", True, "commit"),
    ],
)
def test_how_a_transaction_ends(ask, end, tx, stays, told):
    made = ask(CREATE, [{"id": 1}], end=end, tx=tx)
    assert json.loads(made.body) == [{"id": 1}]
    assert (made.aside.tx if made.aside else None) == told
    assert there(ask) == ([1] if stays else [])
    ask(Delete("things", Compare(FieldRef("id"), "eq", Param(0))), 1)
    assert there(ask) == []


def test_a_refused_write_is_refused(ask):
    with pytest.raises(Problem) as caught:
        ask(CREATE, [{"id": 1}, {"id": 1}], tx="rollback")
    assert caught.value.code == "23505"
    assert there(ask) == []


def test_a_read_has_nothing_to_undo(ask):
    assert ask(READ, end="rollback").aside is None
