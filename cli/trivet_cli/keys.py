"""`trivet keys`: the keys that sign access tokens: which there are, the next one, and a new beginning."""

import sys
import time
from datetime import UTC, datetime

import click
from auth_service import sealing, signing_keys, store, upgrade
from auth_service.login import revocation_life
from auth_service.sealing import MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.signing_keys import SigningKeys
from chassis import events
from rich.console import Console
from rich.table import Table

from trivet_cli.accounts_store import changing, opened, told
from trivet_cli.announce import announce
from trivet_cli.audit_trail import note


@click.group()
def keys() -> None:
    """Signing keys: listed, rotated, made anew."""


@keys.command("list")
def list_() -> None:
    """List the signing keys, in the order in which they sign."""
    with told(), opened() as (accounts, settings):
        store.require_migrated(accounts)
        found = signing_keys.load(accounts, upgrade.master_key(settings))
    if found is None:
        raise click.ClickException("there is no signing key yet: `trivet migrate` makes one, and so does auth's start")
    table = Table("key id", "made", "signs from", "state", "algorithm")
    for row in _rows(found, settings):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@keys.command()
@click.option("--now", is_flag=True, help="Let it sign at once; others may learn of it only from the first token.")
def rotate(now: bool) -> None:
    """Make the next signing key.

    It is published ten minutes before it signs; the old one is kept until its last token has ended. Nobody has to log
    in again.
    """
    with told(), changing() as (accounts, settings):
        store.require_migrated(accounts)
        announced = signing_keys.SOON if now else signing_keys.ANNOUNCED
        key = signing_keys.rotate(accounts, upgrade.master_key(settings), announced, settings.signing_algorithm)
        note("signing keys rotated", key=key.key_id)
        announce(settings, events.KEYS, {})
    click.echo(f"made the signing key {key.key_id}; it signs from {_moment(key.signs_from)}")


@keys.command()
@click.confirmation_option(prompt="Every access token ends, and those who hold one must refresh it. Go on?")
def reset() -> None:
    """Replace all signing keys by a new one: after one became known, or the master key was lost.

    A missing master key is made in the state folder.
    """
    with told(), changing() as (accounts, settings):
        store.require_migrated(accounts)
        try:
            master = upgrade.master_key(settings)
        except MasterKeyError:
            if settings.master_key or settings.master_key_path.exists():
                raise
            master = sealing.make(settings.master_key_path)
            click.echo(f"made a master key in {settings.master_key_path}")
        key = signing_keys.reset(accounts, master, settings.signing_algorithm)
        note("signing keys reset", key=key.key_id)
        told_them = announce(settings, events.KEYS, {})
    click.echo(f"made the signing key {key.key_id}, and forgot all others")
    if not told_them:
        click.echo("no running service could be told (TRIVET_REDIS_URL): restart them, or they go by the old keys yet")


def _rows(found: SigningKeys, settings: AuthSettings) -> list[tuple[str, ...]]:
    now = time.time()
    current = found.keys.index(found.current(now))
    rows: list[tuple[str, ...]] = []
    for place, key in enumerate(found.keys):
        if place < current:
            state = f"verifies until {_moment(found.keys[place + 1].signs_from + revocation_life(settings))}"
        else:
            state = "signs" if place == current else "announced"
        begins = _moment(key.signs_from) if key.signs_from else ""
        rows.append((key.key_id, _moment(key.created), begins, state, key.algorithm))
    return rows


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
