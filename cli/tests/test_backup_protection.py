"""What opens protected fields goes into a backup and out of it: encrypted and tokenised values are readable again."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from auth_service import accounts, store, upgrade
from auth_service.settings import AuthSettings
from click.testing import CliRunner, Result
from contracts.filters import FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Create, FieldOutput, Node, Read
from data_service.app import open_database, open_secrets
from data_service.engine import Engine
from data_service.processing.setting import Means
from data_service.settings import DataSettings
from trivet_cli.backup import backup
from trivet_cli.protect import protect
from trivet_cli.restore import restore

from tests.fixtures.postgres_server import PostgresServer

CONFIG = """\
version: 1
resources:
  people:
    fields:
      ssn: {protect: {encrypt: true, roles: {admin: clear}}}
      card: {protect: {tokenise: true, roles: {admin: clear}}}
"""
ROWS = [{"id": 1, "ssn": "111-22", "card": "4111 1111"}, {"id": 2, "ssn": "333-44", "card": None}]
ADMIN = Caller(principal=Principal(role="admin", subject="t", roles=("admin",)))


class Home:
    """A suite's state folder and settings beside a database that it serves; ``vault`` as TRIVET_VAULT says it."""

    def __init__(self, folder: Path, database: Path, vault: str = "") -> None:
        self.state = folder / "state"
        self.config = folder / "trivet.yaml"
        self.environment = {
            "TRIVET_STATE_DIR": str(self.state), "STATE": str(self.state), "DATABASE_URL": str(database),
            "CONFIG": str(self.config), "TRIVET_VAULT": vault, "TRIVET_MASTER_KEY": "", "TRIVET_ACCOUNTS_URL": "",
        }  # fmt: skip
        self._data = DataSettings(
            state_dir=str(self.state), database_url=f"sqlite:///{database}", config=str(self.config), vault=vault
        )

    def begin(self) -> "Home":
        """Accounts with a master key, and two people whose numbers are protected."""
        self.state.mkdir(parents=True)
        settings = AuthSettings(state_dir=str(self.state))
        upgrade.prepare(settings)
        with closing(store.open(settings.store_url)) as opened:
            accounts.add(opened, "ada@example.com", "pass word", "admin")
        self.config.write_text(CONFIG)
        self.asked(Create("people", ("id", "ssn", "card"), Param(0)), ROWS)
        return self

    def asked(self, operation: object, *values: object) -> object:
        """What data answers the administrator."""
        with closing(open_secrets(self._data)) as secrets:
            engine = Engine(open_database(self._data), config=self.config, means=Means(secrets=secrets))
            with closing(engine):
                engine.refresh()
                body = engine.execute(operation, values, ADMIN).body
        return json.loads(body) if body else None

    def people(self) -> object:
        outputs = tuple(FieldOutput(name, FieldRef(name)) for name in ("id", "ssn", "card"))
        return self.asked(Read("people", Node(outputs)))

    def run(self, command: object, *words: object) -> Result:
        return CliRunner(env=self.environment).invoke(command, [str(word) for word in words])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The database that is served: it has backups of its own, and stays."""
    with sqlite3.connect(tmp_path / "own.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, ssn TEXT, card TEXT)")
    connection.close()
    return tmp_path / "own.db"


@pytest.fixture(params=["a file", "PostgreSQL"])
def vaults(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[tuple[str, str]]:
    """Where the vault is before and afterwards."""
    names = ("vault_before", "vault_after") if request.param == "PostgreSQL" else ()
    yield tuple(postgres_server.create_database(name) for name in names) or ("", "")
    for name in names:
        postgres_server.drop_database(name)


def test_what_was_protected_is_readable_after_a_restore_on_nothing(
    tmp_path: Path, database: Path, vaults: tuple[str, str]
) -> None:
    old, file = Home(tmp_path / "old", database, vaults[0]).begin(), tmp_path / "backup.tar"
    assert old.run(protect, "rotate").exit_code == 0
    result = old.run(backup, file, "--with-master-key")
    assert result.exit_code == 0, result.output
    assert "the keys of protected fields, sealed, and 1 entries of the vault are in it" in result.output
    raw, keys = file.read_bytes(), json.loads((old.state / "protection.keys").read_text())
    for secret in (keys["root"], *keys["keys"].values(), ROWS[0]["card"], ROWS[0]["ssn"]):
        assert secret.encode() not in raw
    shutil.rmtree(tmp_path / "old")
    new = Home(tmp_path / "new", database, vaults[1])
    (tmp_path / "new").mkdir()
    result = new.run(restore, file)
    assert result.exit_code == 0, result.output
    assert new.people() == ROWS
    assert (new.state / "protection.keys").stat().st_mode & 0o777 == 0o600
    assert new.asked(Create("people", ("id", "ssn", "card"), Param(0)), [{**ROWS[0], "id": 3}]) is None
    assert new.run(protect, "status").exit_code == 0
    # a second time there is nothing new
    assert new.run(restore, file, "--force").exit_code == 0
    assert len(new.people()) == 3


def test_without_the_master_key_nothing_is_changed(tmp_path: Path, database: Path) -> None:
    old, file = Home(tmp_path / "old", database).begin(), tmp_path / "backup.tar"
    old.run(backup, file)
    new = Home(tmp_path / "new", database)
    (tmp_path / "new").mkdir()
    for words in ((), ("--new-keys",)):
        refused = new.run(restore, file, *words)
        assert refused.exit_code == 1
        assert "--no-protection" in refused.output
        assert not (new.state / "protection.keys").exists()
    result = new.run(restore, file, "--new-keys", "--no-protection")
    assert result.exit_code == 0, result.output
    assert not (new.state / "protection.keys").exists()
    new.state.joinpath("master.key").unlink()
    shutil.copy(old.state / "master.key", new.state)
    result = new.run(restore, file, "--force")
    assert result.exit_code == 0, result.output
    assert new.people() == ROWS


def test_keys_that_came_since_stay(tmp_path: Path, database: Path) -> None:
    home, file = Home(tmp_path / "home", database).begin(), tmp_path / "backup.tar"
    home.run(backup, file)
    assert home.run(protect, "rotate").exit_code == 0
    result = home.run(restore, file, "--force")
    assert result.exit_code == 0, result.output
    assert list(json.loads((home.state / "protection.keys").read_text())["keys"]) == ["k1", "k2"]
    assert home.people() == ROWS


def test_other_keys_are_set_aside_only_by_force(tmp_path: Path, database: Path) -> None:
    old, file = Home(tmp_path / "old", database).begin(), tmp_path / "backup.tar"
    old.run(backup, file, "--with-master-key")
    shutil.copy(database, tmp_path / "other.db")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("DELETE FROM people")
    connection.close()
    other = Home(tmp_path / "other", tmp_path / "other.db").begin()
    shutil.rmtree(other.state / "run", ignore_errors=True)
    (other.state / "accounts.db").unlink()
    (other.state / "master.key").unlink()
    refused = other.run(restore, file)
    assert refused.exit_code == 1
    assert "holds other keys of protected fields" in refused.output
    assert other.people() == ROWS
    result = other.run(restore, file, "--force")
    assert result.exit_code == 0, result.output
    assert (other.state / "protection.keys.before-restore").exists()
    assert (other.state / "vault.db.before-restore").exists()
    assert Home(tmp_path / "other", database).people() == ROWS
