"""Masks: what of a protected value a role is shown, written as a pattern or as one of a few words."""

import re
from collections.abc import Iterable, Sequence

from contracts.fields import Form, Part

FORMS: tuple[Form, ...] = ("clear", "hidden", "hash", "token")
_PLACE = re.compile(r"\{([^{}]*)\}")
_SHOWN = re.compile(r"(first|last):\s*([1-9][0-9]?)")


class PatternError(ValueError):
    """A pattern that means nothing; the message says why."""


def parse_pattern(text: str) -> tuple[Part, ...]:
    """The parts of a pattern such as ``****-{last:4}`` or ``{first:1}***@{domain}``. Raises `PatternError`."""
    parts: list[Part] = []
    at = 0
    for found in _PLACE.finditer(text):
        _add_text(parts, text[at : found.start()])
        parts.append(_place(found[1].strip()))
        at = found.end()
    _add_text(parts, text[at:])
    return tuple(parts)


def _add_text(parts: list[Part], text: str) -> None:
    if "{" in text or "}" in text:
        raise PatternError("has a brace that is not closed or not opened")
    if text:
        parts.append(Part("text", text))


def _place(word: str) -> Part:
    if word == "domain":
        return Part("domain")
    shown = _SHOWN.fullmatch(word)
    if shown is None:
        raise PatternError(f"knows {{first:n}}, {{last:n}} and {{domain}}, not {{{word}}}")
    return Part("first" if shown[1] == "first" else "last", count=int(shown[2]))


def needed_length(parts: Iterable[Part]) -> int:
    """How many characters a value must have before any of it is shown: twice as many as are shown."""
    return 2 * sum(part.count for part in parts)


def shows_value(parts: Iterable[Part]) -> bool:
    """True where a pattern shows something of the value."""
    return any(part.kind != "text" for part in parts)


def masked(text: str, parts: Sequence[Part]) -> str:
    """A value as a pattern shows it: the same text that the databases make of it (`data_service.sql.masks`)."""
    enough = len(text) >= needed_length(parts)
    return "".join(_shown(text, part, enough=enough) for part in parts)


def _shown(text: str, part: Part, *, enough: bool) -> str:
    if part.kind == "text":
        return part.text
    if part.kind == "domain":
        return text.rpartition("@")[2] if "@" in text else ""
    if not enough:
        return ""
    return text[: part.count] if part.kind == "first" else text[-part.count :]
