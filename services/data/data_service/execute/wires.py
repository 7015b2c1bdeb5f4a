"""The connections that one hub has to PostgreSQL: opened when they are needed, cancelled, let go."""

import time
from collections.abc import Callable
from typing import Protocol

import psycopg
from chassis.hub.loop import Hub

from data_service.execute.slots import Slots
from data_service.execute.wire import Connection, Keeper, Wire

_LIFE = 3600.0  # seconds after which a connection is made anew: its memory on the server grows with what it has seen
_IDLE = 300.0  # seconds without work after which a connection is closed
_LENT = 10.0  # the same for one that other processes may need
_PAUSE = 0.5  # seconds in which nobody tries again what has just failed
_NAMES = 200  # statements prepared on a connection at most


class Guard(Keeper, Protocol):
    """Who is told of the connections' fate, from the loop."""

    def changed(self) -> None:
        """There may be one more to use."""
        ...

    def away(self) -> None:
        """There is none, and none to be had."""
        ...


class Wires:
    """At most as many as there are ``slots``, made by ``connect`` in a thread. All in the hub's thread."""

    def __init__(
        self, hub: Hub, connect: Callable[[], Connection], slots: Slots, guard: Guard, *, prepare: bool
    ) -> None:
        self.open: list[Wire] = []
        self.opening = 0
        self._hub = hub
        self._connect = connect
        self._slots = slots
        self._guard = guard
        self._names = _NAMES if prepare else 0
        self._failed = float("-inf")
        self._epoch = 0
        self._closed = False

    @property
    def away(self) -> bool:
        """Whether the database was not there a moment ago."""
        return not self.open and not self.opening and time.monotonic() - self._failed < _PAUSE

    def may_grow(self) -> bool:
        """Whether there may be more of them."""
        return not self._closed and self._slots.may_have_one() and time.monotonic() - self._failed >= _PAUSE

    def grow(self, wanted: int) -> None:
        """Open so many more, as far as that is possible. What is being opened already counts."""
        for _ in range(wanted - self.opening):
            slot = self._slots.take() if self.may_grow() else None
            if slot is None:
                return
            self.opening += 1
            self._hub.call_soon(self._hub.start, self._open, slot)

    def cancel(self, wire: Wire) -> None:
        """Have the server end what it is doing there. Nothing new is sent on it before the server has heard so."""
        if not wire.cancelling and not wire.closed:
            wire.cancelling = True
            self._hub.call_soon(self._hub.start, self._cancel, wire)

    def renew(self) -> None:
        """Use none of them any longer than it is in use."""
        self._epoch += 1
        for wire in self.open:
            wire.retired = True
        self._hub.call_soon(self.tidy)

    def tidy(self) -> None:
        """Close those that have done their time, or have nothing to do for long."""
        now = time.monotonic()
        for wire in list(self.open):
            idle = now - wire.used > (_LENT if self._slots.is_lent(wire.slot) else _IDLE)
            old = wire.retired or idle or now - wire.made > _LIFE
            if old and wire.is_free:
                self.drop(wire)

    def drop(self, wire: Wire) -> None:
        """Close it."""
        wire.close()
        if wire in self.open:
            self.open.remove(wire)
            self._slots.give_back(wire.slot)
            self._guard.changed()

    def close(self) -> None:
        """Close all of them, whatever they do."""
        self._closed = True
        for wire in list(self.open):
            self.drop(wire)

    def _open(self, slot: int) -> None:
        epoch = self._epoch
        try:
            connection = self._hub.run_in_thread(self._connect)
            wire = Wire(self._hub, connection, self._guard, self._names, slot)
        except psycopg.Error:
            self._slots.give_back(slot)
            self._failed = time.monotonic()
            self.opening -= 1
            if not self.open and not self.opening:
                self._hub.call_soon(self._guard.away)  # this is a greenlet, and not the loop
            return
        self.opening -= 1
        wire.retired = epoch != self._epoch
        self.open.append(wire)
        if self._closed:
            self.drop(wire)
        self._guard.changed()

    def _cancel(self, wire: Wire) -> None:
        wire.cancel()
        wire.cancelling = False
        wire.cancelled = time.monotonic()
        self._guard.changed()
