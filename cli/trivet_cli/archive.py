"""The file that `trivet backup` writes: a tar of a manifest, accounts, configuration and keys.

The manifest comes first and has the SHA-256 of everything else; nothing is believed before that was checked. Names in
the tar are only ever looked up, never used as paths.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec

from trivet_cli.faults import CannotStart

FORMAT = 2
_READABLE = (1, 2)  # the first had nothing of protected fields
_MANIFEST = "manifest.json"
_MANIFEST_LIMIT = 1_000_000
_BLOCK = 1 << 20


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: ``parts`` by name with their SHA-256, ``rows`` by table.

    ``sealed_by`` are the fingerprints of the master keys that sealed signing keys, ``protected_by`` is that of the one
    which sealed the keys of protected fields (None: there were none), ``vault`` says how many entries the vault had.
    """

    format: int
    made: str
    release: str
    version: str
    rows: dict[str, int]
    sealed_by: list[str]
    config: str | None
    parts: dict[str, str]
    protected_by: str | None = None
    vault: int = 0


def rows_part(table: str) -> str:
    """The name of the part that holds a table's rows."""
    return f"accounts/{table}.jsonl"


CONFIG_PART = "trivet.yaml"
MASTER_KEY_PART = "master.key"
PROTECTION_PART = "protection/keys.sealed"
VAULT_PART = "protection/vault.jsonl"


def write(target: Path, parts: Mapping[str, IO[bytes]], describe: Callable[[dict[str, str]], Manifest]) -> None:
    """Write a backup into a new file of mode 0600; ``describe`` makes the manifest from the parts' hashes."""
    manifest = describe({name: _hash(part) for name, part in parts.items()})
    text = msgspec.json.format(msgspec.json.encode(manifest))
    with open_new(target) as file, tarfile.open(fileobj=file, mode="w|") as tar:
        _add(tar, _MANIFEST, io.BytesIO(text))
        for name, part in parts.items():
            _add(tar, name, part)


@contextmanager
def open_new(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file that takes its name once it is whole; it may take the place of another."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class Archive:
    """A backup that was found whole, for the time of a ``with``. Raises `CannotStart` where it is not one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "Archive":
        try:
            self._tar = tarfile.open(self._path, mode="r:")
        except (OSError, tarfile.TarError) as fault:
            raise CannotStart(f"{self._path} can't be read as a backup: {fault}") from None
        try:
            self._members = {member.name: member for member in self._tar.getmembers() if member.isreg()}
            self.manifest = self._manifest()
            self._check()
        except BaseException as fault:
            self._tar.close()
            if isinstance(fault, (OSError, tarfile.TarError)):
                raise CannotStart(f"{self._path} can't be read as a backup: {fault}") from None
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def part(self, name: str) -> IO[bytes] | None:
        """A part, None where the backup has none of that name."""
        return self._open(name) if name in self.manifest.parts else None

    def _manifest(self) -> Manifest:
        if _MANIFEST not in self._members or self._members[_MANIFEST].size > _MANIFEST_LIMIT:
            raise self._odd("it has no manifest")
        try:
            manifest = msgspec.json.decode(self._open(_MANIFEST).read(), type=Manifest)
        except msgspec.DecodeError:
            raise self._odd("its manifest can't be read") from None
        if manifest.format not in _READABLE:
            raise self._odd(f"it has the form {manifest.format}, and this release knows {FORMAT}")
        return manifest

    def _check(self) -> None:
        for name, digest in self.manifest.parts.items():
            if name not in self._members:
                raise self._odd(f"{name} is missing")
            if _hash(self._open(name)) != digest:
                raise self._odd(f"{name} is not as it was written")

    def _open(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name])
        if file is None:
            raise self._odd(f"{name} is no file")
        return file

    def _odd(self, why: str) -> CannotStart:
        return CannotStart(f"{self._path} is no whole backup: {why}")


@contextmanager
def spooled() -> Iterator[Callable[[Iterator[bytes]], tuple[IO[bytes], int]]]:
    """A function that puts lines into a file without a name, and tells how many there were."""

    def spool(lines: Iterator[bytes]) -> tuple[IO[bytes], int]:
        file = stack.enter_context(TemporaryFile())  # noqa: SIM115  (the stack closes it)
        count = 0
        for line in lines:
            file.write(line)
            count += 1
        return file, count

    with ExitStack() as stack:
        yield spool


def _add(tar: tarfile.TarFile, name: str, part: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = part.seek(0, io.SEEK_END)
    info.mode = 0o600
    part.seek(0)
    tar.addfile(info, part)


def _hash(part: IO[bytes]) -> str:
    part.seek(0)
    digest = hashlib.sha256()
    while block := part.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
