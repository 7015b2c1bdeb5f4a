"""Reads that share connections: what one asks, what came, and the session that waits for it."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from chassis.hub.loop import Hub
from contracts.problems import Problem
from greenlet import getcurrent, greenlet
from psycopg.pq.abc import PGresult

from data_service.execute.parameters import texts
from data_service.execute.prepared import Shape
from data_service.execute.trouble import FOREIGN_NAMES, OLD_PLANS, problem_of
from data_service.execute.wire import Ask


class Read(Ask):
    """A read: who waits for it, and how long it may take.

    ``limit`` is in milliseconds, ``deadline`` in monotonic seconds; ``since`` is when it was asked for. A ``copy`` is
    on its way on another connection for the ``original``, which alone has a ``lane``. It is ``done`` when the answer is
    known or not wanted any more, ``moved`` when it has a copy, ``over`` when its time is, and goes ``apart`` from
    others, with a Sync of its own, where it is not known to be quick or has not come through with them. ``pending``
    counts itself and its copies that may still be answered; one that is ``dropped`` leaves that to the others.
    """

    __slots__ = (
        "apart", "deadline", "done", "dropped", "lane", "limit", "moved", "original", "over", "pending", "problem",
        "since", "tries",
    )  # fmt: skip
    is_timed = True

    def __init__(self, shape: Shape, values: list[bytes | None], limit: int, deadline: float) -> None:
        super().__init__(shape, values)
        self.limit = limit
        self.deadline = deadline
        self.since = 0.0
        self.lane: greenlet | None = None
        self.original: Read | None = None
        self.problem: Problem | None = None
        self.done = self.dropped = self.moved = self.over = self.apart = False
        self.tries = 0
        self.pending = 1

    def copy(self) -> "Read":
        """The same once more, for another connection."""
        copy = Read(self.shape, self.values, self.limit, self.deadline)
        copy.original = self.first
        copy.since = self.since
        copy.apart = True
        copy.original.pending += 1
        self.moved = True
        return copy

    def drop(self) -> None:
        """Leave it to the others that are under way for the same."""
        if not self.dropped:
            self.dropped = True
            self.first.pending -= 1

    @property
    def first(self) -> "Read":
        """The original of a copy, else itself."""
        return self.original or self

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for what it brings."""
        return not self.dropped and not (self.original or self).done


class Reader(Protocol):
    """Where reads are sent from; see `data_service.execute.pipeline.Pipeline`."""

    hub: Hub

    def shape_of(self, sql: str) -> Shape:
        """The shape of a statement."""
        ...

    def submit(self, read: Read) -> None:
        """Send it, with what others ask for in this turn. Raises `Problem`."""
        ...

    def abandon(self, read: Read) -> None:
        """Nobody waits for it any more."""
        ...

    def renew(self, read: Ask) -> None:
        """What it was prepared as does not fit any more."""
        ...

    def distrust(self) -> None:
        """What was prepared on the connections may be somebody else's."""
        ...

    def loader(self, oid: int) -> Callable[[Any], Any] | None:
        """What makes a Python value of the text of this type; None where that stays as it is."""
        ...


def fetch(reader: Reader, sql: str, values: list[Any], limit: int, deadline: float) -> tuple[Any, ...] | None:
    """The first row of a read, None where there is none. From a greenlet of the hub. Raises `Problem`."""
    shape = reader.shape_of(sql)
    read = Read(shape, texts(values), limit, deadline)
    read.since = time.monotonic()
    reader.submit(read)
    read.lane = getcurrent()
    try:
        reader.hub.park()
    finally:
        read.lane = None
        if not read.done:
            reader.abandon(read)
    if read.problem is not None:
        raise read.problem
    return outcome(reader, read)


def outcome(reader: Reader, ask: Ask) -> tuple[Any, ...] | None:
    """The first row of what came. Raises `Problem`."""
    if ask.error is not None:
        if ask.error.diag.source_function in OLD_PLANS:
            reader.renew(ask)
        elif ask.error.sqlstate in FOREIGN_NAMES:
            reader.distrust()
        raise problem_of(ask.error) from ask.error
    result = ask.result
    return None if result is None or result.ntuples == 0 else _row(reader, result)


def _row(reader: Reader, result: PGresult) -> tuple[Any, ...]:
    row: list[Any] = []
    for column in range(result.nfields):
        value = result.get_value(0, column)
        load = None if value is None else reader.loader(result.ftype(column))
        row.append(value if load is None else load(value))
    return tuple(row)
