"""Rows on their way into SQLite: those that a client gives, and those that a write gave back, bound again as JSON."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from contracts.catalog import Resource
from contracts.problems import Problem

from data_service.sql.postgres_names import quoted
from data_service.sql.values import json_text


def returning(full: Resource) -> str:
    """The RETURNING clause: every field in the catalog's order."""
    return " returning " + ", ".join(quoted(field.name) for field in full.columns)


def given_rows(value: Any) -> list[dict[str, Any]]:
    """The rows to create. Raises `Problem` PGRST102 where the value is no list of objects."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Problem("PGRST102", "The rows to create are not a list of objects")
    return value


def rows_as_json(rows: Sequence[Sequence[Any]]) -> str:
    """Written rows as JSON, each an array; bytes as an array of one hex text, infinity as a number beyond all."""
    return json_text([[_portable(value) for value in row] for row in rows]).decode()


def _portable(value: Any) -> Any:
    if isinstance(value, bytes):
        return [value.hex()]
    if isinstance(value, float) and value in (math.inf, -math.inf):
        return msgspec.Raw(b"9e999" if value > 0 else b"-9e999")
    return value
