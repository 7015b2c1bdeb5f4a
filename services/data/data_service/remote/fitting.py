"""Values of an answer made fit for the type that was declared for them, and found in it."""

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.fields import FieldType

from data_service.remote.places import text_of

_WHOLE: dict[FieldType, int] = {"int2": 2**15, "int4": 2**31, "int8": 2**63}


def fit(value: Any, kind: FieldType) -> Any:
    """The value as JSON has it for its type; null stays null. Raises `ValueError` where it is none of it."""
    if value is None:
        return None
    if kind == "json":
        return plain(value)
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        raise ValueError("a structure where a plain value should be")
    convert = _CONVERSIONS.get(kind)
    return convert(value) if convert is not None else text_of(value)


def plain(value: Any) -> Any:
    """A value as JSON has it: dates and the like as text, numbers with all their digits."""
    match value:
        case None | bool() | int() | Decimal() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return _hex(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return text_of(value)


def at_path(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path; None where nothing does."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def rows_at(value: Any, path: Sequence[str]) -> list[Any]:
    """The rows at a path: a list's items, or the one thing that stands there. Raises `ValueError` where none can."""
    for at, step in enumerate(path):
        if isinstance(value, list):
            return [row for item in value for row in rows_at(item, path[at:])]
        if value is None:
            return []
        if not isinstance(value, Mapping):
            raise ValueError("no structure where rows should be")
        value = value.get(step)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("a truth value where a number should be")
    try:
        found = Decimal(text_of(value).strip())
    except InvalidOperation:
        raise ValueError("no number") from None
    if not found.is_finite():
        raise ValueError("no finite number")
    return found


def _whole(kind: FieldType) -> Callable[[Any], int]:
    limit = _WHOLE[kind]

    def convert(value: Any) -> int:
        found = _number(value)
        if found.adjusted() > 20 or found != found.to_integral_value() or not -limit <= found < limit:
            raise ValueError("no whole number of its size")
        return int(found)

    return convert


def _truth(value: Any) -> bool:
    found = {"true": True, "false": False, "1": True, "0": False}.get(text_of(value).strip().lower())
    if found is None:
        raise ValueError("neither true nor false")
    return found


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(text_of(value))


def _instant(value: Any) -> str:
    """A moment with its zone; without one it is taken as UTC, as is usual between machines."""
    found = _moment(value)
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).isoformat()


def _hex(value: Any) -> str:
    return "\\x" + value.hex() if isinstance(value, bytes) else text_of(value)


_CONVERSIONS: Mapping[FieldType, Callable[[Any], Any]] = {
    "int2": _whole("int2"),
    "int4": _whole("int4"),
    "int8": _whole("int8"),
    "numeric": _number,
    "float4": lambda value: float(_number(value)),
    "float8": lambda value: float(_number(value)),
    "bool": _truth,
    "uuid": lambda value: str(uuid.UUID(text_of(value))),
    "date": lambda value: date.fromisoformat(text_of(value)[:10]).isoformat(),
    "time": lambda value: time.fromisoformat(text_of(value)).isoformat(),
    "timestamp": lambda value: _moment(value).replace(tzinfo=None).isoformat(),
    "timestamptz": _instant,
    "bytes": _hex,
}
