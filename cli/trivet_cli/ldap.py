"""`trivet ldap`: the directory, looked at as a login sees it, and accounts given to its entries."""

import sys
from dataclasses import replace

import click
from auth_service import identities, store
from auth_service.connectors.ldap import identity_of, serving
from auth_service.directory import config, people
from auth_service.directory.config import Directory
from auth_service.directory.diagnosis import Step, examine
from auth_service.directory.link import Link, Refused, Unavailable
from auth_service.directory.names import typed
from auth_service.directory.servers import Servers
from auth_service.identities import Identity
from auth_service.settings import AuthSettings

from trivet_cli.accounts_store import changing, opened, told
from trivet_cli.audit_trail import note

_MARKS = {"good": "ok  ", "noted": "note", "stopped": "STOP"}


@click.group()
def ldap() -> None:
    """The LDAP directory: why somebody can or can't log in."""


@ldap.command()
@click.argument("user")
@click.option("--password-stdin", is_flag=True, help="Try the password on standard input too; it is one real login.")
def doctor(user: str, password_stdin: bool) -> None:
    """Walk through USER's login: connection, TLS, bind, search, groups, roles. Says where it stops and what to try."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password == "":
        raise click.ClickException("there is no password on standard input; an empty one is refused at every login")
    stopped = False
    with told(), opened() as (accounts, settings):
        store.require_migrated(accounts)
        for step in examine(_directory(settings), settings, accounts, user, password):
            stopped = step.outcome == "stopped"
            _show(step)
    if stopped:
        raise click.ClickException(f"{user} can't log in; the last step says why")
    click.echo(f"{user} can log in" if password_stdin else f"{user} can log in, with the right password")


@ldap.command()
@click.argument("user")
@click.argument("email")
def link(user: str, email: str) -> None:
    """Give the account EMAIL to USER's entry: from then on that entry logs in to it. It keeps its roles."""
    with told(), changing() as (accounts, settings):
        store.require_migrated(accounts)
        directory = _directory(settings)
        account = identities.link(accounts, replace(_identity(directory, user), email=email))
        note("directory linked", who=account.id)
    click.echo(f"{user} of the directory logs in as {account.email} now")
    if account.password_hash is not None:
        click.echo("its password here goes on to work too")


def _directory(settings: AuthSettings) -> Directory:
    directory = config.of(settings)
    if directory is None:
        raise click.ClickException("there is no directory: TRIVET_LDAP_URLS names none")
    return directory


def _identity(directory: Directory, user: str) -> Identity:
    def work(connection: Link) -> Identity:
        serving(connection, directory)
        entry = people.find(connection, directory, typed(user, directory.domain, directory.base))
        if entry is None:
            raise Refused(f"{user} finds nobody, or several: see `trivet ldap doctor {user}`")
        return identity_of(connection, directory, entry)

    try:
        return Servers(directory).ask(work)
    except (Refused, Unavailable) as why:
        raise click.ClickException(str(why)) from None


def _show(step: Step) -> None:
    click.echo(f"{_MARKS[step.outcome]}  {step.title}")
    for line in step.lines:
        click.echo(f"      {line}")
