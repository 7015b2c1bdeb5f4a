"""Scalars as clients give them: lenient where a number comes in quotes, and never losing a digit (graphql.md §5)."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from graphql_service.errors import DATA_EXCEPTION, PARSE_FAILED, Misfit

Parser = Callable[[str, Any, str | None], Any]
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_LABELS = re.compile(r"[\w-]+(\.[\w-]+)*")
_NOT_NUMBERS = frozenset({"nan", "infinity", "-infinity", "inf", "-inf"})
_RANGES = {name: (-(2**bits), 2**bits - 1) for name, bits in (("Int", 31), ("smallint", 15), ("bigint", 63))}
_NAMES = {"Int": "integer"}  # as the database calls it


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


def parse_scalar(name: str, value: Any, found: str | None = None) -> Any:
    """The JSON value that stands for ``value`` as scalar ``name``. Raises `Misfit`.

    A scalar that is not known here takes any value: the database judges it. ``found`` says what the value is, where
    more is known than its JSON shows.
    """
    parse = _PARSERS.get(name)
    return value if parse is None else parse(name, value, found)


def parser_of(name: str) -> Parser | None:
    """What `parse_scalar` does for scalars of this name: ``parse(name, value, found)``; None where any value fits."""
    return _PARSERS.get(name)


def _integer_of(value: Any) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, Decimal):
        # an exponent could make a number of a million digits of it: none that big is in range
        return int(value) if value.adjusted() < 40 and value == value.to_integral_value() else None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def _integer(name: str, value: Any, found: str | None) -> int:
    number = _integer_of(value)
    if number is None:
        if isinstance(value, str):
            _not_numeric(_NAMES.get(name, name), value)
        raise mismatch("a 32-bit integer" if name == "Int" else "an integer", name, found or describe(value))
    least, most = _RANGES[name]
    if not least <= number <= most:
        raise Misfit(f'value "{number}" is out of range for type {_NAMES.get(name, name)}', DATA_EXCEPTION)
    return number


def _number(name: str, value: Any, found: str | None) -> Any:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise mismatch("a number", name, found or describe(value))
    if value.strip().lower() in _NOT_NUMBERS:
        return value
    try:
        if "_" not in value:
            return Decimal(value.strip())
    except InvalidOperation:
        pass
    _not_numeric(name, value)


def _not_numeric(name: str, value: str) -> NoReturn:
    raise Misfit(f'invalid input syntax for type {name}: "{value}"', DATA_EXCEPTION)


def _text(name: str, value: Any, found: str | None) -> str:
    if not isinstance(value, str):
        raise mismatch("a string", name, found or describe(value))
    return value


def _boolean(name: str, value: Any, found: str | None) -> bool:
    if not isinstance(value, bool):
        raise mismatch("a boolean", name, found or describe(value))
    return value


def _identifier(name: str, value: Any, found: str | None) -> str:
    if isinstance(value, str):
        return value
    number = _integer_of(value)
    if number is None:
        raise mismatch("a string", name, found or describe(value))
    return str(number)


def _labels(name: str, value: Any, found: str | None) -> str:
    text = _text(name, value, found)
    if text and not _LABELS.fullmatch(text):
        raise Misfit(
            "Expecting label path: a sequence of zero or more labels separated by dots, for example L1.L2.L3",
            PARSE_FAILED,
        )
    return text


_PARSERS: dict[str, Parser] = {
    "Int": _integer,
    "smallint": _integer,
    "bigint": _integer,
    "numeric": _number,
    "float4": _number,
    "float8": _number,
    "Float": _number,
    "String": _text,
    "Boolean": _boolean,
    "ID": _identifier,
    "ltree": _labels,
}
