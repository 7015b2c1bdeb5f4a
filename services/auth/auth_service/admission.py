"""How many logins of strangers a process works on at a time: a flood of wrong ones leaves room for the right ones."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.addresses import network
from chassis.bounded import Bounded
from contracts.problems import Problem

_PATIENCE = 3.0  # seconds that a stranger waits for room
_NOISY = 3  # wrong logins from one address within the window: from then on it waits for nothing
_WINDOW = 60.0  # seconds
_BOUND = 50_000


class Admission:
    """Lets in at most ``most`` logins at a time from where the account has not been logged into; others always.

    Where there is no room, as many strangers wait for it as ``waiting`` says: each holds a thread. Addresses from which
    wrong logins came of late don't wait, don't go before who does, and leave a place free: a few of them can't keep the
    others out.
    """

    def __init__(self, most: int, waiting: int = 0) -> None:
        self._most = max(most, 1)
        self._line = waiting
        self._inside = self._waits = 0
        self._changed = threading.Condition()
        self._wrong: Bounded[str, tuple[int, float]] = Bounded(_BOUND)  # how many, and since when

    @contextmanager
    def one(self, familiar: bool, address: str = "") -> Iterator[None]:
        """One login. Raises `Problem` PGRST001 where there is no room for a stranger's."""
        if familiar:
            yield
            return
        self._enter(patient=not self._noisy(address))
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def refused(self, address: str) -> None:
        """Note that a wrong login came from ``address``."""
        source, now = network(address), time.monotonic()
        count, since = self._wrong.get(source) or (0, now)
        self._wrong.put(source, (1, now) if now - since > _WINDOW else (count + 1, since))

    def _noisy(self, address: str) -> bool:
        count, since = self._wrong.get(network(address)) or (0, 0.0)
        return count >= _NOISY and time.monotonic() - since <= _WINDOW

    def _enter(self, *, patient: bool) -> None:
        with self._changed:
            if patient and self._inside >= self._most and self._waits < self._line:
                self._waits += 1
                try:
                    self._changed.wait_for(lambda: self._inside < self._most, _PATIENCE)
                finally:
                    self._waits -= 1
            most = self._most if patient else max(self._most - 1, 1)
            if self._inside >= most or (not patient and self._waits):
                raise Problem("PGRST001", "Too many logins at this moment", headers={"Retry-After": "1"})
            self._inside += 1
