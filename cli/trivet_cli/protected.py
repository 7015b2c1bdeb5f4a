"""What opens protected fields, for backups: their keys, sealed by the master key, and the vault's entries; out and in.

Entries are encrypted by those keys already, and go as they are.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from auth_service.sealing import MasterKey
from data_service.app import open_secrets
from data_service.processing.keyring import Keyring, KeyringError, Keys, merged, parse_keys
from data_service.processing.secrets import Secrets
from data_service.processing.vault import Entry
from data_service.settings import DataSettings

from trivet_cli.faults import CannotStart

_ABOUT = "the keys of protected fields"  # what a sealed part is, so that it opens as nothing else
_TOGETHER = 1000  # entries


@contextmanager
def opened(settings: DataSettings) -> Iterator[Secrets]:
    """The keys and the vault that data's settings name, neither of them made by that. Raises `CannotStart`."""
    try:
        with closing(open_secrets(settings)) as secrets:
            yield secrets
    except KeyringError as fault:
        raise CannotStart(str(fault)) from None


def entries(secrets: Secrets) -> Iterator[bytes]:
    """The vault's entries, a line of JSON each; none where there is no vault. Raises `Problem` TRV301."""
    if not secrets.has_vault:
        return
    after = ""
    while some := secrets.vault.after(after, _TOGETHER):
        after = some[-1][0]
        yield from (msgspec.json.encode(entry) + b"\n" for entry in some)


def sealed_keys(secrets: Secrets, master: MasterKey) -> bytes:
    """The keys, sealed. Raises `KeyringError`."""
    return master.seal(secrets.ring.keys.text.encode("ascii"), _ABOUT)


def opened_keys(sealed: bytes, master: MasterKey) -> Keys:
    """The keys in a sealed part. Raises `MasterKeyError`, `KeyringError`."""
    return parse_keys(master.open(sealed, _ABOUT), "the backup")


class Place:
    """Where keys and entries are to go, looked at before anything is changed."""

    def __init__(self, secrets: Secrets, keys: Keys, *, force: bool) -> None:
        """Raises `CannotStart` where other keys are there, unless ``force`` sets them aside."""
        self._secrets = secrets
        self._path = secrets.path
        self._aside: list[Path] = []
        here = Keyring(self._path).keys if self._path.exists() else None
        together = keys if here is None else merged(here, keys)
        if together is None:
            self._set_aside(force=force)
        self._keys = keys if together is None else together
        self._same = here is not None and here == together

    def put(self, lines: Iterable[bytes]) -> tuple[list[Path], int]:
        """Put the keys and the entries there: which files were set aside, and how many entries came.

        Entries that are there already stay. Raises `Problem` TRV301, `OSError`.
        """
        for path in self._aside:
            path.replace(_before(path))
        if not self._same:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._keys.write(self._path)
        count, some = 0, list[Entry]()
        for line in lines:
            some.append(msgspec.json.decode(line, type=Entry))
            if len(some) == _TOGETHER:
                self._secrets.vault.put(some)
                count, some = count + len(some), []
        if some:
            self._secrets.vault.put(some)
        return [_before(path) for path in self._aside], count + len(some)

    def _set_aside(self, *, force: bool) -> None:
        if not force:
            raise CannotStart(f"{self._path} holds other keys of protected fields; --force sets them aside")
        vault = self._secrets.vault_file
        if vault is None:
            if self._secrets.vault.count():
                raise CannotStart("the vault holds tokens of other keys: empty its table trivet_vault first")
            self._aside = [self._path]
        else:
            # what SQLite has beside the file belongs to it
            found = [vault, *(vault.with_name(vault.name + end) for end in ("-wal", "-shm"))]
            self._aside = [path for path in (self._path, *found) if path.exists()]


def _before(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-restore")
