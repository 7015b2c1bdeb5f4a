"""The project's Python as it was loaded: what it declares, and the threads and processes that run it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from chassis.hub.loop import Hub, current_hub
from contracts.fields import FieldType
from contracts.operations import Value
from contracts.problems import Problem

from data_service.execute.crew import Crew
from data_service.operations.declared import Declared
from data_service.operations.pool import Pool, busy
from data_service.processing.stages import Occasion, Row

T = TypeVar("T")
_WAITING = 128  # pieces of work that may wait for a thread


class Python:
    """One version of the folder. ``timeout`` is how many seconds a call has that says nothing else."""

    def __init__(self, declared: Declared, pool: Pool, fingerprint: str, *, size: int, timeout: float) -> None:
        self.declared = declared
        self.pool = pool
        self.fingerprint = fingerprint
        self.timeout = timeout
        self._size = size
        self._crew: tuple[Hub, Crew] | None = None

    def aside(self, work: Callable[[], T], *, deadline: float | None, stop: Callable[[], object]) -> T:
        """What ``work()`` gives, which waits for processes: on a hub it is done in a thread beside it.

        ``stop`` brings it to an end where nobody wants it any more. Raises `Problem` TRV343.
        """
        hub = current_hub()
        if hub is None:
            return work()
        if self._crew is None or self._crew[0] is not hub:
            self._crew = (hub, Crew(hub, self._size, waiting=_WAITING, patience=self.pool.patience, refusal=busy))
        return self._crew[1].run(work, deadline=deadline, stop=stop)

    @property
    def functions(self) -> frozenset[str]:
        """The names of the functions that compute fields (`data_service.processing.setting.Computers`)."""
        return self.declared.computes

    def compute(
        self, function: str, rows: list[Row], types: Mapping[str, FieldType], occasion: Occasion
    ) -> Sequence[Value]:
        """One value for each row, from one call of the function. Raises `Problem`."""
        found = occasion.at_work(lambda work: work.compute(function, rows, types))
        if not isinstance(found, list):
            raise Problem("TRV342", f"The field {function} failed", hint="Its function must return a list of values")
        return found

    def until(self, timeout: float | None, deadline: float | None) -> float:
        """When a call that begins now must have ended, in monotonic seconds."""
        end = time.monotonic() + (timeout or self.timeout)
        return end if deadline is None else min(end, deadline)

    def retire(self) -> None:
        """End its processes as soon as nothing of it is under way."""
        self.pool.retire()
        if self._crew is not None:
            self._crew[1].close()
