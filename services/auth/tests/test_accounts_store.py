"""The accounts store on both databases: tables, accounts, revocations."""

import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from auth_service import accounts, revocations, sessions, store, tables
from auth_service.accounts import AccountError
from auth_service.login import tidy
from auth_service.roles import RoleError
from auth_service.settings import AuthSettings
from auth_service.store import Store, StoreError
from contracts.problems import Problem


def alive(opened: Store, session_id: str) -> bool:
    with opened.read() as connection:
        return sessions.find(connection, session_id) is not None


def test_migrating_twice_and_at_once_is_harmless(url: str) -> None:
    faults: list[Exception] = []

    def work() -> None:
        try:
            store.migrate(url)
        except Exception as fault:  # noqa: BLE001  (told to the test)
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.migrate(url)
    opened = store.open(url)
    assert faults == []
    assert opened.reachable()
    opened.close()


def test_migrations_make_the_tables_that_the_code_uses(opened: Store) -> None:
    with opened.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_an_unmigrated_store_is_told_apart_from_one_that_is_away(url: str) -> None:
    empty = store.open(url)
    with pytest.raises(StoreError, match="no tables yet"):
        store.require_migrated(empty)
    empty.close()
    away = store.open("postgresql://nobody@/nothing?host=/nonexistent")
    with pytest.raises(Problem) as caught:
        store.require_migrated(away)
    assert (caught.value.code, caught.value.status) == ("TRV203", 503)


def test_postgres_keeps_its_tables_out_of_the_served_schema(postgres_url: str) -> None:
    store.migrate(postgres_url)
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE tablename = 'accounts'").fetchall()
    assert rows == [("trivet_auth", "accounts")]


@pytest.mark.parametrize("address", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "no address"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(StoreError):
        store.open(address)


def test_the_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    settings = AuthSettings(state_dir=str(tmp_path / "new" / "state"))
    store.migrate(settings.store_url)
    file = tmp_path / "new" / "state" / "accounts.db"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_place_that_no_file_can_be_in_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database" * 1000)
    for place in (tmp_path / "file" / "accounts.db", tmp_path / "file", tmp_path):
        with pytest.raises(StoreError, match=str(place)):
            store.migrate(f"sqlite:///{place}")


def test_an_account_is_found_by_its_address_in_any_case(opened: Store) -> None:
    made = accounts.add(opened, " Ada@Example.COM ", "pass word", "clerk", ["admin", "clerk"], {"X-Hasura-Org": "x"})
    found = accounts.by_email(opened, "ADA@example.com")
    assert found == accounts.by_id(opened, made)
    assert found is not None
    assert (found.email, found.role, found.roles) == ("ada@example.com", "clerk", ("clerk", "admin"))
    assert found.session == {"x-hasura-org": "x"}
    assert "pass word" not in repr(found)
    assert found.password_hash is not None
    assert found.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert found.password_hash not in repr(found)


def test_an_address_is_taken_once(opened: Store) -> None:
    accounts.add(opened, "ada@example.com", "pass word", "clerk")
    with pytest.raises(AccountError, match="already"):
        accounts.add(opened, "ADA@example.com", "other word", "admin")
    assert len(accounts.everyone(opened)) == 1


@pytest.mark.parametrize("email", ["", "ada", "a@b c", "a@", "a\x00@b.c", "a\ud800@b.c", "x" * 400 + "@b.c"])
def test_what_is_no_address_is_refused(opened: Store, email: str) -> None:
    with pytest.raises(AccountError):
        accounts.add(opened, email, "pass word", "clerk")


def test_roles_and_variables_are_checked(opened: Store) -> None:
    with pytest.raises(RoleError):
        accounts.add(opened, "a@b.c", "pass word", "two words")
    with pytest.raises(RoleError):
        accounts.add(opened, "a@b.c", "pass word", "clerk", [], {"customer": "1"})
    with pytest.raises(RoleError):
        accounts.add(opened, "a@b.c", "pass word", "clerk", [], {"X-Hasura-Allowed-Roles": "admin"})
    assert accounts.everyone(opened) == []


def test_disabling_ends_sessions_and_tells_of_the_subject(opened: Store) -> None:
    account_id = accounts.add(opened, "a@b.c", "pass word", "clerk")
    with opened.write() as connection:
        session = sessions.start(connection, account_id, 60)
    assert alive(opened, session.session_id)
    event = accounts.disable(opened, account_id)
    found = accounts.by_id(opened, account_id)
    assert found is not None
    assert found.disabled
    assert event == {"subject": account_id, "before": found.tokens_after}
    assert not alive(opened, session.session_id)
    assert revocations.since(opened, 0, 600)[1] == [event]
    accounts.enable(opened, account_id)
    assert not alive(opened, session.session_id)


def test_revocations_are_told_until_settled_and_then_by_cursor(opened: Store) -> None:
    with opened.write() as connection:
        for name in ("one", "two"):
            revocations.record(connection, {"session": name})
    assert revocations.since(opened, 0, 600) == (0, [{"session": "one"}, {"session": "two"}])
    _age(opened, 60)
    cursor, revoked = revocations.since(opened, 0, 600)
    assert (cursor, len(revoked)) == (2, 2)
    assert revocations.since(opened, cursor, 600) == (2, [])
    assert revocations.since(opened, 0, 30) == (0, [])


def test_a_cursor_of_another_store_starts_again(opened: Store) -> None:
    with opened.write() as connection:
        revocations.record(connection, {"session": "one"})
    assert revocations.since(opened, 99, 600) == (0, [{"session": "one"}])


def test_numbers_of_pruned_revocations_are_not_given_again(opened: Store) -> None:
    with opened.write() as connection:
        revocations.record(connection, {"session": "one"})
    _age(opened, 100_000)
    tidy(opened, AuthSettings())
    with opened.write() as connection:
        revocations.record(connection, {"session": "two"})
    _age(opened, 60)
    assert revocations.since(opened, 1, 600) == (2, [{"session": "two"}])


def test_connections_that_the_server_dropped_are_replaced(postgres_url: str) -> None:
    store.migrate(postgres_url)
    opened = store.open(postgres_url)
    assert accounts.everyone(opened) == []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='trivet-auth'"
        )
    assert accounts.everyone(opened) == []
    opened.close()


def _age(opened: Store, seconds: float) -> None:
    column = tables.revocations.c.at
    with opened.write() as connection:
        connection.execute(sa.update(tables.revocations).values(at=column - seconds))
