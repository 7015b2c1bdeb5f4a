"""Timers of a loop: a heap from which cancelled ones are cleared away before they pile up."""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

_FEW = 64  # cancelled timers that are not worth clearing away


class Timer:
    """Something to be done at a time, unless it is cancelled before."""

    __slots__ = ("action", "arguments")

    def __init__(self, action: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.action: Callable[..., object] | None = action
        self.arguments = arguments


class Timers:
    """Timers by their time (monotonic seconds)."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._cancelled = 0
        self._number = count()

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def at(self, when: float, action: Callable[..., object], *arguments: Any) -> Timer:
        """Do ``action(*arguments)`` at ``when``."""
        timer = Timer(action, arguments)
        heapq.heappush(self._heap, (when, next(self._number), timer))
        return timer

    def cancel(self, timer: Timer) -> None:
        """Let it be. A timer that has fired or was cancelled stays as it is."""
        if timer.action is None:
            return
        timer.action, timer.arguments = None, ()
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].action is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def next(self) -> float:
        """When there is something to do next; infinity where there is nothing."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heapq.heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else float("inf")

    def run(self, now: float) -> None:
        """Do all that is due."""
        while self.next() <= now:
            timer = heapq.heappop(self._heap)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action(*timer.arguments)
