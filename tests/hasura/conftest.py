"""The library behind GraphQL in one process, on each database."""

import json
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import graphql_service.app
import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.database import Database
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from graphql_service.settings import GraphqlSettings

from tests.fixtures.guarded_store import ADMIN, Door, Who
from tests.hasura import library
from tests.hasura.policies import POLICIES


class Library:
    """GraphQL over the library; ``engine`` says on which database."""

    def __init__(self, database: Database, engine: str, config: Path) -> None:
        self.engine = engine
        self.data = Engine(database, config=config)
        self.data.refresh()
        settings = GraphqlSettings(log_level="error")
        self.http = graphql_service.app.create_app(settings, self.data, Door()).test_client()

    def post(self, body: Any, who: Who = ADMIN, **headers: str) -> Any:
        """The response to a body."""
        return self.http.post("/v1/graphql", json=body, headers={**who.headers, **headers})

    def ask(self, query: str, variables: Any = None, who: Who = ADMIN, name: str | None = None) -> Any:
        """The answer to a document, numbers with all their digits."""
        body = {"query": query, "variables": variables, "operationName": name}
        return json.loads(self.post(body, who).data, parse_float=Decimal)

    def data_of(self, query: str, variables: Any = None, who: Who = ADMIN) -> Any:
        """The data that answers a document."""
        answer = self.ask(query, variables, who)
        assert list(answer) == ["data"], answer
        return answer["data"]

    def error_of(self, query: str, variables: Any = None, who: Who = ADMIN) -> tuple[str, str, str]:
        """Path, code and message of the one error that answers a document."""
        answer = self.ask(query, variables, who)
        assert list(answer) == ["errors"], answer
        (error,) = answer["errors"]
        return error["extensions"]["path"], error["extensions"]["code"], error["message"]


def _sqlite(folder: Path) -> tuple[Path, Any]:
    original, path = folder / "original.db", folder / "library.db"
    with sqlite3.connect(original) as connection:
        connection.executescript(library.script("sqlite"))
    connection.close()

    def restore() -> None:
        with sqlite3.connect(original) as source, sqlite3.connect(path) as target:
            source.backup(target)
        source.close()
        target.close()

    restore()
    return path, restore


def _postgres(url: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(library.script("postgresql"))

    def restore() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"truncate {', '.join(library.TABLES)}")
            connection.execute(library.rows("postgresql"))

    return restore


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The library, for questions only."""
    folder = tmp_path_factory.mktemp("library")
    config = folder / "trivet.yaml"
    config.write_text(POLICIES, encoding="utf-8")
    database: Database
    if request.param == "sqlite":
        path, restore = _sqlite(folder)
        database = SqliteDatabase(path, size=4, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("library")
        restore = _postgres(url)
        database = PostgresDatabase(url, size=4, limit=5.0)
    made = Library(database, request.param, config)
    made.restore = restore
    yield made
    database.close()


@pytest.fixture
def writing(reading: Library) -> Iterator[Library]:
    """The library, as it was again afterwards."""
    yield reading
    reading.restore()
