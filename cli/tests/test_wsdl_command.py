"""`trivet wsdl`: from a database and a configuration of one's own, without a suite that runs."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from trivet_cli.wsdl import wsdl

CONFIG = """\
version: 1
resources:
  things:
    permissions:
      reader: { select: { columns: "*", filter: {} } }
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database with one table of a long name, and a configuration that opens it to readers."""
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a_name_that_is_rather_long_for_abap TEXT)")
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    return {
        "DATABASE_URL": str(tmp_path / "own.db"), "CONFIG": str(tmp_path / "trivet.yaml"), "STATE": str(tmp_path / "state"),
        "PUBLIC_URL": "https://own.example",
    }  # fmt: skip


def run(environment: dict[str, str], *words: object) -> Result:
    return CliRunner(env=environment).invoke(wsdl, [str(word) for word in words])


def test_a_document_holds_what_the_role_may_do(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "out.wsdl"
    result = run(environment, file, "--role", "reader")
    assert result.exit_code == 0, result.output
    text = file.read_text()
    assert 'name="ListThings"' in text
    assert 'name="CreateThings"' not in text
    assert 'location="https://own.example/soap/v1"' in text
    assert "nillable" in text
    assert "schemaLocation" not in text


def test_profiles_and_an_address(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "out.wsdl"
    assert run(environment, file, "--role", "admin", "--profile", "java", "--url", "https://x.example/").exit_code == 0
    assert 'location="https://x.example/soap/v1?profile=java"' in file.read_text()
    assert 'name="a_name_that_is_rather_long_for_abap"' in file.read_text()
    assert run(environment, file, "--role", "admin", "--profile", "sap").exit_code == 0
    assert "a_name_that_is_rather_long_for_abap" not in file.read_text()
    assert run(environment, file, "--role", "admin", "--profile", "cobol").exit_code == 2


@pytest.mark.parametrize(
    "change, role, says",
    [
        ({}, "nobody", "nothing is open to the role nobody"),
        ({"DATABASE_URL": "/nonexistent.db"}, "reader", "does not exist"),
        ({"CONFIG": __file__}, "reader", "the configuration can't be used"),
        ({"CONFIG": "/nonexistent.yaml"}, "reader", "does not exist"),
        ({"DATABASE_URL": "postgresql://nobody@/nothing?host=/nonexistent"}, "reader", "can't be read"),
    ],
)
def test_troubles_are_told_and_nothing_is_written(
    environment: dict[str, str], tmp_path: Path, change: dict[str, str], role: str, says: str
) -> None:
    result = run({**environment, **change}, tmp_path / "out.wsdl", "--role", role)
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "out.wsdl").exists()


def test_a_place_that_can_t_be_written(environment: dict[str, str]) -> None:
    result = run(environment, "/nonexistent/out.wsdl", "--role", "reader")
    assert result.exit_code == 1
    assert "can't be written" in result.output
