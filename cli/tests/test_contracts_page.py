"""What docs/contracts.md shows can be done as it stands there."""

import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from trivet_cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    trivet (.*)$", PAGE, re.MULTILINE)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database as the page has it, and the page's own configuration."""
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, total DECIMAL(8,2), note TEXT)")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "trivet.yaml").write_text(example)
    return {
        "DATABASE_URL": str(tmp_path / "own.db"), "CONFIG": str(tmp_path / "trivet.yaml"), "STATE": str(tmp_path / "state"),
    }  # fmt: skip


def test_the_commands_work_in_their_order(environment: dict[str, str], tmp_path: Path) -> None:
    assert [words.split()[1] for words in COMMANDS] == ["save", "save", "diff", "lint"]
    for words in COMMANDS:
        result = CliRunner(env=environment).invoke(main, words.split())
        assert result.exit_code == 0, result.output
    for name in ("Partner.json", "Partner.promised.wsdl", "partner.wsdl", "partner.openapi.json", "partner.graphql"):
        assert (tmp_path / "contracts" / name).is_file()
        assert name in PAGE
