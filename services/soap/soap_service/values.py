"""Values of the JSON answer to XML Schema's text, ready to stand in an element; None where the type can't say it."""

import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from soap_service.markup import content

Write = Callable[[Any], str | None]

_ZONE = r"(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?"
_CLOCK = r"(\d\d:\d\d)(:\d\d(?:\.\d+)?)?"
_DATE = re.compile(r"(\d{4,}-\d\d-\d\d)(?:[T ].*)?", re.ASCII)
_TIME = re.compile(_CLOCK + _ZONE, re.ASCII)
_MOMENT = re.compile(rf"(\d{{4,}}-\d\d-\d\d)(?:[T ]{_CLOCK} ?{_ZONE})?", re.ASCII)
_INTERVAL = re.compile(
    r"(?:(-?\d+) years? ?)?(?:(-?\d+) mons? ?)?(?:([+-]?\d+) days? ?)?(?:([+-]?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?",
    re.ASCII,
)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_SPECIAL = {"Infinity": "INF", "-Infinity": "-INF", "NaN": "NaN"}
_DIGITS = 2000  # of a number written without an exponent; more can only be an exponent gone wild
_encode_json = msgspec.json.Encoder(decimal_format="number").encode


def number(value: Any) -> str | None:
    """An xs:decimal (or an integer): no exponent, the scale as it came."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value if _DECIMAL.fullmatch(value) else None
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value.adjusted()) > _DIGITS:
        return None
    return format(value, "f")


def integer(value: Any) -> str | None:
    """An integer; a fraction of zeros, as SQLite may hold it, is dropped."""
    if isinstance(value, Decimal):
        fits = value.is_finite() and value.adjusted() < 40 and value == value.to_integral_value()
        return str(int(value)) if fits else None
    text = number(value)
    return text if text is not None and "." not in text else None


def double(value: Any) -> str | None:
    """An xs:double: NaN, INF and -INF by XML Schema's words."""
    if isinstance(value, str):
        return _SPECIAL.get(value) or (value if _DECIMAL.fullmatch(value) else None)
    if isinstance(value, Decimal):
        return str(value) if math.isfinite(float(value)) else ("INF" if value > 0 else "-INF")
    return number(value)


def boolean(value: Any) -> str | None:
    """An xs:boolean."""
    return ("true" if value else "false") if isinstance(value, int) else None


def day(value: Any) -> str | None:
    """An xs:date, never with a zone."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else None


def clock(value: Any) -> str | None:
    """An xs:time, with its zone where it has one."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return match[1] + (match[2] or ":00") + _zone(match[3]) if match else None


def moment(value: Any) -> str | None:
    """An xs:dateTime without a zone."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return f"{match[1]}T{match[2] or '00:00'}{match[3] or ':00'}"


def instant(value: Any) -> str | None:
    """An xs:dateTime in UTC, with Z."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    text = f"{match[1]}T{match[2] or '00:00'}{match[3] or ':00'}"
    zone = _zone(match[4]) or "Z"
    return text + "Z" if zone == "Z" else _in_utc(text, zone)


def interval(value: Any) -> str | None:
    """An interval in ISO 8601's words, as far as it is in PostgreSQL's: ``1 year 2 days`` → P1Y2D."""
    match = _INTERVAL.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        return string(value)
    *days, sign, hours, minutes, seconds = match.groups()
    text = "".join(f"{int(number)}{unit}" for number, unit in zip(days, "YMD", strict=True) if number)
    minus = "-" if sign == "-" else ""
    clock = "".join(_part(number, unit, minus) for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")))
    return f"P{text}T{clock}" if clock else f"P{text}" if text else "PT0S"


def binary(value: Any) -> str | None:
    """An xs:base64Binary of the text ``\\x`` and hexadecimal digits."""
    if not isinstance(value, str):
        return None
    try:
        data = bytes.fromhex(value[2:]) if value.startswith("\\x") else value.encode()
    except ValueError:
        return None
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def string(value: Any) -> str | None:
    """An xs:string; what is no text stands as JSON."""
    return content(value if isinstance(value, str) else _encode_json(value).decode())


def json(value: Any) -> str | None:
    """The JSON text of any value, in an xs:string."""
    return content(_encode_json(value).decode())


def _part(number: str | None, unit: str, minus: str) -> str:
    if not number or not number.strip("0."):
        return ""
    digits = number.lstrip("0")
    return f"{minus}{'0' if digits.startswith('.') else ''}{digits}{unit}"


def _zone(text: str | None) -> str:
    if not text or text == "Z":
        return text or ""
    digits = text[1:].replace(":", "")
    hours, minutes = digits[:2], digits[2:4] or "00"
    return "Z" if (hours, minutes) == ("00", "00") else f"{text[0]}{hours}:{minutes}"


def _in_utc(text: str, zone: str) -> str:
    """The moment moved to UTC; its fraction stays untouched, and so does a moment beyond Python's calendar."""
    whole, dot, fraction = text.partition(".")
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    try:
        moved = datetime.fromisoformat(whole).replace(tzinfo=UTC) - (offset if zone[0] == "+" else -offset)
    except (ValueError, OverflowError):
        return text + zone
    return moved.strftime(f"{moved.year:04}-%m-%dT%H:%M:%S") + dot + fraction + "Z"
