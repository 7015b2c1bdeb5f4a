"""The audit lines of the command line: who changed what, in a file that is there before anything is changed."""

import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auth_service import accounts, factors, store, upgrade
from auth_service.sealing import MasterKey
from auth_service.settings import AuthSettings
from auth_service.store import Store
from click.testing import CliRunner
from trivet_cli import audit_trail
from trivet_cli.main import main

Run = Callable[..., str]
PASSWORD = "three brown foxes at noon"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the commands work on, with one account."""
    for name in ("TRIVET_ACCOUNTS_URL", "TRIVET_REDIS_URL", "TRIVET_MASTER_KEY", "TRIVET_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRIVET_STATE_DIR", str(tmp_path / "state"))
    settings = AuthSettings(state_dir=str(tmp_path / "state"))
    upgrade.prepare(settings)
    found = store.open(settings.store_url)
    accounts.add(found, "ada@example.com", PASSWORD, "clerk", ["reader"])
    return found


def run(*words: str, text: str = "") -> str:
    result = CliRunner().invoke(main, words, input=text)
    assert result.exit_code == 0, result.output
    return result.output


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def last(tmp_path: Path) -> dict[str, Any]:
    return lines(tmp_path / "state" / audit_trail.FILE)[-1]


@pytest.mark.parametrize(
    "words, action, about",
    [
        (("password", "ada@example.com"), "account changed", {"changed": "password", "revoked": 1}),
        (("disable", "ada@example.com"), "account changed", {"changed": "disabled", "revoked": 1}),
        (("enable", "ada@example.com"), "account changed", {"changed": "enabled", "revoked": 0}),
        (("reset", "ada@example.com"), "reset token made", {}),
        (("logout", "ada@example.com"), "logout", {"revoked": 1}),
        (("factors-off", "ada@example.com"), "factors removed", {"factors": 1, "revoked": 1}),
        (("delete", "ada@example.com", "--yes"), "account deleted", {"revoked": 1}),
    ],
)
def test_what_is_done_to_an_account_is_written_down(
    opened: Store, tmp_path: Path, words: tuple[str, ...], action: str, about: dict[str, Any]
) -> None:
    (ada,) = accounts.everyone(opened)
    with opened.write() as connection:
        factors.enroll(connection, ada.id, "phone", MasterKey(b"k" * 32))
    run("user", *words)
    line = last(tmp_path)
    assert (line["message"], line["audit"], line["outcome"], line["service"]) == ("audit", action, "done", "cli")
    assert (line["who"], line["by"]) == (ada.id, audit_trail.operator())
    assert line.items() >= about.items()


def test_a_new_account_and_its_password(opened: Store, tmp_path: Path) -> None:
    shown = run("user", "add", "bob@example.com", "--role", "clerk").split("password: ")[1].strip()
    bob = accounts.require(opened, "bob@example.com")
    assert (last(tmp_path)["audit"], last(tmp_path)["who"]) == ("account made", bob.id)
    run("user", "password", "bob@example.com", "--password-stdin", text=f"{PASSWORD}\n")
    written = (tmp_path / "state" / audit_trail.FILE).read_text()
    assert shown not in written
    assert PASSWORD not in written


def test_what_is_done_to_keys_is_written_down(opened: Store, tmp_path: Path) -> None:
    file = tmp_path / "state" / audit_trail.FILE
    key = run("apikey", "add", "nightly", "--role", "clerk").removeprefix("key: ").strip()
    new = run("apikey", "rotate", key[:16], "--overlap", "0s").removeprefix("key: ").strip()
    run("apikey", "revoke", new[:16])
    run("keys", "rotate")
    run("keys", "reset", "--yes")
    told = lines(file)
    assert [line["audit"] for line in told] == [
        "api key made", "api key rotated", "api key revoked", "api key revoked", "signing keys rotated",
        "signing keys reset",
    ]  # fmt: skip
    assert {line["who"] for line in told} == {audit_trail.operator()}
    made, rotated, revoked, revoked_too = (line["key"] for line in told[:4])
    assert (revoked, revoked_too) == (made, rotated)
    assert key not in file.read_text()
    assert new not in file.read_text()


def test_a_backup_and_a_restore_are_written_down(opened: Store, tmp_path: Path) -> None:
    saved = tmp_path / "saved.tar"
    run("backup", str(saved), "--with-master-key")
    assert (last(tmp_path)["audit"], last(tmp_path)["master_key"]) == ("backup", "in it")
    run("restore", str(saved), "--force")
    assert (last(tmp_path)["audit"], last(tmp_path)["file"]) == ("restore", str(saved))


def test_looking_writes_nothing(opened: Store, tmp_path: Path) -> None:
    run("user", "list")
    run("user", "sessions", "ada@example.com")
    run("apikey", "list")
    run("keys", "list")
    assert not (tmp_path / "state" / audit_trail.FILE).exists()


def test_the_file_is_ours_alone_and_grows(opened: Store, tmp_path: Path) -> None:
    run("user", "enable", "ada@example.com")
    run("user", "enable", "ada@example.com")
    file = tmp_path / "state" / audit_trail.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(lines(file)) == 2


def test_the_lines_go_where_they_are_wanted(opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_AUDIT_LOG", str(tmp_path / "elsewhere" / "lines"))
    run("user", "enable", "ada@example.com")
    assert [line["audit"] for line in lines(tmp_path / "elsewhere" / "lines")] == ["account changed"]
    words = [sys.executable, "-m", "trivet_cli", "user", "enable", "ada@example.com"]
    environment = {**os.environ, "TRIVET_AUDIT_LOG": "/dev/stderr"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stderr)["audit"] == "account changed"
    assert done.stdout == "enabled ada@example.com\n"


def test_what_can_t_be_written_down_is_not_done(opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_AUDIT_LOG", str(tmp_path))
    result = CliRunner().invoke(main, ["user", "disable", "ada@example.com"])
    assert result.exit_code == 1
    assert "can't be written, so nothing is done" in result.output
    assert result.output.count("\n") == 1
    assert not accounts.everyone(opened)[0].disabled


def test_the_operator_is_a_user_of_this_machine() -> None:
    name = audit_trail.operator().removeprefix("operator:")
    assert name in {user.pw_name for user in pwd.getpwall()} or name.isdigit()
