"""The advice of `trivet check`, on databases that need it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from trivet_cli.check import check

from tests.fixtures.pgbouncer import PgBouncer

Lines = list[str]
Run = Callable[..., Lines]

SCHEMA = """
create extension pg_stat_statements;
create schema audit; create table audit.log (line text);
create schema auth; create table auth.users (id int);
create table people (id int primary key, name text, password_hash text);
create table notes (person_id int references people (id), text text);
create table visits (id int, day date, primary key (id, day)) partition by range (day);
create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
create table pairs (a int, b int, primary key (a, b));
create table of_pairs (x int primary key, b int, a int, c int, foreign key (a, b) references pairs (a, b));
create index on of_pairs (b, a, c);
create table guarded (id int primary key); alter table guarded enable row level security;
create view over_guarded as select id from guarded;
create view invoking with (security_invoker = true) as select id from guarded;
create table closed (id int primary key);
create role check_limited login connection limit 10;
grant select on people, notes, visits, guarded to check_limited;
"""
CONFIG = """
version: 1
resources:
  people:
    permissions:
      anonymous: {select: {columns: [id, name], filter: {}}}
      clerk: {select: {columns: '*', filter: {}}}
  notes:
    permissions:
      anonymous: {insert: {columns: '*', check: {}}}
"""


@pytest.fixture(scope="module")
def url(postgres_server: Any) -> Iterator[str]:
    yield postgres_server.create_database("check_advice", SCHEMA)
    postgres_server.drop_database("check_advice")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on a database; its lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    for name in ("CONFIG", "TRIVET_CONFIG", "DATABASE_URL", "DIRECT_URL", "READ_ONLY", "TRIVET_PREPARE"):
        monkeypatch.delenv(name, raising=False)

    def invoke(database: str, *words: str, **settings: str) -> Lines:
        result = CliRunner().invoke(check, ["--database", database, *words], env=settings)
        assert result.exit_code == 0, result.output
        return result.output.splitlines()

    return invoke


def told(lines: Lines, start: str) -> str:
    """The one line that starts so."""
    (found,) = [line for line in lines if line.startswith(start)]
    return found


def test_what_is_hidden_and_why(run: Run, url: str) -> None:
    lines = run(url)
    assert "not among the schemas that are served" in told(lines, "hidden: audit.log: ")
    assert "a product's own schema" in told(lines, "hidden: auth.users: ")
    assert "partitions" in told(lines, "hidden: public.visits_2024: ")
    assert "belong to an extension" in told(lines, "hidden: public.pg_stat_statements, ")
    assert "our login would bypass" in told(lines, "hidden: public.guarded: row-level security")
    assert not [line for line in lines if line.startswith("hidden: public.people")]


def test_what_a_colleague_would_say(run: Run, url: str) -> None:
    lines = run(url, "--config", "trivet.yaml")
    assert lines[0].startswith("PostgreSQL ")
    assert lines[0].endswith(", as postgres")
    assert told(lines, "note: the login postgres may do everything")
    assert told(lines, "note: anybody without a login may read people")
    assert told(lines, "note: anybody without a login may write to notes")
    assert told(lines, "note: the role clerk sees people.password_hash")
    assert told(lines, "note: public.over_guarded read tables with row-level security with their owner's rights")
    assert told(lines, "note: no primary key: notes;")
    assert told(lines, "note: foreign keys without an index: public.notes (person_id);")
    assert told(lines, "note: a statement may take 8 s (3 s without a login); a read gets 1,000 rows")


def test_a_login_that_may_little(run: Run, postgres_server: Any, url: str) -> None:
    lines = run(postgres_server.url("check_advice", user="check_limited"), TRIVET_POOL_MAX="10")
    assert "public.closed" in told(lines, "note: the login check_limited may not read ")
    assert told(lines, "note: row-level security binds the login check_limited on public.guarded")
    assert "the server allows 10: lower TRIVET_POOL_MAX" in told(lines, "note: data opens up to 11 connections")
    assert not [line for line in lines if "may do everything" in line or line.startswith("hidden: public.guarded")]


def test_a_pooler_is_noticed(run: Run, postgres_server: Any, url: str) -> None:
    with PgBouncer(postgres_server) as pooler:
        through = pooler.url("check_advice")
        assert "TRIVET_PREPARE=off" in told(run(through), "note: a pooler stands before the database")
        assert told(run(through, TRIVET_PREPARE="off"), "note: DIRECT_URL is not set")
        lines = run(through, TRIVET_PREPARE="off", DIRECT_URL=url)
    assert not [line for line in lines if "pooler" in line or "DIRECT_URL" in line]
    assert not [line for line in run(url) if "pooler" in line]


def test_limits_as_they_are_set(run: Run, url: str) -> None:
    lines = run(
        url, TRIVET_DEFAULT_ROWS="0", TRIVET_MAX_ROWS="50", TRIVET_ANONYMOUS_STATEMENT_TIMEOUT="0", READ_ONLY="1"
    )
    assert "note: a statement may take 8 s; a read gets all rows, 50 at most" in lines
    assert told(lines, "note: READ_ONLY is set")


def test_an_sqlite_file(run: Run) -> None:
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript("""
            create table people (id integer primary key, code text unique);
            create table orders (id integer primary key, person_id int references people (id), code text);
            create table lines (order_id int references orders (id), no int, primary key (order_id, no));
            create table one_each (id integer primary key references people (id));
            create index orders_by_code on orders (code);
            create virtual table words using fts5(word);
        """)
    lines = run("shop.db")
    assert lines[0].startswith("SQLite 3")
    assert told(lines, "note: foreign keys without an index: orders (person_id);")
    assert told(lines, "hidden: words_config, words_content, words_data, ").endswith("the inside of virtual tables")
    assert not Path("shop.db-wal").exists()


def test_nothing_is_written(run: Run) -> None:
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("create table people (id integer primary key)")
    before = Path("shop.db").read_bytes(), sorted(Path().iterdir())
    run("shop.db")
    assert (Path("shop.db").read_bytes(), sorted(Path().iterdir())) == before
