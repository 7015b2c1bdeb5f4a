"""The express lane: requests for hot routes are answered before Flask sees them, all others by Flask.

Both are laid behind one WSGI layer that traces, logs and counts every request. A service's `Door` and its Flask routes
use the same functions for requests and answers: one meaning, two doors.
"""

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from contracts.problems import Problem, internal
from flask import Flask, Response, current_app, request

from chassis import trace
from chassis.capacity import Capacity, exceeded
from chassis.observe import Observer
from chassis.packed import unpacked
from chassis.trace import Trace

log = logging.getLogger("trivet")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_BODILESS = (204, 304)


class Answer(NamedTuple):
    """An HTTP answer. No ``Content-Type`` is added; a body in parts has no length, and HEAD, 204 and 304 no body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterable[bytes] = b""


class Headers:
    """A request's headers by their name, in any case."""

    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, /) -> str | None:
        """The header's value (several are joined by commas), or None."""
        value: str | None = self._environ.get(_KEYS.get(name) or _key(name))
        return value

    def starting(self, prefix: str) -> dict[str, str]:
        """The headers whose names begin so, by their names in lower case."""
        start = _key(prefix)
        return {
            key[len("HTTP_") :].replace("_", "-").lower(): value
            for key, value in self._environ.items()
            if key.startswith(start)
        }


class Request:
    """A request as a door sees it."""

    __slots__ = ("environ", "headers", "method")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.headers = Headers(environ)

    @property
    def target(self) -> str:
        """The request target as it was sent, its query included."""
        raw: str | None = self.environ.get("RAW_URI")
        if raw is not None:
            return raw
        path: str = self.environ["PATH_INFO"]
        query: str = self.environ.get("QUERY_STRING", "")
        return f"{path}?{query}" if query else path

    @property
    def query(self) -> str:
        """The query string, still encoded; bytes that are sent without encoding are read as UTF-8."""
        text: str = self.environ.get("QUERY_STRING", "")
        return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")

    def body(self, limit: int) -> bytes:
        """The whole body, unpacked where it came packed; it can be read again.

        Raises `Problem` TRV103 beyond ``limit`` bytes, and those of `chassis.packed.unpacked`.
        """
        environ = self.environ
        stream = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH")
        if length:
            if int(length) > limit:
                raise _too_large()
            data: bytes = stream.read(int(length))
        elif environ.get("wsgi.input_terminated"):
            data = stream.read(limit + 1)
            if len(data) > limit:
                raise _too_large()
        else:
            return b""
        coding = environ.get("HTTP_CONTENT_ENCODING")
        if coding is not None and data:
            data = unpacked(data, coding, limit)
            del environ["HTTP_CONTENT_ENCODING"]
            environ["CONTENT_LENGTH"] = str(len(data))
        environ["wsgi.input"] = io.BytesIO(data)
        return data


def body_at_hand() -> bytes:
    """The whole body of Flask's request at hand, as `Request.body` gives it. Raises `Problem` as that does."""
    return Request(request.environ).body(current_app.config["MAX_CONTENT_LENGTH"])


class Door(Protocol):
    """A service's express lane."""

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request; None leaves it to Flask. Raises `Problem`."""
        ...

    def refuse(self, problem: Problem) -> Answer:
        """A problem in the service's dialect; of the request it knows `chassis.trace.current`."""
        ...


class Layer:
    """A WSGI application: ``door``, where there is one, over ``flask``; it refuses what is beyond ``capacity``."""

    def __init__(self, flask: Wsgi, service: str, door: Door | None = None, capacity: Capacity | None = None) -> None:
        self._flask = flask
        self._door = door
        self._capacity = capacity
        self._observer = Observer(service)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        capacity = self._capacity
        if capacity is None:
            return self._respond(environ, start_response, None)
        refusal = None if capacity.enter(environ["PATH_INFO"]) else exceeded()
        whole = True
        try:
            result = self._respond(environ, start_response, refusal)
            whole = isinstance(result, tuple | list)
        finally:
            if whole:
                capacity.leave()
        return result if whole else capacity.until_gone(result)

    def _respond(
        self, environ: dict[str, Any], start_response: Callable[..., Any], refusal: Problem | None
    ) -> Iterable[bytes]:
        current = trace.begin(environ, environ.get("HTTP_X_REQUEST_ID"))
        door = self._door
        if door is not None:
            answer = self._answer(door, environ) if refusal is None else door.refuse(refusal)
            if answer is not None:
                return self._send(current, answer, start_response)
        return self._flask(environ, self._starting(current, start_response))

    def _answer(self, door: Door, environ: dict[str, Any]) -> Answer | None:
        try:
            return door.answer(Request(environ))
        except Problem as problem:
            return door.refuse(problem)
        except Exception as error:
            log.error("crash", exc_info=error)
            return door.refuse(internal())

    def _send(self, current: Trace, answer: Answer, start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, headers, body = answer
        bare = status in _BODILESS or current.environ["REQUEST_METHOD"] == "HEAD"
        if not bare and isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        headers += self._observer.answered(current, status)
        start_response(_STATUS.get(status) or f"{status} Unknown", headers)
        if bare:
            return ()
        return (body,) if isinstance(body, bytes) else body

    def _starting(self, current: Trace, start_response: Callable[..., Any]) -> Callable[..., Any]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            number = int(status[:3])
            told = [] if current.status else self._observer.answered(current, number)
            return start_response(_STATUS.get(number, status), headers + told, exc_info)  # werkzeug's are in capitals

        return start


def to_flask(answer: Answer) -> Response:
    """An answer as a response of Flask's, for what is answered by its routes."""
    response = Response(answer.body, status=answer.status)
    del response.headers["Content-Type"]
    if answer.status in _BODILESS:
        response.automatically_set_content_length = False
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response


def install(app: Flask, service: str, door: Door | None = None, *, capacity: Capacity | None = None) -> None:
    """Lay ``door`` over ``app``, and trace, log and count what either answers."""
    app.wsgi_app = Layer(app.wsgi_app, service, door, capacity)  # type: ignore[method-assign]


_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_KEYS = {"Content-Type": "CONTENT_TYPE", "Content-Length": "CONTENT_LENGTH"}
_NAMES = 256  # header names that are remembered: the code's own, but who knows


def _key(name: str) -> str:
    key = "HTTP_" + name.upper().replace("-", "_")
    key = {"HTTP_CONTENT_TYPE": "CONTENT_TYPE", "HTTP_CONTENT_LENGTH": "CONTENT_LENGTH"}.get(key, key)
    if len(_KEYS) < _NAMES:
        _KEYS[name] = key
    return key


def _too_large() -> Problem:
    return Problem("TRV103", "The request is too large")
