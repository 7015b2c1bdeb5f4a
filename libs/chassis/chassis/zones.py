"""Time zones by request: ``Prefer: timezone=Europe/Berlin``, or an offset from UTC as ISO 8601 writes it."""

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_NAME = re.compile(r"(?!(?:posix|right)/)[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-5])(?::?([0-5]\d))?", re.ASCII)


def asked(prefer: str | None) -> str | None:
    """The zone that a ``Prefer`` header asks for; None where it asks for none, or for one that is not known.

    Of several the first counts, as RFC 7240 has it.
    """
    if prefer is None or "timezone" not in prefer.lower():
        return None
    for text in prefer.split(","):
        name, _, value = text.partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "timezone" and known(value):
            return value
    return None


@lru_cache(maxsize=1024)
def known(name: str) -> bool:
    """Whether this is a zone: a name of the IANA database, or an offset from UTC (``+02:00``)."""
    return _zone(name) is not None


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The zone of a name that is known. Raises `ValueError` where it is none."""
    found = _zone(name)
    if found is None:
        raise ValueError(f"no time zone: {name}")
    return found


@lru_cache(maxsize=1024)
def posix_of(name: str) -> str:
    """The zone in words that PostgreSQL takes as they are meant: it counts an offset the other way round."""
    found = _OFFSET.fullmatch(name)
    if found is None:
        return name
    sign, hours, minutes = found[1], found[2], found[3] or "00"
    return f"<{sign}{hours}:{minutes}>{'-' if sign == '+' else '+'}{hours}:{minutes}"


def _zone(name: str) -> tzinfo | None:
    found = _OFFSET.fullmatch(name)
    if found is not None:
        span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(span if found[1] == "+" else -span)
    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there, or no zone's file
        return None
