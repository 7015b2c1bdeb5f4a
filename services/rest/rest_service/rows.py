"""Answers as the database built them, as JSON text: rid of their nulls, or a value alone as text or bytes."""

from decimal import Decimal
from typing import Any

import msgspec

_exact: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_encode = msgspec.json.Encoder(decimal_format="number").encode


def strip_nulls(body: bytes) -> bytes:
    """The JSON text without object members that are null, at any depth; every digit of its numbers stays."""
    return _encode(_without_nulls(_exact.decode(body)))


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
