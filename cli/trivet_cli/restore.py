"""`trivet restore`: what `trivet backup` wrote, back into a store and a state folder; all is checked beforehand."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from auth_service import sealing, signing_keys, store, transfer, upgrade
from auth_service.sealing import MasterKey, MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.store import Store
from chassis.settings import load
from data_service.processing.secrets import Secrets
from data_service.settings import DataSettings

from trivet_cli import protected
from trivet_cli.accounts_store import told
from trivet_cli.archive import (
    CONFIG_PART,
    MASTER_KEY_PART,
    PROTECTION_PART,
    VAULT_PART,
    Archive,
    open_new,
    rows_part,
)
from trivet_cli.audit_trail import audit_trail, note
from trivet_cli.configuration import chosen
from trivet_cli.faults import CannotStart


@dataclass(frozen=True)
class _Wish:
    """What the user allows: to replace what is there, to bring sessions back, to begin with new keys.

    And to leave out what opens protected fields.
    """

    force: bool
    sessions: bool
    new_keys: bool
    no_protection: bool


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--config", metavar="FILE", help="Where the configuration goes (otherwise CONFIG, else TRIVET_CONFIG).")
@click.option("--force", is_flag=True, help="Replace accounts, keys and configuration that are there.")
@click.option("--keep-sessions", is_flag=True, help="Bring sessions back too: for a move, when nothing happened since.")
@click.option("--new-keys", is_flag=True, help="Leave the signing keys out and begin with a new one.")
@click.option("--no-protection", is_flag=True, help="Leave out what opens protected fields (keys and vault).")
def restore(
    file: Path, *, config: str | None, force: bool, keep_sessions: bool, new_keys: bool, no_protection: bool
) -> None:
    """Bring back what FILE holds, into the accounts store and the state folder that the settings name.

    End the suite before. People log in again afterwards: a session that was ended since the backup must not revive.
    """
    wish = _Wish(force, keep_sessions, new_keys, no_protection)
    try:
        with told(), Archive(file) as archive:
            settings = load(AuthSettings)
            with _suite_is_down(settings), audit_trail(settings):
                _restore(archive, settings, config, wish)
                note("restore", file=str(file.absolute()))
    except CannotStart as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as fault:
        raise click.ClickException(f"{fault.filename or file}: {fault.strerror}") from None


def _restore(archive: Archive, settings: AuthSettings, config: str | None, wish: _Wish) -> None:
    store.make_place(settings.store_url)
    accounts = store.open(settings.store_url)
    try:
        if transfer.occupied(accounts) and not wish.force:
            raise CannotStart("the accounts store holds accounts already; --force replaces all of them")
        place = _place_of_config(archive, settings, config, wish)
        brought = _master_key_to_put(archive, settings, wish)
        with protected.opened(load(DataSettings)) as secrets:
            opener = _place_of_protection(archive, secrets, brought or _master_key_here(settings), wish)
            counts = _bring_rows(archive, accounts, wish)
            if brought is not None:
                _put_master_key(brought, settings.master_key_path)
            if opener is not None:
                _put_protection(archive, opener, secrets)
        signing_keys.ensure_first(accounts, upgrade.find_or_make_master_key(accounts, settings))
    finally:
        accounts.close()
    click.echo(f"restored {counts['accounts']} accounts and {counts.get(transfer.KEYS, 0)} keys")
    _put_config(archive, place)


def _bring_rows(archive: Archive, accounts: Store, wish: _Wish) -> dict[str, int]:
    left_out = set() if wish.sessions else set(transfer.SESSIONS)
    if wish.new_keys:
        left_out.add(transfer.KEYS)
    tables = [table for table in archive.manifest.rows if table not in left_out]
    found = {table: archive.part(rows_part(table)) for table in tables}
    rows = {table: part for table, part in found.items() if part is not None}
    return transfer.restore(accounts, archive.manifest.version, rows)


def _master_key_to_put(archive: Archive, settings: AuthSettings, wish: _Wish) -> MasterKey | None:
    """The backup's master key, where the keys that come need it here; None where the one here will do."""
    manifest = archive.manifest
    of_fields = None if wish.no_protection else manifest.protected_by
    needed = sorted({*(() if wish.new_keys else manifest.sealed_by), *([of_fields] if of_fields else ())})
    here = _master_key_here(settings)
    if not needed or (here is not None and needed == [here.fingerprint]):
        return None
    brought = _brought(archive)
    if brought is None or settings.master_key:
        had = f"; the one here is {here.fingerprint}" if here is not None else ""
        without = ["begin with new signing keys by --new-keys"] if not wish.new_keys else []
        without += ["leave protected fields unreadable by --no-protection"] if of_fields else []
        raise CannotStart(
            f"the keys in the backup were sealed with the master key {', '.join(needed)}, which is not "
            f"here{had}: put it into {settings.master_key_path}, or {' and '.join(without)}"
        )
    if here is not None and not wish.force:
        raise CannotStart(f"{settings.master_key_path} holds another master key; --force sets it aside")
    return brought


def _master_key_here(settings: AuthSettings) -> MasterKey | None:
    try:
        return upgrade.master_key(settings)
    except MasterKeyError:
        if settings.master_key or settings.master_key_path.exists():
            raise
        return None


def _brought(archive: Archive) -> MasterKey | None:
    part = archive.part(MASTER_KEY_PART)
    return sealing.parse(part.read(1000).decode("ascii", "replace"), "the backup's master.key") if part else None


def _place_of_protection(
    archive: Archive, secrets: Secrets, master: MasterKey | None, wish: _Wish
) -> protected.Place | None:
    """Where what opens protected fields goes, None where there is none, or it is not wanted. Raises `CannotStart`."""
    part = None if wish.no_protection else archive.part(PROTECTION_PART)
    if part is None:
        return None
    if master is None:
        raise AssertionError("the master key was looked for")
    return protected.Place(secrets, protected.opened_keys(part.read(), master), force=wish.force)


def _put_protection(archive: Archive, place: protected.Place, secrets: Secrets) -> None:
    aside, count = place.put(archive.part(VAULT_PART) or ())
    for path in aside:
        click.echo(f"what was here is in {path} now")
    click.echo(f"put the keys of protected fields into {secrets.path}, and {count} entries into the vault")


def _put_master_key(brought: MasterKey, path: Path) -> None:
    if path.exists():
        aside = path.with_name(f"{path.name}.before-restore")
        path.replace(aside)
        click.echo(f"the master key that was here is in {aside} now")
    sealing.keep(path, brought)
    click.echo(f"put the backup's master key into {path}")


def _place_of_config(archive: Archive, settings: AuthSettings, config: str | None, wish: _Wish) -> Path | None:
    """Where the configuration goes, None where there is nothing to do."""
    part = archive.part(CONFIG_PART)
    if part is None:
        return None
    place = chosen(config) or Path(settings.state_dir).absolute() / CONFIG_PART
    if place.exists():
        if place.read_bytes() == part.read():
            return None
        if not wish.force:
            raise CannotStart(f"{place} differs from the configuration in the backup; --force replaces it")
    return place


def _put_config(archive: Archive, place: Path | None) -> None:
    part = archive.part(CONFIG_PART)
    if place is None or part is None:
        return
    with open_new(place) as file:
        file.write(part.read())
    click.echo(f"put the configuration into {place}; CONFIG={place} serves it")


@contextmanager
def _suite_is_down(settings: AuthSettings) -> Iterator[None]:
    """Hold the folder of `trivet up`, whose demo keeps its accounts one folder deeper. Raises `CannotStart`."""
    state = Path(settings.state_dir).absolute()
    found = [folder / "lock" for folder in (state, state.parent) if (folder / "lock").is_file()]
    if not found:
        yield
        return
    with found[0].open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"a suite is running with the folder {found[0].parent}: end it first") from None
        yield
