"""What must be true before auth starts: tables of this release, a master key, and a signing key sealed with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth_service import pem_files, sealing, signing_keys, store
from auth_service.sealing import MasterKey, MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.store import Migration, Store


def prepare(settings: AuthSettings) -> Migration:
    """Bring the tables up to date, make what is missing, the master key too, and take over what is old.

    For who runs the suite; a service never does it. Raises `store.StoreError`, `sealing.MasterKeyError`,
    `pem_files.KeyFileError`, `Problem` TRV203.
    """
    migration = store.migrate(settings.store_url)
    with _opened(settings) as opened:
        _bring_keys(opened, find_or_make_master_key(opened, settings), settings)
    return migration


def migrate(settings: AuthSettings) -> Migration:
    """Bring the tables up to date and take over what is old; a missing master key is told. Raises as `prepare`."""
    migration = store.migrate(settings.store_url)
    with _opened(settings) as opened:
        _bring_keys(opened, master_key(settings), settings)
    return migration


def master_key(settings: AuthSettings) -> MasterKey:
    """The master key that the settings name. Raises `MasterKeyError`."""
    found = _configured(settings)
    if found is None:
        raise MasterKeyError(
            f"there is no master key: put one into {settings.master_key_path}, or name its file in "
            "TRIVET_MASTER_KEY_FILE; `openssl rand -base64 32` makes one, and so does `trivet up`"
        )
    return found


def find_or_make_master_key(opened: Store, settings: AuthSettings) -> MasterKey:
    """The master key, a new one where none can have been lost. Raises `MasterKeyError`, `Problem` TRV203."""
    found = _configured(settings)
    if found is not None:
        return found
    sealed_by = signing_keys.sealed_by(opened)
    if sealed_by:
        raise MasterKeyError(
            f"the master key {', '.join(sorted(sealed_by))} is missing, which sealed the signing keys in the accounts "
            f"store: put it back into {settings.master_key_path} (or name its file in TRIVET_MASTER_KEY_FILE), or "
            "begin anew with `trivet keys reset`"
        )
    return sealing.make(settings.master_key_path)


def _configured(settings: AuthSettings) -> MasterKey | None:
    if settings.master_key:
        return sealing.parse(settings.master_key, "TRIVET_MASTER_KEY")
    return sealing.read(Path(settings.master_key_path))


def _bring_keys(opened: Store, master: MasterKey, settings: AuthSettings) -> None:
    pem_files.take_over(opened, master, settings.keys_dir)
    signing_keys.ensure_first(opened, master, settings.signing_algorithm)


@contextmanager
def _opened(settings: AuthSettings) -> Iterator[Store]:
    opened = store.open(settings.store_url)
    try:
        yield opened
    finally:
        opened.close()
