"""HTTP between the services: a small client over unix sockets or TCP that keeps its connections.

On a hub (`chassis.worker`) all of it waits there.
"""

import select
import socket
import threading
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httptools
from contracts.problems import Problem

from chassis.hub.loop import blocking, pause
from chassis.sockets import PatientSocket

MARGIN = 0.25  # seconds that an inner call gives up before the request itself must
_PIECE = 65_536  # bytes read at once
_LEAST = 0.05  # seconds that a step has, however little is left
_MISREAD = (httptools.HttpParserError, httptools.HttpParserCallbackError)


class Reply(NamedTuple):
    """An inner answer: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Answer:
    """An answer that arrives: what the parser calls."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        self.complete = False
        self.status = 0
        self.keeps = False
        self.parser: Any = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self.parts.append(data)

    def on_message_complete(self) -> None:
        self.complete = True
        self.status = self.parser.get_status_code()
        self.keeps = bool(self.parser.should_keep_alive())


class Hop:
    """The way to one other service. Thread-safe; idle connections are kept, at most ``keep`` of them."""

    def __init__(self, url: str, *, keep: int = 16, connect_patience: float = 2.0) -> None:
        self._unix = url.removeprefix("unix:") if url.startswith("unix:") else None
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._host = "localhost" if self._unix is not None else parts.netloc
        self._keep = keep
        self._patience = connect_patience
        self._idle: list[PatientSocket] = []
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, timeout: float = 30.0
    ) -> Reply:
        """One request and its answer, never sent twice. Raises `Problem` TRV107 (no answer), TRV108 (too late)."""
        deadline = time.monotonic() + timeout
        sock = self._take(deadline)
        answer = _Answer()
        try:
            sock.set_patience(max(deadline - time.monotonic(), _LEAST))
            sock.sendall(self._request(method, path, body, headers or {}))
            _receive(sock, answer, deadline)
        except TimeoutError:
            sock.close()
            raise too_late() from None
        except (OSError, *_MISREAD):
            sock.close()
            raise unreachable() from None
        except BaseException:
            sock.close()
            raise
        self._give_back(sock, keeps=answer.keeps)
        return Reply(answer.status, answer.headers, b"".join(answer.parts))

    def download(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, timeout: float
    ) -> "Download":
        """One request, whose answer is taken piece by piece, on a connection of its own.

        ``timeout`` is for the answer to begin. Raises `Problem` TRV107, TRV108.
        """
        deadline = time.monotonic() + timeout
        sock = self.connect(deadline)
        found = Download(sock)
        try:
            sock.set_patience(max(deadline - time.monotonic(), _LEAST))
            sock.sendall(self._request(method, path, body, {**(headers or {}), "Connection": "close"}))
            found.begin()
        except TimeoutError:
            found.close()
            raise too_late() from None
        except BaseException as fault:
            found.close()
            if isinstance(fault, (OSError, *_MISREAD)):
                raise unreachable() from None
            raise
        return found

    def connect(self, deadline: float) -> PatientSocket:
        """A new connection; while the other service starts again, its socket is tried for a moment.

        ``deadline`` is in monotonic seconds. Raises `Problem` TRV107.
        """
        give_up = min(deadline, time.monotonic() + self._patience)
        while True:
            try:
                return self._dial(deadline)
            except OSError:
                if time.monotonic() >= give_up:
                    raise unreachable() from None
                pause(0.05)

    def _dial(self, deadline: float) -> PatientSocket:
        if self._unix is not None:
            return _connected(socket.AF_UNIX, self._unix, deadline)
        fault: OSError | None = None
        for family, *_, address in blocking(socket.getaddrinfo, *self._address, 0, socket.SOCK_STREAM):
            try:
                return _connected(family, address, deadline)
            except OSError as error:
                fault = error
        raise fault or OSError("no address")

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body or method not in ("GET", "HEAD") else ""
        lines = "".join([f"{name}: {_clean(value)}\r\n" for name, value in headers.items()])
        return f"{method} {_clean(path)} HTTP/1.1\r\nHost: {self._host}\r\n{length}{lines}\r\n".encode("latin-1") + body

    def _take(self, deadline: float) -> PatientSocket:
        while True:
            with self._lock:
                sock = self._idle.pop() if self._idle else None
            if sock is None:
                return self.connect(deadline)
            if not _readable(sock):
                return sock
            sock.close()  # the other side has hung up since

    def _give_back(self, sock: PatientSocket, *, keeps: bool) -> None:
        with self._lock:
            if keeps and len(self._idle) < self._keep:
                self._idle.append(sock)
                return
        sock.close()


class Download:
    """An answer whose body is taken piece by piece: what nobody takes is not sent."""

    def __init__(self, sock: PatientSocket) -> None:
        self.status = 0
        self._sock = sock
        self._answer = _Answer()
        self._buffer = bytearray(_PIECE)

    def begin(self) -> None:
        """Wait for the first piece. Raises `OSError`, or what the parser raises."""
        while not self._answer.parts and not self._answer.complete:
            self._receive()
        self.status = self._answer.parser.get_status_code()

    def read(self, patience: float) -> bytes:
        """The next piece, waited for so many seconds; empty at the end. Raises `Problem` TRV107, TRV108."""
        answer = self._answer
        try:
            self._sock.set_patience(patience)
            while not answer.parts and not answer.complete:
                self._receive()
        except TimeoutError:
            self.close()
            raise too_late() from None
        except BaseException as fault:
            self.close()
            if isinstance(fault, (OSError, *_MISREAD)):
                raise unreachable() from None
            raise
        found = b"".join(answer.parts)
        answer.parts.clear()
        return found

    def close(self) -> None:
        """Hang up; what is under way is given up by the other side."""
        self._sock.close()

    def _receive(self) -> None:
        size = self._sock.recv_into(self._buffer)
        if not size:
            raise ConnectionResetError("the answer ends too soon")
        self._answer.parser.feed_data(memoryview(self._buffer)[:size])


def _connected(family: int, address: Any, deadline: float) -> PatientSocket:
    sock = PatientSocket(family, socket.SOCK_STREAM)
    try:
        sock.set_patience(max(deadline - time.monotonic(), _LEAST))
        sock.connect(address)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _receive(sock: PatientSocket, answer: _Answer, deadline: float) -> None:
    buffer = bytearray(_PIECE)
    view = memoryview(buffer)
    while not answer.complete:
        size = sock.recv_into(buffer)
        if not size:
            raise ConnectionResetError("the answer ends too soon")
        answer.parser.feed_data(view[:size])
        if not answer.complete:
            sock.set_patience(max(deadline - time.monotonic(), _LEAST))


def _clean(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("a line break in a header or a path")
    return text


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))


def unreachable() -> Problem:
    """A service of the suite is not there, or its answer broke off."""
    return Problem("TRV107", "A service of the suite does not answer", headers={"Retry-After": "1"})


def too_late() -> Problem:
    """A service of the suite took too long."""
    return Problem("TRV108", "A service of the suite took too long", headers={"Retry-After": "1"})
