"""Values cast as PostgreSQL casts them, for SQLite: what is none of the type is refused, never made something else."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from contracts.problems import Problem

from data_service.sql.values import invalid, to_boolean, to_decimal, to_float, to_integer, to_uuid

_BYTES = {"smallint": 2, "integer": 4, "bigint": 8}
_MOMENTS = ("date", "time", "timestamp", "timestamptz")
_NAMES = {"timestamptz": "timestamp with time zone"}


def cast(value: Any, kind: str) -> Any:
    """A value as one of a type of PostgreSQL's. Raises `Problem` 22P02, 22003."""
    if value is None:
        return None
    return _whole(value, kind) if kind in _BYTES else _CASTS[kind](value)


def unfit(value: Any, kind: str) -> None:
    """Refuse a value that is none of the type; null is of any. Raises `Problem` 22P02, 22007."""
    if value is None:
        return
    problem = invalid(_NAMES.get(kind, kind), value if isinstance(value, str | int | float) else "")
    raise Problem("22007", problem.message) if kind in _MOMENTS else problem


def _whole(value: Any, kind: str) -> int | None:
    if isinstance(value, float):
        rounded = Decimal(repr(value)).to_integral_value(ROUND_HALF_UP) if abs(value) < 2**63 else None
        number = None if rounded is None else int(rounded)
    else:
        try:
            number = to_integer(value)
        except Problem as problem:
            raise (invalid(kind, value) if problem.code == "22P02" else _beyond(value, kind)) from None
    most = 1 << (8 * _BYTES[kind] - 1)
    if number is None or not -most <= number < most:
        raise _beyond(value, kind)
    return number


def _beyond(value: Any, kind: str) -> Problem:
    return Problem("22003", f'value "{value}" is out of range for type {kind}')


def _text(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: convert(value if isinstance(value, str | int | float) else "")


_CASTS: dict[str, Callable[[Any], Any]] = {
    "numeric": _text(to_decimal),
    "real": _text(to_float),
    "double precision": _text(to_float),
    "boolean": _text(to_boolean),
    "uuid": _text(to_uuid),
}
