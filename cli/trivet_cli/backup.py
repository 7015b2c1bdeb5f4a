"""`trivet backup` and `trivet restore`: accounts, keys and configuration, in one file and back."""

import io
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import click
from auth_service import signing_keys, transfer, upgrade
from auth_service.settings import AuthSettings
from auth_service.store import Store

from trivet_cli.accounts_store import changing, told
from trivet_cli.archive import CONFIG_PART, FORMAT, MASTER_KEY_PART, Manifest, rows_part, spooled, write
from trivet_cli.audit_trail import note
from trivet_cli.configuration import chosen
from trivet_cli.faults import CannotStart


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--config", metavar="FILE", help="The configuration (otherwise CONFIG, else TRIVET_CONFIG).")
@click.option("--with-master-key", is_flag=True, help="Put the master key in too: then the file alone opens the keys.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def backup(file: Path, config: str | None, with_master_key: bool, force: bool) -> None:
    """Write accounts, sealed signing keys and configuration into FILE, as they stand at this moment.

    The suite may go on meanwhile. The database that is served is not in it: it has its own backups.
    """
    try:
        with told(), ExitStack() as stack:
            _check_target(file, force)
            source = chosen(config)
            if source is not None and not source.is_file():
                raise CannotStart(f"the configuration {source} does not exist")
            accounts, settings = stack.enter_context(changing())
            manifest = _write(file, accounts, settings, source, stack, with_master_key=with_master_key)
            note("backup", file=str(file.absolute()), master_key="in it" if with_master_key else None)
    except CannotStart as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as fault:
        raise click.ClickException(f"{file} can't be written: {fault.strerror}") from None
    _say(file, manifest)


def _check_target(file: Path, force: bool) -> None:
    if file.exists() and not force:
        raise CannotStart(f"{file} exists already; --force replaces it")
    if not file.absolute().parent.is_dir():
        raise CannotStart(f"there is no folder {file.absolute().parent}")


def _write(
    file: Path, accounts: Store, settings: AuthSettings, config: Path | None, stack: ExitStack, *, with_master_key: bool
) -> Manifest:
    spool = stack.enter_context(spooled())
    parts: dict[str, IO[bytes]] = {}
    with transfer.snapshot(accounts) as snapshot:
        rows = {}
        for table in snapshot.tables:
            parts[rows_part(table)], rows[table] = spool(snapshot.lines(table))
    if config is not None:
        parts[CONFIG_PART] = io.BytesIO(config.read_bytes())
    if with_master_key:
        parts[MASTER_KEY_PART] = io.BytesIO(upgrade.master_key(settings).text.encode())
    written: list[Manifest] = []

    def describe(hashes: dict[str, str]) -> Manifest:
        manifest = Manifest(
            format=FORMAT,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            release=version("trivet-cli"),
            version=snapshot.version,
            rows=rows,
            sealed_by=sorted(signing_keys.sealed_by(accounts)) if transfer.KEYS in snapshot.tables else [],
            config=str(config) if config else None,
            parts=hashes,
        )
        written.append(manifest)
        return manifest

    write(file, parts, describe)
    return written[0]


def _say(file: Path, manifest: Manifest) -> None:
    click.echo(f"wrote {manifest.rows['accounts']} accounts and {manifest.rows.get(transfer.KEYS, 0)} keys into {file}")
    click.echo(f"the configuration {manifest.config} is in it" if manifest.config else "there was no configuration")
    if MASTER_KEY_PART in manifest.parts:
        warning = f"{file} HOLDS THE MASTER KEY: whoever reads it can sign tokens as anybody. Keep it like a password."
        click.secho(warning, fg="red", bold=True, err=True)
    else:
        click.echo(
            "the master key is not in it: keep a copy of its file elsewhere, or the signing keys can't be opened"
        )
