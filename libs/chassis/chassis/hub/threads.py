"""A few threads for work that blocks."""

import threading
from collections.abc import Callable
from contextvars import Context
from queue import SimpleQueue
from typing import Any

Finished = Callable[[Any, "BaseException | None"], None]


class Threads:
    """At most ``size`` threads, started when they are first needed; what they are given waits in a queue."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: SimpleQueue[tuple[Context, Callable[..., Any], tuple[Any, ...], Finished] | None] = SimpleQueue()
        self._started = 0
        self._under_way = 0
        self._lock = threading.Lock()

    def run(self, context: Context, work: Callable[..., Any], arguments: tuple[Any, ...], finished: Finished) -> None:
        """Call ``work(*arguments)`` in a thread, then there ``finished(value, None)`` or ``finished(None, fault)``."""
        with self._lock:
            self._under_way += 1
            if self._started < min(self._under_way, self._size):
                self._started += 1
                threading.Thread(target=self._work, name=f"trivet-hub-{self._started}", daemon=True).start()
        self._jobs.put((context, work, arguments, finished))

    def stop(self) -> None:
        """End each thread when it has done what it was given."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, work, arguments, finished = job
            try:
                value, fault = context.run(work, *arguments), None
            except BaseException as caught:  # noqa: BLE001  (raised again where the work was asked for)
                value, fault = None, caught
            with self._lock:
                self._under_way -= 1
            finished(value, fault)
            del job, context, work, arguments, finished, value, fault  # nothing of it is kept alive while waiting
