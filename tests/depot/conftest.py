"""The depot: REST in this process, in the access mode `database`, over a database as PostgREST's users write it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import rest_service.app
from chassis import trace, zones
from chassis.around import told
from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE, Caller, Principal
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.execute.undoing import Ending
from data_service.privileges import RoleAccess, pre_request_of
from flask.testing import FlaskClient
from rest_service.settings import Settings

from tests.fixtures.on_hub import EngineOnHub, TurningHub

HERE = Path(__file__).parent
CONFIG = 'version: 1\nschemas: [depot, annex, "Odd @/ ~"]\nanonymous_role: depot_anon\n'
PLACES = ("hub", "threads", "policies", "sqlite")
SETTINGS = {"app.settings.host": "depot.test"}


class Door:
    """Lets in whoever the headers of the tests' own name: ``As`` a role, with ``Claims``; else in one role."""

    def __init__(self, role: str) -> None:
        self._role = role

    def caller(self) -> Caller:
        at_hand = trace.current()
        assert at_hand is not None
        environ = at_hand.environ
        claims = msgspec.json.decode(environ.get("HTTP_CLAIMS", "{}"))
        role = environ.get("HTTP_AS", self._role)
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


@pytest.fixture(scope="session")
def depots(depot_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, FlaskClient]]:
    """Clients of the depot by place, where nothing is kept unless ``Prefer: tx=commit`` asks for it.

    ``hub`` and ``threads`` are in the access mode `database`; in ``policies`` and on ``sqlite`` everybody is admin.
    """
    folder = tmp_path_factory.mktemp("depot")
    (folder / "trivet.yaml").write_text(CONFIG)
    with sqlite3.connect(folder / "depot.db") as lite:
        lite.executescript((HERE / "depot_lite.sql").read_text())
    lite.close()
    ways: dict[str, Any] = {"config": folder / "trivet.yaml", "ending": Ending(rolls_back=True, overrides=True)}
    engines, found = [], {}
    with TurningHub() as turning:
        for place in PLACES:
            login = "depot_login" if place in ("hub", "threads") else "postgres"
            url = psycopg.conninfo.make_conninfo(depot_url, user=login)
            database: Any = PostgresDatabase(url, size=3, limit=10.0)
            access = RoleAccess(database, pre_request_of("guard.before"), ("public",), SETTINGS)
            if place == "sqlite":
                database, ways = SqliteDatabase(folder / "depot.db", size=2, limit=10.0), {"ending": ways["ending"]}
            acting = access if login == "depot_login" else None
            engine: Any = Engine(database, access=acting, safe_update=False, **ways)
            engine.refresh()
            engines.append(engine)
            served = engine if place in ("threads", "sqlite") else EngineOnHub(engine, turning)
            settings = Settings(state_dir=str(folder), public_url="http://depot.test", log_level="error")
            app = rest_service.app.create_app(settings, served, Door(ADMIN_ROLE if acting is None else ANONYMOUS_ROLE))
            found[place] = app.test_client(use_cookies=False)
        try:
            yield found
        finally:
            for engine in engines:
                engine.close()
