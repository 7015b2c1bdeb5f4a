"""The depot: REST in this process, in the access mode `database`, over a database as PostgREST's users write it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import rest_service.app
from chassis import trace, zones
from chassis.around import told
from contracts.identity import ANONYMOUS_ROLE, Caller, Principal
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.undoing import Ending
from data_service.privileges import RoleAccess, pre_request_of
from flask.testing import FlaskClient
from rest_service.settings import Settings

from tests.fixtures.on_hub import EngineOnHub, TurningHub

HERE = Path(__file__).parent
CONFIG = 'version: 1\nschemas: [depot, annex, "Odd @/ ~"]\nanonymous_role: depot_anon\n'
SETTINGS = {"app.settings.host": "depot.test"}


class Door:
    """Lets in whoever the headers of the tests' own name: ``As`` a role, with ``Claims``."""

    def caller(self) -> Caller:
        at_hand = trace.current()
        assert at_hand is not None
        environ = at_hand.environ
        claims = msgspec.json.decode(environ.get("HTTP_CLAIMS", "{}"))
        role = environ.get("HTTP_AS", ANONYMOUS_ROLE)
        principal = Principal(role=role, subject=None if role == ANONYMOUS_ROLE else "1", claims=claims)
        return Caller(principal=principal, around=told(environ), timezone=zones.asked(environ.get("HTTP_PREFER")))

    def address(self) -> str:
        return ""


@pytest.fixture(scope="session")
def depot_url(postgres_server: Any) -> str:
    """The depot's database."""
    url: str = postgres_server.create_database("depot")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((HERE / "depot.sql").read_bytes())
    return url


@pytest.fixture(scope="session", params=["hub", "threads"])
def depot(
    request: pytest.FixtureRequest, depot_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    """A client of the depot, where nothing is kept unless ``Prefer: tx=commit`` asks for it.

    On a hub, as it is served, and in threads.
    """
    folder = tmp_path_factory.mktemp("depot")
    (folder / "trivet.yaml").write_text(CONFIG)
    database = PostgresDatabase(psycopg.conninfo.make_conninfo(depot_url, user="depot_login"), size=3, limit=10.0)
    access = RoleAccess(database, pre_request_of("guard.before"), ("public",), SETTINGS)
    engine: Any = Engine(
        database,
        config=folder / "trivet.yaml",
        access=access,
        ending=Ending(rolls_back=True, overrides=True),
        safe_update=False,
    )
    engine.refresh()
    settings = Settings(state_dir=str(folder), public_url="http://depot.test", log_level="error")
    with TurningHub() as turning:
        served = EngineOnHub(engine, turning) if request.param == "hub" else engine
        try:
            yield rest_service.app.create_app(settings, served, Door()).test_client(use_cookies=False)
        finally:
            engine.close()
