"""Values made fit for the drivers; a value that is none of its type is refused with PostgreSQL's own codes."""

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from contracts.fields import Field
from contracts.problems import Problem

json_text = msgspec.json.Encoder(decimal_format="number").encode

_YES = {"true", "t", "yes", "y", "on", "1"}
_NO = {"false", "f", "no", "n", "off", "0"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_EXACT = 15  # decimal digits that a float holds without loss
_SURELY = 19  # a number of fewer digits has 64 bits


def plain_text(value: Any) -> str | None:
    """A JSON value as PostgreSQL's text form of a scalar; objects and arrays as JSON text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f") if -40 < value.adjusted() < 40 else str(value)
    if isinstance(value, int | float):
        return repr(value)
    return json_text(value).decode()


def array_text(value: Any) -> str | None:
    """A list as the text of a PostgreSQL array; text passes as it is (it is one already)."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list | tuple):
        raise invalid("array", value)
    return "{" + ",".join(_element(item) for item in value) + "}"


def _element(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return str(array_text(item))
    text = str(plain_text(item)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_ARRAY_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,{}"]*))\s*(?:,|$)')


def listed(value: Any) -> list[Any]:
    """A list, or the text of one as a session variable holds it (``{1,2}``). Raises `Problem` 22P02."""
    if isinstance(value, list):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if not (text.startswith("{") and text.endswith("}")):
        raise invalid("array", value)
    inner, items, at = text[1:-1], [], 0
    while at < len(inner):
        found = _ARRAY_ITEM.match(inner, at)
        if found is None:
            raise invalid("array", value)
        quoted, bare = found[1], (found[2] or "").strip()
        items.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else None if bare == "NULL" else bare)
        at = found.end()
    return items


def any_json(value: Any) -> str | None:
    """A JSON value as JSON text."""
    return None if value is None else json_text(value).decode()


def given_json(value: Any) -> str | None:
    """What a filter compares JSON with: text that a client sent is JSON text already. Raises `Problem` 22P02."""
    if not isinstance(value, str):
        return any_json(value)
    try:
        msgspec.json.decode(value.encode())
    except msgspec.DecodeError:
        raise invalid("json", value) from None
    return value


def fit_patterns(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``encode`` for patterns of LIKE. Raises `Problem` 22025 where one ends with an escape.

    PostgreSQL would say so only where it meets a row that fits so far: that would tell of rows that a policy hides.
    """

    def checked(value: Any) -> Any:
        for pattern in value if isinstance(value, list | tuple) else (value,):
            text = plain_text(pattern) or ""
            if (len(text) - len(text.rstrip("\\"))) % 2:
                raise Problem("22025", "LIKE pattern must not end with escape character")
        return encode(value)

    return checked


def whole_number(value: Any) -> int:
    """A whole number. Raises `Problem` 22P02, 22003."""
    number = to_integer(value)
    return 0 if number is None else number


def limited(unasked: int | None, most: int | None) -> Callable[[Any], int | None]:
    """A limit, lowered to ``most``; null asks for none and gets ``unasked``. Raises `Problem` 2201W if negative."""

    def encode(value: Any) -> int | None:
        if value is None:
            return unasked
        number = whole_number(value)
        if number < 0:
            raise Problem("2201W", "LIMIT must not be negative")
        return number if most is None else min(number, most)

    return encode


def invalid(kind: str, value: Any) -> Problem:
    """The caller's own value is none of this type."""
    shown = plain_text(value) or ""
    return Problem("22P02", f'invalid input syntax for type {kind}: "{shown[:200]}"')


def to_integer(value: Any) -> int | None:
    """A whole number of 64 bits."""
    if type(value) is str and value.isdecimal() and value.isascii() and len(value) < _SURELY:
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        number = value
    else:
        text = (plain_text(value) or "").strip()
        if not re.fullmatch(r"[+-]?\d{1,40}", text):
            if isinstance(value, Decimal) and value == value.to_integral_value():
                return to_integer(int(value))
            raise invalid("integer", value)
        number = int(text)
    if number is not None and not -(2**63) <= number < 2**63:
        raise Problem("22003", f'value "{number}" is out of range for type bigint')
    return number


def to_decimal(value: Any) -> int | float | str | None:
    """A number for a field of type numeric: exact up to 15 digits, else refused (22003)."""
    if value is None:
        return None
    text = (plain_text(value) or "").strip()
    if not _NUMBER.fullmatch(text):
        raise invalid("numeric", value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise invalid("numeric", value) from None
    if number == number.to_integral_value() and abs(number) < 2**63:
        return int(number)
    if len(number.normalize().as_tuple().digits) > _EXACT:
        raise Problem("22003", f'value "{text}" has more digits than this database keeps')
    return float(number)


def to_float(value: Any) -> float | None:
    """A floating point number; Infinity and -Infinity by name."""
    if value is None:
        return None
    text = (plain_text(value) or "").strip()
    named = {"infinity": float("inf"), "inf": float("inf"), "-infinity": float("-inf"), "-inf": float("-inf")}
    if text.lower() in named:
        return named[text.lower()]
    if not _NUMBER.fullmatch(text):
        raise invalid("double precision", value)
    number = float(text)
    if math.isinf(number):
        raise Problem("22003", f'"{text}" is out of range for type double precision')
    return number


def to_boolean(value: Any) -> int | None:
    """A truth value as 1 or 0."""
    if value is None:
        return None
    word = (plain_text(value) or "").strip().lower()
    if word not in _YES | _NO:
        raise invalid("boolean", value)
    return int(word in _YES)


def to_bytes(value: Any) -> bytes | None:
    r"""Bytes from PostgreSQL's hex form (``\x00ff``), else the text's own bytes in UTF-8."""
    if value is None:
        return None
    text = plain_text(value) or ""
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            raise Problem("22P02", "invalid hexadecimal data") from None
    return text.encode()


def to_date(value: Any) -> str | None:
    """A date as YYYY-MM-DD."""
    return _moment(value, "date", lambda text: dt.date.fromisoformat(text[:10] if len(text) > 10 else text).isoformat())


def to_time(value: Any) -> str | None:
    """A time of day as HH:MM:SS, with a fraction where there is one."""
    return _moment(value, "time", lambda text: dt.time.fromisoformat(text).isoformat())


def to_timestamp(value: Any) -> str | None:
    """A point of time as SQLite's own functions write it: YYYY-MM-DD HH:MM:SS, in UTC where a zone was given."""
    return _moment(value, "timestamp", lambda text: _utc(dt.datetime.fromisoformat(text)).isoformat(" "))


def to_timestamptz(value: Any) -> str | None:
    """A point of time with a zone, in UTC, as YYYY-MM-DD HH:MM:SS+00:00."""

    def normal(text: str) -> str:
        moment = dt.datetime.fromisoformat(text)
        return _utc(moment).replace(tzinfo=dt.UTC).isoformat(" ")

    return _moment(value, "timestamp with time zone", normal)


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _moment(value: Any, kind: str, parse: Callable[[str], str]) -> str | None:
    if value is None:
        return None
    text = (plain_text(value) or "").strip()
    try:
        return parse(text)
    except ValueError:
        code = "22008" if re.match(r"\d{4}-\d{2}-\d{2}", text) else "22007"
        start = "date/time field value out of range" if code == "22008" else f"invalid input syntax for type {kind}"
        raise Problem(code, f'{start}: "{text[:100]}"') from None


def to_uuid(value: Any) -> str | None:
    """A UUID in its canonical form."""
    if value is None:
        return None
    try:
        return str(UUID(plain_text(value) or ""))
    except ValueError:
        raise invalid("uuid", value) from None


_BY_TYPE: dict[str, Callable[[Any], Any]] = {
    "int2": to_integer,
    "int4": to_integer,
    "int8": to_integer,
    "numeric": to_decimal,
    "float4": to_float,
    "float8": to_float,
    "bool": to_boolean,
    "bytes": to_bytes,
    "date": to_date,
    "time": to_time,
    "timestamp": to_timestamp,
    "timestamptz": to_timestamptz,
    "uuid": to_uuid,
}


def decimal_within(precision: int, scale: int) -> Callable[[Any], int | float | str | None]:
    """A number rounded to its declared scale, halves away from zero, and refused where it has more digits before it."""
    most, exact = Decimal(10) ** (precision - scale), Context(prec=1100, rounding=ROUND_HALF_UP)

    def within(value: Any) -> int | float | str | None:
        text = (plain_text(value) or "").strip()
        if value is None or not _NUMBER.fullmatch(text):
            return to_decimal(value)  # null, or refused there
        number = Decimal(text)
        rounded = number.quantize(Decimal(1).scaleb(-scale), context=exact) if abs(number) < most else most
        if abs(rounded) >= most:
            details = f"A field with precision {precision}, scale {scale} must round to an absolute value less than "
            raise Problem("22003", "numeric field overflow", details=f"{details}10^{precision - scale}.")
        return to_decimal(rounded)

    return within


def native(kind: str) -> Callable[[Any], Any]:
    """How a value of a portable type is stored by SQLite."""
    return _BY_TYPE.get(kind, plain_text)


def stored(field: Field) -> Callable[[Any], Any]:
    """How a field's value is written by SQLite: of its type, within its length (22001) or precision (22003)."""
    if field.type == "json":
        return any_json
    if field.type == "numeric" and field.precision is not None:
        return decimal_within(field.precision, field.scale or 0)
    convert = native(field.type)
    if field.length is None or field.type != "text":
        return convert

    def within(value: Any) -> Any:
        text = plain_text(value)
        if text is not None and len(text) > (field.length or 0):
            raise Problem("22001", f"value too long for type character varying({field.length})")
        return text

    return within
