"""SQLite on a hub: quick reads in the loop's own thread, slow ones and writes in threads beside it."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import apsw
from chassis.hub.loop import Hub
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.crew import Crew
from data_service.execute.run import run
from data_service.execute.shape import PreparedShape
from data_service.execute.sqlite_session import Limit, Open, SqliteSession
from data_service.execute.sqlite_trouble import busy
from data_service.execute.trouble import full
from data_service.sql.statements import Arguments

SLOW = 0.002  # seconds, of a shape's average, from which on its reads go to a thread at once
_QUICK = 0.004  # seconds after which a read in the loop's thread is broken off
_WAITING = 128  # reads, and writes, that may wait for a thread
_ELSEWHERE = (apsw.InterruptError, apsw.BusyError, apsw.LockedError)  # a thread may take its time, and wait


class File(Protocol):
    """The database as it is seen from here."""

    def current(self, file: tuple[int, int]) -> bool:
        """Whether this is the file that is there now."""
        ...

    def open_quick(self) -> tuple[Open, SqliteSession]:
        """A connection for reads that waits for no lock. Raises `Problem`."""
        ...

    def answer_here(self, shape: PreparedShape, arguments: Arguments, deadline: float | None, limit: Limit) -> Result:
        """The answer to a shape, in the calling thread. Raises `Problem`."""
        ...


class OnHub:
    """The way of a hub's greenlets to the file: ``readers`` threads for slow reads, one for writes.

    A read waits ``patience`` seconds for its thread at most, a write ``writing`` seconds.
    """

    def __init__(self, hub: Hub, file: File, *, readers: int, patience: float, writing: float) -> None:
        self.hub = hub
        self._file = file
        self._readers = Crew(hub, readers, waiting=_WAITING, patience=patience, refusal=full)
        self._writers = Crew(hub, 1, waiting=_WAITING, patience=writing, refusal=busy)
        self._quick: tuple[Open, SqliteSession] | None = None

    def answer(self, shape: PreparedShape, arguments: Arguments, deadline: float | None, seconds: float) -> Result:
        """The answer to a shape, whose statements may take so many ``seconds``. Raises `Problem`."""
        if shape.writes:
            return self._aside(self._writers, shape, arguments, deadline, seconds)
        if shape.seconds < SLOW:
            held, session = self._quick or self._opened()
            if not self._file.current(held.file):
                held, session = self._opened()
            begun = time.monotonic()
            end = begun + seconds if deadline is None else min(begun + seconds, deadline)
            held.clock.limit.end = min(begun + _QUICK, end)
            if arguments.zone is not None:
                held.clock.zone = arguments.zone
            try:
                result = run(shape.program, session, arguments)
            except Problem as problem:
                if not isinstance(problem.__cause__, _ELSEWHERE) or time.monotonic() >= end:
                    raise
            else:
                shape.took(time.monotonic() - begun)
                return result
        return self._aside(self._readers, shape, arguments, deadline, seconds)

    def write(self, work: Callable[[], Result], deadline: float | None, limit: Limit) -> Result:
        """What ``work`` gives, done in the thread that writes; ``limit`` is its own. Raises `Problem`."""
        return self._writers.run(work, deadline=deadline, stop=limit.stop)

    def step(self, work: Callable[[], Any], deadline: float | None, limit: Limit) -> Any:
        """What ``work`` gives, a part of a longer read, done in a thread; ``limit`` is its own. Raises `Problem`."""
        return self._readers.run(work, deadline=deadline, stop=limit.stop)

    def close(self) -> None:
        """Close what is not in use, and end the threads."""
        self._readers.close()
        self._writers.close()
        self._let_go()

    def _aside(
        self, crew: Crew, shape: PreparedShape, arguments: Arguments, deadline: float | None, seconds: float
    ) -> Result:
        limit = Limit(seconds)
        work = partial(self._file.answer_here, shape, arguments, deadline, limit)
        return crew.run(work, deadline=deadline, stop=limit.stop)

    def _opened(self) -> tuple[Open, SqliteSession]:
        """A new connection in the place of the one before, which nobody uses: whoever does, does not wait meanwhile."""
        quick = self._readers.run(self._file.open_quick, deadline=None, stop=lambda: None)
        self._let_go()
        self._quick = quick
        return quick

    def _let_go(self) -> None:
        quick, self._quick = self._quick, None
        if quick is not None:
            quick[0].connection.close()
