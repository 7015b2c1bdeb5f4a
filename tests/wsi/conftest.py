"""Databases whose descriptions and messages are held against the Basic Profile."""

from collections.abc import Iterator

import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.guarded_store import Suite, postgres_suite, sqlite_suite
from tests.fixtures.large_schemas import TEN_SCHEMAS, ten_schemas_sql
from tests.functions import desk

STORES = ["sqlite", "postgresql", "functions", "ten schemas"]


@pytest.fixture(scope="session", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The facades over one database after another: every type and odd names, functions, a hundred tables."""
    folder = tmp_path_factory.mktemp("wsi")
    if request.param == "sqlite":
        with sqlite_suite(folder) as made:
            yield made
        return
    server = request.getfixturevalue("postgres_server")
    if request.param == "postgresql":
        with postgres_suite(server.create_database("wsi"), folder) as made:
            yield made
        return
    config = folder / "trivet.yaml"
    ten = request.param == "ten schemas"
    config.write_text(f"version: 1\nschemas: [{', '.join(TEN_SCHEMAS)}]\n" if ten else desk.CONFIG)
    url = server.create_database("wsi_more", ten_schemas_sql() if ten else desk.SCRIPT)
    engine = Engine(PostgresDatabase(url, size=2, limit=5.0), config=config)
    try:
        engine.refresh()
        yield Suite(engine, lambda: None)
    finally:
        engine.close()
