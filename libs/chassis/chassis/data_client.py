"""The client of data: the `Data` protocol over HTTP."""

import time
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from contracts import catalog as catalogs
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Kind, Problem, internal
from contracts.results import Result

from chassis import explanations
from chassis.bounded import Bounded
from chassis.hop import MARGIN, Hop, Reply

PROBLEM_TYPE = "application/vnd.trivet.problem+json"
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.decode


_FRESH = 2.0  # seconds after which an idle client asks data whether a catalog still holds


class DataClient:
    """Asks data over ``hop``. Catalogs are kept by role and asked for again by version (`follow`, ETag).

    The version comes with every answer and by events; where neither has come for a while, data is asked.
    """

    def __init__(self, hop: Hop, *, timeout: float = 30.0) -> None:
        self._hop = hop
        self._timeout = timeout
        self._catalogs: Bounded[str, Catalog] = Bounded(256)
        self._version = ""
        self._since = float("-inf")  # when that version was first heard of
        self._told = float("-inf")  # when data last said that it has it

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`."""
        body = b'{"operation":' + encode(operation) + b',"values":' + _encode(list(values)) + b"}"
        reply = self._call("POST", "/execute", body, caller)
        headers = reply.headers
        result = Result(
            body=reply.body,
            rows=_integer(headers, "x-trivet-rows"),
            total=_integer(headers, "x-trivet-total"),
            affected=_integer(headers, "x-trivet-affected"),
            inserted=_integer(headers, "x-trivet-inserted"),
            location=_decode(text) if (text := headers.get("x-trivet-location")) else None,
            catalog_version=headers.get("x-trivet-catalog", ""),
            timings=_timings(headers.get("server-timing", "")),
        )
        return result

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it; from memory while its version is data's own."""
        kept = self._catalogs.get(caller.principal.role)
        if kept is not None and kept.version == self._version and time.monotonic() - self._told < _FRESH:
            return kept
        extra = {"If-None-Match": f'"{kept.version}"'} if kept is not None else {}
        asked = time.monotonic()
        reply = self._call("GET", "/catalog", b"", caller, extra)
        if reply.status == 304 and kept is not None:
            self._note(kept.version, asked)
            return kept
        found = catalogs.decode(reply.body)
        self._catalogs.put(caller.principal.role, found)
        self._note(found.version, asked)
        return found

    def follow(self, version: str) -> None:
        """Note the version that an event tells of; catalogs of another are asked for again."""
        self._note(version, time.monotonic(), told=False)

    def _note(self, version: str, asked: float, *, told: bool = True) -> None:
        """Note a version that was ``asked`` for at this time; ``told`` by data itself.

        Answers overtake each other: one to a question from before the last change tells nothing.
        """
        now = time.monotonic()
        if version and version != self._version and asked >= self._since:
            self._version, self._since = version, now
        if told and version == self._version:
            self._told = now

    def _call(self, method: str, path: str, body: bytes, caller: Caller, extra: dict[str, str] | None = None) -> Reply:
        left = self._timeout if caller.deadline is None else caller.deadline - time.monotonic()
        if left <= 0:
            raise Problem("TRV108", "The request took too long")
        headers = {"Content-Type": "application/json", "X-Request-Id": caller.request_id, **(extra or {})}
        headers["X-Trivet-Deadline"] = f"{max(left - MARGIN, 0.05):.3f}"
        if caller.token is not None:
            headers["Authorization"] = f"Bearer {caller.token}"
        if caller.role is not None:
            headers["X-Trivet-Role"] = caller.role
        if caller.explain:
            headers[explanations.ASK] = "1"
        asked = time.monotonic()
        reply = self._hop.call(method, path, body, headers, timeout=left)
        self._note(reply.headers.get("x-trivet-catalog", ""), asked)
        if (explanation := reply.headers.get(explanations.HEADER.lower())) is not None:
            explanations.note(explanation)
        if reply.headers.get("content-type", "").startswith(PROBLEM_TYPE):
            problem = decode_problem(reply.body)
            if problem.kind is Kind.UNKNOWN_NAME:  # perhaps the name was taken from a catalog that is too old
                self._told = float("-inf")
            raise problem
        if reply.status >= 400:
            raise internal()
        return reply


def encode_problem(problem: Problem) -> bytes:
    """A problem as it travels between services."""
    return _encode(
        {
            "code": problem.code,
            "message": problem.message,
            "details": problem.details,
            "hint": problem.hint,
            "status": problem.status,
            "headers": problem.headers,
            "path": problem.path,
        }
    )


def decode_problem(text: bytes) -> Problem:
    """The problem that another service answered with."""
    found = _decode(text)
    return Problem(
        found["code"],
        found["message"],
        details=found.get("details"),
        hint=found.get("hint"),
        status=found.get("status"),
        headers=found.get("headers"),
        path=tuple(found.get("path") or ()),
    )


def decode_values(text: bytes) -> list[Value]:
    """The values of a request: fractions become `Decimal`, so that no digit is lost."""
    return msgspec.json.Decoder(list[Value], float_hook=Decimal).decode(text)


def _integer(headers: dict[str, str], name: str) -> int | None:
    text = headers.get(name)
    return int(text) if text is not None else None


def _timings(text: str) -> dict[str, int]:
    steps: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, duration = part.strip().partition(";dur=")
        steps[name] = round(float(duration or 0) * 1000)
    return steps
