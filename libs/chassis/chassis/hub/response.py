"""The answer of a WSGI application as HTTP/1.1 (PEP 3333, RFC 9112)."""

import re
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from types import TracebackType
from typing import Protocol

from chassis.hub.environ import Refusal
from chassis.hub.reader import Request

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

_STATUS = re.compile(r"[1-9][0-9]{2}(?: [ \t\x21-\x7e\x80-\xff]*)?")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# hop by hop, or the server's own
_OURS = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers",
        "transfer-encoding", "upgrade", "server", "date",
    }
)  # fmt: skip
_LENGTH, _PASS, _DROP = "length", "pass", "drop"
_NAMES = 512  # header names that are remembered
_kinds: dict[str, str] = {}
_last: dict[str, tuple[str, str]] = {}  # a header's last value and its line: constants of the code come again
_LARGE = 65_536  # bytes from which on head and body are sent apart rather than copied together


class Way(Protocol):
    """Where an answer goes."""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        ...

    def stays(self, request: Request) -> bool:
        """Whether the connection may be kept; asked when the head goes out."""
        ...


class Response:
    """One answer. The head goes out with the first bytes of the body, or at the end."""

    __slots__ = (
        "_bare", "_chunked", "_length", "_lines", "_request", "_sent", "_status", "_way", "close", "started",
    )  # fmt: skip

    def __init__(self, request: Request, way: Way) -> None:
        self._request = request
        self._way = way
        self._status = ""
        self._lines: list[str] = []
        self._length: int | None = None
        self._sent = 0
        self._chunked = False
        self._bare = False  # no body may follow
        self.started = False
        self.close = True  # the connection after it

    def start(
        self, status: str, headers: Iterable[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """`start_response`: note status and headers. Raises where they can't be sent, or have been."""
        if exc_info is not None:
            try:
                if self.started:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # else its trace and this frame keep each other alive
        elif self._status:
            raise AssertionError("start_response was called twice")
        if not isinstance(status, str) or not _STATUS.fullmatch(status):
            raise ValueError(f"no status: {status!r}")
        self._length, self._lines = _put_headers(headers)
        self._status = status
        code = int(status[:3])
        bodiless = code < 200 or code == 204
        if bodiless and self._length is not None:
            self._length, self._lines = None, [line for line in self._lines if not _is_length(line)]
        self._bare = bodiless or code == 304 or self._request.head_only
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body; what a given length has no room for is dropped."""
        if not self.started:
            if not data:
                return
            self._begin(data)
        else:
            self._follow(data)

    def finish(self) -> None:
        """Send what is left: a head without a body, the end of a chunked body."""
        if not self.started:
            self._begin(b"")
        if self._chunked:
            self._way.send(b"0\r\n\r\n")
        elif self._length is not None and self._sent < self._length and not self._bare:
            self.close = True  # the client waits for more than there was

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a server's own error, and close."""
        self._status = f"{refusal.status} {refusal.reason}"
        body = f"{refusal.reason}\n".encode()
        self._lines = ["Content-Type: text/plain; charset=utf-8\r\n", f"Content-Length: {len(body)}\r\n"]
        self._length, self._chunked, self._bare = len(body), False, self._request.head_only
        self._begin(body, closing=True)

    def _begin(self, data: bytes, *, closing: bool = False) -> None:
        if not self._status:
            raise AssertionError("start_response was not called")
        request = self._request
        framed = self._bare or self._length is not None
        self._chunked = not framed and request.modern
        self.close = closing or request.close or not (framed or self._chunked) or not self._way.stays(request)
        head = [
            f"HTTP/{'1.1' if request.modern else '1.0'} {self._status}\r\nDate: {_date()}\r\n"
            f"Connection: {'close' if self.close else 'keep-alive'}\r\n"
        ]
        if self._chunked:
            head.append("Transfer-Encoding: chunked\r\n")
        head.extend(self._lines)
        head.append("\r\n")
        start = "".join(head).encode("latin-1")
        self.started = True
        request.interim = False
        body = self._framed(data)
        if len(body) > _LARGE:
            self._way.send(start)
            self._way.send(body)
        else:
            self._way.send(start + body)

    def _follow(self, data: bytes) -> None:
        body = self._framed(data)
        if body:
            self._way.send(body)

    def _framed(self, data: bytes) -> bytes:
        """A part of the body as it goes out."""
        if not isinstance(data, bytes):
            raise TypeError(f"a body is bytes, not {type(data).__name__}")
        if self._bare or not data:
            return b""
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(data), data)
        if self._length is not None and self._sent + len(data) > self._length:
            data = data[: self._length - self._sent]
        self._sent += len(data)
        return data


def _put_headers(headers: Iterable[tuple[str, str]]) -> tuple[int | None, list[str]]:
    """The length that the headers tell, and their lines without those that are the server's own."""
    length = None
    lines = []
    for name, value in headers:
        last = _last.get(name)
        if last is not None and last[0] is value:
            lines.append(last[1])
            continue
        kind = _kinds.get(name) or _kind(name)
        if kind is _DROP:
            continue
        if not (value.isascii() and value.isprintable()) and _UNFIT.search(value):
            raise ValueError(f"the header {name} holds characters that no header may")
        line = f"{name}: {value}\r\n"
        if kind is _LENGTH:
            length = int(value)
        elif name in _kinds:
            _last[name] = value, line
        lines.append(line)
    return length, lines


def _kind(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"no header name: {name!r}")
    lower = name.lower()
    kind = _LENGTH if lower == "content-length" else _DROP if lower in _OURS else _PASS
    if len(_kinds) < _NAMES:
        _kinds[name] = kind
    return kind


def _is_length(line: str) -> bool:
    return line[:15].lower() == "content-length:"


class _Clock:
    """The date of the present second."""

    second = 0
    text = ""


def _date() -> str:
    second = int(time.time())
    if second != _Clock.second:
        _Clock.second, _Clock.text = second, formatdate(second, usegmt=True)
    return _Clock.text


def refusal_bytes(refusal: Refusal) -> bytes:
    """A whole answer to something that is no request."""
    body = f"{refusal.reason}\n"
    return (
        f"HTTP/1.1 {refusal.status} {refusal.reason}\r\nDate: {_date()}\r\nConnection: close\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
