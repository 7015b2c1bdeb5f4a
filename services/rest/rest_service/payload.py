"""The body of a write: JSON, CSV or a form become rows of values (spec: rest.md §4)."""

import csv
import io
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from contracts.operations import Value
from contracts.problems import Problem

Row = dict[str, Value]
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_FIELD_LIMIT = 2**31 - 1  # the body's own limit comes first
_MISMATCH = "All object keys must match"


class Payload(NamedTuple):
    """Rows to write: which columns of them count, and whether some rows lack some columns."""

    columns: tuple[str, ...]
    rows: list[Row]
    ragged: bool = False


def parse_payload(content_type: str | None, body: bytes, columns: tuple[str, ...] | None) -> Payload:
    """The rows of a body; ``columns`` is the parameter of that name. Raises `Problem` PGRST102."""
    rows = _rows(content_type, body)
    if columns is not None:
        return Payload(columns, rows, any(column not in row for row in rows for column in columns))
    if not rows:
        return Payload((), rows)
    keys = rows[0].keys()
    if len(rows) > 1 and any(row.keys() != keys for row in rows):
        raise Problem("PGRST102", _MISMATCH)
    return Payload(tuple(keys), rows)


def _rows(content_type: str | None, body: bytes) -> list[Row]:
    if content_type is None or content_type == "application/json":
        return _of_json(body)
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _of_json(body)
    if media_type == "text/csv":
        return _of_csv(text_of(body))
    if media_type == "application/x-www-form-urlencoded":
        return [dict(parse_qsl(text_of(body), keep_blank_values=True))]
    raise Problem("PGRST102", f"Content-Type not acceptable: {media_type}")


def parse_json(body: bytes) -> Any:
    """The JSON value of a body. Raises `Problem` PGRST102."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("PGRST102", "Empty or invalid json") from None


def _of_json(body: bytes) -> list[Row]:
    found = parse_json(body)
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return []  # a scalar, or an array of them, holds no rows
    if not all(isinstance(row, dict) for row in found):
        raise Problem("PGRST102", _MISMATCH)
    return found


def _of_csv(text: str) -> list[Row]:
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as fault:
        raise Problem("PGRST102", f"Invalid csv: {fault}") from None
    if not lines:
        raise Problem("PGRST102", "Empty or invalid csv")
    header, *records = lines
    if any(len(record) != len(header) for record in records):
        raise Problem("PGRST102", "All lines must have same number of fields")
    return [
        {name: None if cell == "NULL" else cell for name, cell in zip(header, record, strict=True)}
        for record in records
    ]


def text_of(body: bytes) -> str:
    """The text of a body. Raises `Problem` PGRST102."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem("PGRST102", "The body is not UTF-8 text") from None
