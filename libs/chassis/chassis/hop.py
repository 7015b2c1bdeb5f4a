"""HTTP between the services: a small client over unix sockets or TCP that keeps its connections."""

import http.client
import select
import socket
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from contracts.problems import Problem

MARGIN = 0.25  # seconds that an inner call gives up before the request itself must


class Reply(NamedTuple):
    """An inner answer: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Hop:
    """The way to one other service. Thread-safe; idle connections are kept, at most ``keep`` of them."""

    def __init__(self, url: str, *, keep: int = 16, connect_patience: float = 2.0) -> None:
        self._unix = url.removeprefix("unix:") if url.startswith("unix:") else None
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._keep = keep
        self._patience = connect_patience
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, timeout: float = 30.0
    ) -> Reply:
        """One request and its answer, never sent twice. Raises `Problem` TRV107 (no answer), TRV108 (too late)."""
        deadline = time.monotonic() + timeout
        connection = self._take(deadline)
        try:
            if connection.sock is not None:
                connection.sock.settimeout(max(deadline - time.monotonic(), 0.05))
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

    def _take(self, deadline: float) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect(deadline)
            if connection.sock is not None and not _readable(connection.sock):
                return connection
            connection.close()  # the other side has hung up since

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        """A new connection; while the other service starts again, its socket is tried for a moment."""
        give_up = min(deadline, time.monotonic() + self._patience)
        while True:
            timeout = max(deadline - time.monotonic(), 0.05)
            connection = (
                _UnixConnection(self._unix, timeout)
                if self._unix
                else http.client.HTTPConnection(*self._address, timeout=timeout)
            )
            try:
                connection.connect()
                return connection
            except OSError:
                connection.close()
                if time.monotonic() >= give_up:
                    raise _unreachable() from None
                time.sleep(0.05)

    def _give_back(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
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
