"""`trivet user`: who can log in."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from auth_service import accounts, factors, passwords, self_service, soap_secrets, store, upgrade
from auth_service import sessions as rows
from auth_service.accounts import Account, AccountError
from auth_service.settings import AuthSettings
from chassis import events
from chassis.settings import load
from rich.console import Console
from rich.table import Table

from trivet_cli.accounts_store import changing, opened, told
from trivet_cli.announce import announce
from trivet_cli.audit_trail import note


@click.group()
def user() -> None:
    """Accounts: who can log in, and in which roles."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, help="The role of its tokens, where a request asks for no other.")
@click.option("--roles", default="", help="Further roles it may ask for, with commas between.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A session variable (x-hasura-…).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--force", is_flag=True, help="Take a weak password too.")
def add(  # noqa: PLR0917  (click passes every option by its name)
    email: str, role: str, roles: str, variables: Sequence[str], password_stdin: bool, force: bool
) -> None:
    """Add an account; without a password given, a new one is made and shown."""
    password = _given(email, force) if password_stdin else passwords.generate()
    further = [name.strip() for name in roles.split(",") if name.strip()]
    with _changing() as (found, _):
        account_id = accounts.add(found, email, password, role, further, dict(map(_variable, variables)))
        note("account made", who=account_id)
    click.echo(f"added {accounts.fold(email)} as {role}")
    if not password_stdin:
        click.echo(f"password: {password}")


@user.command("list")
def list_() -> None:
    """List the accounts."""
    with _opened() as opened_store:
        found = accounts.everyone(opened_store)
    table = Table("email", "role", "roles", "variables", "last login", "state")
    for account in found:
        table.add_row(*_row(account))
    _print(table)


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Let an account log in no longer, and end all it has."""
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        announce(settings, events.REVOKED, accounts.disable(found, account.id))
        note("account changed", who=account.id, changed="disabled", revoked=1)
    click.echo(f"disabled {accounts.fold(email)}")


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let a disabled account log in again."""
    with _changing() as (found, _):
        account = accounts.require(found, email)
        accounts.enable(found, account.id)
        note("account changed", who=account.id, changed="enabled", revoked=0)
    click.echo(f"enabled {accounts.fold(email)}")


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--force", is_flag=True, help="Take a weak password too.")
def password(email: str, password_stdin: bool, force: bool) -> None:
    """Give an account another password, and end what was begun with the old one."""
    new = _given(email, force) if password_stdin else passwords.generate()
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        announce(settings, events.REVOKED, accounts.set_password(found, account.id, new))
        note("account changed", who=account.id, changed="password", revoked=1)
    click.echo(f"changed the password of {accounts.fold(email)}")
    if not password_stdin:
        click.echo(f"password: {new}")


@user.command()
@click.argument("email")
def reset(email: str) -> None:
    """Print a token that lets the owner of an account log in once and set a password, and how it is used."""
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        token = self_service.issue_reset(found, account, settings.reset_seconds)
        note("reset token made", who=account.id)
    address = f"{settings.public_url.rstrip('/')}/auth/v1"
    click.echo(f"token: {token}")
    click.echo(f"good once, for {settings.reset_seconds // 60} minutes; for whoever has it: hand it over in private")
    click.echo("1. exchange it for an access token:")
    click.echo(f'   curl {address}/verify --json \'{{"type": "recovery", "token_hash": "{token}"}}\'')
    click.echo("2. set the password with it:")
    click.echo(f"   curl -X PUT {address}/user -H 'Authorization: Bearer …' --json '{{\"password\": \"…\"}}'")


@user.command()
@click.argument("email")
def sessions(email: str) -> None:
    """List the sessions of an account that have not ended."""
    with _opened() as opened_store:
        account = accounts.require(opened_store, email)
        with opened_store.read() as connection:
            found = rows.of_account(connection, account.id)
    table = Table("id", "begun", "refreshed", "level", "address", "client")
    for one in found:
        table.add_row(one.id, _time(one.created), _time(one.refreshed), one.aal, one.address, one.agent)
    _print(table)


@user.command()
@click.argument("email")
def logout(email: str) -> None:
    """End all that an account has: sessions and tokens."""
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        with found.write() as connection:
            accounts.lock(connection, account.id)
            event = accounts.end_all(connection, account.id)
        announce(settings, events.REVOKED, event)
        note("logout", who=account.id, revoked=1)
    click.echo(f"ended all that {account.email} had")


@user.command("factors-off")
@click.argument("email")
def factors_off(email: str) -> None:
    """Take all second factors away from an account whose owner lost them, and end all it has."""
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        with found.write() as connection:
            accounts.lock(connection, account.id)
            gone = factors.remove(connection, account.id)
            event = accounts.end_all(connection, account.id)
        announce(settings, events.REVOKED, event)
        note("factors removed", who=account.id, factors=gone, revoked=1)
    click.echo(f"took {gone} second factor{'' if gone == 1 else 's'} away from {account.email}")


@user.command("soap-secret")
@click.argument("email")
@click.option("--end", is_flag=True, help="End the secret there is, and make none.")
def soap_secret(email: str, end: bool) -> None:
    """Give an account a secret for PasswordDigest of WS-Security, in the place of the one there was; shown once."""
    with _changing() as (found, settings):
        account, made = accounts.require(found, email), ""
        master = None if end else upgrade.master_key(settings)
        with found.write() as connection:
            accounts.lock(connection, account.id)
            if master is not None:
                made = soap_secrets.make(connection, account.id, master)
            elif not soap_secrets.remove(connection, account.id):
                raise AccountError(f"{account.email} has no SOAP secret")
        note("soap secret made" if made else "soap secret ended", who=account.id)
    click.echo(f"SOAP secret of {account.email}: {made}" if made else f"ended the SOAP secret of {account.email}")


@user.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def delete(email: str, yes: bool) -> None:
    """Forget an account and all it has."""
    with _changing() as (found, settings):
        account = accounts.require(found, email)
        if not yes:
            click.confirm(f"forget {account.email} and all it has?", abort=True)
        announce(settings, events.REVOKED, accounts.delete(found, account.id))
        note("account deleted", who=account.id, revoked=1)
    click.echo(f"deleted {account.email}")


@contextmanager
def _opened() -> Iterator[store.Store]:
    """The accounts store, made or updated first; troubles become one line."""
    with told():
        store.migrate(load(AuthSettings).store_url)
        with opened() as (found, _):
            yield found


@contextmanager
def _changing() -> Iterator[tuple[store.Store, AuthSettings]]:
    """As `_opened`, with the settings, for what the audit log is to tell."""
    with told():
        store.migrate(load(AuthSettings).store_url)
        with changing() as found:
            yield found


def _given(email: str, force: bool) -> str:
    """The password on standard input, up to the end of the line."""
    try:
        text = sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("the password on standard input is not text") from None
    if not text:
        raise click.ClickException("there is no password on standard input")
    why = None if force else passwords.weakness(text, email)
    if why is not None:
        raise click.ClickException(f"{why}; --force takes it all the same")
    return text


def _variable(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise click.ClickException(f"{text!r} is not NAME=VALUE")
    return name.strip(), value


def _print(table: Table) -> None:
    width = None if sys.stdout.isatty() else 200  # a pipe has no width of its own to cut at
    Console(width=width).print(table)


def _time(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M") if seconds else ""


def _row(account: Account) -> tuple[str, ...]:
    variables = ", ".join(f"{name}={value}" for name, value in account.session.items())
    state = ("unconfirmed" if account.confirmed is None else "disabled") if account.disabled else "active"
    return account.email, account.role, ", ".join(account.roles), variables, _time(account.last_login), state
