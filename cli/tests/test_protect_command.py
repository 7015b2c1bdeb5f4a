"""`trivet protect`: what is stored in clear is encrypted, and a new key takes over."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from trivet_cli.protect import protect

CONFIG = """\
version: 1
resources:
  people:
    fields:
      ssn: {protect: {encrypt: {index: ssn_index}, roles: {doctor: clear}}}
      card: {protect: {tokenise: true, roles: {doctor: clear}}}
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Three people from before the rules."""
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, ssn TEXT, ssn_index TEXT, card TEXT)")
        rows = [(1, "111", "4111"), (2, None, "4111"), (3, "333", None)]
        connection.executemany("INSERT INTO people (id, ssn, card) VALUES (?, ?, ?)", rows)
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    return {
        "DATABASE_URL": str(tmp_path / "own.db"), "CONFIG": str(tmp_path / "trivet.yaml"), "STATE": str(tmp_path / "state"),
    }  # fmt: skip


def run(environment: dict[str, str], *words: object) -> Result:
    return CliRunner(env=environment).invoke(protect, [str(word) for word in words])


def stored(tmp_path: Path) -> list[tuple[str | None, ...]]:
    with sqlite3.connect(tmp_path / "own.db") as connection:
        return connection.execute("SELECT ssn, ssn_index, card FROM people ORDER BY id").fetchall()


def test_status_tells_and_changes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    result = run(environment, "status")
    assert result.exit_code == 1, result.output
    assert "people: 3 rows, 3 not as new ones are kept" in result.output
    assert stored(tmp_path)[0] == ("111", None, "4111")


def test_encrypt_then_rotate(environment: dict[str, str], tmp_path: Path) -> None:
    result = run(environment, "encrypt", "--batch", 2)
    assert result.exit_code == 0, result.output
    assert "people: 3 rows, 3 of 3 changed" in result.output
    first = stored(tmp_path)
    assert [ssn and ssn[:9] for ssn, _, _ in first] == ["trv:1:k1:", None, "trv:1:k1:"]
    assert first[0][2] == first[1][2]
    assert str(first[0][2]).startswith("tok_")
    assert run(environment, "status").exit_code == 0
    result = run(environment, "rotate")
    assert result.exit_code == 0, result.output
    assert "the key is k2 from now on" in result.output
    assert "the vault: 1 tokens, 1 encrypted anew" in result.output
    second = stored(tmp_path)
    assert [ssn and ssn[:9] for ssn, _, _ in second] == ["trv:1:k2:", None, "trv:1:k2:"]
    assert [row[1:] for row in second] == [row[1:] for row in first], "indexes and tokens stay what they were"
    keys = tmp_path / "state" / "protection.keys"
    assert list(json.loads(keys.read_text())["keys"]) == ["k1", "k2"]
    assert keys.stat().st_mode & 0o777 == 0o600


def test_without_keys_nothing_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "protection.keys").write_text("{}")
    result = run(environment, "encrypt")
    assert result.exit_code == 1
    assert "does not hold keys of protected fields" in result.output
    assert stored(tmp_path)[0] == ("111", None, "4111")
