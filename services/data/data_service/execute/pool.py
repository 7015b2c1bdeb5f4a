"""Connections to PostgreSQL, kept between requests: never more than so many, none that is known to be dead."""

import contextlib
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from data_service.execute.slots import Slots
from data_service.execute.trouble import down, late

Connection = psycopg.Connection[tuple[Any, ...]]
_LIFE = 3600.0  # seconds after which a connection is made anew: its memory on the server grows with what it has seen
_IDLE = 300.0  # seconds without work after which a connection is closed
_LOOK = 0.02  # seconds between two looks for a slot
_PAUSE = 0.5  # seconds in which nobody tries again what has just failed


@dataclass
class Held:
    """A connection of the pool; ``limit``: the time limit, in milliseconds, that it was last set to (0: none)."""

    connection: Connection
    slot: int
    epoch: int
    since: float
    used: float
    limit: int = 0


class Pool:
    """As many connections, made by ``connect``, as there are ``slots``; one is waited for ``patience`` seconds at most.

    A connection is made in the thread that wants it: as soon as the server is back, so are its connections, and as
    long as it is away, nobody waits for it.
    """

    def __init__(self, connect: Callable[[], Connection], *, slots: Slots, patience: float) -> None:
        self._connect = connect
        self._slots = slots
        self._patience = patience
        self._free = threading.BoundedSemaphore(slots.size)
        self._lock = threading.Lock()
        self._idle: list[Held] = []  # the last one used is the first one taken
        self._epoch = 0
        self._failed = float("-inf")

    @contextmanager
    def connection(self, limit: int, patience: float) -> Iterator[Held]:
        """A connection for one transaction, if possible one that has the time limit already.

        Raises `Problem` PGRST003 where all are in use for too long, PGRST000 where there is no connection.
        """
        end = time.monotonic() + min(patience, self._patience)
        if not self._free.acquire(timeout=max(end - time.monotonic(), 0.0)):
            raise late()
        try:
            held = self._take(limit) or self._make(end)
            try:
                yield held
            finally:
                self._give_back(held)
        finally:
            self._free.release()

    def renew(self) -> None:
        """Use none of the connections that there are any longer than they are in use."""
        with self._lock:
            self._epoch += 1
            gone, self._idle = self._idle, []
        for held in gone:
            self._close(held)

    def close(self) -> None:
        """Close all connections that are not in use, and the others when they come back."""
        self.renew()

    def _take(self, limit: int) -> Held | None:
        """An idle connection that is alive."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                at = next((i for i in range(len(self._idle) - 1, -1, -1) if self._idle[i].limit == limit), -1)
                held = self._idle.pop(at)
            if time.monotonic() - held.since < _LIFE and not _hung_up(held.connection):
                return held
            self._close(held)

    def _make(self, end: float) -> Held:
        if time.monotonic() - self._failed < _PAUSE:
            raise down()
        slot = self._slot(end)
        epoch = self._epoch
        try:
            connection = self._connect()
        except psycopg.Error as error:
            self._slots.give_back(slot)
            self._failed = time.monotonic()
            raise down() from error
        now = time.monotonic()
        return Held(connection, slot, epoch, now, now)

    def _slot(self, end: float) -> int:
        """A place among the host's connections, waited for while other processes have all of them."""
        while (slot := self._slots.take()) is None:
            if time.monotonic() > end:
                raise late()
            time.sleep(_LOOK)
        return slot

    def _give_back(self, held: Held) -> None:
        held.used = time.monotonic()
        sound = not held.connection.closed and held.connection.info.transaction_status == TransactionStatus.IDLE
        with self._lock:
            if sound and held.epoch == self._epoch:
                self._idle.append(held)
                held = self._idle[0]
                if held.used + _IDLE > self._idle[-1].used:
                    return
                del self._idle[0]
        self._close(held)

    def _close(self, held: Held) -> None:
        with contextlib.suppress(psycopg.Error):
            held.connection.close()
        self._slots.give_back(held.slot)


def _hung_up(connection: Connection) -> bool:
    """Whether the server has said something that nobody asked for, as it does before it hangs up."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
