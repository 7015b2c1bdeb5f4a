"""The processes that run the project's code: so many at once, each for one call at a time, ended when they must be."""

import select
import threading
import time

from contracts.problems import Problem
from trivet.running import frames

from data_service.operations.nursery import Link, Nursery, Terms

_CALLS = 2000  # after which a process is replaced: what code leaves behind adds up
_BROKEN = (OSError, frames.Broken)


class Pool:
    """At most ``size`` processes, made when they are needed. ``patience``: seconds that a call waits for one."""

    def __init__(self, terms: Terms, nursery: Nursery, *, size: int, patience: float) -> None:
        self._terms = terms
        self._nursery = nursery
        self.patience = patience
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Link] = []
        self._in_use = 0
        self._retired = False

    def take(self, until: float) -> Link:
        """A process for one piece of work. Raises `Problem` TRV343 where none is free in time."""
        left = max(min(until - time.monotonic(), self.patience), 0.0)
        if not self._free.acquire(timeout=left):
            raise busy()
        try:
            with self._lock:
                self._in_use += 1
            return self._living() or self._made()
        except BaseException:
            self._leave()
            raise

    def give_back(self, link: Link) -> None:
        """The process is free for the next one."""
        link.calls += 1
        if link.calls >= _CALLS:
            self.end(link)
            return
        with self._lock:
            self._idle.append(link)
        self._leave()

    def end(self, link: Link) -> None:
        """Nobody shall use the process any more, and whatever it does is over."""
        self._nursery.end(link)
        self._leave()

    def kill(self, link: Link) -> None:
        """Break off what a process does; who uses it has to `end` it. From any thread."""
        self._nursery.kill(link)

    def retire(self) -> None:
        """End all of it as soon as nothing is under way any more."""
        with self._lock:
            self._retired = True
            over = self._in_use == 0
        if over:
            self._nursery.close()

    def _living(self) -> Link | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                link = self._idle.pop()
            poll = select.poll()
            poll.register(link.socket, select.POLLIN | select.POLLHUP)
            if not poll.poll(0):
                return link
            self._nursery.end(link)

    def _made(self) -> Link:
        """A new process; of a new nursery where the one that there was is gone. Raises `Problem` TRV343."""
        nursery = self._nursery
        try:
            return nursery.make()
        except _BROKEN:
            pass
        with self._lock:
            try:
                if self._nursery is nursery:
                    self._nursery = Nursery(self._terms)
                    self._idle.clear()
                    nursery.close()
                return self._nursery.make()
            except _BROKEN as fault:
                raise busy() from fault

    def _leave(self) -> None:
        with self._lock:
            self._in_use -= 1
            over = self._retired and self._in_use == 0
        self._free.release()
        if over:
            self._nursery.close()


def busy() -> Problem:
    """All processes are at work."""
    return Problem(
        "TRV343", "All processes for the project's operations are busy. Retrying helps.", headers={"Retry-After": "1"}
    )
