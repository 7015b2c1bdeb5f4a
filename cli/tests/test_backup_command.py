"""`trivet backup` and `trivet restore`: round trips on both databases, and everything that is refused."""

import fcntl
import io
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from auth_service import accounts, sessions, signing_keys, store, tables, upgrade
from auth_service.settings import AuthSettings
from click.testing import CliRunner, Result
from trivet_cli.backup import backup
from trivet_cli.restore import restore

from tests.fixtures.postgres_server import PostgresServer

CONFIG = "version: 1\nroles: {}\n"


class Home:
    """A suite's accounts and folders, and the commands in its environment."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.settings = AuthSettings(state_dir=str(folder / "state"), accounts_url=url)
        self.config = folder / "trivet.yaml"
        self._monkeypatch = monkeypatch
        folder.mkdir()

    def fill(self) -> "Home":
        """Make two accounts, a session, a second key and a configuration."""
        upgrade.prepare(self.settings)
        self.config.write_text(CONFIG)
        opened = store.open(self.settings.store_url)
        ada = accounts.add(opened, "ada@example.com", "pass word", "clerk", ["reader"], {"x-hasura-org": "7"})
        accounts.add(opened, "bob@example.com", "pass word", "admin")
        with opened.write() as connection:
            sessions.start(connection, ada, 600)
        signing_keys.rotate(opened, upgrade.master_key(self.settings))
        opened.close()
        return self

    def run(self, command: object, *words: object, **variables: str) -> Result:
        """Run a command where this home is what the environment names."""
        own = {
            "TRIVET_STATE_DIR": self.settings.state_dir,
            "TRIVET_ACCOUNTS_URL": self.settings.accounts_url,
            "CONFIG": str(self.config) if self.config.exists() else "",
        }
        return CliRunner(env={**own, **variables}).invoke(command, [str(word) for word in words])

    def emails(self) -> list[str]:
        opened = store.open(self.settings.store_url)
        found = [account.email for account in accounts.everyone(opened)]
        opened.close()
        return found

    def jwks(self) -> object:
        opened = store.open(self.settings.store_url)
        found = signing_keys.load(opened, upgrade.master_key(self.settings))
        opened.close()
        assert found is not None
        return found.jwks()

    def sessions(self) -> int:
        opened = store.open(self.settings.store_url)
        with opened.read() as connection:
            found = connection.scalar(sa.select(sa.func.count()).select_from(tables.sessions))
        opened.close()
        return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Home]:
    """A function that makes an empty home, over SQLite or PostgreSQL."""
    for name in ("TRIVET_MASTER_KEY", "TRIVET_MASTER_KEY_FILE", "TRIVET_CONFIG", "TRIVET_REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    made: list[Home] = []

    def make(url: str = "") -> Home:
        made.append(Home(tmp_path / f"home{len(made)}", url, monkeypatch))
        return made[-1]

    return make


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgresql", "postgresql to sqlite", "postgresql to postgresql"])
def homes(
    request: pytest.FixtureRequest, home: Callable[..., Home], postgres_server: PostgresServer
) -> Iterator[tuple[Home, Home]]:
    """A home with something in it and an empty one, over each pair of databases."""
    kinds = request.param.split(" to ")
    urls = [
        postgres_server.create_database(f"backup_{side}") if kind == "postgresql" else ""
        for side, kind in zip(("from", "to"), kinds, strict=True)
    ]
    yield home(urls[0]).fill(), home(urls[1])
    for side in ("from", "to"):
        postgres_server.drop_database(f"backup_{side}")


def test_a_round_trip_brings_all_of_it_back(homes: tuple[Home, Home], tmp_path: Path) -> None:
    old, new = homes
    file = tmp_path / "backup.tar"
    result = old.run(backup, file)
    assert result.exit_code == 0, result.output
    assert "wrote 2 accounts and 2 keys" in result.output
    assert file.stat().st_mode & 0o777 == 0o600
    Path(new.settings.state_dir).mkdir()
    shutil.copy(old.settings.master_key_path, new.settings.master_key_path)
    result = new.run(restore, file, "--config", new.config)
    assert result.exit_code == 0, result.output
    assert new.emails() == ["ada@example.com", "bob@example.com"]
    assert new.jwks() == old.jwks()
    assert new.config.read_text() == CONFIG
    assert (old.sessions(), new.sessions()) == (1, 0)
    again = new.run(restore, file, "--force", "--keep-sessions")
    assert again.exit_code == 0, again.output
    assert new.sessions() == 1


def parts(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


def test_the_master_key_comes_only_when_asked_for_and_is_said_loudly(home: Callable[..., Home], tmp_path: Path) -> None:
    old, new = home().fill(), home()
    plain, whole = tmp_path / "plain.tar", tmp_path / "whole.tar"
    result = old.run(backup, plain)
    assert "the master key is not in it" in result.output
    secret = old.settings.master_key_path.read_bytes().strip()
    assert secret not in plain.read_bytes()
    result = old.run(backup, whole, "--with-master-key")
    assert "HOLDS THE MASTER KEY" in result.output
    assert secret in whole.read_bytes()
    refused = new.run(restore, plain)
    assert refused.exit_code == 1
    assert "--new-keys" in refused.output
    assert not new.settings.master_key_path.exists()
    result = new.run(restore, whole)
    assert result.exit_code == 0, result.output
    assert new.jwks() == old.jwks()
    assert new.settings.master_key_path.stat().st_mode & 0o777 == 0o600


def test_new_keys_do_without_the_master_key(home: Callable[..., Home], tmp_path: Path) -> None:
    old, new = home().fill(), home()
    old.run(backup, tmp_path / "backup.tar")
    result = new.run(restore, tmp_path / "backup.tar", "--new-keys")
    assert result.exit_code == 0, result.output
    assert new.emails() == old.emails()
    assert new.jwks() != old.jwks()
    assert (Path(new.settings.state_dir) / "trivet.yaml").read_text() == CONFIG


def test_nothing_is_overwritten_without_force(home: Callable[..., Home], tmp_path: Path) -> None:
    old, file = home().fill(), tmp_path / "backup.tar"
    old.run(backup, file)
    assert "--force" in old.run(backup, file).output
    assert old.run(backup, file, "--force").exit_code == 0
    refused = old.run(restore, file)
    assert refused.exit_code == 1
    assert "holds accounts already" in refused.output
    other = home().fill()
    shutil.copy(old.settings.master_key_path, tmp_path / "key")
    other.config.write_text("version: 1\n")
    refused = other.run(restore, file, "--force")
    assert "sealed with the master key" in refused.output
    assert other.config.read_text() == "version: 1\n"
    old.run(backup, file, "--force", "--with-master-key")
    result = other.run(restore, file, "--force")
    assert result.exit_code == 0, result.output
    assert other.jwks() == old.jwks()
    assert other.config.read_text() == CONFIG
    assert other.settings.master_key_path.with_name("master.key.before-restore").exists()


def test_another_configuration_is_not_overwritten_either(home: Callable[..., Home], tmp_path: Path) -> None:
    old, new = home().fill(), home()
    old.run(backup, tmp_path / "backup.tar", "--with-master-key")
    new.config.write_text("version: 1\n# mine\n")
    refused = new.run(restore, tmp_path / "backup.tar")
    assert refused.exit_code == 1
    assert "differs from the configuration" in refused.output
    assert not new.settings.master_key_path.exists()


def test_a_running_suite_is_not_restored_under(home: Callable[..., Home], tmp_path: Path) -> None:
    old = home().fill()
    old.run(backup, tmp_path / "backup.tar")
    with (Path(old.settings.state_dir) / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = old.run(restore, tmp_path / "backup.tar", "--force")
    assert refused.exit_code == 1
    assert "a suite is running" in refused.output
    assert old.run(restore, tmp_path / "backup.tar", "--force").exit_code == 0


def spoilt(file: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    found = parts(file)
    change(found)
    with tarfile.open(file, "w") as tar:
        for name, content in found.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda found: found.pop("manifest.json"), "no manifest"),
        (lambda found: found.pop("accounts/accounts.jsonl"), "is missing"),
        (lambda found: found.update({"trivet.yaml": b"version: 1\n"}), "not as it was written"),
        (lambda found: found.update({"manifest.json": b"{}"}), "manifest can't be read"),
        (
            lambda found: found.update({"manifest.json": found["manifest.json"].replace(b'format": 2', b'format": 3')}),
            "it has the form 3",
        ),
    ],
)
def test_a_spoilt_backup_changes_nothing(
    home: Callable[..., Home], tmp_path: Path, change: Callable[[dict[str, bytes]], object], says: str
) -> None:
    old, file = home().fill(), tmp_path / "backup.tar"
    old.run(backup, file)
    spoilt(file, change)
    before = old.jwks()
    refused = old.run(restore, file, "--force")
    assert refused.exit_code == 1
    assert says in refused.output
    assert (old.emails(), old.jwks()) == (["ada@example.com", "bob@example.com"], before)


def test_what_is_no_backup_is_refused(home: Callable[..., Home], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"nonsense" * 1000)
    refused = home().run(restore, tmp_path / "file")
    assert refused.exit_code == 1
    assert "can't be read as a backup" in refused.output


def test_a_backup_before_the_first_migration_is_refused(home: Callable[..., Home], tmp_path: Path) -> None:
    empty = home()
    store.make_place(empty.settings.store_url)
    refused = empty.run(backup, tmp_path / "backup.tar")
    assert refused.exit_code == 1
    assert "no tables yet" in refused.output
    assert not (tmp_path / "backup.tar").exists()
    assert list(tmp_path.glob(".backup*")) == []
