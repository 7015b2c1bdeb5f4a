"""HTTP between the services: a small client over unix sockets or TCP that keeps its connections.

On a hub (`chassis.worker`) all of it waits there.
"""

import http.client
import select
import socket
import threading
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from contracts.problems import Problem

from chassis.hub.loop import blocking, pause
from chassis.sockets import PatientSocket

MARGIN = 0.25  # seconds that an inner call gives up before the request itself must


class Reply(NamedTuple):
    """An inner answer: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """A connection to a unix socket (``path``) or to ``address``."""

    sock: PatientSocket | None

    def __init__(self, path: str | None, address: tuple[str, int], timeout: float) -> None:
        super().__init__(*(("localhost", 80) if path is not None else address), timeout=timeout)
        self._path = path

    def connect(self) -> None:
        if self._path is not None:
            self._dial(socket.AF_UNIX, self._path)
            return
        fault: OSError | None = None
        for family, *_, address in blocking(socket.getaddrinfo, self.host, self.port, 0, socket.SOCK_STREAM):
            try:
                self._dial(family, address)
            except OSError as error:
                fault = error
            else:
                return
        raise fault or OSError("no address")

    def _dial(self, family: int, address: Any) -> None:
        sock = PatientSocket(family, socket.SOCK_STREAM)
        try:
            sock.set_patience(self.timeout or 0.05)
            sock.connect(address)
            if family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        self.sock = sock


class Hop:
    """The way to one other service. Thread-safe; idle connections are kept, at most ``keep`` of them."""

    def __init__(self, url: str, *, keep: int = 16, connect_patience: float = 2.0) -> None:
        self._unix = url.removeprefix("unix:") if url.startswith("unix:") else None
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._keep = keep
        self._patience = connect_patience
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, timeout: float = 30.0
    ) -> Reply:
        """One request and its answer, never sent twice. Raises `Problem` TRV107 (no answer), TRV108 (too late)."""
        deadline = time.monotonic() + timeout
        connection = self._take(deadline)
        try:
            if connection.sock is not None:
                connection.sock.set_patience(max(deadline - time.monotonic(), 0.05))
            connection.request(method, path, body=body or None, headers=headers or {})
            answer = connection.getresponse()
            reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except TimeoutError:
            connection.close()
            raise Problem("TRV108", "A service of the suite took too long", headers={"Retry-After": "1"}) from None
        except (OSError, http.client.HTTPException):
            connection.close()
            raise _unreachable() from None
        self._give_back(connection, answer)
        return reply

    def _take(self, deadline: float) -> _Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect(deadline)
            if connection.sock is not None and not _readable(connection.sock):
                return connection
            connection.close()  # the other side has hung up since

    def _connect(self, deadline: float) -> _Connection:
        """A new connection; while the other service starts again, its socket is tried for a moment."""
        give_up = min(deadline, time.monotonic() + self._patience)
        while True:
            timeout = max(deadline - time.monotonic(), 0.05)
            connection = _Connection(self._unix, self._address, timeout)
            try:
                connection.connect()
                return connection
            except OSError:
                connection.close()
                if time.monotonic() >= give_up:
                    raise _unreachable() from None
                pause(0.05)

    def _give_back(self, connection: _Connection, answer: http.client.HTTPResponse) -> None:
        with self._lock:
            if not answer.will_close and len(self._idle) < self._keep:
                self._idle.append(connection)
                return
        connection.close()


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))


def _unreachable() -> Problem:
    return Problem("TRV107", "A service of the suite does not answer", headers={"Retry-After": "1"})
