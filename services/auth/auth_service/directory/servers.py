"""Several servers of one directory: the first that answers is asked, and those that don't are left alone a while."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from auth_service.directory.config import Directory, Server
from auth_service.directory.link import Link, Refused, Unavailable, dial

_REST = 10.0  # seconds for which a server that failed is tried last
_PATIENCE = 10.0  # seconds after which no further server is tried
_TURN = 1.0  # seconds to wait for a slot
T = TypeVar("T")


class Servers:
    """The servers of a directory. Thread-safe. Where none answered of late, one login at a time tries again."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._failed: dict[Server, float] = {}
        self._slots = threading.BoundedSemaphore(directory.slots)
        self._probe = threading.Lock()

    def ask(self, work: Callable[[Link], T]) -> T:
        """What ``work`` gives on the first server that answers; it is repeated on the next where one fails.

        Raises `Unavailable`, and what ``work`` raises.
        """
        return self._first(work, again=True)

    def once(self, work: Callable[[Link], T]) -> T:
        """What ``work`` gives on the first server that takes a connection; it is never repeated on another.

        Raises `Unavailable`, and what ``work`` raises.
        """
        return self._first(work, again=False)

    def _first(self, work: Callable[[Link], T], *, again: bool) -> T:
        with self._turn():
            fault = Unavailable("connect", "there is no server")
            end = time.monotonic() + _PATIENCE
            for server in self._in_order():
                dialled = False
                try:
                    with dial(self._directory, server) as link:
                        dialled = True
                        found = work(link)
                    self._failed.pop(server, None)
                    return found
                except Refused:
                    self._failed.pop(server, None)
                    raise
                except Unavailable as why:
                    self._failed[server] = time.monotonic()
                    fault = Unavailable(why.stage, f"{server}: {why}")
                    if dialled and not again:
                        break
                if time.monotonic() > end:
                    break
            raise fault

    def _in_order(self) -> list[Server]:
        servers = self._directory.servers
        return [s for s in servers if not self._rests(s)] + [s for s in servers if self._rests(s)]

    def _rests(self, server: Server) -> bool:
        return time.monotonic() < self._failed.get(server, float("-inf")) + _REST

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A place among those who ask; while no server answers, the threads of the service are not spent on waiting."""
        rests = all(self._rests(server) for server in self._directory.servers)
        gate = self._probe if rests else self._slots
        taken = gate.acquire(blocking=False) if rests else gate.acquire(timeout=_TURN)
        if not taken:
            raise Unavailable("connect", "others are asking the directory already, and it is slow to answer")
        try:
            yield
        finally:
            gate.release()
