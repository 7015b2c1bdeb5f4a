"""`trivet cleanse`: told first, done when asked, gone on with where it was stopped."""

import sqlite3
from pathlib import Path

import pytest
from chassis.versions import Versions, Writer, word_of
from click.testing import CliRunner, Result
from trivet_cli.cleanse import cleanse
from trivet_cli.cleanse_state import Places
from trivet_cli.layout import layout_of

CONFIG = """\
version: 1
resources:
  people:
    fields:
      name: {cleanse: [trim], validate: {minLength: 2}}
      email: {cleanse: [email]}
      full: {compute: {python: full_name, needs: [name], type: text}}
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Five people, of whom three are to be cleansed and one of these can't be."""
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT)")
        rows = [(1, " Ada", "ADA@example.com"), (2, "Bob", None), (3, " C ", None), (4, "Dan ", "dan"), (5, "Eve", "")]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    return {
        "DATABASE_URL": str(tmp_path / "own.db"), "CONFIG": str(tmp_path / "trivet.yaml"), "STATE": str(tmp_path / "state"),
    }  # fmt: skip


def run(environment: dict[str, str], *words: object) -> Result:
    return CliRunner(env=environment).invoke(cleanse, [str(word) for word in words])


def names(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "own.db") as connection:
        return [name for (name,) in connection.execute("SELECT name FROM people ORDER BY id")]


def test_by_itself_it_writes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    result = run(environment, "--samples", 1)
    assert result.exit_code == 0, result.output
    assert "people: 5 rows, 3 would change" in result.output
    assert "name: 3" in result.output
    assert '" Ada"' in result.output
    assert '"Dan "' not in result.output
    assert "Nothing was written" in result.output
    assert names(tmp_path) == [" Ada", "Bob", " C ", "Dan ", "Eve"]
    assert not (tmp_path / "state" / "cleanse.json").exists()


def test_it_writes_when_asked_and_tells_what_was_refused(environment: dict[str, str], tmp_path: Path) -> None:
    result = run(environment, "--apply", "--batch", 2)
    assert result.exit_code == 1
    assert "people: 5 rows, 3 to change, 2 changed" in result.output
    assert "1 refused: name: must have at least 2 characters" in result.output
    assert names(tmp_path) == ["Ada", "Bob", " C ", "Dan", "Eve"]
    assert not (tmp_path / "state" / "cleanse.json").exists()  # it is done


def test_it_goes_on_where_it_was_stopped(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Places.put

    def stopped(places: Places, name: str, key: tuple[object, ...]) -> None:
        put(places, name, key)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Places, "put", stopped)
        result = run(environment, "people", "--apply", "--batch", 2)
    assert result.exit_code == 1
    assert "stopped; the same command goes on from here" in result.output
    assert names(tmp_path) == ["Ada", "Bob", " C ", "Dan ", "Eve"]
    result = run(environment, "people", "--apply", "--batch", 2)
    assert "going on where an earlier run was stopped" in result.output
    assert "people: 3 rows" in result.output
    assert names(tmp_path) == ["Ada", "Bob", " C ", "Dan", "Eve"]
    assert "people: 5 rows" in run(environment, "people", "--apply", "--restart").output


@pytest.mark.parametrize(
    "change, words, says",
    [
        ({}, ["poeple"], "poeple has nothing to cleanse; what has: people"),
        ({"CONFIG": "{tmp}/none.yaml"}, [], "none.yaml"),
        ({"DATABASE_URL": "{tmp}/none.db"}, [], "none.db"),
    ],
)
def test_what_can_not_be_is_said(
    environment: dict[str, str], tmp_path: Path, change: dict[str, str], words: list[str], says: str
) -> None:
    result = run(environment | {k: v.format(tmp=tmp_path) for k, v in change.items()}, *words)
    assert result.exit_code == 1
    assert says in result.output


def test_what_is_written_is_counted_where_the_suite_counts(environment: dict[str, str]) -> None:
    path = layout_of(environment["STATE"]).versions
    path.parent.mkdir(parents=True)
    Writer.claim(path).close()
    memory, words = Versions.open(path), (word_of("main.people"),)
    assert memory is not None
    run(environment, "--apply", "--batch", 1)
    first = memory.copy(words)
    run(environment, "--apply")  # nothing is left to be changed but what is refused
    with sqlite3.connect(environment["DATABASE_URL"]) as connection:
        connection.execute("UPDATE people SET name = ' Bob' WHERE id = 2")
    run(environment, "--apply")
    assert memory.copy(words) != first
    memory.close()
