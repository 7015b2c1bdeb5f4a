"""Prepared shapes: what is kept of an operation that was asked before, so that asking again costs one look-up."""

import time

from chassis.bounded import Bounded
from prometheus_client import Counter

from data_service.execute.pace import Pace
from data_service.sql.programs import Program, Sequence
from data_service.sql.statements import WriteStatement

_SHAPES = Counter("trivet_shapes_total", "Look-ups of prepared shapes, and those that were dropped", ["event"])
_HITS, _MISSES, _EVICTED = (_SHAPES.labels(event) for event in ("hit", "miss", "evicted"))
_MOST = 4096
_TELL = 1.0  # seconds between two moments at which hits are told


class Prepared:
    """A role's operation, ready to be run: its ``program``, whether it ``writes``, and how long it takes (``pace``)."""

    __slots__ = ("pace", "program", "writes")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.writes = isinstance(program, WriteStatement | Sequence)
        self.pace = Pace()


class Shapes:
    """The shapes by role and canonical text; past the bound the least recently used one goes."""

    def __init__(self, bound: int = _MOST) -> None:
        self._kept: Bounded[tuple[str, bytes], Prepared] = Bounded(bound)
        self._hits = 0
        self._tell_at = 0.0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, role: str, text: bytes) -> Prepared | None:
        """The shape, None where it has to be made."""
        found = self._kept.get((role, text))
        if found is None:
            _MISSES.inc()
            return None
        self._hits += 1  # told together: a counter costs more than the look-up
        if (now := time.monotonic()) >= self._tell_at:
            _HITS.inc(self._hits)
            self._hits, self._tell_at = 0, now + _TELL
        return found

    def put(self, role: str, text: bytes, prepared: Prepared) -> None:
        """Keep a shape."""
        if self._kept.put((role, text), prepared):
            _EVICTED.inc()
