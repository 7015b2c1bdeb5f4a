"""`trivet check` on the result cache."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from trivet_cli.main import main

SCRIPT = """
create table orders (id integer primary key, status text);
create table log (id integer primary key, what text);
create view lately as select id, current_timestamp as seen from orders;
create view plain as select id from orders;
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the check with these lines of configuration, and returns what it prints, spaces made one."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript(SCRIPT)

    def check(lines: str, database: str = "sqlite:///shop.db") -> str:
        Path("trivet.yaml").write_text(f"version: 1\n{lines}", encoding="utf-8")
        result = CliRunner().invoke(main, ["check", "--config", "trivet.yaml", "--database", database])
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    return check


def test_without_a_word_nothing_is_kept(notes: Any) -> None:
    assert "no answer is kept" in notes("")


def test_an_age_is_told(notes: Any) -> None:
    assert "answers are kept for 2.5 s" in notes("cache: {max_age: 2.5}")


def test_what_is_not_kept_is_told_with_its_reason(notes: Any) -> None:
    said = notes("cache: {only_writer: true}")
    assert "answers are kept as long as they are true" in said
    assert "answers from lately are not kept: it calls current_timestamp" in said
    assert "plain" not in said.split("as long as they are true")[1]
    assert "answers from lately are kept for 2 s" in notes("cache: {only_writer: true, max_age: 2}")


def test_a_write_that_ends_all_is_told(notes: Any, postgres_server: Any) -> None:
    url = postgres_server.create_database("check_cache")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCRIPT)
        connection.execute("""
            create function tell() returns trigger language plpgsql as $$ begin return null; end $$;
            create trigger tell after insert on orders execute function tell();
        """)
    said = notes("cache: {only_writer: true}", url)
    assert "a write to lately, orders, plain ends all answers" in said
    assert "a write to log" not in said
