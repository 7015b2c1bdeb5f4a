"""`trivet user`: accounts made, listed, ended and changed, and what it says when it can't."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from auth_service import accounts, factors, resets, revocations, sealing, sessions, soap_secrets, store
from auth_service.accounts import Account
from auth_service.passwords import Passwords, weakness
from auth_service.sealing import MasterKey
from auth_service.settings import AuthSettings
from click.testing import CliRunner, Result
from trivet_cli.user import user

Run = Callable[..., Result]
ADD = ("add", "Ada@example.com", "--role", "clerk")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a subcommand with a state folder of the test's own."""
    monkeypatch.setenv("TRIVET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("TRIVET_ACCOUNTS_URL", raising=False)
    monkeypatch.delenv("TRIVET_REDIS_URL", raising=False)
    return lambda *words, text="": CliRunner().invoke(user, words, input=text)


@pytest.fixture
def opened(tmp_path: Path) -> store.Store:
    """The store that the commands work on."""
    return store.open(AuthSettings(state_dir=str(tmp_path / "state")).store_url)


def account(opened: store.Store) -> Account:
    (found,) = accounts.everyone(opened)
    return found


def lets_in(opened: store.Store, password: str) -> bool:
    return Passwords(1).verify(account(opened).password_hash, password)


def test_add_makes_the_store_and_a_password(run: Run, opened: store.Store, tmp_path: Path) -> None:
    result = run(*ADD, "--roles", "reader, admin", "--var", "X-Hasura-Customer-Id=1", "--var", "x-hasura-org=a=b")
    assert result.exit_code == 0, result.output
    made = account(opened)
    assert (made.email, made.role, made.roles) == ("ada@example.com", "clerk", ("clerk", "reader", "admin"))
    assert made.session == {"x-hasura-customer-id": "1", "x-hasura-org": "a=b"}
    password = result.output.split("password: ")[1].strip()
    assert len(password) == 20
    assert weakness(password, made.email) is None
    assert lets_in(opened, password)


def test_a_password_from_standard_input_is_taken_and_not_shown(run: Run, opened: store.Store) -> None:
    result = run(*ADD, "--password-stdin", text="correct horse battery\n")
    assert result.exit_code == 0, result.output
    assert "horse" not in result.output
    assert lets_in(opened, "correct horse battery")


@pytest.mark.parametrize("password", ["short", "password1", "ada@example.com", "aaaaaaaaaaaa", "x" * 1025])
def test_a_weak_password_is_refused(run: Run, password: str) -> None:
    result = run(*ADD, "--password-stdin", text=password)
    assert result.exit_code == 1
    assert "--force" in result.output
    assert "ada@" not in run("list").output


def test_force_takes_a_weak_password_but_nothing_impossible(run: Run, opened: store.Store) -> None:
    assert run(*ADD, "--password-stdin", "--force", text="short").exit_code == 0
    assert lets_in(opened, "short")
    assert run("password", "ada@example.com", "--password-stdin", "--force", text="x" * 1025).exit_code == 1
    assert run("password", "ada@example.com", "--password-stdin", "--force", text="\n").exit_code == 1
    assert lets_in(opened, "short")


@pytest.mark.parametrize(
    "words, says",
    [
        (("add", "nobody", "--role", "clerk"), "not an email address"),
        (("add", "a@b.c", "--role", "two words"), "can't be a role"),
        (("add", "a@b.c", "--role", "clerk", "--var", "x-hasura-a"), "NAME=VALUE"),
        (("add", "a@b.c", "--role", "clerk", "--var", "customer=1"), "x-hasura-"),
        (("disable", "a@b.c"), "there is no account a@b.c"),
        (("enable", "a@b.c"), "there is no account a@b.c"),
        (("password", "a@b.c"), "there is no account a@b.c"),
    ],
)
def test_faults_are_one_line(run: Run, words: tuple[str, ...], says: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert says in result.output
    assert result.output.count("\n") == 1


def test_an_account_is_added_once(run: Run) -> None:
    assert run(*ADD).exit_code == 0
    result = run(*ADD)
    assert (result.exit_code, result.output) == (1, "Error: there is an account ada@example.com already\n")


def test_list_shows_everyone_and_no_secret(run: Run, opened: store.Store) -> None:
    run(*ADD, "--var", "x-hasura-org=7")
    run("add", "bob@example.com", "--role", "admin")
    run("disable", "bob@example.com")
    output = run("list").output
    ada, bob = (next(line for line in output.splitlines() if name in line) for name in ("ada@", "bob@"))
    assert "clerk" in ada
    assert "x-hasura-org=7" in ada
    assert "active" in ada
    assert "disabled" in bob
    assert "argon2" not in output


def test_disable_and_enable(run: Run, opened: store.Store) -> None:
    run(*ADD)
    assert run("disable", "ADA@example.com").exit_code == 0
    made = account(opened)
    assert made.disabled
    assert revocations.since(opened, 0, 600)[1] == [{"subject": made.id, "before": made.tokens_after}]
    assert run("enable", "ada@example.com").exit_code == 0
    assert not account(opened).disabled


def test_password_replaces_the_old_one(run: Run, opened: store.Store) -> None:
    run(*ADD, "--password-stdin", text="correct horse battery\n")
    result = run("password", "ada@example.com")
    assert result.exit_code == 0, result.output
    assert lets_in(opened, result.output.split("password: ")[1].strip())
    assert not lets_in(opened, "correct horse battery")
    assert len(revocations.since(opened, 0, 600)[1]) == 1


def test_a_store_that_is_away_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_ACCOUNTS_URL", "postgresql://nobody@/nothing?host=/nonexistent")
    assert run("list").output == "Error: Accounts can't be reached at present\n"
    monkeypatch.setenv("TRIVET_ACCOUNTS_URL", "mysql://host/db")
    assert "SQLite file or PostgreSQL" in run("list").output


def test_bytes_that_are_no_text_are_no_password(tmp_path: Path) -> None:
    program = "from trivet_cli.user import user; user()"
    command = [sys.executable, "-X", "utf8", "-c", program, "add", "a@b.c", "--role", "r", "--password-stdin"]
    environment = {**os.environ, "TRIVET_STATE_DIR": str(tmp_path), "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, input=b"\xff\xfe\xfd secret", env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: the password on standard input is not text\n"


def test_reset_prints_a_token_that_is_good_once(run: Run, opened: store.Store) -> None:
    run(*ADD)
    result = run("reset", "ada@example.com")
    assert result.exit_code == 0, result.output
    token = result.output.split()[1]
    with opened.write() as connection:
        assert resets.take(connection, token, ["recovery"]) == (account(opened).id, "recovery", None)
        assert resets.take(connection, token, ["recovery"]) is None
    missing = run("reset", "nobody@example.com")
    assert (missing.exit_code, "there is no account" in missing.output) == (1, True)


def test_sessions_are_listed_and_ended(run: Run, opened: store.Store) -> None:
    run(*ADD)
    with opened.write() as connection:
        begun = sessions.start(connection, account(opened).id, 600, sessions.Origin(address="192.0.2.7", agent="curl"))
    listed = run("sessions", "ada@example.com").output
    assert begun.session_id in listed
    assert "192.0.2.7" in listed
    assert run("logout", "ada@example.com").exit_code == 0
    assert begun.session_id not in run("sessions", "ada@example.com").output
    assert account(opened).tokens_after > 0


def test_second_factors_are_taken_away(run: Run, opened: store.Store) -> None:
    run(*ADD)
    ada = account(opened)
    with opened.write() as connection:
        factors.enroll(connection, ada.id, "phone", MasterKey(b"k" * 32))
        factors.new_recovery_codes(connection, ada.id)
    assert "took 1 second factor away" in run("factors-off", "ada@example.com").output
    with opened.read() as connection:
        assert factors.of_account(connection, ada.id) == []
        assert factors.recovery_codes_left(connection, ada.id) == 0


def test_a_soap_secret_is_shown_once_and_ended(run: Run, opened: store.Store, tmp_path: Path) -> None:
    run(*ADD)
    assert "there is no master key" in run("soap-secret", "ada@example.com").output
    master = sealing.make(tmp_path / "state" / sealing.FILE)
    first, second = (run("soap-secret", "ada@example.com").output.split()[-1] for _ in range(2))
    assert first != second
    ada = account(opened)
    with opened.read() as connection:
        assert soap_secrets.secret_of(connection, ada.id, master) == second.encode()
    assert run("soap-secret", "ada@example.com", "--end").output == "ended the SOAP secret of ada@example.com\n"
    again = run("soap-secret", "ada@example.com", "--end")
    assert (again.exit_code, "has no SOAP secret" in again.output) == (1, True)


def test_an_account_is_deleted_after_a_question(run: Run, opened: store.Store) -> None:
    run(*ADD)
    assert run("delete", "ada@example.com", text="n\n").exit_code == 1
    assert len(accounts.everyone(opened)) == 1
    assert run("delete", "ada@example.com", "--yes").exit_code == 0
    assert accounts.everyone(opened) == []
