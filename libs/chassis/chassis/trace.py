"""The request at hand: what its log line, its headers and those who answer it need to know of it."""

import re
import time
import uuid
from contextvars import ContextVar
from typing import Any

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,64}").fullmatch


class Trace:
    """One request: its WSGI environ, its id, and what is learned while it is answered.

    ``timings`` are microseconds by step's name, ``role`` the caller's, ``anonymous`` False once the facade knows
    that it is somebody's; ``explanation`` is the header's value where data told what is behind the answer, ``warnings``
    what it says is missing in it. ``status`` is set once the answer has begun.
    """

    __slots__ = (
        "_request_id",
        "anonymous",
        "environ",
        "explanation",
        "role",
        "started",
        "status",
        "timings",
        "warnings",
    )

    def __init__(self, environ: dict[str, Any], request_id: str | None) -> None:
        self.environ = environ
        self._request_id = request_id if request_id and _REQUEST_ID(request_id) else ""
        self.started = time.perf_counter()
        self.timings: dict[str, int] = {}
        self.role: str | None = None
        self.anonymous = True
        self.explanation: str | None = None
        self.warnings: tuple[str, ...] = ()
        self.status = 0

    @property
    def request_id(self) -> str:
        """Its own id where it is well-formed, else a new one."""
        if not self._request_id:
            self._request_id = uuid.uuid4().hex
        return self._request_id

    @request_id.setter
    def request_id(self, value: str) -> None:
        self._request_id = value


_current: ContextVar[Trace | None] = ContextVar("trivet_trace", default=None)
current = _current.get
"""The trace of the request at hand, None outside of requests."""


def begin(environ: dict[str, Any], request_id: str | None) -> Trace:
    """Begin the trace of a request in this thread or greenlet, with the id that came with it."""
    trace = Trace(environ, request_id)
    _current.set(trace)
    return trace
