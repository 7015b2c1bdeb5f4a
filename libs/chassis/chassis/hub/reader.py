"""Bytes from a client to requests: heads parsed by httptools (llhttp), strictly, and our own rules on top."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httptools

from chassis.hub.environ import Names, Refusal, bad_request, is_host, put_origin, put_target

_ONCE = frozenset({"HTTP_HOST", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "CONTENT_LENGTH"})  # RFC 9110 section 5.3
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_FRAMING = 16  # bytes of framing for one of the body, at most
_MISREAD = (httptools.HttpParserError, httptools.HttpParserCallbackError)


@dataclass(frozen=True)
class Limits:
    """What is accepted: bytes of a head, of its target and of one header, headers, bytes of a body."""

    head: int = 65_536
    target: int = 0  # no limit but the head's
    field: int = 8190
    fields: int = 100
    body: int = 0  # no limit


class Request:
    """A request whose head has arrived. Its body arrives in ``chunks`` until it is ``complete`` or has a ``fault``."""

    __slots__ = (
        "chunks", "close", "complete", "environ", "expects", "fault", "head_only", "interim", "length", "modern",
        "received", "waited",
    )  # fmt: skip

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.head_only = environ["REQUEST_METHOD"] == "HEAD"
        self.modern = True  # HTTP/1.1
        self.close = False  # the client wants the connection closed after it
        self.interim = True  # "100 Continue" may still be said: HTTP/1.1, and its answer has not begun
        self.expects = False  # it waits for "100 Continue" before it sends the body
        self.length: int | None = 0  # of the body; None where only its end will tell
        self.chunks: deque[bytes] = deque()
        self.received = 0  # bytes of the body
        self.waited = 0.0  # seconds that were waited for them
        self.complete = False
        self.fault: Refusal | None = None


class Reader:
    """The requests of one connection, in order; it is the parser's set of callbacks.

    After `feed`, ``requests`` holds what has begun to arrive, the last of it maybe incomplete, and ``fault`` what is
    wrong with the bytes after them: nothing on the connection can be trusted from there on.
    """

    def __init__(self, base: Mapping[str, Any], names: Names, secure: Mapping[str, str], limits: Limits) -> None:
        self._base = dict(base)
        self._names = names
        self._secure = secure
        self._limits = limits
        self._field_limit, self._fields_limit = limits.field, limits.fields
        self._parser: Any = httptools.HttpRequestParser(self)
        self._environ: dict[str, Any] = {}
        self._target = b""
        self._host = ""  # the last one that was in order
        self._fields = -1  # headers so far; below 0 outside a head
        self._head_bytes = 0
        self._fed = 0  # bytes of the request whose body arrives, with all that frames it
        self._request: Request | None = None  # the one whose body arrives
        self._method: str | None = None  # one that the parser does not know
        self.requests: deque[Request] = deque()
        self.fault: Refusal | None = None
        self.over = False  # what comes is not read any more

    @property
    def within(self) -> bool:
        """True while a request has arrived in part."""
        return self._head_bytes > 0 or self._request is not None

    def feed(self, data: bytes) -> None:
        """Take in what has arrived."""
        if self.over or self.fault is not None:
            return
        known = len(self.requests)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.over = True  # an upgrade is declined: the request is answered, and what follows it is dropped
            self._close_last()
        except httptools.HttpParserInvalidMethodError:
            if len(self.requests) > known or self.within or not self._feed_as_known(data):
                self._fail(Refusal(501, "Not Implemented", "the method is not known"))
        except _MISREAD as error:
            if not self.over:
                self._fail(_refusal_of(error))
        if self._fields >= 0:
            self._count(len(data))
        elif self._request is not None:
            self._count_framing(self._request, len(data))

    def drop(self) -> None:
        """Read no more, and let go of the parser (they know each other)."""
        self.over = True
        self._parser = None

    # --- the parser's callbacks --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._environ = self._base.copy()
        self._target = b""
        self._fields = 0

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._fields < 0:
            return  # a trailer: nothing of it matters
        self._fields += 1
        if len(name) + len(value) > self._field_limit or self._fields > self._fields_limit:
            raise _too_large()
        key = self._names.get(name, "")
        if key == "":
            key = self._names.learn(name)
        if key is None:
            return
        environ = self._environ
        text = value.decode("latin-1").rstrip(" \t")
        if key in environ:
            if key in _ONCE:
                raise bad_request(f"{name.decode()} is given twice")
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text

    def on_headers_complete(self) -> None:
        parser, environ = self._parser, self._environ
        self._fields, self._head_bytes = -1, 0
        self._fed = 0
        method = parser.get_method()
        environ["REQUEST_METHOD"] = name = self._method or _METHODS.get(method) or method.decode("ascii")
        self._method = None
        version = parser.get_http_version()
        environ["SERVER_PROTOCOL"] = "HTTP/" + version
        if self._limits.target and len(self._target) > self._limits.target:
            raise Refusal(414, "URI Too Long")
        put_target(environ, name, self._target.decode("latin-1"))
        put_origin(environ, self._secure)
        request = Request(environ)
        if version != "1.1":
            _judge_version(request, version)
        host = environ.get("HTTP_HOST")
        if host != self._host:
            self._judge_host(host, request)
        self._judge(request)
        self._request = request
        self.requests.append(request)

    def on_body(self, part: bytes) -> None:
        request = self._request
        if request is None:
            return
        request.received += len(part)
        if 0 < self._limits.body < request.received:
            raise too_much()
        request.chunks.append(part)

    def on_message_complete(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.complete = True
            if request.close:
                self.over = True  # a client that closes has nothing more to say

    # --- our own rules -----------------------------------------------------------------------------------------------

    def _judge_host(self, host: str | None, request: Request) -> None:
        if host is None:
            if request.modern:
                raise bad_request("there is no Host")
            return
        if not is_host(host):
            raise bad_request("the Host is none")
        self._host = host  # most connections know but one

    def _judge(self, request: Request) -> None:
        """What the head says about the body and the connection after it."""
        environ = request.environ
        coding = environ.get("HTTP_TRANSFER_ENCODING")
        if coding is not None:
            if not request.modern:
                raise bad_request("Transfer-Encoding in HTTP/1.0")
            if coding.lower() != "chunked":
                raise Refusal(501, "Not Implemented", "only the transfer coding chunked is known")
            request.length = None
        elif "CONTENT_LENGTH" in environ:
            request.length = int(environ["CONTENT_LENGTH"])
        wish = environ.get("HTTP_CONNECTION")
        if wish is not None:
            wishes = {word.strip() for word in wish.lower().split(",")}
            request.close = "close" in wishes or (not request.modern and "keep-alive" not in wishes)
        expected = environ.get("HTTP_EXPECT")
        if expected is not None and request.modern:
            if expected.lower() != "100-continue":
                raise Refusal(417, "Expectation Failed")
            request.expects = request.length != 0

    def _count(self, size: int) -> None:
        """Bound the head that is still arriving."""
        self._head_bytes += size
        if self.fault is None and self._head_bytes > self._limits.head:
            self._fail(Refusal(414, "URI Too Long") if not self._fields else _too_large())

    def _count_framing(self, request: Request, size: int) -> None:
        """Bound what comes with a body without being it: chunk sizes, extensions, trailers."""
        self._fed += size
        if self._fed > self._limits.head + _FRAMING * request.received:
            self._fail(bad_request("the framing outweighs the body"))

    def _feed_as_known(self, data: bytes) -> bool:
        """Feed a request whose method llhttp does not know as a POST, which is framed in the same way."""
        method, space, rest = data.partition(b" ")
        if not space or not 3 <= len(method) <= 20 or not method.replace(b"-", b"A").isalpha() or not method.isupper():
            return False
        self._method = method.decode("ascii")
        self._parser = httptools.HttpRequestParser(self)
        self.feed(b"POST " + rest)
        return True

    def _close_last(self) -> None:
        if self.requests:
            self.requests[-1].close = True

    def _fail(self, fault: Refusal) -> None:
        self.fault = fault
        if self._request is not None:
            self._request.fault = fault


def _judge_version(request: Request, version: str) -> None:
    if version != "1.0":
        raise Refusal(505, "HTTP Version Not Supported")
    request.modern = request.interim = False
    request.close = True


def too_much() -> Refusal:
    """A body beyond its limit."""
    return Refusal(413, "Content Too Large")


def _too_large() -> Refusal:
    return Refusal(431, "Request Header Fields Too Large")


def _refusal_of(error: Exception) -> Refusal:
    cause = error.__context__
    return cause if isinstance(cause, Refusal) else bad_request(str(error))
