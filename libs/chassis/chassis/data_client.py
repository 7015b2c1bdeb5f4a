"""The client of data: the `Data` protocol over HTTP."""

import time
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from contracts import catalog as catalogs
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Problem, internal
from contracts.results import Result

from chassis.bounded import Bounded
from chassis.hop import MARGIN, Hop, Reply

PROBLEM_TYPE = "application/vnd.trivet.problem+json"
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.decode


class DataClient:
    """Asks data over ``hop``. Catalogs are kept by role and asked for again by version (`refresh`, ETag)."""

    def __init__(self, hop: Hop, *, timeout: float = 30.0) -> None:
        self._hop = hop
        self._timeout = timeout
        self._catalogs: Bounded[str, Catalog] = Bounded(256)
        self._version = ""

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
            location=_decode(text) if (text := headers.get("x-trivet-location")) else None,
            catalog_version=headers.get("x-trivet-catalog", ""),
            timings=_timings(headers.get("server-timing", "")),
        )
        self.refresh(result.catalog_version)
        return result

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it; from memory while its version is data's own."""
        kept = self._catalogs.get(caller.principal.role)
        if kept is not None and kept.version == self._version:
            return kept
        extra = {"If-None-Match": f'"{kept.version}"'} if kept is not None else {}
        reply = self._call("GET", "/catalog", b"", caller, extra)
        if reply.status == 304 and kept is not None:
            self._version = kept.version
            return kept
        found = catalogs.decode(reply.body)
        self._catalogs.put(caller.principal.role, found)
        self._version = found.version
        return found

    def refresh(self, version: str) -> None:
        """Note the version that data has now (from an answer or an event); other catalogs are asked for again."""
        if version and version != self._version:
            self._version = version

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
        reply = self._hop.call(method, path, body, headers, timeout=left)
        if reply.headers.get("content-type", "").startswith(PROBLEM_TYPE):
            raise decode_problem(reply.body)
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
