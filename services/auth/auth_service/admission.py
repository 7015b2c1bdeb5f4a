"""How many logins of strangers a process works on at a time: a flood of wrong ones leaves room for the right ones."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from contracts.problems import Problem

_PATIENCE = 0.3  # seconds that a stranger waits for room, while there is no flood
_FLOOD = 1.0  # seconds after somebody waited in vain in which nobody waits: each would hold a thread


class Admission:
    """Lets in at most ``most`` logins at a time from where the account has not been logged into; others always."""

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(max(most, 1))
        self._flooded = float("-inf")

    @contextmanager
    def one(self, familiar: bool) -> Iterator[None]:
        """One login. Raises `Problem` PGRST001 where there is no room for a stranger's."""
        if familiar:
            yield
            return
        flood = time.monotonic() - self._flooded < _FLOOD
        if not (self._room.acquire(blocking=False) if flood else self._room.acquire(timeout=_PATIENCE)):
            self._flooded = time.monotonic()
            raise Problem("PGRST001", "Too many logins at this moment", headers={"Retry-After": "1"})
        try:
            yield
        finally:
            self._room.release()
