"""The three facades over a database with functions."""

from collections.abc import Iterator

import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.guarded_store import Suite
from tests.functions import desk


@pytest.fixture(scope="session")
def suite(postgres_server, tmp_path_factory) -> Iterator[Suite]:
    """REST, GraphQL and SOAP over the shops, on PostgreSQL."""
    config = tmp_path_factory.mktemp("functions") / "trivet.yaml"
    config.write_text(desk.CONFIG)
    url = postgres_server.create_database("functions", desk.SCRIPT)

    def restore() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("truncate log restart identity")

    engine = Engine(PostgresDatabase(url, size=3, limit=5.0), config=config)
    try:
        engine.refresh()
        yield Suite(engine, restore)
    finally:
        engine.close()
