"""Refusals without asking take as long as those that ask: nobody learns by a clock which names exist."""

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_KEPT = 64
_UNKNOWN = 0.005  # seconds, before anything was measured


class Pace:
    """How long something took of late. Thread-safe."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Remember how long the block takes, however it ends."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._seconds.append(time.perf_counter() - begun)

    def idle(self) -> None:
        """Wait as long as one of the last measured, any of them, took."""
        with self._lock:
            seconds = random.choice(self._seconds) if self._seconds else _UNKNOWN  # noqa: S311  (no secret)
        time.sleep(seconds)
