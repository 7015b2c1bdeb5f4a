"""How many ways to the server a write takes on a hub, and that a check which fails on the way leaves nothing."""

import json
from contextlib import contextmanager

import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Delete, Document, FieldOutput, Member, Node, Update
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.wire import Wire

from tests.fixtures.on_hub import EngineOnHub, TurningHub

SCHEMA = (
    "create table notes (id int primary key, owner text, text text check (text <> 'bad'), public bool default true);"
)
CONFIG = """
version: 1
resources:
  notes:
    permissions:
      clerk:
        select: {columns: '*', filter: {}}
        insert: {columns: [id, text, owner], check: {owner: {_eq: X-Hasura-User-Id}}}
        update: {columns: [text, owner], filter: {}, check: {owner: {_eq: X-Hasura-User-Id}}}
        delete: {filter: {}}
"""
CLERK = Caller(principal=Principal(role="clerk", subject="s", session={"x-hasura-user-id": "ada"}))
QUIET = Node(shape="none")
INSERT = Create("notes", ("id", "text", "owner"), Param(0), returning=QUIET)
INSERT_AND_SHOW = Create(
    "notes", ("id", "text", "owner"), Param(0), returning=Node(outputs=(FieldOutput("id", FieldRef("id")),))
)
UPDATE = Update("notes", (Assign("owner", Param(0)),), filter=Compare(FieldRef("id"), "eq", Param(1)), returning=QUIET)
GIVE_AWAY = Update(
    "notes", (Assign("owner", Param(1)),), filter=Compare(FieldRef("id"), "eq", Param(2)), returning=QUIET
)
DELETE = Delete("notes", filter=Compare(FieldRef("id"), "eq", Param(0)), returning=QUIET)


@pytest.fixture(scope="module")
def url(postgres_server):
    return postgres_server.create_database("pipeline_checks", SCHEMA)


@pytest.fixture(scope="module")
def engine(url, tmp_path_factory):
    config = tmp_path_factory.mktemp("checks") / "trivet.yaml"
    config.write_text(CONFIG)
    made = Engine(PostgresDatabase(url, size=4, limit=5.0), config=config)
    made.refresh()
    with TurningHub() as turning:
        yield EngineOnHub(made, turning)
        made.close()


@pytest.fixture
def notes(url):
    """Who owns what, by another client; nothing before and after."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("truncate notes; insert into notes values (1, 'ada', 'first')")
        yield lambda: connection.execute("select id, owner from notes order by id").fetchall()


@contextmanager
def counted(monkeypatch):
    """What is sent meanwhile: the statements of each way to the server and back."""
    ways, asks = [], []
    ask, sync = Wire.ask, Wire.sync

    def asked(self, one):
        asks.append(one.shape.sql.decode())
        ask(self, one)

    def synced(self, *arguments):
        ways.append(tuple(asks))
        asks.clear()
        return sync(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "ask", asked)
        patch.setattr(Wire, "sync", synced)
        yield ways


def row(number, owner="ada", text="text"):
    return {"id": number, "text": text, "owner": owner}


@pytest.mark.parametrize(
    ("operation", "values", "ways"),
    [
        (INSERT, [[row(2), row(3)]], 1),
        (UPDATE, ["ada", 1], 1),
        (DELETE, [1], 1),
        (INSERT_AND_SHOW, [[row(2)]], 1),
        (Document((Member("a", INSERT),)), [[row(2)]], 1),
    ],
    ids=["insert", "update", "delete", "insert and show", "in a document"],
)
def test_ways_of_a_write(engine, notes, monkeypatch, operation, values, ways):
    engine.execute(INSERT, [[row(99)]], CLERK)  # there is a connection
    with counted(monkeypatch) as sent:
        engine.execute(operation, values, CLERK)
    assert [len(way) for way in sent] == [1] * ways  # one statement, which is a transaction by itself
    expected = {"Delete": [(99, "ada")], "Update": [(1, "ada"), (99, "ada")]}.get(type(operation).__name__)
    assert notes() == expected or (1, "ada") in notes()
    if isinstance(operation, Create):
        assert (values[0][0]["id"], "ada") in notes()


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        (INSERT, [[row(2), row(3, owner="eve")]]),
        (INSERT, [[row(2, owner=None)]]),
        (INSERT_AND_SHOW, [[row(2, owner="eve")]]),
        (UPDATE, ["eve", 1]),
        (Document((Member("a", INSERT), Member("b", GIVE_AWAY))), [[row(2)], "eve", 1]),
    ],
    ids=["insert", "null", "insert and show", "update", "in a document"],
)
def test_a_breach_leaves_nothing(engine, notes, operation, values):
    with pytest.raises(Problem) as refused:
        engine.execute(operation, values, CLERK)
    assert refused.value.code == "42501"
    assert refused.value.message == 'new row violates row-level security policy for table "notes"'
    assert notes() == [(1, "ada")]


def test_a_missing_session_variable_is_told_before_anything_is_done(engine, notes):
    nobody = Caller(principal=Principal(role="clerk", subject="s", session={}))
    with pytest.raises(Problem) as refused:
        engine.execute(INSERT, [[row(2)]], nobody)
    assert (refused.value.code, refused.value.message) == ("42501", 'missing session variable: "x-hasura-user-id"')
    assert notes() == [(1, "ada")]


def test_a_value_that_looks_like_the_breach_is_still_a_bad_value(engine, notes):
    with pytest.raises(Problem) as refused:
        engine.execute(INSERT, [[{"id": "no number", "text": "x", "owner": "ada"}]], CLERK)
    assert refused.value.code == "22P02"


def test_other_faults_are_told_as_before(engine, notes):
    for bad, code in ((row(1), "23505"), (row(2, text="bad"), "23514")):
        with pytest.raises(Problem) as refused:
            engine.execute(INSERT, [[bad]], CLERK)
        assert refused.value.code == code
    assert notes() == [(1, "ada")]
    assert json.loads(engine.execute(INSERT_AND_SHOW, [[row(5)]], CLERK).body) == [{"id": 5}]
