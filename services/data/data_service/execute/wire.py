"""One connection to PostgreSQL in libpq's pipeline mode: statements go out together, answers come back in their order.

Nothing here waits: what is asked is written, and what the server sends is taken when the loop says that it is there.
"""

import contextlib
import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import psycopg
from chassis.hub.loop import READ, WRITE, Hub
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PollingStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from data_service.execute.prepared import Names, Shape

Connection = psycopg.Connection[tuple[Any, ...]]
_GOOD = frozenset({int(ExecStatus.TUPLES_OK), int(ExecStatus.COMMAND_OK)})
_ABORTED, _SYNC = int(ExecStatus.PIPELINE_ABORTED), int(ExecStatus.PIPELINE_SYNC)
_FAILED = int(ExecStatus.FATAL_ERROR)
SLOW = 0.005  # seconds: what takes longer goes alone, and what waits behind it for longer is sent on another
_HURRY = 5.0  # seconds that a cancel may take


class Ask:
    """A statement with its values, and what came of it: a ``result``, an ``error``, or it was ``aborted`` by another's.

    ``name`` is the one it was sent under, ``sent`` the time (monotonic seconds), ``weight`` the seconds that it may
    take.
    """

    __slots__ = ("aborted", "error", "name", "result", "sent", "shape", "values", "weight")
    is_timed = False  # what it takes is learned

    def __init__(self, shape: Shape, values: list[bytes | None]) -> None:
        self.shape = shape
        self.values = values
        self.name = b""
        self.sent = self.weight = 0.0
        self.clear()

    def clear(self) -> None:
        """Nothing has come yet."""
        self.result: PGresult | None = None
        self.error: psycopg.Error | None = None
        self.aborted = False

    @property
    def is_last_word(self) -> bool:
        """Whether the server ends the connection with it."""
        return self.error is not None and self.error.diag.severity_nonlocalized in ("FATAL", "PANIC")

    def take(self, status: int, result: PGresult) -> None:
        """What the server says to it."""
        if status in _GOOD:
            self.result = result
        elif status == _ABORTED:
            self.aborted = self.error is None  # else its own parse has failed
        else:
            self.error = error_from_result(result)


class _Parse:
    """A statement that is prepared on the way to its first execution."""

    __slots__ = ("ask", "name", "names")

    def __init__(self, names: Names, ask: Ask) -> None:
        self.names = names
        self.name = ask.name
        self.ask = ask

    def take(self, status: int, result: PGresult) -> None:
        if status not in _GOOD:
            self.names.remove(self.name)
            self.ask.take(status, result)


class _Close:
    """A name that is let go."""

    __slots__ = ("name", "names")

    def __init__(self, names: Names, name: bytes) -> None:
        self.names = names
        self.name = name

    def take(self, status: int, result: PGresult) -> None:
        if status not in _GOOD:
            self.names.restore(self.name)


class Sync:
    """The end of what succeeds or fails together; ``reached`` is called when the server has come to it.

    It is ``passed`` then. Where nobody has said BEGIN the server commits here: the ``error`` is what it says to that.
    """

    __slots__ = ("error", "passed", "reached")

    def __init__(self, reached: Callable[[], object] | None = None) -> None:
        self.reached = reached
        self.passed = False
        self.error: psycopg.Error | None = None

    def take(self, status: int, result: PGresult) -> None:
        if status == _SYNC:
            self.passed = True
        elif status == _FAILED:
            self.error = error_from_result(result)
        else:
            raise psycopg.InterfaceError("the server's answers are out of step")


class Keeper(Protocol):
    """Who looks after a wire. It is called from the loop."""

    def received(self, wire: "Wire", finished: list[Ask | Sync]) -> None:
        """The server has answered these, in their order."""
        ...

    def lost(self, wire: "Wire") -> None:
        """It is closed, and what is in its ``expected`` will never be answered."""
        ...


class Wire:
    """``connection`` is idle and becomes the wire's; ``names`` statements are kept prepared on it, with 0 none.

    ``since`` is when the server began with the first of what is ``expected``; ``load`` the seconds that all of it may
    take. ``owner`` is who has it alone, ``slot`` its place among the host's connections, ``backend`` the server's
    process; ``retired``: nothing new is sent on it. It ``writes`` where what is not begun expressly may do so.
    """

    def __init__(self, hub: Hub, connection: Connection, keeper: Keeper, names: int, slot: int) -> None:
        self.expected: deque[Ask | _Parse | _Close | Sync] = deque()
        self.owner: object | None = None
        self.since = 0.0
        self.load = 0.0
        self.slot = slot
        self.cancelling = False
        self.cancelled = float("-inf")  # when a cancel was last under way
        self.retired = False
        self.writes = False
        self.closed = False
        self.made = self.used = time.monotonic()
        self._hub = hub
        self._connection = connection
        self._keeper = keeper
        self._names = Names(names) if names else None
        self._pgconn = connection.pgconn
        self.backend = self._pgconn.backend_pid
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self._fd = self._pgconn.socket
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN | select.POLLHUP | select.POLLERR)
        self._is_new = True  # nothing has been answered on it
        self._writes = False  # the socket took less than there was
        hub.register(self._fd, READ, self._on_event)

    @property
    def is_shared(self) -> bool:
        """Whether anybody's reads may be sent on it."""
        return self.owner is None and not (self.retired or self.cancelling or self.closed)

    @property
    def is_free(self) -> bool:
        """Whether nothing is done on it, and nobody has it."""
        return self.owner is None and not (self.expected or self.cancelling or self.closed)

    def had_cancel_since(self, when: float) -> bool:
        """Whether a cancel may have hit what was sent then."""
        return self.cancelling or self.cancelled > when

    # --- asking: raises `psycopg.Error` where the connection is lost -------------------------------------------------

    def ask(self, ask: Ask) -> None:
        """Send a statement with the next `sync`."""
        shape, pgconn, names = ask.shape, self._pgconn, self._names
        ask.sent = time.monotonic()
        if not self.expected:
            self.since = ask.sent
        if names is None:
            pgconn.send_query_params(shape.sql, ask.values)
        else:
            ask.name = name = shape.name
            if not names.holds(name):
                self._prepare(names, ask)
            pgconn.send_query_prepared(name, ask.values)
        ask.weight = shape.seconds
        self.load += ask.weight
        self.expected.append(ask)

    def sync(self, reached: Callable[[], object] | None = None) -> Sync:
        """End what succeeds or fails together, and send all of it."""
        self._pgconn.pipeline_sync()
        sync = Sync(reached)
        self.expected.append(sync)
        self._flush()
        return sync

    def turn(self, ask: Ask, *, writes: bool) -> None:
        """Have what is not begun expressly write from now on, or only read, by this statement."""
        self.ask(ask)
        self.sync()
        self.writes = writes

    def _prepare(self, names: Names, ask: Ask) -> None:
        self._pgconn.send_prepare(ask.name, ask.shape.sql)
        self.expected.append(_Parse(names, ask))
        gone = names.add(ask.name)
        if gone is not None:
            self._pgconn.send_close_prepared(gone)
            self.expected.append(_Close(names, gone))

    def _flush(self) -> None:
        left = self._pgconn.flush() == 1
        if left is not self._writes:
            self._writes = left
            self._hub.modify(self._fd, READ | WRITE if left else READ)

    # --- answers -----------------------------------------------------------------------------------------------------

    def working_on(self) -> list[Ask]:
        """What the server may be working on: it keeps its answers until it comes to the next Sync."""
        asks = []
        for entry in self.expected:
            if type(entry) is Sync:
                break
            if isinstance(entry, Ask):
                asks.append(entry)
        return asks

    @property
    def transaction(self) -> TransactionStatus:
        """What is open on it, when all that was asked is answered."""
        return TransactionStatus(self._pgconn.transaction_status)

    def is_alive(self) -> bool:
        """Whether the server has said nothing unasked, as it does before it hangs up; else the wire is closed."""
        if self._poll.poll(0):
            self.lose()
        return not self.closed

    def _on_event(self, mask: int) -> None:
        try:
            if self._writes and mask & WRITE:
                self._flush()
            self._pgconn.consume_input()
            finished = self._receive()
        except psycopg.Error:
            self.lose()
            return
        if any(isinstance(entry, Ask) and entry.is_last_word for entry in finished):
            self.lose()
        if finished:
            self._keeper.received(self, finished)

    def _receive(self) -> list[Ask | Sync]:
        """What has been answered by now."""
        expected, is_busy, get_result = self.expected, self._pgconn.is_busy, self._pgconn.get_result
        finished: list[Ask | Sync] = []
        nothing = 0
        while expected and not is_busy():
            result = get_result()
            if result is None:  # the end of a statement's results
                nothing += 1
                if nothing > 1:
                    raise psycopg.OperationalError("the server has nothing to say")
                continue
            nothing = 0
            entry = expected.popleft()
            entry.take(result.status, result)
            if isinstance(entry, Ask):
                self.load -= entry.weight
                finished.append(entry)
            elif type(entry) is Sync:
                if entry.passed:
                    finished.append(entry)
                else:  # what it says to the commit; it comes to the Sync after that
                    expected.appendleft(entry)
        if finished:
            self._learn(finished)
        return finished

    def _learn(self, finished: list[Ask | Sync]) -> None:
        """How long shapes take: nothing is learned where a long time was shared by several, or the server was new."""
        now = time.monotonic()
        took = now - self.since
        reads = [entry for entry in finished if isinstance(entry, Ask) and entry.is_timed]
        if self._is_new:
            self._is_new = False
        elif len(reads) == 1 or (reads and took < SLOW):
            for read in reads:
                read.shape.took(took / len(reads))
        if not self.expected:
            self.load = 0.0
            self.used = now
        self.since = now

    # --- its end -----------------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask the server to end what it is working on. From a greenlet of the hub."""
        cancel = self._pgconn.cancel_conn()
        end = time.monotonic() + _HURRY
        try:
            cancel.start()
            while (status := cancel.poll()) != PollingStatus.OK:
                if status == PollingStatus.FAILED:
                    return
                wait = self._hub.wait_readable if status == PollingStatus.READING else self._hub.wait_writable
                if not wait(cancel.socket, max(end - time.monotonic(), 0.0)):
                    return
        except psycopg.Error:
            return  # the server is away: the wire itself will hear of it
        finally:
            cancel.finish()

    def lose(self) -> None:
        """Close it, whatever is expected."""
        if not self.closed:
            self.close()
            self._keeper.lost(self)

    def close(self) -> None:
        """Close it."""
        if self.closed:
            return
        self.closed = True
        with contextlib.suppress(ValueError, OSError):  # the hub has gone before us
            self._hub.unregister(self._fd)
        with contextlib.suppress(psycopg.Error):
            self._connection.close()
