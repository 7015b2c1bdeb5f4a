"""Which of those who wait is served next, and on which connection."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from contracts.problems import Problem
from greenlet import greenlet

from data_service.execute import terms
from data_service.execute.parameters import texts
from data_service.execute.prepared import Shape
from data_service.execute.reads import Read
from data_service.execute.trouble import down
from data_service.execute.wire import SLOW, Ask, Wire
from data_service.execute.wires import Wires

_GROUP = 16  # reads that share a Sync at most
_ENOUGH = 0.002  # seconds of work on a connection past which another one is looked for


@dataclass(frozen=True)
class Terms:
    """How connections are shared: each is waited for ``patience`` seconds, by ``queue`` requests at most.

    ``limit`` is the time that a statement may take on them where nothing else is said, in milliseconds. ``prepare``
    False is for poolers in transaction mode: nothing outlives its transaction.
    """

    limit: int
    patience: float
    prepare: bool
    queue: int


class Claim:
    """Somebody wants a connection alone, from ``since`` on, for ``patience`` seconds; ``wire`` once it is there."""

    __slots__ = ("lane", "patience", "problem", "since", "wire")

    def __init__(self, patience: float) -> None:
        self.since = time.monotonic()
        self.patience = patience
        self.lane: greenlet | None = None
        self.wire: Wire | None = None
        self.problem: Problem | None = None


class Sender:
    """Quick reads that are ``unsent``, and ``claims`` to a connection alone: transactions, and reads known to be slow.

    ``refuse`` tells a read that it can't be answered.
    """

    def __init__(
        self, wires: Wires, terms: Terms, shape_of: Callable[[str], Shape], refuse: Callable[[Read, Problem], None]
    ) -> None:
        self.unsent: deque[Read] = deque()
        self.claims: deque[Claim | Read] = deque()
        self._wires = wires
        self._terms = terms
        self._shape_of = shape_of
        self._refuse = refuse

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.unsent) + len(self.claims)

    def grant(self) -> None:
        """Give connections to those who want one alone, in their order."""
        claims = self.claims
        while claims:
            first = claims[0]
            if first.done if isinstance(first, Read) else first.lane is None:
                claims.popleft()
                continue
            wire = self.free()
            if wire is None:
                return
            claims.popleft()
            wire.owner = first
            if isinstance(first, Read):
                self._send_group(wire, [first])
            else:
                first.wire = wire
                resume(first)

    def free(self) -> Wire | None:
        """A connection that somebody may have alone; the last one is kept for reads, unless it is the only one."""
        wires = self._wires
        shared = [wire for wire in wires.open if wire.owner is None and not wire.retired]
        if len(shared) == 1 and not wires.may_grow() and (len(wires.open) > 1 or self._reads_come_first()):
            return None
        free = [wire for wire in shared if wire.is_free]
        # those on which writes were done last: more of them follow, and reads have to be sure that they only read
        return next((wire for wire in free if wire.writes), free[-1] if free else None)

    def _reads_come_first(self) -> bool:
        return bool(self.unsent and self.claims and self.unsent[0].since < self.claims[0].since)

    def send(self, now: float) -> bool:
        """Send the quick reads; True where another connection would help."""
        unsent, short = self.unsent, False
        while unsent:
            wire = self.choose(now)
            if wire is None:
                return True
            short = wire.load > _ENOUGH
            group: list[Read] = []
            load = 0.0 if short else wire.load
            while unsent and len(group) < _GROUP and not (group and (unsent[0].apart or load > _ENOUGH)):
                read = unsent.popleft()
                if read.wanted:
                    group.append(read)
                    load += read.shape.seconds
                    if read.apart:
                        break
            if group:
                self._send_group(wire, group)
        return short

    def choose(self, now: float) -> Wire | None:
        """The connection for quick reads: that with the least to do, of those that work for all and are not held up."""
        wires = [wire for wire in self._wires.open if wire.is_shared and not is_stuck(wire, now)]
        if len(wires) < 2:
            held_for_claims = self.claims and not self._reads_come_first() and not self._wires.may_grow()
            return wires[0] if wires and not (held_for_claims and len(self._wires.open) == 1) else None
        if self.claims and not self._wires.may_grow():  # let the others come to rest for those who wait
            return max(wires, key=_load)
        return min(wires, key=_load)

    def _send_group(self, wire: Wire, group: list[Read]) -> None:
        """Send reads with one Sync."""
        prepare, limit = self._terms.prepare, self._terms.limit if self._terms.prepare else -1
        try:
            if wire.writes:
                wire.turn(Ask(self._shape_of(terms.READS), []), writes=False)
            for read in group:
                if read.limit != limit:
                    limit = read.limit
                    text = terms.LIMITS if prepare else terms.of_transaction(writes=False)
                    wire.ask(Ask(self._shape_of(text), texts(terms.limit_values(limit))))
                read.tries += 1
                wire.ask(read)
            wire.sync()
        except psycopg.Error:
            for read in group:
                if read not in wire.expected:
                    self._refuse(read, down())
            wire.lose()


def resume(waiting: Read | Claim) -> None:
    """Let the greenlet go on that waits. From the loop only."""
    lane, waiting.lane = waiting.lane, None
    if lane is not None:
        lane.switch(True)


def is_stuck(wire: Wire, now: float) -> bool:
    """Whether the server has worked on the same for long."""
    return bool(wire.expected) and now - wire.since > SLOW


def _load(wire: Wire) -> float:
    return wire.load
