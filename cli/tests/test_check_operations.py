"""`trivet check` on the project's own Python: its faults by file and line, and who may call what."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from trivet_cli.check import check

CONFIG = """version: 1
functions:
  greet: {permissions: {guest: {}}}
resources:
  tags:
    fields:
      loud: {compute: {python: loud, needs: [name], type: text}}
    permissions:
      clerk: {select: {columns: '*', filter: {}}}
"""
GOOD = """import trivet

@trivet.operation(roles=["clerk"])
def greet(name: str) -> str:
    return name

@trivet.before("tags", "create")
def tidy(ctx, rows):
    pass

@trivet.compute
def loud(ctx, rows):
    return [row["name"] for row in rows]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """Run the command on a project whose one file has this text."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "TRIVET_CONFIG", "DATABASE_URL", "TRIVET_OPERATIONS"):
        monkeypatch.delenv(name, raising=False)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript("create table tags (id integer primary key, name text)")
    Path("trivet.yaml").write_text(CONFIG)

    def invoke(text: str) -> Result:
        Path("operations").mkdir(exist_ok=True)
        Path("operations/shop.py").write_text(text)
        return CliRunner().invoke(check, ["--config", "trivet.yaml", "--database", "shop.db"])

    return invoke


def test_a_sound_project_has_no_faults(run: Callable[[str], Result]) -> None:
    result = run(GOOD)
    assert result.exit_code == 0, result.output
    assert "function greet: clerk, guest" in result.output


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: str", "name", "operations/shop.py:3: the parameter name has no type"),
        ("import trivet", "import trivett", "operations/shop.py:1: ModuleNotFoundError: No module named 'trivett'"),
        ('"tags"', '"tagz"', "operations/shop.py:7: there is no resource tagz; did you mean tags?"),
        ("def greet", "def greed", "trivet.yaml:3: there is no function greet; did you mean greed?"),
        ("def loud", "def load", "loud"),
    ],
)
def test_a_fault_is_told_with_file_and_line(run: Callable[[str], Result], old: str, new: str, fault: str) -> None:
    result = run(GOOD.replace(old, new, 1))
    assert result.exit_code == 1
    assert fault in " ".join(result.output.split())
