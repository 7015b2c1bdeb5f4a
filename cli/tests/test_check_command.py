"""`trivet check`: every fault at once with its place, what is exposed to whom, and an exit status that says which."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from trivet_cli.check import check

from tests.fixtures.remote_servers import hanging_up, rates, serving

Run = Callable[..., Result]

SCHEMA = """
create table customers (id integer primary key, name text not null);
create table orders (id integer primary key, customer_id integer references customers (id), total decimal(20,2), note text);
create table secrets (word text);
create table "odd [name]" (a text);
"""
GOOD = """version: 1
resources:
  customers:
    permissions:
      customer: {select: {columns: [id], filter: {id: {_eq: X-Hasura-Id}}}}
      clerk: {select: {columns: '*', filter: {}, allow_aggregations: true}}
  orders:
    relations: {customer: buyer}
    permissions:
      customer:
        select: {columns: '*', filter: {buyer: {id: {_eq: X-Hasura-Id}}}}
        insert: {columns: [note], check: {}, set: {customer_id: X-Hasura-Id}}
        update: {columns: '*', filter: {}}
        delete: {filter: {note: {_is_null: true}}}
  'odd [name]':
    permissions:
      clerk: {select: {columns: '*', filter: {}}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a folder with a database `shop.db`; files are given by name, settings by keyword."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "TRIVET_CONFIG", "DATABASE_URL", "PORT", "TRIVET_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript(SCHEMA)

    def invoke(*words: str, **settings: str) -> Result:
        return CliRunner().invoke(check, words, env=settings)

    return invoke


def write(text: str) -> str:
    Path("trivet.yaml").write_text(text, encoding="utf-8")
    return "trivet.yaml"


def lines_of(result: Result) -> list[str]:
    return [line.rstrip() for line in result.output.splitlines()]


def test_a_promised_service_that_was_not_saved_is_named(run: Run) -> None:
    text = GOOD + "soap: {services: {Partner: {resources: [orders], namespace: 'urn:x', version: 1}}}\n"
    told = "the SOAP service Partner is not served before `trivet contract save` has saved it"
    assert told in run("--config", write(text), "--database", "shop.db").output
    Path("contracts").mkdir()
    Path("contracts/Partner.json").write_text("{}")
    assert told not in run("--config", write(text), "--database", "shop.db").output


def test_what_fits_is_shown(run: Run) -> None:
    result = run("--config", write(GOOD), "--database", "shop.db")
    lines = lines_of(result)
    assert result.exit_code == 0
    table = {line.split("  ")[1].strip(): line.split() for line in lines if line.startswith("  ")}
    assert table["resource"] == ["resource", "customer", "clerk"]
    assert table["customers"] == ["customers", "R*-", "R#"]
    assert table["orders"] == ["orders", "R*", "C-", "U", "D*"]
    assert table["odd [name]"] == ["odd", "[name]", "R"]
    assert "4 resources of main (sqlite); 1 of them only admin sees" in lines
    decimals = "orders.total is DECIMAL(20,2), of which SQLite keeps 15 digits exactly; a TEXT column keeps them all"
    assert f"note: {decimals}" in lines
    assert lines[-1] == "no faults"


def test_faults_of_settings_file_and_database_come_together(run: Run) -> None:
    config = write("version: 1\nresources:\n  orders: {permisions: {}}\n  x: 5\n")
    result = run("--config", config, "--database", "none.db", PORT="eighty", TRIVET_THREADS="many")
    assert result.exit_code == 1
    assert lines_of(result)[:5] == [
        "fault: PORT: expected a number, got 'eighty'",
        "fault: TRIVET_THREADS: expected a number, got 'many'",
        "fault: trivet.yaml:3: orders has no key permisions; did you mean permissions?",
        "fault: trivet.yaml:4: x must be a mapping, not `5`",
        f"fault: DATABASE_URL names a file that does not exist: {Path.cwd() / 'none.db'}",
    ]
    assert lines_of(result)[-1] == "5 faults"


def test_names_that_the_database_has_not(run: Run) -> None:
    text = GOOD.replace("columns: [note]", "columns: [noet]").replace("{id: {_eq: X-Hasura-Id}}", "{id: {_eq: me}}", 1)
    config = write(text)
    result = run(CONFIG=config, DATABASE_URL="sqlite:///shop.db")
    assert result.exit_code == 1
    faults = [line for line in lines_of(result) if line.startswith("fault")]
    assert faults == [
        "fault: trivet.yaml:5: id is INTEGER, which `me` is not",
        "fault: trivet.yaml:12: orders has no column noet; did you mean note?",
    ]


def test_a_relation_named_as_a_field_is_a_fault(run: Run) -> None:
    result = run("--config", write(GOOD.replace("customer: buyer", "customer: note")), "--database", "shop.db")
    assert result.exit_code == 1
    assert "a relation of 'orders' is to be named 'note'" in result.output


@pytest.mark.parametrize("given", ["TRIVET_CONFIG", "CONFIG"])
def test_without_a_database_the_file_alone_is_checked(run: Run, given: str) -> None:
    result = run(**{given: write(GOOD)})
    assert result.exit_code == 0
    assert lines_of(result) == [
        "note: DATABASE_URL is not set: the names in the configuration were held against nothing",
        "no faults",
    ]


def test_without_a_configuration_only_admin_sees_anything(run: Run) -> None:
    result = run("--database", "shop.db")
    assert result.exit_code == 0
    assert "4 resources of main (sqlite); 4 of them only admin sees" in lines_of(result)
    assert any("only the role admin sees anything" in line for line in lines_of(result))


def test_a_server_that_does_not_answer_is_a_fault_without_its_password(run: Run) -> None:
    result = run("--database", "postgresql://ada:hunter2@127.0.0.1:1/shop")
    assert result.exit_code == 1
    assert "fault: the database can't be read" in result.output
    assert "hunter2" not in result.output
    assert "Traceback" not in result.output


def test_bypassed_row_security_is_told(run: Run, postgres_server: Any) -> None:
    script = "create table kept (id int); alter table kept enable row level security; create table free (id int)"
    url = postgres_server.create_database("check_row_security", script)
    assert "hidden: public.kept: row-level security, which our login would bypass; " in run("--database", url).output
    config = write("version: 1\nrow_security: {acknowledge: [public.kept]}")
    result = run("--database", url, "--config", config)
    assert result.exit_code == 0
    assert "row-level security" not in result.output
    config = write("version: 1\nrow_security:\n  acknowledge: [public.kpet]")
    result = run("--database", url, "--config", config)
    assert "fault: trivet.yaml:3: there is no table public.kpet; did you mean public.kept?" in result.output


SOURCES = """version: 1
sources:
  rates: {{wsdl: '{url}/rates?wsdl', operations: {{exchange_rates: {{operation: {operation}, reads_only: true}}}}}}
resources:
  orders:
    fields:
      euro: {{enrich: {{source: rates, operation: Convert, arguments: {{From: USD, To: EUR, Amount: '{{total}}'}},
        keys: {{total: Amount}}, value: Value, type: numeric}}}}
functions:
  exchange_rates: {{permissions: {{clerk: {{}}}}}}
"""


def test_remote_sources_are_asked_what_they_can_do(run: Run) -> None:
    with serving(rates()) as server:
        given = run("--config", write(SOURCES.format(url=server.url, operation="GetRates")), "--database", "shop.db")
        assert given.exit_code == 0, given.output
        given = run("--config", write(SOURCES.format(url=server.url, operation="GetRate")), "--database", "shop.db")
        assert given.exit_code == 1
        assert "trivet.yaml:3: its WSDL has no operation GetRate; did you mean GetRates?" in given.output
    assert not Path(".trivet").exists()


def test_a_remote_source_that_is_away_is_no_fault_but_told(run: Run) -> None:
    with hanging_up() as url:
        given = run("--config", write(SOURCES.format(url=url, operation="GetRates")), "--database", "shop.db")
    assert given.exit_code == 0, given.output
    assert "trivet.yaml:3: the source rates can't be asked now what it can do" in given.output


def test_as_a_program_in_a_pipe(run: Run) -> None:
    """No colours, nothing wrapped or cut, and nothing but what was asked for."""
    long = "a_" + "very_" * 60 + "long_name"
    config = write(f"version: 1\nresources:\n  {long}: {{permissions: {{clerk: {{delete: {{filter: {{}}}}}}}}}}\n")
    words = [sys.executable, "-m", "trivet_cli", "check", "--config", config, "--database", "shop.db"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == ""
    assert found.stdout.splitlines()[-2:] == [f"fault: trivet.yaml:3: there is no resource {long}", "1 fault"]
    assert "\x1b" not in found.stdout


def test_rules_of_data_processing_are_held_against_the_database(run: Run) -> None:
    text = GOOD.replace(
        "  orders:\n",
        "    fields:\n"
        "      nmae: {cleanse: [trim]}\n"
        "      shout: {compute: {sql: 'uper(name)', type: text}}\n"
        "  orders:\n"
        "    fields:\n"
        "      note: {cleanse: [trim], validate: {maxLenght: 3}}\n",
        1,
    )
    result = run("--config", write(text), "--database", "shop.db")
    assert result.exit_code == 1
    assert [line for line in lines_of(result) if line.startswith("fault: ")] == [
        "fault: trivet.yaml:12: there is no keyword maxLenght of validation; did you mean maxLength?"
    ]
    result = run("--config", write(text.replace("maxLenght", "maxLength")), "--database", "shop.db")
    assert [line for line in lines_of(result) if line.startswith("fault: ")] == [
        "fault: trivet.yaml:8: customers has no column nmae; did you mean name?",
        "fault: trivet.yaml:9: the database refuses the expression of shout: no such function: uper",
    ]


def test_fields_that_rules_make_may_be_opened(run: Run) -> None:
    text = GOOD.replace(
        "  orders:\n", "    fields:\n      shout: {compute: {sql: 'upper(name)', type: text}}\n  orders:\n", 1
    ).replace("columns: [id]", "columns: [id, shout]")
    result = run("--config", write(text), "--database", "shop.db")
    assert result.exit_code == 0, result.output
