"""The ``Prefer`` header (RFC 7240): what the client would like, the first of each kind winning (spec: rest.md §5)."""

import re
from collections.abc import Iterable

import msgspec
from chassis import zones
from contracts.problems import Problem

KNOWN: dict[str, tuple[str, ...]] = {
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("default", "null"),
    "return": ("representation", "headers-only", "minimal"),
    "count": ("exact", "planned", "estimated"),
    "tx": ("commit", "rollback"),
    "handling": ("strict", "lenient"),
    "pages": ("keyset",),
}
_NUMBER = re.compile(r"[0-9]{1,18}")
_ECHOED = {
    "read": ("count", "tx", "handling", "timezone", "pages"),
    "create": ("resolution", "missing", "return", "count", "tx", "handling", "timezone"),
    "update": ("missing", "return", "count", "tx", "handling", "timezone", "max-affected"),
    "put": ("return", "count", "tx", "handling", "timezone"),
    "call": ("count", "tx", "handling", "timezone", "max-affected"),
    "delete": ("return", "count", "tx", "handling", "timezone", "max-affected"),
}


class Preferences(msgspec.Struct, frozen=True):
    """The preferences that are known, by name, and the others as they were written."""

    given: dict[str, str] = {}
    unknown: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """A preference's value, None where none was given."""
        return self.given.get(name)

    @property
    def strict(self) -> bool:
        """True where what can't be done must be refused."""
        return self.given.get("handling") == "strict"

    @property
    def max_affected(self) -> int | None:
        """How many rows a write may affect; only counts with strict handling."""
        return int(self.given["max-affected"]) if self.strict and "max-affected" in self.given else None

    def applied(self, kind: str, *, resolved: bool = True, tx: bool = False) -> str | None:
        """The ``Preference-Applied`` header for a kind of operation, None where nothing was applied.

        ``resolved`` False: there was no key that could have conflicted. ``tx``: clients may say how transactions end.
        """
        idle = {
            *(() if self.strict else ("max-affected",)),
            *(() if resolved else ("resolution",)),
            *(() if tx else ("tx",)),
        }
        names = [name for name in _ECHOED[kind] if name in self.given and name not in idle]
        return ", ".join(f"{name}={self.given[name]}" for name in names) or None


def parse(headers: Iterable[str]) -> Preferences:
    """The preferences in all ``Prefer`` headers. Raises `Problem` PGRST122 for unknown ones when strict."""
    given: dict[str, str] = {}
    unknown: list[str] = []
    for text in ",".join(headers).split(","):
        name, _, value = (part.strip() for part in text.partition("="))
        name, value = name.lower(), value.strip('"')
        if _is_known(name, value):
            given.setdefault(name, value)
        elif name:
            unknown.append(text.strip())
    found = Preferences(given, tuple(unknown))
    if found.strict and unknown:
        raise Problem(
            "PGRST122",
            "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}",
        )
    return found


def _is_known(name: str, value: str) -> bool:
    if name == "max-affected":
        return _NUMBER.fullmatch(value) is not None
    if name == "timezone":
        return zones.known(value)
    return value in KNOWN.get(name, ())
