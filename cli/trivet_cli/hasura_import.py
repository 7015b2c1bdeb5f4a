"""`trivet import hasura`: Hasura's metadata becomes a `trivet.yaml`, and what can't be carried over is told."""

import dataclasses
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import yaml
from chassis.settings import SettingsError, load
from contracts.problems import Problem
from data_service.app import open_database
from data_service.policies import ConfigurationError, check_against, parse
from data_service.reflect.options import ExposureError
from data_service.settings import DataSettings

from trivet_cli import database_url
from trivet_cli.archive import open_new
from trivet_cli.faults import CannotStart
from trivet_cli.hasura_configuration import Imported, translate
from trivet_cli.hasura_metadata import Metadata, read_metadata
from trivet_cli.settings import load_up

_HEAD = """\
# Written by `trivet import hasura`; hold it against the database with `trivet check`.
"""
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--database", metavar="URL", help="The database that Hasura serves (otherwise DATABASE_URL).")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default="trivet.yaml", show_default=True)
@click.option("--source", metavar="NAME", help="Which of the metadata's sources, where there are several.")
@click.option(
    "--unauthorized-role", metavar="ROLE", help="Hasura's HASURA_GRAPHQL_UNAUTHORIZED_ROLE, where it had one."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
def hasura(
    path: Path, *, database: str | None, out: Path, source: str | None, unauthorized_role: str | None, force: bool
) -> None:
    """Write trivet.yaml from Hasura's metadata (version 2 or 3).

    PATH is an exported JSON file, or the directory of YAML that Hasura's command line keeps.
    """
    try:
        metadata = read_metadata(path, source)
        imported = _translated(metadata, database, unauthorized_role)
        faults = _checked(imported, str(out))
        written = _write_all(imported.text, metadata, out, force=force)
    except (CannotStart, SettingsError) as fault:
        raise click.ClickException(str(fault)) from None
    for file in written:
        click.echo(f"wrote {file}")
    for line in (*metadata.left_out, *imported.left_out):
        click.echo(f"not carried over: {line}")
    for line in (*imported.remarks, *_advice(metadata, out), *faults):
        click.echo(f"note: {line}")


def _translated(metadata: Metadata, url: str | None, unauthorized: str | None) -> "_Text":
    chosen = url or load_up().database_url
    if not chosen:
        raise CannotStart("the names of relations come from the database: say which by --database or DATABASE_URL")
    settings = dataclasses.replace(load(DataSettings), database_url=database_url.resolve(chosen), read_only=True)
    try:
        with closing(open_database(settings)) as database:
            imported = translate(metadata, database.reflect, unauthorized)
    except ExposureError as fault:
        raise CannotStart(f"names can't be given as Hasura has them: {fault}") from None
    except Problem as fault:
        raise CannotStart(f"the database can't be read: {fault}") from None
    text = yaml.dump(imported.document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return _Text(imported, _HEAD + text)


@dataclasses.dataclass
class _Text:
    imported: Imported
    text: str

    @property
    def left_out(self) -> list[str]:
        """What was not carried over."""
        return self.imported.left_out

    @property
    def remarks(self) -> list[str]:
        """What one has to know."""
        return self.imported.remarks


class _Dumper(yaml.SafeDumper):
    """Writes without anchors, which nobody likes to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _checked(written: _Text, file: str) -> list[str]:
    """What `trivet check` would say of it. Raises `CannotStart` where no service could read it."""
    try:
        policies = parse(written.text, file)
    except ConfigurationError as fault:
        raise CannotStart(f"what was written would not be understood: {fault}") from None
    return [str(fault) for fault in check_against(policies, written.imported.catalog)]


def _write_all(text: str, metadata: Metadata, out: Path, *, force: bool) -> list[Path]:
    """Write the configuration, and the allow list's queries beside it. Raises `CannotStart`."""
    files = {out: text}
    for collection, queries in metadata.queries.items():
        for name, query in queries:
            files[out.parent / "documents" / _fitting(collection) / f"{_fitting(name)}.graphql"] = query.strip() + "\n"
    there = [file for file in files if file.exists()]
    if there and not force:
        raise CannotStart(f"{there[0]} is there already; --force replaces it")
    try:
        for file, content in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            with open_new(file, mode=0o644) as target:
                target.write(content.encode())
    except OSError as fault:
        raise CannotStart(f"{fault.filename or out} can't be written: {fault.strerror}") from None
    return list(files)


def _fitting(name: str) -> str:
    return _ODD.sub("_", name) or "_"


def _advice(metadata: Metadata, out: Path) -> list[str]:
    if not metadata.queries:
        return []
    folder = out.parent / "documents"
    return [
        f"the allow list's queries are in {folder}: TRIVET_GRAPHQL_DOCUMENTS={folder} makes them known, and "
        "TRIVET_GRAPHQL_ONLY_DOCUMENTS=1 is Hasura's HASURA_GRAPHQL_ENABLE_ALLOWLIST"
    ]
