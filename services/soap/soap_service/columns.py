"""Whole columns of an answer as XML Schema's text at once, where all values are in their type's usual form.

Each function gives what the function of `values` for the same type gives for every value, or None: then that one has
to be called for each. No value is None here.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from soap_service.markup import content

Kinds = set[type]
"""The types of a column's values, as Python has them."""
Column = Callable[[Sequence[Any], Kinds], Sequence[object] | None]

_INTEGER, _BOOLEAN, _TEXT, _NUMBER = {int}, {bool}, {str}, {int, Decimal}
_LONGEST = 300  # digits: no double is infinite yet, and no decimal too long
_DAY = r"\d{4,}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d++)?+"
_DAYS = re.compile(rf"(?:{_DAY}\n)++", re.ASCII)
_CLOCKS = re.compile(rf"(?:{_CLOCK}\n)++", re.ASCII)
_MOMENTS = re.compile(rf"(?:{_DAY}[T ]{_CLOCK}\n)++", re.ASCII)
_INSTANTS = re.compile(rf"(?:{_DAY}[T ]{_CLOCK}(?:\+00:00|Z)\n)++", re.ASCII)


def none(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """No values are so usual."""
    return None


def integers(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Integers, which are their own text."""
    return values if kinds == _INTEGER else None


def numbers(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Decimals and doubles that are written without an exponent."""
    if not kinds <= _NUMBER:
        return None
    texts = list(map(str, values))
    return None if "E" in "".join(texts) or max(map(len, texts)) > _LONGEST else texts


def booleans(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Booleans as JSON has them."""
    return ["true" if value else "false" for value in values] if kinds == _BOOLEAN else None


def strings(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Texts, escaped where any of them needs it."""
    if kinds != _TEXT:
        return None
    joined = "".join(values)
    return values if content(joined) is joined else [content(value) for value in values]


def days(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Dates."""
    return _lines(values, kinds, _DAYS)


def clocks(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Times without a zone."""
    return _lines(values, kinds, _CLOCKS)


def moments(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Timestamps without a zone."""
    return _lines(values, kinds, _MOMENTS, (" ", "T"))


def instants(values: Sequence[Any], kinds: Kinds) -> Sequence[object] | None:
    """Timestamps in UTC."""
    return _lines(values, kinds, _INSTANTS, (" ", "T"), ("+00:00", "Z"))


def _lines(
    values: Sequence[Any], kinds: Kinds, form: re.Pattern[str], *changes: tuple[str, str]
) -> Sequence[object] | None:
    """Texts that all have a form, with some of their parts replaced."""
    if kinds != _TEXT:
        return None
    joined = "\n".join(values) + "\n"
    if joined.count("\n") != len(values) or form.fullmatch(joined) is None:
        return None
    for old, new in changes:
        joined = joined.replace(old, new)
    return joined.split("\n")[:-1]
