"""A writer and a reader of one number in an SQLite file, as processes: ``python actors.py writer|reader FOLDER CELL``.

Each has a cell in shared memory with the newest number that it was told of: what a writer was acknowledged, what a
reader was answered. Whoever asks afterwards must not be answered with less.
"""

import mmap
import random
import sys
import time
from pathlib import Path

import apsw
from chassis.results_cache import ResultsCache
from chassis.versions import Versions, Writer, at_rest, word_of
from contracts.identity import Principal
from contracts.results import Basis

CELLS = 64
WORD = word_of("main.numbers")


class Told:
    """The cells; each is written by its own process only."""

    def __init__(self, folder: Path, cell: int) -> None:
        with (folder / "told").open("r+b") as file:
            self._cells = memoryview(mmap.mmap(file.fileno(), CELLS * 8)).cast("Q")
        self._cell = cell

    def newest(self) -> int:
        return max(self._cells)

    def add(self, number: int) -> None:
        self._cells[self._cell] = max(self._cells[self._cell], number)


def connect(folder: Path) -> apsw.Connection:
    connection = apsw.Connection(str(folder / "numbers.db"))
    connection.set_busy_timeout(10_000)
    return connection


def write(folder: Path, told: Told, order: str) -> None:
    """Write until killed. ``order``: ``right``, or ``late`` for one that marks only what it has committed already."""
    writer = Writer.claim(folder / "versions")
    connection = connect(folder)
    writer.recover()  # the process that had the slot is gone, and its transaction with it
    while True:
        mark = writer.begin([WORD]) if order == "right" else None
        connection.execute("begin immediate")
        (number,) = connection.execute("update numbers set n = n + 1 returning n").fetchone()
        _pause()
        connection.execute("commit")
        _pause()
        writer.settle(mark if mark is not None else writer.begin([WORD]))
        _pause()
        told.add(number)
        time.sleep(random.uniform(0, 0.01))


def read(folder: Path, told: Told) -> None:
    """Read until something older than it may be is found (which is printed), or until killed."""
    cache: ResultsCache[int] = ResultsCache(folder / "versions", entries=10, size=100_000)
    while (versions := Versions.open(folder / "versions")) is None:
        time.sleep(0.01)
    connection, principal, hits = connect(folder), Principal(), 0
    while True:
        floor = told.newest()
        found = cache.find(principal, "n") if random.random() < 0.9 else None  # others have other questions
        hits += found is not None
        if found is None:
            asked, copied = time.monotonic(), versions.copy((WORD,))
            _pause()
            (found,) = connection.execute("select n from numbers").fetchone()
            _pause()
            if at_rest(copied):
                cache.keep(principal, "n", Basis(versions.id, (WORD,), copied), found, size=8, asked=asked)
        if found < floor:
            print(f"{found} was answered after {floor} was told", flush=True)
            return
        told.add(found)
        if hits == 100:
            print("hits", flush=True)


def _pause() -> None:
    if random.random() < 0.2:
        time.sleep(random.uniform(0, 0.003))


if __name__ == "__main__":
    place, told = Path(sys.argv[2]), Told(Path(sys.argv[2]), int(sys.argv[3]))
    read(place, told) if sys.argv[1] == "reader" else write(place, told, sys.argv[4])
