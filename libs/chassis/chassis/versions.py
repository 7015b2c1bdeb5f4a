"""Versions: how often each resource was written, as words in memory that data writes and the facades read.

For every resource and every process of data there is one word of 8 bytes, which that process alone writes. It is odd
while the process has a write to the resource under way: `Writer.begin` before the transaction begins, `Writer.settle`
once its outcome is known and before anybody is told. Words never go back. An answer is kept with the versions that data
copied before its snapshot, all of them at rest (even); while they are what they were, the answer is what the database
would say. A dead process leaves its words odd until it is certain that nothing of it can land any more: whoever holds
its slot next calls `Writer.recover` then. `tests/cache/model.py` is this protocol for a checker of all interleavings.

Several resources may share a word, which makes them only less precise.
"""

import contextlib
import fcntl
import mmap
import os
import secrets
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

WORDS = 2048
SLOTS = 64  # processes of data at most, those of a reload that are about to end included
EVERYTHING = 0  # the word that every answer depends on: rules, and writes of which nobody knows what they touch

_WORD = 8
_ROW = SLOTS * _WORD
_MAGIC = b"TRIVETv1"
_HEAD = struct.Struct("=8s8s")  # the magic, and the random id of this memory
_GENERATIONS = 8  # index, in words, of a count for each slot: how often it was claimed
_ROWS = 4096
_SIZE = _ROWS + WORDS * _ROW
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of Linux, 64 bits
_NAME = "trivet/"


class Crowded(Exception):
    """More processes than there are slots: a process without one may not write."""


class Unfit(Exception):
    """The file is not such a memory, or not ours."""


def word_of(resource: str) -> int:
    """The word of a resource, by its name in the database (``schema.table``): the same in every process."""
    return 1 + zlib.crc32(resource.encode()) % (WORDS - 1)


def marked(word: int) -> int:
    """The word while a write is under way."""
    return word | 1


def settled(word: int) -> int:
    """The word after that: at rest, and higher than it ever was."""
    return (word | 1) + 1


def at_rest(versions: bytes) -> bool:
    """Whether none of these versions (`Versions.copy`) has a write under way."""
    return not int.from_bytes(versions, "little") & _odd(len(versions))


class Versions:
    """The memory as everybody may read it. Close it when done."""

    def __init__(self, descriptor: int, *, writable: bool = False) -> None:
        access = mmap.PROT_READ | mmap.PROT_WRITE if writable else mmap.PROT_READ
        self._memory = mmap.mmap(descriptor, _SIZE, prot=access)
        self.id: str = _HEAD.unpack_from(self._memory)[1].hex()
        self._file = _file(os.fstat(descriptor))
        self._used = 0  # bytes of each row that are in use
        self._unused = bytes(_ROW)

    @classmethod
    def open(cls, path: Path) -> "Versions | None":
        """The memory at the path, None where there is none yet. Raises `Unfit`, `OSError`."""
        try:
            descriptor = _open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return cls(descriptor)
        finally:
            os.close(descriptor)

    def copy(self, words: tuple[int, ...]) -> bytes:
        """The versions of these words at present, `EVERYTHING` before them: for each those of the slots in use.

        Copied before a snapshot is taken, and `at_rest`, they stand for what the snapshot holds. A slot not in use yet
        can't change anything without a change to `EVERYTHING`, with which its use begins.
        """
        memory = self._memory
        first = memory[_ROWS : _ROWS + _ROW]
        size = self._used
        if first[size:] != self._unused:  # slots are used from the first one on, and stay so
            size = self._used = -(-len(first.rstrip(b"\0")) // _WORD) * _WORD
            self._unused = bytes(_ROW - size)
        found = [first[:size]]
        for word in words:
            start = _ROWS + word * _ROW
            found.append(memory[start : start + size])
        return b"".join(found)

    def watch(self, words: tuple[int, ...], versions: bytes) -> "Watch | None":
        """A look-out on these words at these versions, as `copy` gave them; None where they are others already."""
        size = len(versions) // (len(words) + 1)
        whole = size * (len(words) + 1) == len(versions) and size % _WORD == 0 and size <= _ROW
        if not whole or not at_rest(versions):
            return None
        places = [(slice(_ROWS, _ROWS + _ROW), versions[:size].ljust(_ROW, b"\0"))]
        for number, word in enumerate(words, 1):
            start = _ROWS + word * _ROW
            places.append((slice(start, start + size), versions[number * size : (number + 1) * size]))
        watch = Watch(self._memory, places)
        return watch if watch.unchanged() else None

    def is_at(self, path: Path) -> bool:
        """Whether this memory is the one at the path: somebody may have removed it, or put another there."""
        try:
            return _file(os.stat(path)) == self._file
        except OSError:
            return False

    def digest(self) -> int | None:
        """A number that is another after any write; None while one is under way. It takes about a millisecond."""
        words = self._memory[_ROWS:]
        return zlib.crc32(words) if at_rest(words) else None

    def close(self) -> None:
        """Let the memory go."""
        self._memory.close()


class Watch:
    """Whether words are still what they were."""

    __slots__ = ("_memory", "_places")

    def __init__(self, memory: mmap.mmap, places: list[tuple[slice, bytes]]) -> None:
        self._memory = memory
        self._places = places

    def unchanged(self) -> bool:
        """True where nothing was written since the versions were copied, nor is being written."""
        memory = self._memory
        for place, versions in self._places:  # noqa: SIM110  (a quarter of the time that `all` takes)
            if memory[place] != versions:
                return False
        return True


class Writer(Versions):
    """A process's own slot: for processes of data, one each, made after the fork that made the process.

    From its claim on `EVERYTHING` is marked, and so is what the slot's last holder left marked, until `recover`.
    Thread-safe.
    """

    def __init__(self, descriptor: int, slot: int) -> None:
        super().__init__(descriptor, writable=True)
        self._descriptor = descriptor
        self._slot = slot
        self._cells = memoryview(self._memory).cast("Q")
        self._lock = threading.Lock()
        self._under_way: dict[int, int] = {}  # writes to a word that have begun and are not settled
        self._cells[_GENERATIONS + slot] += 1
        left = [word for word in range(WORDS) if self._cells[self._cell(word)] & 1]
        self._inherited: tuple[int, ...] | None = self.begin({EVERYTHING, *left})

    @classmethod
    def claim(cls, path: Path) -> "Writer":
        """A free slot of the memory at the path, which is made where there is none.

        Raises `Crowded`, `Unfit`, `OSError`.
        """
        descriptor = _open_or_make(path)
        for slot in range(SLOTS):
            if _lock(descriptor, slot):
                return cls(descriptor, slot)
        os.close(descriptor)
        raise Crowded(f"{SLOTS} processes count their writes in {path} already")

    def begin(self, words: Iterable[int]) -> tuple[int, ...]:
        """Mark words, before the transaction begins; what is returned goes to `settle`."""
        mark = tuple(words)
        with self._lock:
            for word in mark:
                count = self._under_way.get(word, 0)
                if not count:
                    cell = self._cell(word)
                    self._cells[cell] = marked(self._cells[cell])
                self._under_way[word] = count + 1
        return mark

    def settle(self, mark: tuple[int, ...]) -> None:
        """The transaction has ended, committed or not, for certain: its words are at rest, if no other's is under way.

        Where its outcome is not known, because the connection was lost, wait until the database has ended it.
        """
        with self._lock:
            for word in mark:
                count = self._under_way[word] - 1
                if count:
                    self._under_way[word] = count
                else:
                    del self._under_way[word]
                    cell = self._cell(word)
                    self._cells[cell] = settled(self._cells[cell])

    @property
    def name(self) -> str:
        """What this process's connections are to be called (``application_name``), so that they are known by it."""
        return f"{_NAME}{self.id}.{self._slot}.{self._cells[_GENERATIONS + self._slot]}"

    def haunted(self, names: Iterable[str]) -> bool:
        """Whether one of the database's connections, by their names, is of somebody before us.

        That is a former holder of this slot, or a process that counts in another memory.
        """
        own, slot, memory = self.name, f"{_NAME}{self.id}.{self._slot}.", f"{_NAME}{self.id}."
        return any(
            name.startswith(_NAME) and name != own and (name.startswith(slot) or not name.startswith(memory))
            for name in names
        )

    @property
    def recovered(self) -> bool:
        """True where nothing of the slot's last holder is in doubt."""
        return self._inherited is None

    def recover(self) -> None:
        """Nothing of the slot's former holders can land any more, and this process's own rules are in force."""
        mark, self._inherited = self._inherited, None
        if mark is not None:
            self.settle(mark)

    def orphans(self) -> Iterator["Writer"]:
        """The slots of the dead that left something marked, each claimed: to be recovered in time, and closed."""
        for slot in range(SLOTS):
            left = any(self._cells[cell] & 1 for cell in range(_ROWS // _WORD + slot, _SIZE // _WORD, SLOTS))
            if slot == self._slot or not left:
                continue
            # a lock is its descriptor's, so that each has one of its own
            descriptor = os.open(f"/proc/self/fd/{self._descriptor}", os.O_RDWR | os.O_CLOEXEC)
            if _lock(descriptor, slot):
                yield Writer(descriptor, slot)
            else:
                os.close(descriptor)

    def close(self) -> None:
        """Give the slot up. What is marked still, stays so for the next holder."""
        self._cells.release()
        super().close()
        os.close(self._descriptor)

    def _cell(self, word: int) -> int:
        return _ROWS // _WORD + word * SLOTS + self._slot


def _file(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


@lru_cache(maxsize=256)
def _odd(size: int) -> int:
    return int.from_bytes(b"\1\0\0\0\0\0\0\0" * (size // _WORD), "little")


def _open(path: Path, flags: int) -> int:
    """The file, if it is ours and nobody else's."""
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW)
    found = os.fstat(descriptor)
    fault = ""
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        fault = "belongs to somebody else"
    elif found.st_size != _SIZE or os.pread(descriptor, len(_MAGIC), 0) != _MAGIC:
        fault = "is of another kind or release"
    if fault:
        os.close(descriptor)
        raise Unfit(f"{path} {fault}")
    return descriptor


def _open_or_make(path: Path) -> int:
    try:
        return _open(path, os.O_RDWR)
    except FileNotFoundError:
        _make(path)
        return _open(path, os.O_RDWR)


def _make(path: Path) -> None:
    """A new memory, whole from its first moment on, unless another process was quicker."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        draft.write_bytes(_HEAD.pack(_MAGIC, secrets.token_bytes(8)).ljust(_SIZE, b"\0"))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _lock(descriptor: int, slot: int) -> bool:
    """Hold a slot for as long as the descriptor is open, and so as long as the process lives; False: others do."""
    request = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, slot, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, request)
    except BlockingIOError:
        return False
    return True
