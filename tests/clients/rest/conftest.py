"""What the tests of REST's clients share: suites on both databases, what is in these, and the clients' packages."""

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from psycopg.rows import dict_row

from tests.clients.rest import museum as museums
from tests.fixtures import npm
from tests.fixtures.suite import ROOT, Suite

HERE = Path(__file__).parent
KINDS = """
create type mood as enum ('calm', 'wild');
create table kinds (
  id int primary key, tags text[], numbers int[], span int4range, feeling mood, document tsvector, data jsonb);
insert into kinds (id, tags, numbers, span, feeling, document, data) values
 (1, '{a,b}', '{1,2}', '[1,5)', 'calm', to_tsvector('english', 'The fat cats ate rats'), '{"k": [1, 2], "name": "x", "n": 3}'),
 (2, '{b,"c d"}', '{4}', '[5,9]', 'wild', to_tsvector('english', 'a lone dog'), '{"k": [], "name": "y", "n": 7}'),
 (3, null, '{}', 'empty', null, null, null);
"""
FUNCTIONS = """
create function add_up(a integer, b integer default 10) returns integer language sql immutable return a + b;
create function longest(texts text[]) returns text language sql immutable
    return (select t from unnest(texts) t order by length(t) desc limit 1);
create function felt(mood mood default null) returns setof kinds language sql stable begin atomic
    select * from kinds where (felt.mood is null or feeling = felt.mood) and id < 4 order by id; end;
create function feel(which integer, mood mood default null) returns void language sql
    as 'update kinds set feeling = mood where id = which';
create function refuse() returns void language plpgsql as
    $$ begin raise sqlstate 'PT402' using message = 'Pay first', detail = 'It costs 3', hint = 'Bring money'; end $$;
"""
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Store:
    """A suite with a store behind it: how to call it as one who may do all, and what its database holds."""

    kind: str
    suite: Suite
    sign_in: Callable[[], str]
    rows: Callable[[str], Rows]

    @property
    def token(self) -> str:
        """An access token of one who may do all."""
        return self.sign_in()

    @property
    def url(self) -> str:
        """The address of REST."""
        return f"{self.suite.base_url}/rest/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What the scripts are told."""
        item = {"unit_price": 1} if self.kind == "sqlite" else {}
        return {"REST_URL": self.url, "TOKEN": self.token, "SCHEMA": "public", "ITEM": json.dumps(item)}


@pytest.fixture(scope="session")
def demo(demo_suite: Suite) -> Store:
    """The demo store, in SQLite."""
    path = demo_suite.state / "demo" / "store.db"

    def rows(sql: str) -> Rows:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(sql)]
        connection.close()
        return found

    return Store("sqlite", demo_suite, lambda: demo_suite.token("admin@example.com"), rows)


@pytest.fixture(scope="session")
def small(postgres_server: Any) -> Iterator[Store]:
    """A small store in PostgreSQL."""
    place = ROOT / "services/data/tests/store_schema.py"
    spec = importlib.util.spec_from_file_location("store_schema", place)
    assert spec is not None
    assert spec.loader is not None
    schema = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(schema)
    url = postgres_server.create_database("rest_clients", schema.script("postgresql") + KINDS + FUNCTIONS)

    def rows(sql: str) -> Rows:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(sql.encode()).fetchall()

    with Suite(url) as suite:
        yield Store("postgresql", suite, suite.admin_token, rows)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The suite on each database; what tests wrote is removed in the end."""
    found = request.getfixturevalue("demo" if request.param == "sqlite" else "small")
    (last,) = found.rows("select max(id) as id from orders")
    yield found
    answer = requests.delete(
        f"{found.url}/orders?id=gt.{last['id']}", headers={"Authorization": f"Bearer {found.token}"}, timeout=30
    )
    assert answer.status_code == 204, answer.text


@pytest.fixture(scope="session")
def packages() -> Path:
    """A folder with the packages of ``package-lock.json``, kept for the next time under the lock's own hash."""
    return npm.packages(HERE, "rest")


@pytest.fixture(scope="session")
def run_script(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Run one of the scripts here with Node.js; what it printed."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)

    def run(script: str, environment: dict[str, str]) -> dict[str, Any]:
        done = subprocess.run(
            ["node", f"{script}.mjs"],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


@pytest.fixture(scope="session")
def sqlite_museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[museums.Museum]:
    """The museum in SQLite."""
    with museums.sqlite_museum(tmp_path_factory.mktemp("museum")) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_museum(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[museums.Museum]:
    """The museum in PostgreSQL."""
    url = postgres_server.create_database("museum")
    with museums.postgres_museum(url, tmp_path_factory.mktemp("museum")) as made:
        yield made


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def museum(request: pytest.FixtureRequest) -> museums.Museum:
    """The museum in each database, to be read."""
    found: museums.Museum = request.getfixturevalue("sqlite_museum" if request.param == "sqlite" else "postgres_museum")
    return found


@pytest.fixture
def fresh_museum(museum: museums.Museum) -> Iterator[museums.Museum]:
    """The museum in each database, put back as it was afterwards."""
    yield museum
    museum.restore()
