"""The situation of PostgREST's users, served on both databases and in both access modes."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
import requests
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

from tests.fixtures import guarded_store
from tests.fixtures.suite import Suite
from tests.postgrest.case import Case

HERE = Path(__file__).parent
SHARED_SQL, POSTGRES_SQL = ((HERE / name).read_text(encoding="utf-8") for name in ("shared.sql", "postgres.sql"))
CLOSED = "version: 1\n"
_KEPT = "%/?&=:@!$,;'()*+~"


class Found:
    """An answer, whoever gave it."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes, schema: str = "public") -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        # what SQLite calls its only schema
        self.body = body.replace(f"'{schema}".encode(), b"'public") if status >= 400 else body

    @property
    def json(self) -> object:
        """The body as JSON; the body itself where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return self.body


Asker = Callable[[Case], Found]


@pytest.fixture(scope="session")
def postgres_url(postgres_server) -> str:
    """The database with all of it."""
    return postgres_server.create_database("postgrest_reads", SHARED_SQL + POSTGRES_SQL)


@pytest.fixture(scope="session")
def grants(postgres_url, tmp_path_factory) -> Iterator[Asker]:
    """The running suite, where the database's roles and grants decide: asked without a token, as `cases_anon`."""
    config = tmp_path_factory.mktemp("postgrest") / "trivet.yaml"
    config.write_text(f"{CLOSED}anonymous_role: cases_anon\n")
    settings = {"TRIVET_ACCESS": "database", "TRIVET_PLAN": "1", "TRIVET_DEFAULT_ROWS": "0"}
    login = postgres_url.replace("postgres@", "cases_login@")
    with Suite(login, config=config, settings=settings) as suite, requests.Session() as session:

        def ask(case: Case) -> Found:
            address = f"{suite.base_url}/rest/v1{quote(case.path, safe=_KEPT)}"
            answer = session.request(case.method, address, headers=case.sent, timeout=30, allow_redirects=False)
            return Found(answer.status_code, dict(answer.headers), answer.content)

        yield ask


def _asker(engine: Engine, schema: str = "public") -> Asker:
    """Asks the facade over an engine, as the administrator."""
    suite = guarded_store.Suite(engine, lambda: None)

    def ask(case: Case) -> Found:
        address = f"/rest/v1{quote(case.path, safe=_KEPT)}"
        headers = case.sent | guarded_store.ADMIN.headers
        answer = suite.rest.open(address, method=case.method, headers=headers)
        return Found(answer.status_code, dict(answer.headers), answer.data, schema)

    return ask


@pytest.fixture(scope="session")
def policies(postgres_url, tmp_path_factory) -> Iterator[Asker]:
    """The same database, where our own policies decide."""
    config = tmp_path_factory.mktemp("postgrest") / "trivet.yaml"
    config.write_text(CLOSED)
    engine = Engine(PostgresDatabase(postgres_url, size=2, limit=5.0), config=config)
    try:
        engine.refresh()
        yield _asker(engine)
    finally:
        engine.close()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory) -> Iterator[Asker]:
    """What of it SQLite can hold."""
    folder = tmp_path_factory.mktemp("postgrest")
    (folder / "trivet.yaml").write_text(CLOSED)
    with sqlite3.connect(folder / "reads.db") as connection:
        connection.executescript(SHARED_SQL)
    connection.close()
    engine = Engine(SqliteDatabase(folder / "reads.db", size=2, limit=5.0), config=folder / "trivet.yaml")
    try:
        engine.refresh()
        yield _asker(engine, "main")
    finally:
        engine.close()
