"""`trivet wsdl`: one self-contained WSDL for a role and a profile, from the database and the configuration alone."""

import sys
from pathlib import Path

import click
from chassis.settings import SettingsError

from trivet_cli import facade_documents
from trivet_cli.archive import open_new
from trivet_cli.choices import settle
from trivet_cli.faults import CannotStart
from trivet_cli.role_catalogs import role_catalogs
from trivet_cli.settings import load_up

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
        catalog = role_catalogs(settings, choices, [role])[role]
        document = facade_documents.wsdl(catalog, url or choices.public_url, "--profile", profile)
        _write(file, document)
    except (SettingsError, CannotStart) as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as fault:
        raise click.ClickException(f"{file} can't be written: {fault.strerror}") from None


def _write(file: Path, document: bytes) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(document)
        return
    with open_new(file, mode=0o644) as target:
        target.write(document)
    click.echo(f"wrote {file}", err=True)
