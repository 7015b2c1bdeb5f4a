"""`trivet contract`: saved, held against a database that changed, and linted, without a suite that runs."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from contracts import promise as promises
from trivet_cli.contract import contract

CONFIG = """\
version: 1
resources:
  things:
    permissions:
      partner: { select: { columns: [id, name, price], filter: {} } }
soap:
  services:
    Partner: { resources: [things], namespace: "urn:example:partner:v1", version: 1.0, role: partner }
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database with two tables, and a configuration that promises one of them to partners."""
    change(tmp_path, "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(8,2), cost TEXT)")
    change(tmp_path, "CREATE TABLE parts (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES things (id))")
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    return {
        "DATABASE_URL": str(tmp_path / "own.db"), "CONFIG": str(tmp_path / "trivet.yaml"), "STATE": str(tmp_path / "state"),
        "PUBLIC_URL": "https://own.example",
    }  # fmt: skip


def change(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "own.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def run(environment: dict[str, str], *words: str) -> Result:
    return CliRunner(env=environment).invoke(contract, words)


def configured(folder: Path, old: str, new: str) -> None:
    file = folder / "trivet.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def promised(folder: Path) -> list[str]:
    found = promises.decode((folder / "contracts" / "Partner.json").read_bytes())
    return [field.name for field in found.catalog.resources[0].fields]


def test_a_service_has_what_its_role_sees_and_new_fields_at_the_end(
    environment: dict[str, str], tmp_path: Path
) -> None:
    saved = run(environment, "save")
    assert saved.exit_code == 0, saved.output
    found = promises.decode((tmp_path / "contracts" / "Partner.json").read_bytes())
    assert (found.service, found.namespace, found.version, found.public) == (
        "Partner",
        "urn:example:partner:v1",
        "1.0",
        False,
    )
    assert [each.name for each in found.catalog.resources] == ["things"]
    assert promised(tmp_path) == ["id", "name", "price"]
    assert run(environment, "diff").output == "nothing breaks\n"
    # a column in the middle, as a table that was made anew has it
    change(
        tmp_path, "DROP TABLE things",
        "CREATE TABLE things (size INTEGER, name TEXT NOT NULL, id INTEGER PRIMARY KEY, price DECIMAL(8,2), cost TEXT)",
    )  # fmt: skip
    configured(tmp_path, "[id, name, price]", "[size, id, name, price]")
    assert run(environment, "diff").output == "nothing breaks\n"
    assert run(environment, "save").exit_code == 0
    assert promised(tmp_path) == ["id", "name", "price", "size"]


def test_what_breaks_a_service_is_named_and_not_saved(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(environment, "save").exit_code == 0
    before = (tmp_path / "contracts" / "Partner.json").read_bytes()
    change(
        tmp_path, "DROP TABLE things", "CREATE TABLE things (id INTEGER PRIMARY KEY, name INTEGER NOT NULL, price DECIMAL(8,2))"
    )  # fmt: skip
    configured(tmp_path, "[id, name, price]", "[id, name]")
    result = run(environment, "diff")
    assert result.exit_code == 1
    assert "Partner.json: Things: price is gone" in result.output
    assert "Partner.json: Things: name is xs:long, and was xs:string" in result.output
    for words in (["save"], ["save", "--accept"]):
        refused = run(environment, *words)
        assert (refused.exit_code, "price is gone" in refused.output) == (1, True)
        assert (tmp_path / "contracts" / "Partner.json").read_bytes() == before
    configured(tmp_path, "version: 1.0", "version: 2.0")
    assert run(environment, "save").exit_code == 0
    assert promised(tmp_path) == ["id", "name"]


def test_what_was_handed_out_is_compared(environment: dict[str, str], tmp_path: Path) -> None:
    """The WSDL as it was written then, though another release might write it otherwise of the same tables."""
    assert run(environment, "save").exit_code == 0
    file = tmp_path / "contracts" / "Partner.promised.wsdl"
    text = file.read_text()
    assert 'location="https://own.example/soap/v1/Partner"' in text
    file.write_text(text.replace('element name="offset"', 'element name="skipped"'))
    result = run(environment, "diff")
    assert (result.exit_code, result.output) == (1, "Partner.json: Page: skipped is gone\n")
    file.write_text("no XML")
    assert "can't be read" in run(environment, "diff").output


def test_documents_of_a_role_in_all_three_protocols(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(environment, "save", "--role", "admin").exit_code == 0
    folder = tmp_path / "contracts"
    assert {file.name for file in folder.iterdir()} == {
        "Partner.json", "Partner.promised.wsdl", "admin.wsdl", "admin.openapi.json", "admin.graphql",
    }  # fmt: skip
    assert "/parts" in json.loads((folder / "admin.openapi.json").read_bytes())["paths"]
    change(tmp_path, "ALTER TABLE things DROP COLUMN cost", "ALTER TABLE things ADD COLUMN weight REAL")
    result = run(environment, "diff")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert "admin.wsdl: Things: cost is gone" in lines
    assert "admin.openapi.json: things: cost is gone" in lines
    assert any(line.startswith("admin.graphql: ") and "things.cost" in line for line in lines)
    assert not [line for line in lines if line.startswith("Partner.json")]
    assert run(environment, "save", "--accept").exit_code == 0
    assert "cost" not in (folder / "admin.graphql").read_text()


def test_sap_takes_every_name_of_its_own_profile(environment: dict[str, str], tmp_path: Path) -> None:
    change(
        tmp_path, "CREATE TABLE a_table_of_a_name_that_is_very_long_indeed (id INTEGER PRIMARY KEY, _hidden TEXT, Size TEXT)",
        "CREATE TABLE A_table_of_a_name_that_is_very_long_indeed_too (id INTEGER PRIMARY KEY, \"größe\" TEXT, \"Grö ße\" TEXT)",
    )  # fmt: skip
    result = run(environment, "lint")
    assert (result.exit_code, result.output) == (0, "SAP takes every name\n")


@pytest.mark.parametrize(
    "words, change, says",
    [
        (["diff"], {}, "nothing was saved"),
        (["save", "--role", "nobody"], {}, "nothing is open to the role nobody"),
        (["save"], {"CONFIG": ""}, "name a --folder"),
        (["save"], {"CONFIG": __file__}, "the configuration can't be used"),
        (["lint"], {"DATABASE_URL": "/nonexistent.db"}, "does not exist"),
    ],
)
def test_troubles_are_told(environment: dict[str, str], words: list[str], change: dict[str, str], says: str) -> None:
    result = run({**environment, **change}, *words)
    assert result.exit_code == 1
    assert says in result.output


def test_a_resource_that_the_role_lacks(environment: dict[str, str], tmp_path: Path) -> None:
    configured(tmp_path, "[things]", "[things, parts]")
    result = run(environment, "save")
    assert (result.exit_code, "the role partner has no parts" in result.output) == (1, True)


def test_a_saved_file_that_can_t_be_read_is_kept(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "contracts" / "Partner.json"
    file.parent.mkdir()
    file.write_text("{")
    result = run(environment, "save")
    assert (result.exit_code, "can't be read" in result.output) == (1, True)
    assert file.read_text() == "{"
