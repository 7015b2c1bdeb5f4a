"""Scalars as clients give them: lenient where a number comes in quotes, and never losing a digit (graphql.md §5)."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql_service.errors import DATA_EXCEPTION, Misfit

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_NOT_NUMBERS = frozenset({"nan", "infinity", "-infinity", "inf", "-inf"})
_RANGES = {"Int": 31, "smallint": 15, "bigint": 63}


def describe(value: Any) -> str:
    """What kind of JSON value this is, as error messages say it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float | Decimal):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"


def mismatch(expected: str, name: str, found: str) -> Misfit:
    """A value of the wrong kind."""
    return Misfit(f"expected {expected} for type '{name}', but found {found}")


def parse_scalar(name: str, value: Any) -> Any:
    """The JSON value that stands for ``value`` as scalar ``name``. Raises `Misfit`.

    A scalar that is not known here takes any value: the database judges it.
    """
    parse = _PARSERS.get(name)
    return value if parse is None else parse(name, value)


def _integer_of(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        # an exponent could make a number of a million digits of it: none that big is in range
        return int(value) if value.adjusted() < 40 and value == value.to_integral_value() else None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def _int(name: str, value: Any) -> int:
    number = _integer_of(value)
    if number is None or not -(2**31) <= number < 2**31:
        raise mismatch("a 32-bit integer", name, describe(value))
    return number


def _big_or_small(name: str, value: Any) -> int:
    number = _integer_of(value)
    if number is None:
        if isinstance(value, str):
            raise Misfit(f'invalid input syntax for type {name}: "{value}"', DATA_EXCEPTION)
        raise mismatch("an integer", name, describe(value))
    if not -(2 ** _RANGES[name]) <= number < 2 ** _RANGES[name]:
        raise Misfit(f'value "{number}" is out of range for type {name}', DATA_EXCEPTION)
    return number


def _number(name: str, value: Any) -> Any:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise mismatch("a number", name, describe(value))
    if value.strip().lower() in _NOT_NUMBERS:
        return value
    try:
        return Decimal(value.strip()) if "_" not in value else _not_numeric(name, value)
    except InvalidOperation:
        _not_numeric(name, value)


def _not_numeric(name: str, value: str) -> Any:
    raise Misfit(f'invalid input syntax for type {name}: "{value}"', DATA_EXCEPTION)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise mismatch("a string", name, describe(value))
    return value


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise mismatch("a boolean", name, describe(value))
    return value


def _identifier(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    number = _integer_of(value)
    if number is None:
        raise mismatch("a string", name, describe(value))
    return str(number)


_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    "Int": _int,
    "smallint": _big_or_small,
    "bigint": _big_or_small,
    "numeric": _number,
    "float4": _number,
    "float8": _number,
    "Float": _number,
    "String": _text,
    "Boolean": _boolean,
    "ID": _identifier,
}
