"""`trivet keys` and `trivet migrate`: what they print, what they change, what they refuse."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from auth_service import signing_keys, store, tables, upgrade
from auth_service.settings import AuthSettings
from chassis import events
from click.testing import CliRunner, Result
from trivet_cli.keys import keys
from trivet_cli.migrate import migrate

Run = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuthSettings:
    """The settings that the commands work with: a state folder of the test's own."""
    monkeypatch.setenv("TRIVET_STATE_DIR", str(tmp_path / "state"))
    for name in ("TRIVET_ACCOUNTS_URL", "TRIVET_REDIS_URL", "TRIVET_MASTER_KEY", "TRIVET_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return AuthSettings(state_dir=str(tmp_path / "state"))


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The channels on which something is announced."""
    found: list[str] = []
    monkeypatch.setattr(events.Publisher, "publish", lambda _self, channel, _message: found.append(channel) or True)
    return found


def run(*words: str, text: str = "") -> Result:
    return CliRunner().invoke(keys, words, input=text)


def states(output: str) -> list[str]:
    return [line.split("│")[4].strip().split(" ")[0] for line in output.splitlines() if line.startswith("│")]


def test_keys_are_listed_in_the_order_in_which_they_sign(settings: AuthSettings, announced: list[str]) -> None:
    upgrade.prepare(settings)
    result = run("rotate")
    assert result.exit_code == 0, result.output
    assert announced == [events.KEYS]
    assert states(run("list").output) == ["signs", "announced"]
    opened = store.open(settings.store_url)
    with opened.write() as connection:
        column = tables.signing_keys.c.signs_from
        connection.execute(sa.update(tables.signing_keys).values(signs_from=column - 700))
    assert states(run("list").output) == ["verifies", "signs"]
    found = signing_keys.load(opened, upgrade.master_key(settings))
    assert found is not None
    assert all(key.key_id in run("list").output for key in found.keys)
    opened.close()


def test_a_second_key_is_not_announced_beside_one_that_waits(settings: AuthSettings) -> None:
    upgrade.prepare(settings)
    assert run("rotate", "--now").exit_code == 0
    result = run("rotate")
    assert result.exit_code == 1
    assert "announced already" in result.output


def test_a_key_for_now_signs_within_the_minute(settings: AuthSettings) -> None:
    upgrade.prepare(settings)
    assert run("rotate", "--now").exit_code == 0
    opened = store.open(settings.store_url)
    found = signing_keys.load(opened, upgrade.master_key(settings))
    opened.close()
    assert found is not None
    assert found.current(time.time() + 60) == found.keys[1]


def test_a_reset_asks_first_and_makes_a_lost_master_key(settings: AuthSettings, announced: list[str]) -> None:
    upgrade.prepare(settings)
    before = run("list").output
    assert run("reset", text="n\n").exit_code == 1
    assert run("list").output == before
    settings.master_key_path.unlink()
    assert "no master key" in run("list").output
    result = run("reset", "--yes")
    assert result.exit_code == 0, result.output
    assert "made a master key" in result.output
    assert announced == [events.KEYS]
    assert states(run("list").output) == ["signs"]


def test_keys_of_a_store_that_was_never_migrated(settings: AuthSettings) -> None:
    store.make_place(settings.store_url)
    for words in (("list",), ("rotate",), ("reset", "--yes")):
        result = run(*words)
        assert result.exit_code == 1
        assert "trivet migrate" in result.output


def test_migrate_says_what_it_did(settings: AuthSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runner = CliRunner()
    first = runner.invoke(migrate)
    assert first.exit_code == 1
    assert "openssl rand" in first.output  # the tables are there now, and the master key is for its owner to make
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    monkeypatch.setenv("TRIVET_MASTER_KEY_FILE", str(key))
    assert runner.invoke(migrate).output == "the accounts store is up to date (version 0004)\n"
    assert runner.invoke(migrate, ["--check"]).exit_code == 0
    assert states(run("list").output) == ["signs"]


@pytest.mark.parametrize("works_from, says", [("9000", "start the release that migrated it"), ("0002", "works on it")])
def test_migrate_refuses_newer_tables(settings: AuthSettings, works_from: str, says: str) -> None:
    upgrade.prepare(settings)
    opened = store.open(settings.store_url)
    with opened.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9000'"))
        connection.execute(sa.update(tables.compatibility).values(revision="9000", works_from=works_from))
    opened.close()
    for words in ([], ["--check"]):
        result = CliRunner().invoke(migrate, words)
        assert result.exit_code == 1
        assert "newer" in result.output
        assert says in result.output
        assert result.output.count("\n") == 1


def test_the_public_keys_of_an_upgrade_are_those_of_before(settings: AuthSettings) -> None:
    upgrade.prepare(settings)
    opened = store.open(settings.store_url)
    before = json.dumps(signing_keys.load(opened, upgrade.master_key(settings)).jwks())
    opened.close()
    assert "the accounts store is up to date" in CliRunner().invoke(migrate).output
    opened = store.open(settings.store_url)
    assert json.dumps(signing_keys.load(opened, upgrade.master_key(settings)).jwks()) == before
    opened.close()
