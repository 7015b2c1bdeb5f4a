"""What `trivet prepare` makes before containers start, and what it refuses to."""

import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from trivet_cli.main import main


@pytest.fixture
def prepare(tmp_path: Path):
    """Run the command with these variables, its folders below ``tmp_path``."""

    def run(**environment: str) -> Result:
        unset = dict.fromkeys(("DATABASE_URL", "CONFIG", "BIND", "TRIVET_DEMO", "TRIVET_ACCOUNTS_URL"), "")
        own = {**unset, "TRIVET_STATE_DIR": str(tmp_path / "state"), **environment}
        return CliRunner().invoke(main, ["prepare", "--served", str(tmp_path / "served")], env=own)

    return run


def emails(path: Path) -> set[str]:
    with sqlite3.connect(path) as accounts:
        return {email for (email,) in accounts.execute("SELECT email FROM accounts")}


def test_the_demo_is_made_with_its_accounts_apart_from_what_data_reads(prepare, tmp_path: Path) -> None:
    assert prepare().exit_code == 0
    assert {entry.name for entry in (tmp_path / "served").iterdir()} == {"demo", "operations", "trivet.yaml"}
    assert "clerk@example.com" in emails(tmp_path / "state" / "accounts.db")
    assert prepare().exit_code == 0  # as each start does


def test_a_database_of_one_s_own_gets_one_administrator_and_opens_nothing(prepare, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://trivet:s3cret@nowhere/shop\n")
    found = prepare(DATABASE_URL_FILE=str(tmp_path / "url"), BIND="0.0.0.0")
    assert found.exit_code == 0
    assert emails(tmp_path / "state" / "accounts.db") == {"admin@trivet.local"}
    assert (tmp_path / "served" / "trivet.yaml").read_text() == "version: 1\n"
    password = tmp_path / "state" / "admin-password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert password.read_text().strip() not in found.output


def test_a_chosen_configuration_is_copied(prepare, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("version: 1\n# mine\n")
    assert prepare(DATABASE_URL="postgresql://h/d", CONFIG=str(tmp_path / "mine.yaml")).exit_code == 0
    assert (tmp_path / "served" / "trivet.yaml").read_text() == "version: 1\n# mine\n"


def test_the_demo_does_not_open_itself_to_others(prepare, tmp_path: Path) -> None:
    found = prepare(BIND="0.0.0.0")
    assert found.exit_code == 1
    assert "known password" in found.output
    assert not (tmp_path / "state").exists()
    assert prepare(BIND="0.0.0.0", TRIVET_DEMO="1").exit_code == 0


def test_known_passwords_stay_out_of_a_store_of_accounts_of_one_s_own(prepare, tmp_path: Path) -> None:
    found = prepare(TRIVET_ACCOUNTS_URL=f"sqlite:///{tmp_path}/mine.db")
    assert found.exit_code == 1
    assert "stay out of there" in found.output
    assert not (tmp_path / "mine.db").exists()
