"""Numbers moved in SQLite as PostgreSQL moves them: whole ones stay whole, decimal ones exact."""

from decimal import Decimal
from typing import Any

from contracts.problems import Problem

from data_service.sql.values import decimal_within, invalid, to_decimal

_WHOLE = {16: "smallint", 32: "integer", 64: "bigint"}  # by their bits


def add_whole(old: Any, amount: int | None, bits: int) -> int | float | None:
    """``old`` and ``amount`` together within ``bits``, where SQLite would go on with a larger number or a rounded one.

    Raises `Problem` 22003, 22P02.
    """
    if old is None or amount is None:
        return None
    if not isinstance(old, int | float):
        raise invalid("integer", old)
    total = old + amount
    bound = 1 << (bits - 1)
    if isinstance(total, int) and not -bound <= total < bound:
        raise Problem("22003", f"{_WHOLE[bits]} out of range")
    return total


def add_decimal(
    old: Any, amount: float | str | None, precision: int | None, scale: int | None
) -> int | float | str | None:
    """``old`` and ``amount`` together by their decimal digits, 0.1 and 0.2 being 0.3, within a precision and scale.

    Raises `Problem` 22003 for what has more digits than the field or the database keeps, and 22P02.
    """
    if old is None or amount is None:
        return None
    if not isinstance(old, int | float) or old - old != 0:
        raise invalid("numeric", old)
    exact = Decimal(old) if isinstance(old, int) else Decimal(f"{old:.15g}")  # the digits that a float keeps
    total = exact + Decimal(str(amount))
    return to_decimal(total) if precision is None else decimal_within(precision, scale or 0)(total)
