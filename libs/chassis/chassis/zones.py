"""Time zones by request: ``Prefer: timezone=Europe/Berlin``, or an offset from UTC as ISO 8601 writes it."""

import re
from collections.abc import Iterator
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from contracts.problems import Problem

_NAME = re.compile(r"(?!(?:posix|right)/)[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)
_OFFSET = re.compile(r"([+-])(0?\d|1[0-5])(?::?([0-5]\d))?", re.ASCII)


def asked(prefer: str | None) -> str | None:
    """The zone that a ``Prefer`` header asks for; None where it asks for none, or for one that is not known.

    Of several the first counts, as RFC 7240 has it.
    """
    if prefer is None or "timezone" not in prefer.lower():
        return None
    return next((value for name, value in _preferences(prefer) if name == "timezone" and known(value)), None)


def refuse_unknown(prefer: str | None) -> None:
    """Raises `Problem` PGRST122 where a ``Prefer`` header asks for a zone that is not known, and strictly.

    Without ``handling=strict`` a preference that can't be had is passed over (RFC 7240, 2). For the facades that know
    no other preference; REST holds all of them to it.
    """
    if prefer is None or "timezone" not in prefer.lower():
        return
    given = list(_preferences(prefer))
    unknown = [f"{name}={value}" for name, value in given if name == "timezone" and not known(value)]
    handling = next((value for name, value in given if name == "handling" and value in ("strict", "lenient")), None)
    if unknown and handling == "strict":
        named = ", ".join(unknown)
        message = f"Invalid preferences given with handling=strict: {named}"  # GraphQL shows nothing else
        raise Problem("PGRST122", message, details=f"Invalid preferences: {named}")


def _preferences(prefer: str) -> Iterator[tuple[str, str]]:
    for text in prefer.split(","):
        name, _, value = text.partition("=")
        yield name.strip().lower(), value.strip().strip('"')


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
    sign, hours, minutes = found[1], found[2].zfill(2), found[3] or "00"
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
