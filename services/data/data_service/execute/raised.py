"""What functions and triggers ask for by raising: an answer of their own, as PostgREST's users write it.

``RAISE sqlstate 'PGRST'`` carries JSON: its MESSAGE ``{"code", "message", "details", "hint"}``, its DETAIL
``{"status", "headers", "status_text"}``. ``RAISE sqlstate 'PT402'`` asks for a status.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from contracts.problems import Problem

STATE = "PGRST"
_SHAPE = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
_MESSAGE_SHAPE = (
    "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, 5.5
# what our own server says of a connection and a body (RFC 9110, 7.6.1 and 8.6)
_OURS = frozenset({"connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"})
_INNER = ("x-accel-", "x-trivet-")  # what nginx and we say to each other
_Scalar = str | int | float | bool | None


class Raised(Problem):
    """A problem in the words of who wrote a function or trigger of the database."""


class _Message(msgspec.Struct):
    code: str
    message: str
    details: str | None = None
    hint: str | None = None


class _Detail(msgspec.Struct):
    status: int
    headers: dict[str, _Scalar]
    status_text: str | None = None


def raised(message: str | None, detail: str | None) -> Problem:
    """The problem that ``RAISE sqlstate 'PGRST'`` stands for; PGRST121 where its JSON is none."""
    try:
        said = msgspec.json.decode(message or "", type=_Message)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _bad(f"Invalid JSON value for MESSAGE: '{message or ''}'", _MESSAGE_SHAPE)
    try:
        asked = msgspec.json.decode(detail or "", type=_Detail)
        headers = {name: checked(name, value) for name, value in asked.headers.items()}
        if not 200 <= asked.status <= 599:
            raise ValueError("no status")
    except (msgspec.DecodeError, ValueError, RecursionError):
        missing = "DETAIL is missing in the RAISE statement"
        return _bad(f"Invalid JSON value for DETAIL: '{detail}'" if detail else missing, _SHAPE)
    return Raised(said.code, said.message, details=said.details, hint=said.hint, status=asked.status, headers=headers)


def wished(state: str) -> int | None:
    """The HTTP status that ``RAISE sqlstate 'PT402'`` asks for; 500 where what follows ``PT`` is none."""
    if not state.startswith("PT"):
        return None
    number = state[2:]
    return int(number) if number.isascii() and number.isdecimal() and 200 <= int(number) <= 599 else 500


def checked(name: str, value: Any) -> str:
    """The value of a header that the database sets. Raises `ValueError` for what can't be one, or is not its to set."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text) or _is_ours(name.lower()):
        raise ValueError(f"the header {name!r} can't be set")
    return text


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(_INNER)


def headers_of(text: str) -> tuple[tuple[str, str], ...]:
    """The headers in ``response.headers``: a JSON array of objects. Raises `Problem` PGRST111."""
    try:
        return tuple(_pairs(msgspec.json.decode(text, type=list[dict[str, _Scalar]])))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise no_headers() from None


def status_of(text: str) -> int:
    """The status in ``response.status``. Raises `Problem` PGRST112."""
    if not (text.isdecimal() and 200 <= int(text) <= 599):
        raise no_status()
    return int(text)


def no_headers() -> Problem:
    """``response.headers`` is not what it must be."""
    shape = "composed of objects with a single key and a string value"
    return Problem("PGRST111", f"response.headers guc must be a JSON array {shape}")


def no_status() -> Problem:
    """``response.status`` is not what it must be."""
    return Problem("PGRST112", "response.status guc must be a valid status code")


def _pairs(objects: Iterable[dict[str, _Scalar]]) -> Iterable[tuple[str, str]]:
    for one in objects:
        if len(one) != 1:
            raise ValueError("not a single key")
        for name, value in one.items():
            yield name, checked(name, value)


def _bad(details: str, hint: str) -> Problem:
    return Problem(
        "PGRST121", "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", details=details, hint=hint
    )
