"""READ_ONLY: every protocol refuses every write in its own words, and nothing beside or in the database changes."""

import logging
import multiprocessing
import os
import pwd
import shutil
import sqlite3
import stat
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from contracts.filters import Param
from contracts.operations import Create, Read
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

from tests.change.traffic import Inside
from tests.fixtures.guarded_store import ADMIN, Suite

SCHEMA = """
create table things (id integer primary key, name text not null);
insert into things values (1, 'one'), (2, 'two');
"""


class Served:
    """A database served read-only, and a word that changes with anything in it."""

    def __init__(self, database, state):
        self.engine = Engine(database)
        self.engine.refresh()
        self.client = Inside(Suite(self.engine, lambda: None), ADMIN)
        self.state = state


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request, tmp_path_factory):
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("read_only") / "things.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)

        def state():
            return sha256(path.read_bytes()).hexdigest(), sorted(path.parent.iterdir())

        made = Served(SqliteDatabase(path, size=2, limit=5.0, read_only=True), state)
    else:
        url = request.getfixturevalue("postgres_server").create_database("read_only", SCHEMA)

        def state():
            with psycopg.connect(url) as connection:
                rows = connection.execute("select * from things order by id").fetchall()
                objects = connection.execute("select oid, relname from pg_class order by oid").fetchall()
                functions = connection.execute("select oid, proname from pg_proc order by oid").fetchall()
                return rows, objects, functions, connection.execute("select nspname from pg_namespace").fetchall()

        made = Served(PostgresDatabase(url, size=2, limit=5.0, read_only=True), state)
    yield made
    made.engine.close()


REST = [
    ("things", "POST", {"id": 3, "name": "three"}),
    ("things?id=eq.1", "PATCH", {"name": "uno"}),
    ("things?id=eq.1", "DELETE", None),
]
GRAPHQL = [
    'mutation { insert_things_one(object: {id: 3, name: "three"}) { id } }',
    'mutation { update_things(where: {id: {_eq: 1}}, _set: {name: "uno"}) { affected_rows } }',
    "mutation { delete_things_by_pk(id: 1) { id } }",
]
SOAP = [
    "<CreateThings><things><id>3</id><name>three</name></things></CreateThings>",
    "<UpdateThings><id>1</id><things><name>uno</name></things></UpdateThings>",
    "<DeleteThings><id>1</id></DeleteThings>",
]


@pytest.mark.parametrize(("path", "method", "body"), REST, ids=[method for _, method, _ in REST])
def test_rest_refuses(served, path, method, body):
    before = served.state()
    answer = served.client.rest(path, method, json=body)
    assert (answer.status_code, answer.json["code"]) == (405, "25006")
    assert served.state() == before


@pytest.mark.parametrize("query", GRAPHQL)
def test_graphql_refuses(served, query):
    before = served.state()
    answer = served.client.graphql(query)
    assert answer.status_code == 200
    (error,) = answer.json["errors"]
    assert error["message"] == "cannot write in a read-only transaction"
    assert served.state() == before


@pytest.mark.parametrize("message", SOAP)
def test_soap_refuses(served, message):
    before = served.state()
    answer = served.client.soap(message)
    assert answer.status_code == 400
    assert "<env:Value>env:Sender</env:Value>" in answer.text
    assert "25006" in answer.text
    assert served.state() == before


def test_reads_leave_nothing_behind(served):
    before = served.state()
    assert len(served.client.rest("things?select=*").json) == 2
    assert len(served.client.graphql("{ things { id } }").json["data"]["things"]) == 2
    assert served.client.soap("<ListThings/>").status_code == 200
    assert served.state() == before


def test_no_view_writes_behind_a_read_s_back(postgres_server):
    script = """
    create table visits (id serial primary key);
    create function visit() returns int language sql volatile as 'insert into visits default values returning id';
    create view page as select visit() as number;
    """
    engine = Engine(PostgresDatabase(postgres_server.create_database("visits", script), size=2, limit=5.0))
    engine.refresh()
    client = Inside(Suite(engine, lambda: None), ADMIN)
    assert client.rest("page").json["code"] == "25006"
    assert client.rest("visits").json == []
    engine.close()


# --- SQLite where nothing can be written: asked by a process that is not root ------------------------------------


def ask(path, options):
    """Read, then write: what each gave, or the problem's code."""
    engine = Engine(SqliteDatabase(path, size=2, limit=5.0, **options))
    try:
        engine.refresh()
        yield engine.execute(Read("things"), [], ADMIN.caller).body.decode()
        engine.execute(Create("things", ("id", "name"), Param(0)), [[{"id": 3, "name": "three"}]], ADMIN.caller)
    except Problem as problem:
        yield problem.code
    finally:
        engine.close()


def as_anybody(answers, path, options):
    """In a process of its own, as somebody whom the file's permissions bind."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(pwd.getpwnam("nobody").pw_uid)
    said = []
    log = logging.getLogger("trivet.database")
    log.addFilter(lambda record: said.append(record.getMessage()) is not None)
    answers.send((list(ask(path, options)), " ".join(said)))


def ask_as_anybody(path, **options):
    """What an ordinary user's process gets, and all that it logs."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=as_anybody, args=(there, path, options))
    process.start()
    assert here.poll(30)
    found = here.recv()
    process.join()
    return found


@pytest.fixture
def sealed():
    """A file in the journal mode given, in a folder that an ordinary user can't write."""
    folder = Path(tempfile.mkdtemp(prefix="trivet-ro-", dir="/tmp"))

    def make(mode):
        path = folder / "things.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"pragma journal_mode = {mode}")
            connection.executescript(SCHEMA)
        path.chmod(0o444)
        folder.chmod(0o555)
        return path

    yield make
    folder.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


ROWS = '[{"id":1,"name":"one"},{"id":2,"name":"two"}]'


def test_a_file_that_can_t_be_written_is_read(sealed):
    assert ask_as_anybody(sealed("delete"))[0] == [ROWS, "25006"]


def test_a_file_in_wal_mode_whose_folder_can_t_be_written_says_what_to_do(sealed):
    lines, log = ask_as_anybody(sealed("wal"), read_only=True)
    assert lines == ["PGRST000"]
    assert "it is in WAL mode, and its folder can't be written" in log
    assert "TRIVET_SQLITE_IMMUTABLE=1" in log


def test_a_file_in_wal_mode_that_nobody_changes_is_read(sealed):
    path = sealed("wal")
    assert ask_as_anybody(path, immutable=True)[0] == [ROWS, "25006"]
    assert [entry.name for entry in path.parent.iterdir()] == ["things.db"]


def test_a_file_whose_log_holds_changes_is_not_immutable(tmp_path, caplog):
    path = tmp_path / "things.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.executescript(SCHEMA)
        assert list(ask(path, {"immutable": True})) == ["PGRST000"]
    assert "holds changes that are not in the file yet" in caplog.text
