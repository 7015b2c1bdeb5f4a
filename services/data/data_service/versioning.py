"""Versioning: a process counts what it writes (`chassis.versions`), and says of answers what they stand on.

A thread of its own sees to it that what the dead have left marked is settled once nothing of them can land any more.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.versions import EVERYTHING, Writer, at_rest
from contracts.problems import Problem
from contracts.results import Basis

from data_service.dependencies import Reading, tells_time
from data_service.execute.database import Database
from data_service.sql.statements import Arguments

log = logging.getLogger("trivet.versions")
_LOOK = 1.0  # seconds between two looks after the dead
_FIRST = 0.05  # the same until this process's own slot has been recovered
_TROUBLE = (Problem, OSError)


class Versioning:
    """This process's slot of the versions at ``path``, and what of ``database`` decides on them."""

    def __init__(self, path: Path, writer: Writer, database: Database) -> None:
        self._path = path
        self._writer = writer
        self._database = database
        self._lock = threading.Lock()
        self._held: list[tuple[int, ...]] = []  # marks of writes of which nobody knows yet what became
        self._orphans: list[Writer] = []
        self._seen: tuple[object, int | None] = (None, None)  # the database's mark, ours before
        self._over = threading.Event()
        self._lost = False

    def copy(self, words: tuple[int, ...]) -> bytes:
        """The versions of these words at present (`Versions.copy`)."""
        return self._writer.copy(words)

    def basis(self, reading: Reading, versions: bytes, arguments: Arguments) -> Basis | None:
        """What an answer stands on that was read after these versions were copied; None where that is nothing."""
        if not at_rest(versions):
            return None
        age = reading.age
        if reading.timed:
            session = arguments.session
            if tells_time(arguments.values) or tells_time([session.get(name) for name in reading.claims]):
                if reading.most is None:
                    return None
                age = reading.most
        return Basis(self._writer.id, reading.words, versions, reading.claims, age)

    @contextmanager
    def writing(self, words: tuple[int, ...]) -> Iterator[None]:
        """The time of a transaction that writes to these words' resources."""
        mark = self._writer.begin(words)
        try:
            yield
        finally:
            if self._database.adrift:
                with self._lock:
                    self._held.append(mark)
            else:
                self._writer.settle(mark)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """The time in which what all answers depend on becomes another."""
        mark = self._writer.begin([EVERYTHING])
        try:
            yield
        finally:
            self._writer.settle(mark)

    def start(self) -> None:
        """Begin to look after the dead: this process has its rules, and serves by them."""
        threading.Thread(target=self._tend, name="trivet-versions", daemon=True).start()

    def close(self) -> None:
        """End that."""
        self._over.set()

    def tend(self) -> None:
        """Settle what can be settled now. Raises `Problem`, `OSError`."""
        self._notice_loss()
        self._notice_strangers()
        with self._lock:
            held, self._held = self._held, []
        lost = set(self._database.adrift)
        self._orphans += self._writer.orphans()
        waiting = [writer for writer in (self._writer, *self._orphans) if not writer.recovered]
        if not (held or lost or waiting):
            return
        try:
            connected = self._database.connected()
        except BaseException:
            with self._lock:
                self._held += held
            raise
        if lost & connected.keys():
            with self._lock:
                self._held += held
        else:
            self._database.adrift.difference_update(lost)
            for mark in held:
                self._writer.settle(mark)
        for writer in waiting:
            if not writer.haunted(connected.values()):
                writer.recover()
                if writer is not self._writer:
                    self._orphans.remove(writer)
                    writer.close()

    def _tend(self) -> None:
        while not self._over.wait(_LOOK if self._writer.recovered else _FIRST):
            try:
                self.tend()
            except _TROUBLE as fault:  # the database is away: it is looked for again
                log.info("versions not settled: %s", fault)
            except Exception:
                log.exception("versions not settled")

    def _notice_loss(self) -> None:
        """Where another file is in our memory's place, nobody may rely on ours any more."""
        if not self._lost and not self._writer.is_at(self._path):
            self._lost = True
            self._writer.begin([EVERYTHING])
            log.error("%s is gone, so that no answers are kept until data starts again", self._path)

    def _notice_strangers(self) -> None:
        """Where the database was written to, and by none of us, all answers end. A safety net, with holes.

        What a stranger writes in the same second as one of us goes unnoticed.
        """
        ours = self._writer.digest()
        theirs = self._database.written()
        before, self._seen = self._seen, (theirs, ours)
        if None in before or theirs in (None, before[0]) or self._writer.digest() != before[1]:
            return
        log.warning("somebody else writes to the database: all answers that were kept end")
        with self.changing():
            pass
        self._seen = (theirs, None)
