"""Rows out of a store and into one again: whole, consistent, from either database to either."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from auth_service import accounts, revocations, schema_versions, sessions, signing_keys, store, tables, transfer
from auth_service.sealing import MasterKey
from auth_service.store import Store, StoreError
from auth_service.transfer import TransferError

MASTER = MasterKey(b"m" * 32)
Rows = dict[str, list[bytes]]


@pytest.fixture
def filled(opened: Store) -> Store:
    """A store with two accounts, a session, revocations and two keys."""
    ada = accounts.add(opened, "ada@example.com", "pass word", "clerk", ["reader"], {"x-hasura-org": "é'1"})
    accounts.disable(opened, accounts.add(opened, "bob@example.com", "pass word", "admin"))
    with opened.write() as connection:
        sessions.start(connection, ada, 600)
        revocations.record(connection, {"session": "gone"})
    signing_keys.ensure_first(opened, MASTER)
    signing_keys.rotate(opened, MASTER)
    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store without tables, of either kind."""
    url = f"sqlite:///{tmp_path}/restored.db"
    if request.param == "postgresql":
        url = _another_database(request)
    store.make_place(url)
    found = store.open(url)
    yield found
    found.close()


def _another_database(request: pytest.FixtureRequest) -> str:
    import psycopg

    server = str(request.getfixturevalue("postgres"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        connection.execute("CREATE DATABASE restored")
    return server.replace("/postgres?", "/restored?")


def taken(opened: Store) -> tuple[str, Rows]:
    with transfer.snapshot(opened) as found:
        return found.version, {name: list(found.lines(name)) for name in found.tables}


def test_everything_comes_back_on_either_database(filled: Store, target: Store) -> None:
    version, rows = taken(filled)
    assert [len(rows[name]) for name in ("accounts", "sessions", "refresh_tokens", "revocations", "signing_keys")] == [
        2, 1, 1, 2, 2,
    ]  # fmt: skip
    counts = transfer.restore(target, version, rows)
    assert counts == {name: len(lines) for name, lines in rows.items()}
    assert taken(target) == (version, rows)
    assert target.reachable()
    before, after = signing_keys.load(filled, MASTER), signing_keys.load(target, MASTER)
    assert before is not None
    assert after is not None
    assert before.jwks() == after.jwks()


def test_a_restored_store_goes_on_with_its_numbers(filled: Store, target: Store) -> None:
    transfer.restore(target, *taken(filled))
    with target.write() as connection:
        revocations.record(connection, {"session": "later"})
    with target.read() as connection:
        assert list(connection.scalars(sa.select(tables.revocations.c.id))) == [1, 2, 3]


def test_what_was_there_is_replaced(filled: Store, target: Store) -> None:
    transfer.restore(target, *taken(filled))
    version, rows = taken(filled)
    transfer.restore(target, version, {name: lines for name, lines in rows.items() if name not in transfer.SESSIONS})
    restored = taken(target)[1]
    assert restored["accounts"] == rows["accounts"]
    assert restored["sessions"] == restored["refresh_tokens"] == []


def test_a_restore_that_fails_leaves_everything_as_it_was(filled: Store) -> None:
    version, rows = taken(filled)
    broken = {**rows, "accounts": [*rows["accounts"], rows["accounts"][0]]}
    with pytest.raises(TransferError, match="accounts don't fit"):
        transfer.restore(filled, version, broken)
    assert taken(filled) == (version, rows)


@pytest.mark.parametrize(
    "version, rows, says",
    [
        ("9000", {}, "newer one"),
        ("0000", {}, "no version 0000"),
        ("0002", {"things": []}, "no table things"),
        ("0002", {"accounts": [b"{]"]}, "can't be read"),
        ("0002", {"accounts": [b'{"id": "1"}']}, "other columns"),
        ("0002", {"signing_keys": [b'{"id": "1", "sealed": "?"}']}, "can't be read"),
    ],
)
def test_rows_that_can_t_come_are_refused(opened: Store, version: str, rows: Rows, says: str) -> None:
    with pytest.raises(TransferError, match=says):
        transfer.restore(opened, version, rows)
    assert opened.reachable()


def test_rows_of_an_older_release_come_into_this_one(opened: Store) -> None:
    accounts.add(opened, "ada@example.com", "pass word", "clerk")
    with opened.write() as connection:
        command.downgrade(schema_versions.config(connection), "0001")
    version, rows = taken(opened)
    assert version == "0001"
    assert "signing_keys" not in rows
    transfer.restore(opened, version, rows)
    assert opened.version().revision == schema_versions.head()
    assert [account.email for account in accounts.everyone(opened)] == ["ada@example.com"]


def test_a_snapshot_is_of_one_moment(filled: Store) -> None:
    with transfer.snapshot(filled) as found:
        accounts.add(filled, "late@example.com", "pass word", "clerk")
        assert len(list(found.lines("accounts"))) == 2
    assert len(taken(filled)[1]["accounts"]) == 3


def test_a_store_without_tables_has_no_snapshot(url: str) -> None:
    empty = store.open(url)
    with pytest.raises(StoreError, match="no tables"), transfer.snapshot(empty):
        pass
    assert not transfer.occupied(empty)
    empty.close()


def test_a_store_with_accounts_is_occupied(opened: Store) -> None:
    assert not transfer.occupied(opened)
    accounts.add(opened, "ada@example.com", "pass word", "clerk")
    assert transfer.occupied(opened)
