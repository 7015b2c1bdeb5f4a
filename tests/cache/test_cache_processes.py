"""Processes that write, read and keep one number, and are killed at any moment: nobody is told an older one."""

import random
import select
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

ACTORS = Path(__file__).with_name("actors.py")
CELLS = 64


class Cast:
    """Readers and writers; a killed writer is replaced, in its own cell."""

    def __init__(self, folder: Path, order: str) -> None:
        self._folder = folder
        self._order = order
        (folder / "told").write_bytes(bytes(CELLS * 8))
        connection = apsw.Connection(str(folder / "numbers.db"))
        connection.execute("pragma journal_mode = wal").fetchall()
        connection.execute("create table numbers (n int); insert into numbers values (0)")
        connection.close()
        self.writers = [self._start("writer", cell, order) for cell in range(3)]
        self.readers = [self._start("reader", 10 + cell) for cell in range(3)]

    def kill(self, cell: int) -> None:
        """End a writer wherever it is, and start its successor."""
        self.writers[cell].kill()
        self.writers[cell].wait()
        self.writers[cell] = self._start("writer", cell, self._order)

    def lines(self, seconds: float) -> list[str]:
        """What readers say within so many seconds."""
        ready, _, _ = select.select([reader.stdout for reader in self.readers], [], [], seconds)
        return [line for stream in ready if (line := stream.readline())]

    def end(self) -> None:
        for process in (*self.writers, *self.readers):
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _start(self, *words: object) -> "subprocess.Popen[str]":
        role, cell, *more = map(str, words)
        return subprocess.Popen(
            [sys.executable, str(ACTORS), role, str(self._folder), cell, *more],
            stdout=subprocess.PIPE if role == "reader" else None,
            text=True,
        )


@pytest.fixture
def cast(tmp_path: Path):
    """Makes the processes, and ends them."""
    made = []

    def make(order: str) -> Cast:
        made.append(Cast(tmp_path, order))
        return made[-1]

    yield make
    for found in made:
        found.end()


def written(folder: Path) -> int:
    connection = apsw.Connection(str(folder / "numbers.db"))
    try:
        return connection.execute("select n from numbers").fetchone()[0]
    finally:
        connection.close()


def test_nothing_older_is_told_while_writers_are_killed(cast, tmp_path):
    processes = cast("right")
    said, kills = [], 0
    patience = time.monotonic() + 120
    while kills < 25 or said.count("hits\n") < 3 or written(tmp_path) <= 50:
        assert time.monotonic() < patience, f"too little happened: {kills} kills, {said}"
        said += processes.lines(random.uniform(0.05, 0.3))
        assert set(said) <= {"hits\n"}
        if written(tmp_path) > 0:
            processes.kill(random.randrange(3))
            kills += 1


def test_processes_that_mark_too_late_are_found_out(cast, tmp_path):
    processes = cast("late")
    said = []
    patience = time.monotonic() + 120
    while not any("was answered after" in line for line in said):
        assert time.monotonic() < patience, "nobody noticed"
        said += processes.lines(1)
