"""Rows as the database built them, as JSON text, turned into CSV or rid of their nulls."""

from decimal import Decimal
from typing import Any

import msgspec

_raw_rows: msgspec.json.Decoder[list[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_exact: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_encode = msgspec.json.Encoder(decimal_format="number").encode


def to_csv(body: bytes, columns: tuple[str, ...] = ()) -> bytes:
    """CSV (RFC 4180, lines ended by LF as PostgREST's are) of a JSON array of objects.

    The first row's keys are the header; ``columns`` are it where there are no rows. Nested values stay JSON text.
    """
    rows = _raw_rows.decode(body)
    header = list(rows[0]) if rows else list(columns)
    if not header:
        return b""
    lines = [",".join(_quote(name) for name in header)]
    lines += [",".join(_cell(row.get(name)) for name in header) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def strip_nulls(body: bytes) -> bytes:
    """The JSON text without object members that are null, at any depth; every digit of its numbers stays."""
    return _encode(_without_nulls(_exact.decode(body)))


def _cell(raw: msgspec.Raw | None) -> str:
    text = bytes(raw) if raw is not None else b"null"
    if text == b"null":
        return ""
    if text.startswith(b'"'):
        value = msgspec.json.decode(text, type=str)
        return _quote(value) if value else '""'
    return _quote(text.decode())


def _quote(text: str) -> str:
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def to_text(body: bytes) -> bytes:
    """A JSON value that stands alone as text; nothing for null."""
    found = msgspec.json.decode(body)
    return b"" if found is None else found.encode() if isinstance(found, str) else body


def to_bytes(body: bytes) -> bytes:
    """Bytes, as JSON has them in PostgreSQL's hex form; nothing for null."""
    found = msgspec.json.decode(body)
    return b"" if found is None else bytes.fromhex(found[2:])
