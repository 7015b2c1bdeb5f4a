"""HTTP to remote sources: configured hosts only, no redirects, TLS verified, answers bounded in size and time."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError
from urllib3.util import Timeout

from data_service.remote import addresses
from data_service.remote.trouble import Trouble

_PORTS = {"http": 80, "https": 443}
_PIECE = 65_536
_call = threading.local()  # the call that the thread at hand makes


class Answer(NamedTuple):
    """What a host answered; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address. Raises `ValueError` where it has none that can be called."""
    parts: SplitResult = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("it must begin with https:// or http:// and a host, without a user")
    return parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme]


class HttpClient:
    """Calls the hosts of ``urls`` and no others, over at most ``connections`` kept open.

    ``inner``: their names may lead to addresses that are not of the public internet. ``ca``: a file of certificates
    to trust instead of the system's. Answers have at most ``most`` bytes.
    """

    def __init__(
        self, urls: tuple[str, ...], *, inner: bool = False, ca: str | None = None, connections: int, most: int
    ) -> None:
        self._origins = frozenset(map(origin, urls))
        self._inner = inner
        self._most = most
        self._pools = urllib3.PoolManager(
            num_pools=max(len(urls), 1), maxsize=connections, block=False, retries=False, ca_certs=ca
        )
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: float,
        again: bool = False,
    ) -> Answer:
        """What the host answers by ``deadline`` (monotonic), whatever its status, 3xx excepted. Raises `Trouble`.

        ``again``: the question may be asked a second time where the connection turns out to be closed.
        """
        if not self._is_named(url):
            parts = urlsplit(url)
            where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            raise Trouble("failed", f"{where} would be called, which the configuration does not name (`hosts`)")
        with _Watch(deadline, inner=self._inner) as watch:
            try:
                return self._called(method, url, headers, body, watch)
            except ProtocolError as fault:
                if not again or watch.over or not isinstance(fault.args[-1], ConnectionError):
                    raise watch.trouble(fault) from None
            except (HTTPError, OSError, ValueError) as fault:
                raise watch.trouble(fault) from None
            try:
                return self._called(method, url, headers, body, watch)
            except (HTTPError, OSError, ValueError) as fault:
                raise watch.trouble(fault) from None

    def _is_named(self, url: str) -> bool:
        try:
            return origin(url) in self._origins
        except ValueError:
            return False

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pools.clear()

    def _called(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, watch: "_Watch") -> Answer:
        # without an encoding there is nothing that grows when it is unpacked
        answer = self._pools.request(
            method,
            url,
            body=body,
            headers={"Accept-Encoding": "identity", "User-Agent": "trivet", **headers},
            timeout=Timeout(max(watch.left, 0.001)),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        whole = False
        try:
            text = self._read(answer, watch)
            whole = True
        finally:
            answer.release_conn() if whole else answer.close()
        if 300 <= answer.status < 400:
            raise Trouble("failed", f"it answers {answer.status}, and redirects are not followed")
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, text)

    def _read(self, answer: urllib3.BaseHTTPResponse, watch: "_Watch") -> bytes:
        if int(answer.headers.get("Content-Length") or 0) > self._most:
            raise Trouble("failed", f"its answer is longer than {self._most} bytes")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Trouble("failed", "its answer is packed, though that was not asked for")
        pieces: list[bytes] = []
        held = 0
        while piece := answer.read1(_PIECE, decode_content=False):
            held += len(piece)
            if held > self._most:
                raise Trouble("failed", f"its answer is longer than {self._most} bytes")
            if watch.over:
                raise TimeoutError
            pieces.append(piece)
        if watch.over:  # an end that we made ourselves
            raise TimeoutError
        return b"".join(pieces)


class _Watch:
    """The time of one call: at its end every connection of it is cut, however slowly the other side drips."""

    def __init__(self, deadline: float, *, inner: bool) -> None:
        self.deadline = deadline
        self.inner = inner
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(max(self.left, 0.0), self._cut)
        self._timer.daemon = True
        self.over = False

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def __enter__(self) -> "_Watch":
        _call.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _call.watch = None
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def also(self, connection: socket.socket) -> None:
        """Cut this connection too; by a descriptor of our own, as TLS takes over the other."""
        with self._lock:
            if self.over:
                raise TimeoutError
            self._sockets.append(socket.socket(fileno=os.dup(connection.fileno())))

    def trouble(self, fault: Exception) -> Trouble:
        """The trouble that an error of the call is."""
        if isinstance(fault, Trouble):
            return fault
        slow = self.over or self.left <= 0 or isinstance(fault, TimeoutError | urllib3.exceptions.TimeoutError)
        return Trouble("slow" if slow else "failed", _reason(fault))

    def _cut(self) -> None:
        with self._lock:
            self.over = True
            for one in self._sockets:
                with _unless_gone():
                    one.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """A connection to an address that was checked."""

    def _new_conn(self) -> socket.socket:
        watch: _Watch = _call.watch
        try:
            made = addresses.connect(self.host, self.port, watch.deadline, inner=watch.inner)
        except TimeoutError:
            raise
        except OSError as fault:
            raise NewConnectionError(self, _reason(fault)) from fault
        watch.also(made)
        return made

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _call.watch.also(self.sock)
        super().request(*args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same within TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except OSError:
        pass


def _reason(fault: Exception) -> str:
    """What the log may say of an error: its kind and its system's words, never an address with its query."""
    inner = fault.__cause__ or fault.__context__ or fault
    words = inner.strerror if isinstance(inner, OSError) and inner.strerror else ""
    if isinstance(inner, addresses.Forbidden):
        words = str(inner)
    return f"{type(inner).__name__}: {words}" if words else type(inner).__name__
