"""Engines over the small store, on each database."""

import importlib.util
import json
import shutil
import sqlite3
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import apsw
import pytest
from contracts.identity import Caller, Principal
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.processing.setting import NO_MEANS

from tests.fixtures.on_hub import EngineOnHub, TurningHub

_spec = importlib.util.spec_from_file_location("store_schema", Path(__file__).with_name("store_schema.py"))
store_schema = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(store_schema)


def caller(role="admin", **session):
    """One who acts in a role, with session variables."""
    variables = {f"x-hasura-{name.replace('_', '-')}": value for name, value in session.items()}
    return Caller(principal=Principal(role=role, subject=None if role == "anonymous" else "s", session=variables))


class Store:
    """An engine with its database, asked in Python's terms."""

    def __init__(self, engine, restore):
        self.engine = engine
        self.restore = restore

    def run(self, operation, values, who=None):
        return self.engine.execute(operation, values, who or caller())

    def ask(self, operation, values, who=None):
        return json.loads(self.run(operation, values, who).body, parse_float=Decimal)


def sqlite_store(folder, config=None, means=NO_MEANS, project=None):
    """A store in SQLite."""
    original = folder / "original.db"
    with sqlite3.connect(original) as connection:
        connection.executescript(store_schema.script("sqlite"))
    connection.close()
    path = folder / "store.db"
    shutil.copy(original, path)
    database = SqliteDatabase(path, size=4, limit=5.0)
    engine = Engine(database, config=config, means=means, project=project)
    engine.refresh()

    def restore():
        # by the engine's own library: two of them in one process do not see each other's locks
        source, target = apsw.Connection(str(original)), apsw.Connection(str(path))
        target.set_busy_timeout(10_000)
        with target.backup("main", source, "main") as backup:
            backup.step()
        source.close()
        target.close()

    return Store(engine, restore), database


def postgres_store(url, config=None, means=NO_MEANS, project=None):
    """A store in PostgreSQL, in the database at ``url``."""
    import psycopg

    def restore():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop schema public cascade; create schema public")
            connection.execute(store_schema.script("postgresql"))

    restore()
    database = PostgresDatabase(url, size=4, limit=5.0)
    engine = Engine(database, config=config, means=means, project=project)
    engine.refresh()

    def restore_rows():
        with psycopg.connect(url, autocommit=True) as connection:
            names = [r.table for r in engine.catalog(caller()).resources if r.kind == "table"]
            quoted = ", ".join('"' + name + '"' for name in names)
            connection.execute(f"truncate {quoted}")
            connection.execute(store_schema.rows("postgresql"))

    return Store(engine, restore_rows), database


@pytest.fixture(scope="session", params=["sqlite", "sqlite on a hub", "postgresql", "postgresql on a hub"])
def place(request):
    """Which database, and how its requests run."""
    return request.param


@pytest.fixture(scope="session")
def kind(place):
    """Which database."""
    return place.partition(" ")[0]


@pytest.fixture(scope="module")
def store(place, kind, tmp_path_factory, request):
    """The store under no configuration: asked as admin."""
    if kind == "sqlite":
        made, database = sqlite_store(tmp_path_factory.mktemp("store"))
    else:
        server = request.getfixturevalue("postgres_server")
        made, database = postgres_store(
            server.create_database(f"store_{request.module.__name__.rpartition('.')[2]}"[:60])
        )
    with TurningHub() if place.endswith("hub") else nullcontext() as turning:
        if turning is not None:
            made.engine = EngineOnHub(made.engine, turning)
        yield made
        database.close()


@pytest.fixture(scope="module")
def means():
    """What rules work with."""
    return NO_MEANS


@pytest.fixture(scope="module")
def project():
    """The folder of the project's own Python."""
    return


@pytest.fixture(scope="module")
def ruled_store(place, kind, means, project, tmp_path_factory, request):
    """The store under the configuration in the test module's ``CONFIG``, working with ``means`` and ``project``."""
    config = tmp_path_factory.mktemp("rules") / "trivet.yaml"
    config.write_text(request.module.CONFIG)
    if kind == "sqlite":
        made, database = sqlite_store(tmp_path_factory.mktemp("store"), config, means, project)
    else:
        server = request.getfixturevalue("postgres_server")
        name = f"ruled_{request.module.__name__.rpartition('.')[2]}"[:60]
        made, database = postgres_store(server.create_database(name), config, means, project)
    with TurningHub() if place.endswith("hub") else nullcontext() as turning:
        if turning is not None:
            made.engine = EngineOnHub(made.engine, turning)
        yield made
        database.close()


@pytest.fixture
def sqlite_maker():
    """The function that makes a store in SQLite, for tests with a configuration of their own."""
    return sqlite_store
