"""`trivet apikey`: what it makes, shows once, replaces and ends."""

from pathlib import Path

import pytest
from auth_service import accounts, api_keys, store, upgrade
from auth_service.settings import AuthSettings
from auth_service.store import Store
from chassis import events
from click.testing import CliRunner, Result
from contracts.problems import Problem
from trivet_cli.apikey import apikey


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the commands work on, with one account."""
    for name in ("TRIVET_ACCOUNTS_URL", "TRIVET_REDIS_URL", "TRIVET_MASTER_KEY", "TRIVET_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRIVET_STATE_DIR", str(tmp_path / "state"))
    settings = AuthSettings(state_dir=str(tmp_path / "state"))
    upgrade.prepare(settings)
    found = store.open(settings.store_url)
    accounts.add(found, "ada@example.com", "correct horse", "clerk", ["reader"])
    return found


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The channels on which something is announced."""
    found: list[str] = []
    monkeypatch.setattr(events.Publisher, "publish", lambda _self, channel, _message: found.append(channel) or True)
    return found


def run(*words: str) -> Result:
    return CliRunner().invoke(apikey, words)


def made(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output.strip().removeprefix("key: ")


def is_good(opened: Store, text: str) -> bool:
    try:
        api_keys.prove(opened, text, 600)
    except Problem:
        return False
    return True


def test_a_key_is_shown_once_and_listed_without_its_secret(opened: Store) -> None:
    text = made(
        "add", "nightly", "--role", "clerk", "--roles", "reader", "--resource", "orders", "--resource", "products:read",
        "--var", "x-hasura-shop=3", "--user", "ada@example.com", "--expires", "90d",
    )  # fmt: skip
    (key,) = api_keys.everyone(opened)
    assert (key.roles, key.resources, key.session) == (
        ("clerk", "reader"),
        ("orders", "products:read"),
        {"x-hasura-shop": "3"},
    )
    assert key.expires == pytest.approx(key.created + 90 * 86_400)
    assert is_good(opened, text)
    listed = run("list").output
    assert all(word in listed for word in (key.prefix, "nightly", "ada@example.com", "products:read", "good"))
    assert text[17:] not in listed


def test_a_key_is_rotated_with_and_without_overlap(opened: Store, announced: list[str]) -> None:
    first = made("add", "nightly", "--role", "clerk")
    second = made("rotate", first[:16])
    assert is_good(opened, first)
    assert not announced
    third = made("rotate", second[:16], "--overlap", "0s")
    assert [is_good(opened, text) for text in (first, second, third)] == [True, False, True]
    assert announced == [events.REVOKED]


def test_a_key_is_revoked(opened: Store, announced: list[str]) -> None:
    text = made("add", "nightly", "--role", "clerk")
    assert run("revoke", text[:16]).exit_code == 0
    assert not is_good(opened, text)
    assert announced == [events.REVOKED]
    assert "revoked" in run("list").output


@pytest.mark.parametrize(
    "words, said",
    [
        (["add", "x", "--role", "clerk", "--expires", "soon"], "no time"),
        (["add", "x", "--role", "clerk", "--user", "nobody@example.com"], "no account"),
        (["add", "x", "--role", "admin", "--user", "ada@example.com"], "does not have the role"),
        (["add", "x", "--role", "a b"], "can't be a role"),
        (["add", "x", "--role", "clerk", "--var", "x"], "NAME=VALUE"),
        (["rotate", "tvk_nothing"], "no API key"),
        (["revoke", "tvk_nothing"], "no API key"),
    ],
)
def test_what_can_t_be_is_told_in_a_line(opened: Store, words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert said in result.output
    assert api_keys.everyone(opened) == []
