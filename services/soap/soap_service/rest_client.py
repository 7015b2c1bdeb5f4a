"""The client of rest: rows by a query in PostgREST's words, for those who know it better than typed filters."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import msgspec
from chassis.hop import MARGIN, Hop, Reply
from contracts.identity import Caller
from contracts.problems import Problem

Row = dict[str, str | None]
"""A row: text by name; what is no value alone, as a row within, as its JSON."""
_decode_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_text = msgspec.json.Decoder(str).decode
_LEAST = 0.05  # seconds


class RestClient:
    """Reads through rest as the caller who asks: what the caller may do is for data to say, as always."""

    def __init__(self, hop: Hop, *, timeout: float) -> None:
        self._hop = hop
        self._timeout = timeout

    def read(self, resource: str, query: str, caller: Caller, address: str) -> Iterator[Row]:
        """The rows of a resource by a query string.

        Raises `Problem` as rest answers, and TRV107, TRV108 where it does not.
        """
        left = self._timeout if caller.deadline is None else caller.deadline - time.monotonic()
        headers = {"Accept": "application/json", "X-Request-Id": caller.request_id, "X-Real-Ip": address}
        if caller.token is not None:
            headers["Authorization"] = f"Bearer {caller.token}"
        if caller.role is not None:
            headers["X-Trivet-Role"] = caller.role
        if caller.timezone is not None:
            headers["Prefer"] = f"timezone={caller.timezone}"
        path = f"/rest/v1/{quote(resource, safe='')}" + (f"?{query}" if query else "")
        reply = self._hop.call("GET", path, b"", headers, timeout=max(left - MARGIN, _LEAST))
        if reply.status not in (200, 206):
            raise _problem(reply)
        return map(_row, _decode_rows(reply.body))


def _row(found: dict[str, msgspec.Raw]) -> Row:
    return {name: _text(bytes(value)) for name, value in found.items()}


def _text(value: bytes) -> str | None:
    if value == b"null":
        return None
    return _decode_text(value) if value.startswith(b'"') else value.decode()


def _problem(reply: Reply) -> Problem:
    """The problem that rest tells in its own form."""
    try:
        found = msgspec.json.decode(reply.body, type=dict[str, object])
        code, message = str(found["code"]), str(found["message"])
    except (msgspec.DecodeError, KeyError):
        return Problem("TRV107", "rest does not answer as it should", headers={"Retry-After": "1"})
    hint = found.get("hint")
    return Problem(
        code,
        message,
        details=found.get("details"),
        hint=str(hint) if hint is not None else None,
        status=reply.status,
        headers={"Retry-After": reply.headers["retry-after"]} if "retry-after" in reply.headers else None,
    )
