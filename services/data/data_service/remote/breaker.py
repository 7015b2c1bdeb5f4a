"""A circuit breaker: a source that failed several times in a row is left alone for a while, then tried once."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after ``failures`` in a row for ``pause`` seconds; then one call may try, and the others wait for it."""

    def __init__(self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = float("-inf")

    def allows(self) -> bool:
        """Whether a call may be made now; after a pause only the first to ask may."""
        with self._lock:
            if self._failures < self._most:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        """A call was answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A call was not answered."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock() + self._pause
