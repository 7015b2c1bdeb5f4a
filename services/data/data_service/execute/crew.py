"""Work that blocks, done in threads for the greenlets of a hub: so many at once, so many waiting, for so long."""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from chassis.hub.loop import Hub
from chassis.hub.threads import Threads
from contracts.problems import Problem

T = TypeVar("T")
_LEAST = 0.05  # seconds that are waited for a thread, however little time is left


class Crew:
    """``size`` threads of one hub, and room for ``waiting`` further jobs. All of it is used in the hub's thread.

    Who finds no room, or has waited for a thread for ``patience`` seconds, is told so by ``refusal``.
    """

    def __init__(self, hub: Hub, size: int, *, waiting: int, patience: float, refusal: Callable[[], Problem]) -> None:
        self._hub = hub
        self._threads = Threads(size)
        self._most = size + waiting
        self._patience = patience
        self._refusal = refusal
        self._under_way = 0

    def run(self, work: Callable[[], T], *, deadline: float | None, stop: Callable[[], object]) -> T:
        """The value of ``work()``, done in a thread; what it raises is raised here. Raises the refusal.

        After ``deadline`` (monotonic seconds) no thread begins with it. Where nobody wants the value any more,
        ``stop()`` shall bring the work to an end, which is waited for.
        """
        if self._under_way >= self._most:
            raise self._refusal()
        job = _Job(work)
        self._under_way += 1
        self._threads.run(copy_context(), job.do, (), lambda *_: self._hub.call_soon(self._finish, job))
        try:
            self._wait(job, self._patience if deadline is None else self._left(deadline))
            if not job.done and job.claim():
                job.done = True  # whatever thread comes to it has nothing to do, and nobody waits for that
                raise self._refusal()
            while not job.done:
                self._wait(job, None)
        finally:
            while not job.done and not job.claim():  # abandoned in the midst of it
                stop()
                self._wait(job, None)
        return job.value()

    def close(self) -> None:
        """End the threads when they have done what they are at."""
        self._threads.stop()

    def _left(self, deadline: float) -> float:
        return min(max(deadline - time.monotonic(), _LEAST), self._patience)

    def _wait(self, job: "_Job[Any]", seconds: float | None) -> None:
        job.wake = self._hub.waker()
        self._hub.park(seconds)

    def _finish(self, job: "_Job[Any]") -> None:
        self._under_way -= 1
        job.done = True
        if job.wake is not None:
            job.wake()


class _Job(Generic[T]):
    """One piece of work, begun by a thread or given up by who asked for it, whoever is the first to claim it."""

    __slots__ = ("_claimed", "_fault", "_value", "_work", "done", "wake")

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._claimed = threading.Lock()
        self._value: T
        self._fault: BaseException | None = None
        self.wake: Callable[..., object] | None = None
        self.done = False

    def claim(self) -> bool:
        """True for the first who asks, once."""
        return self._claimed.acquire(blocking=False)

    def do(self) -> None:
        """Do it, in a thread."""
        if self.claim():
            try:
                self._value = self._work()
            except BaseException as caught:  # noqa: BLE001  (raised again where the work was asked for)
                self._fault = caught

    def value(self) -> T:
        """What it gave. Raises what it raised."""
        if self._fault is None:
            return self._value
        try:
            raise self._fault
        finally:
            self._fault = None  # else the fault and this frame keep each other alive
