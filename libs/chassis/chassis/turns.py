"""Turns by key: a few at a time, a bounded line behind them, and nobody's line is anybody else's."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contracts.problems import Problem

from chassis.hub.loop import current_hub

K = TypeVar("K")


@dataclass
class _Line:
    """Who is at work under a key, and who waits: each is told by a call when its turn has come."""

    at_work: int = 0
    waiting: "deque[_Place]" = field(default_factory=deque)


@dataclass(eq=False)
class _Place:
    wake: Callable[[], object]
    called: bool = False


class Turns(Generic[K]):
    """At most ``most`` pieces of work at a time under a key, and at most ``line`` that wait, in their order.

    Threads wait as threads do, greenlets in their hub: no lock is held meanwhile.
    """

    def __init__(self, most: int, line: int) -> None:
        self._most = most
        self._length = line
        self._lines: dict[K, _Line] = {}
        self._lock = threading.Lock()

    @contextmanager
    def one(self, key: K) -> Iterator[None]:
        """One turn. Raises `Problem` PGRST001 where the line is as long as it may be."""
        self._enter(key)
        try:
            yield
        finally:
            self._leave(key)

    def _enter(self, key: K) -> None:
        hub = current_hub()
        event = threading.Event()
        with self._lock:
            line = self._lines.setdefault(key, _Line())
            if line.at_work < self._most:
                line.at_work += 1
                return
            if len(line.waiting) >= self._length:
                raise Problem("PGRST001", "Too many logins at this moment", headers={"Retry-After": "1"})
            if hub is None:
                place = _Place(event.set)
            else:
                resume, told = hub.waker(), hub.call_soon
                place = _Place(lambda: told(resume))
            line.waiting.append(place)
        try:
            if hub is None:
                event.wait()
            else:
                hub.park()
        except BaseException:  # nobody waits for this work any more
            self._give_up(key, place)
            raise

    def _leave(self, key: K) -> None:
        with self._lock:
            line = self._lines[key]
            if line.waiting:
                place = line.waiting.popleft()  # the turn goes over to the next
                place.called = True
                place.wake()
                return
            line.at_work -= 1
            if not line.at_work:
                del self._lines[key]

    def _give_up(self, key: K, place: _Place) -> None:
        with self._lock:
            if not place.called:
                self._lines[key].waiting.remove(place)
                return
        self._leave(key)
