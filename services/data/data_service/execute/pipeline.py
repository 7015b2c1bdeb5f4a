"""Connections shared by the greenlets of one hub: quick reads go out together, all else has a connection for itself.

What the greenlets ask for in one turn of the loop is sent on the connection that has least to do. Reads that wait
behind a slow one are sent again on another, and the first answer counts: a read can be done twice. Everything here runs
in the hub's thread.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from chassis.hub.loop import Hub
from chassis.hub.timers import Timer
from contracts.problems import Problem
from greenlet import getcurrent
from psycopg.pq import TransactionStatus

from data_service.execute.prepared import Shape, Shapes
from data_service.execute.reads import Read
from data_service.execute.sending import Claim, Sender, Terms, is_stuck, resume
from data_service.execute.slots import Slots
from data_service.execute.trouble import down, full, late, timed_out, unclear
from data_service.execute.wire import SLOW, Ask, Connection, Sync, Wire
from data_service.execute.wires import Wires

_QUICK = 0.001  # seconds: what takes longer, or has never been tried, has a Sync of its own
_SURELY = 0.02  # seconds after which a read that runs is slow, and no victim of a moment
_GRACE = 5.0  # seconds after its time limit that a server may be silent before its connection is given up
_HEARD = 0.1  # seconds after its deadline that a cancelled read has to be told so by the server
_TRIES = 3  # times that a read is sent at most where others of its group fail, or a cancel hits it by mistake
_REST = 10.0  # seconds between two looks where nothing is under way


class Pipeline:
    """The reads and claims of one hub on its connections to one database."""

    def __init__(
        self,
        hub: Hub,
        connect: Callable[[], Connection],
        slots: Slots,
        terms: Terms,
        loader_of: Callable[[int], Callable[[Any], Any] | None],
    ) -> None:
        self.hub = hub
        self._loader_of = loader_of
        self._loaders: dict[int, Callable[[Any], Any] | None] = {}
        self.terms = terms
        self.wires = Wires(hub, connect, slots, self, prepare=terms.prepare)
        self._shapes = Shapes()
        self._sender = Sender(self.wires, terms, self._shapes.of, self._refuse)
        self._pumps = False  # in this turn
        self._watches = float("inf")  # at this time
        self._watcher: Timer | None = None

    # --- for those who ask: from their greenlets ---------------------------------------------------------------------

    def shape_of(self, sql: str, role: str = "") -> Shape:
        """The shape of a statement, and of the ``role`` that it is prepared as."""
        return self._shapes.of(sql, role)

    def loader(self, oid: int) -> Callable[[Any], Any] | None:
        """What makes a Python value of the text of this type; None where that stays as it is."""
        if oid not in self._loaders:
            self._loaders[oid] = self._loader_of(oid)
        return self._loaders[oid]

    def submit(self, read: Read) -> None:
        """Send it with what others ask for in this turn. Raises `Problem` PGRST000, PGRST001."""
        self._admit()
        read.apart = not 0.0 < read.shape.seconds < _QUICK
        self._queue_of(read).append(read)
        self.changed()

    def abandon(self, read: Read) -> None:
        """Nobody waits for it any more: it is not sent, and cancelled where it runs."""
        read.done = True

    def renew(self, ask: Ask) -> None:
        """What it was prepared as does not fit any more: prepare it anew."""
        if ask.shape.name == ask.name:
            self._shapes.renew(ask.shape)

    def distrust(self) -> None:
        """What was prepared on the connections may be somebody else's: a pooler is between."""
        self.wires.renew()

    def claim(self, patience: float) -> Wire:
        """A connection for the caller alone, until it is released. Raises `Problem` PGRST000, PGRST001, PGRST003."""
        claim = Claim(min(patience, self.terms.patience))
        wire = None if self._sender.claims else self._sender.free()
        if wire is not None and wire.is_alive():
            wire.owner = claim
            return wire
        self._admit()
        self._sender.claims.append(claim)
        self.changed()
        claim.lane = getcurrent()
        try:
            self.hub.park()
        except BaseException:
            if claim.wire is not None:
                self.release(claim.wire)
            raise
        finally:
            claim.lane = None
        if claim.wire is None:
            raise claim.problem or down()
        return claim.wire

    def release(self, wire: Wire) -> None:
        """Its owner needs it no more."""
        wire.owner = None
        if not wire.closed and (wire.expected or wire.transaction != TransactionStatus.IDLE):
            self.wires.drop(wire)
        self.changed()

    def close(self) -> None:
        """Close all connections, whatever they do."""
        self.wires.close()

    # --- what is sent where: from the loop ---------------------------------------------------------------------------

    def changed(self) -> None:
        """There is something new to send, or a connection to send it on: look in this turn of the loop."""
        if not self._pumps:
            self._pumps = True
            self.hub.call_soon(self._pump)

    def _queue_of(self, read: Read) -> deque[Any]:
        """Where it waits: what is slow, or may be and has been held up once, goes alone."""
        slow = read.shape.seconds > SLOW or (read.shape.seconds == 0.0 and read.original is not None)
        return self._sender.claims if slow else self._sender.unsent

    def _admit(self) -> None:
        if self.wires.away:
            raise down()
        if self._sender.waiting >= self.terms.queue:
            raise full()

    def _pump(self) -> None:
        """Send what can be sent, and look for more connections where that is not all."""
        self._pumps = False
        now = time.monotonic()
        if self._sender.claims:
            self._sender.grant()
        short = self._sender.send(now) if self._sender.unsent else False
        if short or self._sender.claims:
            self.wires.grow(len(self._sender.claims) + short)
        if self._watches - now > SLOW:
            self._watch_at(now + SLOW)

    # --- what comes of it: from the loop -----------------------------------------------------------------------------

    def received(self, wire: Wire, finished: list[Ask | Sync]) -> None:
        """The server has answered these, in their order."""
        for entry in finished:
            if isinstance(entry, Read):
                self._settle(wire, entry)
            elif type(entry) is Sync and entry.reached is not None:
                entry.reached()
        if wire.expected or wire.closed:
            return
        if isinstance(wire.owner, Read):
            wire.owner = None
        if wire.retired and wire.is_free:
            self.wires.drop(wire)
        if self._sender.claims or self._sender.unsent:
            self.changed()

    def lost(self, wire: Wire) -> None:
        """Its connection is gone, and most likely the others with it."""
        for entry in wire.expected:
            if isinstance(entry, Read):
                self.hub.call_soon(self._refuse, entry, down())
            elif type(entry) is Sync and entry.reached is not None:
                self.hub.call_soon(entry.reached)
        wire.expected.clear()
        self.wires.drop(wire)
        self.wires.renew()

    def away(self) -> None:
        """There is no connection to be had: whoever waits for one hears so."""
        waiting = [*self._sender.unsent, *self._sender.claims]
        self._sender.unsent.clear()
        self._sender.claims.clear()
        for one in waiting:
            self._refuse(one, down())

    def _settle(self, wire: Wire, read: Read) -> None:
        """Hand over what came of a read, or send it again where it was not its own fault that nothing did."""
        if not read.wanted:
            return
        hit = read.error is not None and read.error.sqlstate == "57014" and wire.had_cancel_since(read.sent)
        if read.over and read.aborted:
            self._finish(read, timed_out())
        elif (read.aborted or (hit and not read.over)) and read.tries < _TRIES:
            read.clear()
            read.apart = True
            self._sender.unsent.appendleft(read)
            self.changed()
        elif read.aborted:
            self._finish(read, unclear())
        else:
            self._finish(read, None)

    def _finish(self, read: Read, problem: Problem | None) -> None:
        first = read.first
        if not first.done:
            first.done = True
            first.result, first.error, first.name, first.problem = read.result, read.error, read.name, problem
            resume(first)

    def _refuse(self, waiting: Claim | Read, problem: Problem) -> None:
        if isinstance(waiting, Read):
            waiting.drop()
            if waiting.first.pending == 0:  # else it may be answered elsewhere
                self._finish(waiting, problem)
        else:
            waiting.problem = problem
            resume(waiting)

    # --- what takes too long: from the loop --------------------------------------------------------------------------

    def _watch_at(self, when: float) -> None:
        if self._watcher is not None:
            self.hub.timers.cancel(self._watcher)
        self._watches = when
        self._watcher = self.hub.timers.at(when, self._watch)

    def _watch(self) -> None:
        """Look after all that is under way, and again in a moment."""
        self._watches, self._watcher = float("inf"), None
        now = time.monotonic()
        for wire in list(self.wires.open):
            if wire.expected and is_stuck(wire, now):
                self._look_after(wire, now)
        self._pump()  # first: what can be sent is not late
        self._expire(self._sender.unsent, now)
        self._expire(self._sender.claims, now)
        self.wires.tidy()
        busy = self._sender.unsent or self._sender.claims or any(wire.expected for wire in self.wires.open)
        if busy:
            self._watch_at(now + SLOW)
        elif self.wires.open:
            self._watch_at(now + _REST)

    def _look_after(self, wire: Wire, now: float) -> None:
        """Something takes long: end what may not, and send elsewhere what waits behind it."""
        if now > wire.since + self.terms.limit / 1000 + _GRACE:  # the server is silent past its own time limit
            wire.lose()
            return
        reads = [ask for ask in wire.working_on() if isinstance(ask, Read)]
        for read in reads:
            read.over = read.over or now > read.deadline
            if now > read.deadline + _HEARD and read.wanted:
                self._finish(read, timed_out())
        if reads and (any(read.over for read in reads if read.wanted) or not any(read.wanted for read in reads)):
            self.wires.cancel(wire)
        alone = reads[0] if len(reads) == 1 else None
        if alone is not None and now - wire.since > _SURELY:
            alone.shape.takes_at_least(now - wire.since)
        waiting = [one for one in wire.expected if isinstance(one, Read) and one is not alone and one.wanted]
        left = [read for read in waiting if not read.moved and not self._move(read, now)]
        for read in left:
            if read not in reads and now > min(read.deadline, read.since + self.terms.patience):
                self._finish(read, late())
        if left and alone is not None and alone.wanted and alone.first.pending > 1:
            alone.drop()  # it is under way elsewhere, and these are not
            self.wires.cancel(wire)

    def _move(self, read: Read, now: float) -> bool:
        """Send it once more, on another connection, if there is one."""
        movable = read.first.pending < _TRIES and (self._sender.choose(now) is not None or self.wires.may_grow())
        if movable:
            copy = read.copy()
            self._queue_of(copy).append(copy)
        return movable

    def _expire(self, waiting: deque[Any], now: float) -> None:
        """Tell those who have waited for long enough."""
        for one in [one for one in waiting if now > one.since + SLOW]:
            patience = self.terms.patience if isinstance(one, Read) else one.patience
            if isinstance(one, Read) and not one.wanted:
                waiting.remove(one)
            elif now > one.since + patience or (isinstance(one, Read) and now > one.deadline):
                self._tell_late(one, waiting)

    def _tell_late(self, one: Claim | Read, waiting: deque[Any]) -> None:
        if isinstance(one, Read):
            if any(one.first in wire.working_on() for wire in self.wires.open):
                return  # it is only its copy that waits
            waiting.remove(one)
            self._finish(one, late())
        else:
            waiting.remove(one)
            self._refuse(one, late())
