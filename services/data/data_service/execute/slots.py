"""How many connections a host may have to a database, shared by all worker processes: one locked file for each.

A lock dies with its process, however that ends.
"""

import fcntl
import os
import threading
import time
from pathlib import Path

_PAUSE = 0.1  # seconds until it is looked again whether another process has given one back


class Slots:
    """At most ``size`` in all processes that use ``folder``; without a folder, in this one.

    Half of them are divided evenly between ``sharers`` processes and as many successors, which start before the old
    ones have ended, so that none is ever without; the others are lent to whoever needs them first.
    """

    def __init__(self, size: int, folder: Path | None = None, sharers: int = 1) -> None:
        self._folder = folder
        self.size = max(size, 1)
        self._own = max(self.size // (4 * sharers), 1)  # of each process
        self._divided = min(self._own * 2 * sharers, max(self.size * 3 // 4, 1))  # the first ones
        self._held: dict[int, int] = {}  # a slot, and the descriptor of its lock
        self._full_until = 0.0
        self._guard = threading.Lock()
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def may_have_one(self) -> bool:
        """Whether it is worth trying to take one."""
        return len(self._held) < self.size and time.monotonic() >= self._full_until

    def is_lent(self, slot: int) -> bool:
        """Whether others may be waiting for it."""
        return self._folder is not None and slot >= self._divided

    def take(self) -> int | None:
        """A slot for one connection; None where all are taken."""
        with self._guard:
            for slot in self._candidates():
                lock = self._lock(slot)
                if lock is not None:
                    self._held[slot] = lock
                    return slot
            self._full_until = time.monotonic() + _PAUSE
            return None

    def give_back(self, slot: int) -> None:
        """Its connection is closed."""
        with self._guard:
            lock = self._held.pop(slot)
            self._full_until = 0.0
            if lock >= 0:
                os.close(lock)

    def _candidates(self) -> list[int]:
        common = range(self._divided, self.size)
        own = sum(slot < self._divided for slot in self._held)
        divided = range(self._divided if own < self._own or self._folder is None else 0)
        return [slot for slot in (*divided, *common) if slot not in self._held]

    def _lock(self, slot: int) -> int | None:
        if self._folder is None:
            return -1
        lock = os.open(self._folder / f"{slot + 1}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock
