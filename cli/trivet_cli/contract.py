"""`trivet contract`: what partners and programs rely on, saved beside the configuration, and held against what is."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

import click
import msgspec
from chassis.settings import SettingsError
from contracts import promise as promises
from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE
from contracts.promise import Promise
from data_service import policies
from data_service.policies import ConfigurationError, ServiceRule

from trivet_cli import contract_names, contract_openapi, contract_sdl, contract_wsdl, demo_store, facade_documents
from trivet_cli.archive import open_new
from trivet_cli.choices import Choices, settle
from trivet_cli.contract_service import promise_of
from trivet_cli.faults import CannotStart
from trivet_cli.role_catalogs import role_catalogs
from trivet_cli.served import CONTRACTS
from trivet_cli.settings import load_up

Breaks = Callable[[bytes, bytes], list[str]]
_PROMISED_WSDL = ".promised.wsdl"
F = TypeVar("F", bound=Callable[..., None])
_KINDS: dict[str, Breaks] = {
    ".wsdl": contract_wsdl.breaks,
    ".openapi.json": contract_openapi.breaks,
    ".graphql": contract_sdl.breaks,
}


@dataclass(frozen=True)
class Compared:
    """A file as it was saved and as it would be: what between them ``breaks`` clients, each in a line.

    ``promised``: it is a service's, not a role's.
    """

    file: Path
    saved: bool
    text: bytes
    breaks: list[str]
    promised: bool = False


class _Now:
    """What is served now, as contracts are made of it."""

    def __init__(self, folder: str | None, roles: Iterable[str]) -> None:
        settings = load_up()
        self._choices: Choices = settle(settings)
        file = self._choices.config or (demo_store.configuration() if self._choices.demo else None)
        self.folder = _folder(folder, self._choices.config)
        try:
            self.services: dict[str, ServiceRule] = dict(policies.load(file).services)
        except ConfigurationError as fault:
            raise CannotStart(f"the configuration can't be used: {fault}") from None
        self.roles = tuple(roles) or _saved_roles(self.folder)
        wanted = dict.fromkeys((*self.roles, *(rule.role for rule in self.services.values())))
        self._catalogs: dict[str, Catalog] = role_catalogs(settings, self._choices, wanted)

    def documents(self, role: str) -> dict[str, bytes]:
        """The documents of a role, by the end of their file's name."""
        catalog = msgspec.structs.replace(self._catalogs[role], version="")
        url = self._choices.public_url
        with ThreadPoolExecutor() as pool:  # each is a process of its own
            wsdl = pool.submit(facade_documents.wsdl, catalog, url)
            openapi = pool.submit(facade_documents.openapi, catalog, url)
            return {
                ".wsdl": wsdl.result(),
                ".openapi.json": openapi.result(),
                ".graphql": facade_documents.sdl(catalog),
            }

    def sap_document(self, role: str) -> bytes:
        """The WSDL of a role in SAP's profile."""
        return facade_documents.wsdl(self._catalogs[role], self._choices.public_url, "--profile", "sap")

    def promise(self, service: str, before: Promise | None) -> Promise:
        """What a service of the configuration would promise now."""
        rule = self.services[service]
        return promise_of(service, rule, self._catalogs[rule.role], before)

    def wsdl_of(self, promise: Promise, *words: str) -> bytes:
        """The WSDL of a promise."""
        own = ("--service", promise.service, "--namespace", promise.namespace)
        return facade_documents.wsdl(promise.catalog, self._choices.public_url, *own, *words)


@click.group()
def contract() -> None:
    """Save what clients rely on, and see what would break them.

    DATABASE_URL and CONFIG say what is served, as for `trivet up`; the suite need not run.
    """


def _options(command: F) -> F:
    roles = click.option("--role", "roles", multiple=True, help="A role whose documents count (otherwise those saved).")
    folder = click.option(
        "--folder", metavar="FOLDER", help="Where contracts are (otherwise `contracts` beside CONFIG)."
    )
    return roles(folder(command))


@contract.command()
@_options
@click.option("--accept", is_flag=True, help="Save documents of roles although they break clients of the saved ones.")
def save(roles: tuple[str, ...], folder: str | None, accept: bool) -> None:
    """Save the promised services of the configuration, and WSDL, OpenAPI and SDL of roles.

    Nothing is written, and the exit code is 1, where something breaks what was saved before. A promised service takes
    what breaks under another `version` only.
    """
    now = _now(folder, roles)
    if not now.roles and not now.services:
        raise click.ClickException("nothing to save: name a --role, or write `soap: services:` into the configuration")
    found = _compared(now)
    refused = [each for each in found if each.breaks and (each.promised or not accept)]
    _tell(refused)
    if refused:
        raise click.ClickException(
            "nothing was saved; --accept takes documents all the same, another version a service"
        )
    try:
        now.folder.mkdir(parents=True, exist_ok=True)
        for each in found:
            with open_new(each.file, mode=0o644) as target:
                target.write(each.text)
            click.echo(f"saved {each.file}")
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} can't be written: {fault.strerror}") from None


@contract.command()
@_options
def diff(roles: tuple[str, ...], folder: str | None) -> None:
    """Name what breaks clients of the saved contracts; the exit code is 1 where anything does."""
    now = _now(folder, roles)
    found = _compared(now)
    if not any(each.saved for each in found):
        raise click.ClickException(f"nothing was saved in {now.folder}: `trivet contract save` does it")
    _tell(found)
    for each in found:
        if not each.saved:
            click.echo(f"{each.file.name}: not saved yet", err=True)
    if any(each.breaks for each in found):
        raise SystemExit(1)
    click.echo("nothing breaks")


@contract.command()
@_options
def lint(roles: tuple[str, ...], folder: str | None) -> None:
    """Name what SAP would not take of the WSDL in its profile: at most 30 characters, unlike, no leading underscore."""
    now = _now(folder, roles or (ADMIN_ROLE,))
    documents = {role: now.sap_document(role) for role in now.roles}
    documents |= {
        service: now.wsdl_of(now.promise(service, _saved(now.folder, service)), "--profile", "sap")
        for service in now.services
    }
    misfits = [f"{name}: {line}" for name, document in documents.items() for line in contract_names.misfits(document)]
    for line in misfits:
        click.echo(line)
    if misfits:
        raise SystemExit(1)
    click.echo("SAP takes every name")


def _now(folder: str | None, roles: Iterable[str]) -> _Now:
    try:
        return _Now(folder, roles)
    except (SettingsError, CannotStart) as fault:
        raise click.ClickException(str(fault)) from None


def _compared(now: _Now) -> list[Compared]:
    """Each contract as it is saved and as it would be now."""
    try:
        found = [each for service in now.services for each in _compared_service(now, service)]
        for role in now.roles:
            for suffix, text in now.documents(role).items():
                found.append(_compared_document(now.folder / f"{quote(role, safe='')}{suffix}", suffix, text))
    except CannotStart as fault:
        raise click.ClickException(str(fault)) from None
    return found


def _compared_service(now: _Now, service: str) -> list[Compared]:
    """A service's promise, and the WSDL that goes with it: what is compared is what was handed out."""
    before = _saved(now.folder, service)
    promise = now.promise(service, before)
    wsdl = now.wsdl_of(promise)
    text = now.folder / f"{service}{_PROMISED_WSDL}"
    broken = []
    if before is not None and before.version == promise.version:
        try:
            broken = contract_wsdl.breaks(text.read_bytes() if text.is_file() else now.wsdl_of(before), wsdl)
        except (OSError, ValueError) as fault:
            raise CannotStart(f"{text} can't be read: {fault}") from None
    file = now.folder / f"{service}{promises.SUFFIX}"
    saved = before is not None
    found = [Compared(file, saved, promises.encode(promise), broken, promised=True)]
    return [*found, Compared(text, saved, wsdl, [], promised=True)]


def _compared_document(file: Path, suffix: str, text: bytes) -> Compared:
    try:
        return Compared(file, True, text, _KINDS[suffix](file.read_bytes(), text))
    except FileNotFoundError:
        return Compared(file, False, text, [])
    except (OSError, ValueError) as fault:
        raise CannotStart(f"{file} can't be read: {fault}") from None


def _saved(folder: Path, service: str) -> Promise | None:
    """The promise that was saved, None where there is none. Raises `CannotStart`."""
    file = folder / f"{service}{promises.SUFFIX}"
    try:
        return promises.decode(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as fault:
        raise CannotStart(f"{file} can't be read: {fault}") from None


def _saved_roles(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(unquote(file.stem) for file in folder.glob("*.graphql")))


def _folder(option: str | None, config: Path | None) -> Path:
    if option:
        return Path(option).expanduser()
    if config is None:
        raise CannotStart("there is no CONFIG beside which contracts could be: name a --folder")
    return config.parent / CONTRACTS


def _tell(found: Iterable[Compared]) -> None:
    for each in found:
        for line in each.breaks:
            click.echo(f"{each.file.name}: {line}")
