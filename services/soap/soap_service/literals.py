"""Text of XML Schema to values of the operation: each type's own lexical form, and nothing else."""

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

Parse = Callable[[str], Any]

_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SPECIAL = {
    "INF": "Infinity", "+INF": "Infinity", "-INF": "-Infinity", "NaN": "NaN",
    "inf": "Infinity", "-inf": "-Infinity", "nan": "NaN",  # as Python, and so zeep, writes them
}  # fmt: skip
_BOOLEAN = {"true": True, "1": True, "false": False, "0": False}
_ZONE = r"(Z|[+-]\d\d:\d\d)?"
_DATE = re.compile(r"(\d{4,}-\d\d-\d\d)" + _ZONE, re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-4]):[0-5]\d:[0-5]\d(\.\d+)?" + _ZONE, re.ASCII)
_MOMENT = re.compile(r"(\d{4,}-\d\d-\d\d)T(([01]\d|2[0-4]):[0-5]\d:[0-5]\d(\.\d+)?)" + _ZONE, re.ASCII)
_decode_json = msgspec.json.Decoder(Any, float_hook=Decimal).decode


class LexicalError(ValueError):
    """The text is not in the type's lexical form; ``outside`` where it is, but out of the type's range.

    ``reason`` says why it is, where that needs other words.
    """

    def __init__(self, *, outside: bool = False, reason: str | None = None) -> None:
        super().__init__("out of range" if outside else "not in the type's form")
        self.outside = outside
        self.reason = reason


def integer(bits: int) -> Parse:
    """The parser of an integer of so many bits."""
    bound = 1 << (bits - 1)

    def parse(text: str) -> int:
        value = int(_matched(_INTEGER, text))
        if not -bound <= value < bound:
            raise LexicalError(outside=True)
        return value

    return parse


def count(text: str) -> int:
    """How many rows: an integer of 32 bits that is not negative."""
    value: int = _int(text)
    if value < 0:
        raise LexicalError(outside=True, reason="must not be negative")
    return value


def decimal(text: str) -> Decimal:
    """An xs:decimal: every digit is kept."""
    return Decimal(_matched(_DECIMAL, text))


def double(text: str) -> float | str:
    """An xs:double; what JSON has no number for is the database's own word (``Infinity``)."""
    stripped = text.strip()
    if stripped in _SPECIAL:
        return _SPECIAL[stripped]
    value = float(_matched(_DOUBLE, text))
    if math.isinf(value):
        raise LexicalError(outside=True)
    return value


def boolean(text: str) -> bool:
    """An xs:boolean: true, false, 1 or 0."""
    if text.strip() not in _BOOLEAN:
        raise LexicalError
    return _BOOLEAN[text.strip()]


def day(text: str) -> str:
    """An xs:date, without the zone that some toolkits add."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise LexicalError
    return _real_day(match[1])


def clock(text: str) -> str:
    """An xs:time without a zone."""
    return _ZONE_AT_END.sub("", _matched(_TIME, text))


def clock_with_zone(text: str) -> str:
    """An xs:time with its zone."""
    return _matched(_TIME, text)


def moment(text: str) -> str:
    """An xs:dateTime on nobody's clock: a zone, which some toolkits can't leave out, is dropped."""
    match = _moment(text)
    return f"{_real_day(match[1])}T{match[2]}"


def moment_with_zone(text: str) -> str:
    """An xs:dateTime as it stands."""
    match = _moment(text)
    return f"{_real_day(match[1])}T{match[2]}{match[5] or ''}"


def binary(text: str) -> str:
    """An xs:base64Binary as the text ``\\x`` and hexadecimal digits."""
    try:
        return "\\x" + base64.b64decode("".join(text.split()), validate=True).hex()
    except (binascii.Error, ValueError):
        raise LexicalError from None


def json(text: str) -> Any:
    """The value that a JSON text stands for."""
    try:
        return _decode_json(text)
    except (msgspec.DecodeError, RecursionError):
        raise LexicalError from None


def string(text: str) -> str:
    """An xs:string, as it stands."""
    return text


def token(text: str) -> str:
    """An xs:string whose outer white space means nothing."""
    return text.strip()


_ZONE_AT_END = re.compile(r"(Z|[+-]\d\d:\d\d)$")


_int = integer(32)


def _matched(pattern: re.Pattern[str], text: str) -> str:
    stripped = text.strip()
    if pattern.fullmatch(stripped) is None:
        raise LexicalError
    return stripped


def _moment(text: str) -> re.Match[str]:
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise LexicalError
    return match


def _real_day(text: str) -> str:
    if len(text) == 10:  # beyond the year 9999 the database is the judge
        try:
            date.fromisoformat(text)
        except ValueError:
            raise LexicalError(outside=True) from None
    return text
