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
from chassis.settings import load
from data_service.settings import DataSettings

from trivet_cli import protected
from trivet_cli.accounts_store import changing, told
from trivet_cli.archive import (
    CONFIG_PART,
    FORMAT,
    MASTER_KEY_PART,
    PROTECTION_PART,
    VAULT_PART,
    Manifest,
    rows_part,
    spooled,
    write,
)
from trivet_cli.audit_trail import note
from trivet_cli.configuration import chosen
from trivet_cli.faults import CannotStart


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--config", metavar="FILE", help="The configuration (otherwise CONFIG, else TRIVET_CONFIG).")
@click.option("--with-master-key", is_flag=True, help="Put the master key in too: then the file alone opens the keys.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def backup(file: Path, config: str | None, with_master_key: bool, force: bool) -> None:
    """Write accounts, configuration, sealed signing keys and what opens protected fields into FILE, as they stand now.

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
    count, protected_by = 0, None
    with protected.opened(load(DataSettings)) as secrets:
        if secrets.path.exists():
            # the entries first: the keys that opened them only become more
            parts[VAULT_PART], count = spool(protected.entries(secrets))
            master = upgrade.master_key(settings)
            parts[PROTECTION_PART] = io.BytesIO(protected.sealed_keys(secrets, master))
            protected_by = master.fingerprint
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
            protected_by=protected_by,
            vault=count,
        )
        written.append(manifest)
        return manifest

    write(file, parts, describe)
    return written[0]


def _say(file: Path, manifest: Manifest) -> None:
    click.echo(f"wrote {manifest.rows['accounts']} accounts and {manifest.rows.get(transfer.KEYS, 0)} keys into {file}")
    click.echo(f"the configuration {manifest.config} is in it" if manifest.config else "there was no configuration")
    if PROTECTION_PART in manifest.parts:
        click.echo(f"the keys of protected fields, sealed, and {manifest.vault} entries of the vault are in it")
    else:
        click.echo("there were no keys of protected fields")
    if MASTER_KEY_PART in manifest.parts:
        warning = (
            f"{file} HOLDS THE MASTER KEY: whoever reads it can sign tokens as anybody, and open protected fields. "
            "Keep it like a password."
        )
        click.secho(warning, fg="red", bold=True, err=True)
    else:
        click.echo("the master key is not in it: keep a copy of its file elsewhere, or the keys in it can't be opened")
