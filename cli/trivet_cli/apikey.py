"""`trivet apikey`: keys for programs: which there are, new ones, their replacement and their end."""

import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from auth_service import accounts, api_keys, store
from auth_service.api_keys import ApiKey, Wanted
from chassis import events
from rich.console import Console
from rich.table import Table

from trivet_cli.accounts_store import changing, opened, told
from trivet_cli.announce import announce
from trivet_cli.audit_trail import note

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@click.group()
def apikey() -> None:
    """API keys: what programs send instead of a password."""


@apikey.command()
@click.argument("name")
@click.option("--role", required=True, help="The role in which it acts, where a request asks for no other.")
@click.option("--roles", default="", help="Further roles that a request may ask for, with commas between.")
@click.option(
    "--resource", "resources", multiple=True, help="A resource it is limited to; NAME:read may only be read. Repeat it."
)
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A session variable (x-hasura-…).")
@click.option("--user", "email", default="", help="The account that it acts for, whose roles it can't exceed.")
@click.option("--expires", default="", metavar="TIME", help="How long it is good, such as 90d or 12h; else for ever.")
def add(  # noqa: PLR0917  (click passes every option by its name)
    name: str,
    role: str,
    roles: str,
    resources: Sequence[str],
    variables: Sequence[str],
    email: str,
    expires: str,
) -> None:
    """Make an API key, and show it: this once."""
    further = [found.strip() for found in roles.split(",") if found.strip()]
    with told(), changing() as (found, _):
        store.require_migrated(found)
        account_id = accounts.require(found, email).id if email else None
        seconds = _seconds(expires) if expires else None
        session = dict(map(_variable, variables))
        wanted = Wanted(name, role, further, resources or None, session, seconds, account_id)
        key, text = api_keys.add(found, wanted)
        note("api key made", key=key.id)
    click.echo(f"key: {text}")


@apikey.command("list")
def list_() -> None:
    """List the API keys."""
    with told(), opened() as (found, _):
        store.require_migrated(found)
        keys = api_keys.everyone(found)
        owners = {account.id: account.email for account in accounts.everyone(found)}
    table = Table("prefix", "name", "user", "roles", "resources", "made", "expires", "last used", "state")
    for key in keys:
        table.add_row(*_row(key, owners))
    Console(width=None if sys.stdout.isatty() else 240).print(table)


@apikey.command()
@click.argument("key")
@click.option("--overlap", default="24h", metavar="TIME", help="How long the old one is still good (24h); 0s: no more.")
def rotate(key: str, overlap: str) -> None:
    """Make a key that takes over from KEY (its prefix or id), and show it: this once."""
    with told(), changing() as (found, settings):
        store.require_migrated(found)
        old = api_keys.require(found, key)
        seconds = _seconds(overlap)
        new, text = api_keys.rotate(found, old.id, seconds)
        note("api key rotated", key=new.id)
        if not seconds:
            announce(settings, events.REVOKED, api_keys.revoke(found, old.id))
            note("api key revoked", key=old.id)
    click.echo(f"key: {text}")


@apikey.command()
@click.argument("key")
def revoke(key: str) -> None:
    """End KEY (its prefix or id) and every token that it was exchanged for."""
    with told(), changing() as (found, settings):
        store.require_migrated(found)
        ended = api_keys.require(found, key)
        heard = announce(settings, events.REVOKED, api_keys.revoke(found, ended.id))
        note("api key revoked", key=ended.id)
    click.echo(f"revoked {ended.prefix} ({ended.name})")
    if not heard:
        click.echo("no running service could be told (TRIVET_REDIS_URL): they notice within half a minute")


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise click.ClickException(f"{text!r} is no time: write 90d, 12h, 30m or 10s")
    return int(match[1]) * _SECONDS[match[2]]


def _variable(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise click.ClickException(f"{text!r} is not NAME=VALUE")
    return name.strip(), value


def _row(key: ApiKey, owners: dict[str, str]) -> tuple[str, ...]:
    state = "revoked" if key.revoked is not None else ("good" if key.good(time.time()) else "expired")
    resources = "all" if key.resources is None else ", ".join(key.resources)
    times = (_moment(key.created), _moment(key.expires), _moment(key.last_used))
    return key.prefix, key.name, owners.get(key.account_id or "", ""), ", ".join(key.roles), resources, *times, state


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
