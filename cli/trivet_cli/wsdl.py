"""`trivet wsdl`: one self-contained WSDL for a role and a profile, from the database and the configuration alone."""

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
from chassis.settings import SettingsError, load
from contracts import catalog as catalogs
from contracts.catalog import Catalog
from contracts.identity import Caller, Principal
from contracts.problems import Problem
from data_service.app import open_database, open_project, open_remote, open_secrets
from data_service.engine import Engine
from data_service.policies import ConfigurationError
from data_service.processing.setting import ELSEWHERE, Means
from data_service.reflect.options import ExposureError
from data_service.settings import DataSettings

from trivet_cli.archive import open_new
from trivet_cli.choices import Choices, settle
from trivet_cli.faults import CannotStart
from trivet_cli.layout import layout_of
from trivet_cli.served import home, served, with_state
from trivet_cli.settings import UpSettings, inherited, load_up

_PROFILES = ("net", "java", "sap")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--role", required=True, help="The role whose operations it has; `anonymous` for callers without a login."
)
@click.option(
    "--profile",
    type=click.Choice(_PROFILES),
    default="net",
    show_default=True,
    help="net: as served by itself; java: absent instead of nil; sap: names of 30 plain letters at most.",
)
@click.option("--url", metavar="URL", help="The address that clients know the gateway by (otherwise PUBLIC_URL).")
def wsdl(file: Path, role: str, profile: str, url: str | None) -> None:
    """Write a WSDL with all of its types into FILE (`-`: standard output).

    DATABASE_URL and CONFIG say what is served, as for `trivet up`; the suite need not run.
    """
    try:
        settings = load_up()
        choices = settle(settings)
        document = _document(_catalog(settings, choices, role), profile, url or choices.public_url)
        _write(file, document)
    except (SettingsError, CannotStart) as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as fault:
        raise click.ClickException(f"{file} can't be written: {fault.strerror}") from None


def _catalog(settings: UpSettings, choices: Choices, role: str) -> Catalog:
    """What the role may see and do. Raises `CannotStart`."""
    layout = layout_of(settings.state)
    told = served(choices, layout)
    data = replace(
        load(DataSettings), database_url=told["DATABASE_URL"], config=told["TRIVET_CONFIG"], pool_max=1, workers=1
    )
    if told.get("TRIVET_SOURCES"):
        data = replace(data, sources=(told["TRIVET_SOURCES"],))
    try:
        config = Path(data.config) if data.config else None
        secrets = open_secrets(with_state(data, home(choices, layout)))
        means = Means(remote=open_remote(data), computers=ELSEWHERE, secrets=secrets)
        with closing(Engine(open_database(data), config=config, means=means, project=open_project(data))) as engine:
            engine.refresh()
            found = engine.catalog(Caller(principal=Principal(role=role, subject="trivet", roles=(role,))))
    except (ConfigurationError, ExposureError) as fault:
        raise CannotStart(f"the configuration can't be used: {fault}") from None
    except Problem as fault:
        raise CannotStart(f"the database can't be read: {fault}") from None
    if not found.resources:
        raise CannotStart(f"nothing is open to the role {role}: `trivet check` shows which roles there are")
    return found


def _document(catalog: Catalog, profile: str, url: str) -> bytes:
    """The document as the soap service itself writes it: a process of its own, for it is no part of ours."""
    environment = {**inherited(), "TRIVET_PUBLIC_URL": url}
    command = [sys.executable, "-m", "soap_service", "--profile", profile]
    done = subprocess.run(  # noqa: S603  (our own program, no shell)
        command, input=catalogs.encode(catalog), env=environment, capture_output=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotStart(f"the WSDL can't be written: {last[-1] if last else 'the soap service ended'}")
    return done.stdout


def _write(file: Path, document: bytes) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(document)
        return
    with open_new(file, mode=0o644) as target:
        target.write(document)
    click.echo(f"wrote {file}", err=True)
