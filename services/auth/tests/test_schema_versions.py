"""Releases and tables of different versions: what works on what, and what is said where it does not."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from auth_service import accounts, schema_versions, signing_keys, store, upgrade
from auth_service.accounts import Account
from auth_service.settings import AuthSettings
from auth_service.store import Store, StoreError
from flask import Flask

NEXT = '''"""A migration of the next release: it adds a column and a table, and takes nothing away."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"
branch_labels = None
depends_on = None
works_from = "{works_from}"


def upgrade():
    op.add_column("accounts", sa.Column("nickname", sa.Text))
    op.add_column("sessions", sa.Column("device", sa.Text, nullable=False, server_default=""))
    op.create_table("badges", sa.Column("id", sa.String(36), primary_key=True))
'''


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Migrate a store as the next release would."""

    def migrate(url: str, works_from: str | None = None) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(schema_versions.MIGRATIONS, folder)
        text = NEXT.format(head=schema_versions.head(), works_from=works_from or schema_versions.head())
        (folder / "versions" / "v9000_next.py").write_text(text)
        with monkeypatch.context() as patch:
            patch.setattr(schema_versions, "MIGRATIONS", folder)
            assert store.migrate(url).after == "9000"

    return migrate


def _revision(url: str, revision: str) -> None:
    opened = store.open(url)
    with opened.write() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    opened.close()


def test_the_first_migration_says_what_it_did(url: str) -> None:
    assert store.migrate(url) == (None, schema_versions.head())
    assert store.migrate(url) == (schema_versions.head(), schema_versions.head())


def test_every_migration_says_what_works_with_its_tables() -> None:
    paths = sorted((schema_versions.MIGRATIONS / "versions").glob("v*.py"))
    assert paths
    for path in paths:
        assert 'works_from = "' in path.read_text(), path.name


def test_this_release_works_on_the_tables_of_the_next(
    next_release: Callable[..., None], settings: AuthSettings, make_app: Callable[..., Flask], account_id: str
) -> None:
    next_release(settings.store_url)
    client = make_app().test_client()
    assert client.get("/readyz").status_code == 200
    credentials = {"email": "clerk@example.com", "password": "correct horse"}
    found = client.post("/auth/v1/token?grant_type=password", json=credentials)
    assert found.status_code == 200
    again = client.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": found.json["refresh_token"]})
    assert again.status_code == 200
    bearer = {"Authorization": f"Bearer {again.json['access_token']}"}
    assert client.get("/auth/v1/user", headers=bearer).json["id"] == account_id
    assert client.post("/auth/v1/logout", headers=bearer).status_code == 204
    upgrade.prepare(settings)  # as `trivet up` of this release would, after a step back


def test_accounts_and_keys_can_be_changed_on_the_tables_of_the_next(
    url: str, next_release: Callable[..., None]
) -> None:
    store.migrate(url)
    next_release(url)
    assert store.migrate(url) == ("9000", "9000")
    assert store.migrate(url).newer
    opened = store.open(url)
    accounts.disable(opened, accounts.add(opened, "a@b.c", "pass word", "clerk"))
    (found,) = accounts.everyone(opened)
    assert isinstance(found, Account)
    signing_keys.ensure_first(opened, upgrade.sealing.MasterKey(b"x" * 32))
    opened.close()


@pytest.mark.parametrize("works_from", ["9000", "0005"])
def test_tables_that_left_this_release_behind_are_refused(
    url: str, next_release: Callable[..., None], works_from: str
) -> None:
    next_release(url, works_from)
    opened = store.open(url)
    with pytest.raises(StoreError, match=r"9000, which is newer .* start the release that migrated it"):
        store.require_migrated(opened)
    assert not opened.reachable()
    opened.close()
    with pytest.raises(StoreError, match="newer"):
        store.migrate(url)


def test_a_version_that_nobody_vouches_for_is_refused(settings: AuthSettings, make_app: Callable[..., Flask]) -> None:
    _revision(settings.store_url, "9999")
    with pytest.raises(StoreError, match="9999, which is newer than this release knows"):
        make_app()
    with pytest.raises(StoreError, match="newer"):
        store.migrate(settings.store_url)


def test_older_tables_are_refused_by_a_service_and_brought_up_to_date(url: str, tmp_path: Path) -> None:
    settings = AuthSettings(state_dir=str(tmp_path / "state"), accounts_url=url)
    upgrade.prepare(settings)
    opened = store.open(url)
    accounts.add(opened, "a@b.c", "pass word", "clerk")
    with opened.write() as connection:
        command.downgrade(schema_versions.config(connection), "0001")
    with pytest.raises(StoreError, match=r"not up to date.*0001.*run `trivet migrate`"):
        store.require_migrated(opened)
    assert upgrade.migrate(settings) == ("0001", schema_versions.head())
    assert [account.email for account in accounts.everyone(opened)] == ["a@b.c"]
    opened.close()


def test_a_store_without_tables_is_told(url: str) -> None:
    store_without: Store = store.open(url)
    with pytest.raises(StoreError, match="no tables yet: run `trivet migrate`"):
        store.require_migrated(store_without)
    store_without.close()
