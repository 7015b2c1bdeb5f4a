"""Threads of a source's own: at most so many calls to it at once, and nobody waits for them past a deadline."""

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from chassis.hub.loop import current_hub
from chassis.hub.threads import Threads

T = TypeVar("T")


class Workers:
    """A pool of ``size`` threads. On a hub callers wait in the hub."""

    def __init__(self, size: int) -> None:
        self._threads = Threads(size)

    def gather(self, works: Sequence[Callable[[], T]], deadline: float) -> list[T | BaseException]:
        """What each work gave or raised, in order; `TimeoutError` for those not done by ``deadline`` (monotonic)."""
        gathering = _Gathering[T](len(works), deadline)
        hub = current_hub()
        if hub is None:
            ready = threading.Event()
            self._begin(gathering, works, ready.set)
            ready.wait(max(deadline - time.monotonic(), 0.0))
        else:
            resume = hub.waker()
            self._begin(gathering, works, lambda: hub.call_soon(resume))
            hub.park(max(deadline - time.monotonic(), 0.0))
        return gathering.taken()

    def close(self) -> None:
        """End the threads when they have done what they were given."""
        self._threads.stop()

    def _begin(self, gathering: "_Gathering[T]", works: Sequence[Callable[[], T]], wake: Callable[[], object]) -> None:
        gathering.wake = wake
        for at, work in enumerate(works):
            self._threads.run(copy_context(), gathering.run, (work,), gathering.finished(at))


class _Gathering(Generic[T]):
    """Works under way, and what they have given so far."""

    def __init__(self, number: int, deadline: float) -> None:
        self._found: list[T | BaseException] = [TimeoutError() for _ in range(number)]
        self._left = number
        self._deadline = deadline
        self._lock = threading.Lock()
        self.wake: Callable[[], object] = lambda: None

    def run(self, work: Callable[[], T]) -> T:
        if time.monotonic() >= self._deadline:  # it stood in the queue for too long
            raise TimeoutError
        return work()

    def finished(self, at: int) -> Callable[[Any, BaseException | None], None]:
        def told(value: Any, fault: BaseException | None) -> None:
            with self._lock:
                self._found[at] = value if fault is None else fault
                self._left -= 1
                last = not self._left
            if last:
                self.wake()

        return told

    def taken(self) -> list[T | BaseException]:
        with self._lock:
            return list(self._found)
