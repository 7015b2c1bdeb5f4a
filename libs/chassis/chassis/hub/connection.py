"""One client's connection: read, answer each request in its order, wait, close in an orderly way."""

import select
import socket
import time
from enum import Enum

from greenlet import getcurrent

from chassis.hub.answering import ClientGone, answer
from chassis.hub.environ import Refusal
from chassis.hub.lanes import Abandoned, Lane
from chassis.hub.loop import READ, WRITE
from chassis.hub.reader import Reader, Request
from chassis.hub.response import CONTINUE, refusal_bytes
from chassis.hub.service import Service

EDGE = select.EPOLLET  # each arrival is told once
_GONE = select.EPOLLHUP | select.EPOLLERR
_HUNG_UP = select.EPOLLRDHUP | _GONE  # it sends no more, but may still wait for its answer unless it has gone
_PIECE = 16_384  # bytes read at once: most requests are whole in it
_BODY_PIECE = 65_536
_IN_A_ROW = 16  # requests of one client that are answered before others have their turn
_UNREAD = 65_536  # bytes of a body nobody wanted that are read over to keep the connection
_LINGER = 2.0  # seconds that a client has to take the last answer and hang up


class Phase(Enum):
    """What a connection waits for."""

    IDLE = "idle"  # for a request
    HEAD = "head"  # for the rest of a head
    BUSY = "busy"  # for the application, or for what it asked of the client
    LINGER = "linger"  # for the client to hang up


class Connection:
    """A client's connection; ``sock`` doesn't block. All of it runs in the hub's thread."""

    __slots__ = (
        "_edge", "_fd", "_gone", "_hung_up", "_lane", "_reader", "_request", "_service", "_sock", "_waits", "_worker",
        "phase", "since",
    )  # fmt: skip

    def __init__(self, service: Service, sock: socket.socket, reader: Reader) -> None:
        self._service = service
        self._sock = sock
        self._fd = sock.fileno()
        self._reader = reader
        self._worker: Lane | None = None  # the greenlet that answers
        self._request: Request | None = None  # what it answers
        self._lane: Lane | None = None  # the same, while it waits for this client
        self._waits = 0  # and the events it waits for
        self._edge = False  # something may have arrived that has not been read
        self._hung_up = False
        self._gone = False  # altogether
        self.phase = Phase.IDLE
        self.since = time.monotonic()  # it is in this phase
        service.connections.add(self)
        service.hub.register(self._fd, READ | EDGE, self._on_event)

    # --- the loop's side ---------------------------------------------------------------------------------------------

    def _on_event(self, mask: int) -> None:
        try:
            self._take(mask)
        except Exception:  # a fault of ours costs this client, not all
            self._service.log.exception("Error on a connection")
            self.close()

    def _take(self, mask: int) -> None:
        if mask & READ:
            self._edge = True
        if mask & _HUNG_UP:
            self._hung_up = self._edge = True
        if self.phase is Phase.BUSY:
            if self._lane is not None and mask & (self._waits | _HUNG_UP):
                lane, self._lane = self._lane, None
                lane.switch(True)
        elif self.phase is Phase.LINGER:
            self._discard()
        else:
            self._read_head()
        if mask & _HUNG_UP and self.phase is Phase.BUSY and self._worker is not None:
            self._look_after(self._worker, mask)

    def _look_after(self, worker: Lane, mask: int) -> None:
        """See whether the client has gone while its request is answered; then tell who answers it.

        A client that has only ended what it sends may wait for its answer. A unix socket tells the two apart; TCP does
        once something is sent: an interim answer, which every client of HTTP/1.1 discards (RFC 9110 section 15.2.1).
        """
        if mask & _GONE:
            if not self._gone:
                self._gone = True
                self._service.hub.abandon(worker)
        elif self._sock.family != socket.AF_UNIX and self._request is not None and self._request.interim:
            try:
                self._sock.send(CONTINUE)
            except OSError:
                pass  # that it has gone is told in a moment

    def _read_head(self) -> None:
        reader, alive = self._reader, True
        try:
            while alive and self._edge and not reader.requests and reader.fault is None:
                alive = self._receive(_PIECE)
        except OSError:
            self.close()
            return
        if reader.requests:
            self._enter(Phase.BUSY)
            self._service.hub.start(self._serve)
        elif reader.fault is not None:
            self.reject(reader.fault)
        elif not alive:
            self.close()
        elif reader.within and self.phase is Phase.IDLE:
            self._enter(Phase.HEAD)

    def _receive(self, size: int) -> bool:
        """Read what has arrived; False at the end. Raises `OSError` where the connection is broken."""
        try:
            data = self._sock.recv(size)
        except BlockingIOError:
            self._edge = False
            return True
        self._edge = len(data) == size or self._hung_up
        self._reader.feed(data)
        return bool(data)

    def reject(self, refusal: Refusal) -> None:
        """Answer what is no request, and close."""
        try:
            self._sock.send(refusal_bytes(refusal))
        except OSError:
            self.close()
        else:
            self._linger()

    def close(self) -> None:
        """Close at once."""
        if self._fd >= 0:
            self._service.hub.unregister(self._fd)
            self._fd = -1
            self._sock.close()
            self._reader.drop()
            self._service.connections.discard(self)

    def _linger(self) -> None:
        """Say that no more will come, and wait for the client to hang up: closing at once could cost it the answer."""
        self._reader.drop()
        self._enter(Phase.LINGER)
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._discard()

    def _discard(self) -> None:
        try:
            while data := self._sock.recv(_BODY_PIECE):
                if len(data) < _BODY_PIECE and not self._hung_up:
                    return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.close()

    def check(self, now: float) -> None:
        """Close what has waited for too long."""
        limits, waited = self._service.patience, now - self.since
        if self.phase is Phase.IDLE:
            if waited > limits.idle or now > self._service.idle_until:
                self.close()
        elif self.phase is Phase.HEAD:
            if waited > limits.head:
                self.reject(Refusal(408, "Request Timeout"))
        elif self.phase is Phase.LINGER and waited > _LINGER:
            self.close()

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.since = time.monotonic()

    # --- in a greenlet -----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Answer all requests that are there, and whatever arrives meanwhile."""
        answered = 0
        self._worker = getcurrent()
        try:
            while self._next():
                self._request = request = self._reader.requests.popleft()
                if not answer(request, self, self._service):
                    self._end()
                    return
                answered += 1
                if answered % _IN_A_ROW == 0:
                    self._service.hub.sleep(0)
        except (OSError, Abandoned):
            self.close()
        except Exception:
            self._service.log.exception("Error on a connection")
            self.close()
        else:
            self._rest()
        finally:
            self._worker = self._request = None

    def _next(self) -> bool:
        """True where there is a request to answer; reads what has arrived while the last one was."""
        while not self._reader.requests:
            if not self._edge or self._reader.over or self._reader.fault is not None:
                return False
            if not self._receive(_PIECE):
                self._reader.over = True
        return True

    def _rest(self) -> None:
        """Nothing is left to answer."""
        reader = self._reader
        if reader.fault is not None:
            self.reject(reader.fault)
        elif reader.over:
            self.close()
        else:
            self._enter(Phase.HEAD if reader.within else Phase.IDLE)

    def _end(self) -> None:
        """After an answer that closes the connection."""
        if self._hung_up or not (self._edge or self._reader.within or self._reader.requests):
            self.close()
        else:
            self._linger()

    def stays(self, request: Request) -> bool:
        """Whether another request may follow: not while much of a body is left that nobody read."""
        if self._service.stopping or request.fault is not None or self._service.patience.idle <= 0:
            return False
        if request.complete:
            return True
        return not request.expects and request.length is not None and request.length - request.received <= _UNREAD

    def more(self, timeout: float) -> None:
        """Wait for more of what the client sends. Raises `ClientGone`, `TimeoutError`."""
        if not self._edge and not self._wait(READ, timeout):
            raise TimeoutError
        if not self._receive(_BODY_PIECE):
            raise ClientGone("the body ends too soon")

    def send(self, data: bytes) -> None:
        """Send all of it, as fast as the client takes it. Raises `ClientGone`."""
        try:
            sent = self._sock.send(data)
            if sent == len(data):
                return
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ClientGone(str(error)) from None
        self._send_slowly(memoryview(data)[sent:])

    def _send_slowly(self, rest: memoryview) -> None:
        hub, patience = self._service.hub, self._service.patience.send
        hub.modify(self._fd, READ | WRITE | EDGE)
        try:
            while rest:
                try:
                    rest = rest[self._sock.send(rest) :]
                except BlockingIOError:
                    if not self._wait(WRITE, patience):
                        raise ClientGone("nothing is taken any more") from None
        except ClientGone:
            raise
        except OSError as error:
            raise ClientGone(str(error)) from None
        finally:
            if self._fd >= 0:
                hub.modify(self._fd, READ | EDGE)

    def _wait(self, events: int, timeout: float) -> bool:
        self._lane, self._waits = getcurrent(), events
        try:
            return self._service.hub.park(timeout)
        finally:
            self._lane = None
