"""`trivet migrate`: the accounts' tables and keys brought up to date, which no service ever does by itself."""

import click
from auth_service import store, upgrade
from auth_service.pem_files import KeyFileError
from auth_service.sealing import MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.store import Migration, StoreError
from chassis.settings import load
from contracts.problems import Problem

from trivet_cli.accounts_store import told
from trivet_cli.faults import CannotStart


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 where there is something to do.")
def migrate(check: bool) -> None:
    """Bring the accounts store up to date with this release.

    Migrations only add: services of the release before work on meanwhile, and may be started again afterwards.
    """
    with told():
        settings = load(AuthSettings)
        if check:
            _check(settings)
        else:
            _tell(upgrade.migrate(settings))


def prepare_accounts(settings: AuthSettings) -> None:
    """Make tables, master key and signing key where they are missing, as a runner does. Raises `CannotStart`."""
    try:
        upgrade.prepare(settings)
    except (StoreError, MasterKeyError, KeyFileError) as fault:
        raise CannotStart(str(fault)) from None
    except Problem as problem:
        raise CannotStart(f"the accounts can't be opened: {problem.message}") from None


def _check(settings: AuthSettings) -> None:
    found = store.open(settings.store_url)
    try:
        store.require_current(found)
        upgrade.master_key(settings)
    finally:
        found.close()
    click.echo("the accounts store is up to date")


def _tell(migration: Migration) -> None:
    before, after = migration
    if migration.newer:
        raise click.ClickException(
            f"the accounts store has version {after}, which is newer than this release knows: there is nothing to "
            "migrate; this release works on it, but the newer one should be started again soon"
        )
    if before == after:
        click.echo(f"the accounts store is up to date (version {after})")
    elif before is None:
        click.echo(f"made the accounts store (version {after})")
    else:
        click.echo(f"migrated the accounts store from version {before} to {after}")
