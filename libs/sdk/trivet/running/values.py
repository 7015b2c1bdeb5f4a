"""Values of the database as Python's: what JSON can't say is told by the field's portable type."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timetz": time.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "uuid": UUID,
}


def as_python(row: dict[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The row with values of these types, by field; what is none of its type stays as it came."""
    for name, kind in types.items():
        value = row.get(name)
        if value is not None:
            row[name] = _value(value, kind)
    return row


def _value(value: Any, kind: str) -> Any:
    if kind in ("float4", "float8") and isinstance(value, Decimal):
        return float(value)
    if kind == "numeric" and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    parse = _FROM_TEXT.get(kind)
    if parse is None or not isinstance(value, str):
        return value
    try:
        return parse(value)
    except ValueError:
        return value
