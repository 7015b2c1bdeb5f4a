"""Hundreds of mutations of a workshop, with the answers that Hasura's users know, on both databases (graphql.md §§6, 8)."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import graphql_service.app
import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from graphql_service.settings import GraphqlSettings

from tests.fixtures.guarded_store import ADMIN, Door, Who
from tests.hasura.workshop import tables
from tests.hasura.workshop.case import Case, Refused
from tests.hasura.workshop.changes import BOUND, CHANGES
from tests.hasura.workshop.inserts import INSERTS
from tests.hasura.workshop.nested import NESTED
from tests.hasura.workshop.roles import ROLES

CASES = [*INSERTS, *NESTED, *CHANGES, *ROLES]


class Workshop:
    """GraphQL over the workshop, which is as it was before a mutation is asked."""

    def __init__(self, database: Any, engine: str, config: Any, restore: Any) -> None:
        self.engine = engine
        self.data = Engine(database, config=config)
        self.data.refresh()
        self._restore = restore
        settings = GraphqlSettings(log_level="error")
        self.http = graphql_service.app.create_app(settings, self.data, Door()).test_client()

    def ask(self, query: str, variables: Any = None, who: Who = ADMIN) -> Any:
        """The answer to a document."""
        response = self.http.post("/v1/graphql", json={"query": query, "variables": variables}, headers=who.headers)
        return json.loads(response.data, parse_float=Decimal)

    def change(self, case: Case) -> Any:
        """The answer to a mutation; what it changed is there until the next."""
        self._restore()
        return self.ask(case.document, case.variables, case.who)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    stack = ExitStack()
    folder = tmp_path_factory.mktemp("workshop")
    config = folder / "trivet.yaml"
    config.write_text(tables.POLICIES, encoding="utf-8")
    restore: Any
    if request.param == "sqlite":
        original, path = folder / "original.db", folder / "workshop.db"
        with sqlite3.connect(original) as connection:
            connection.executescript(tables.script("sqlite"))
        connection.close()

        def restore() -> None:
            with sqlite3.connect(original) as source, sqlite3.connect(path) as target:
                source.backup(target)
            source.close()
            target.close()

        restore()
        database: Any = SqliteDatabase(path, size=2, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("workshop")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute(tables.script("postgresql"))
        back = f"{tables.EMPTY}; {tables.rows('postgresql')}"

        def restore() -> None:
            connection.execute(back)

        database = PostgresDatabase(url, size=2, limit=5.0)
    with stack:
        made = Workshop(database, request.param, config, restore)
        yield made
        made.data.close()


def _name(case: Case) -> str:
    return f"{case.who.role}-{case.mutation}"[:120]


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_answers(workshop: Workshop, case: Case) -> None:
    if case.engine not in ("", workshop.engine):
        pytest.skip(f"{workshop.engine} has nothing of the kind")
    assert workshop.change(case) == case.answer
    if case.then:
        assert workshop.ask(case.then) == {"data": case.after}


@pytest.mark.parametrize("case", BOUND, ids=_name)
def test_foreign_keys(workshop: Workshop, case: Case) -> None:
    """Their names are PostgreSQL's; SQLite says as much as it knows."""
    answer = workshop.change(case)
    if workshop.engine == "postgresql":
        assert answer == case.answer
    else:
        (error,) = answer["errors"]
        assert isinstance(case.expected, Refused)
        assert error["extensions"] == case.answer["errors"][0]["extensions"]
        assert error["message"].startswith("Foreign key violation. ")
