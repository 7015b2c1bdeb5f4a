"""An SQLite file opened: read-only where it has to be, and never guessing that nobody changes it."""

import logging
import os
from pathlib import Path
from urllib.parse import quote

import apsw

log = logging.getLogger("trivet.database")

_WAL = b"\x02\x02"  # the file format's read and write version: bytes 18 and 19


def connect(path: Path, *, patience: float, read_only: bool = False, immutable: bool = False) -> apsw.Connection:
    """A connection to a file that exists; nothing is made, neither the file nor its tables.

    ``patience``: seconds that it waits for others' locks. ``immutable``: the caller promises that nobody changes the
    file. Raises `apsw.Error`, after the log has said what can be done.
    """
    if immutable and _size(path, "-wal"):
        log.error("%s-wal holds changes that are not in the file yet, so the file is not immutable", path)
        raise apsw.CantOpenError("there is a write-ahead log")
    flags = apsw.SQLITE_OPEN_READONLY if read_only or immutable else apsw.SQLITE_OPEN_READWRITE
    address = f"file:{quote(str(path.absolute()))}{'?immutable=1' if immutable else ''}"
    try:
        connection = apsw.Connection(address, flags=flags | apsw.SQLITE_OPEN_URI)
        connection.set_busy_timeout(int(patience * 1000))
        connection.execute("pragma schema_version").fetchone()  # the file is opened by the first look into it
    except (apsw.BusyError, apsw.LockedError):
        raise
    except apsw.Error as error:
        log.error("%s can't be opened: %s", path, why_not(path) or error)
        raise apsw.CantOpenError(str(error)) from error
    return connection


def identity(path: Path) -> tuple[int, int]:
    """Which file is at the path at present: (0, 0) where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def why_not(path: Path) -> str:
    """What can be done about a file that can't be opened; empty where that is not known."""
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as fault:
        return f"it can't be read ({fault.strerror})"
    if header[18:20] == _WAL and not os.access(path.parent, os.W_OK):
        return (
            "it is in WAL mode, and its folder can't be written, where SQLite keeps the log's index; make the folder "
            "writable, or take the file out of WAL mode (pragma journal_mode = delete), or, where nobody ever changes "
            "it, set TRIVET_SQLITE_IMMUTABLE=1"
        )
    return ""


def _size(path: Path, suffix: str) -> int:
    try:
        return path.with_name(path.name + suffix).stat().st_size
    except OSError:
        return 0
