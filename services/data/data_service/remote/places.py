"""Templates filled in: `data_service.processing.asks` says what places there are."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from data_service.processing.asks import PLACE
from data_service.remote.trouble import Trouble


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with values in its places; in a list, a place that stands for a list is spread."""
    if isinstance(template, str):
        found = PLACE.fullmatch(template)
        if found is not None and found[1] in values:
            return values[found[1]]
        return PLACE.sub(lambda place: joined(values[place[1]]) if place[1] in values else place[0], template)
    if isinstance(template, Mapping):
        filled = {key: fill(item, values) for key, item in template.items()}
        return {key: item for key, item in filled.items() if item is not LEFT_OUT}
    if isinstance(template, list | tuple):
        parts: list[Any] = []
        for item in template:
            filled = fill(item, values)
            if isinstance(item, str) and isinstance(filled, list):
                parts += filled
            elif filled is not LEFT_OUT:
                parts.append(filled)
        return parts
    return template


class _LeftOut:
    """What stands for an argument that was not given: what holds it is left out."""


LEFT_OUT = _LeftOut()


def fill_path(template: str, values: Mapping[str, Any]) -> str:
    """A path with values in its places, each of them within one step of it. Raises `Trouble`."""

    def step(value: Any) -> str:
        text = text_of(value)
        if text in ("", ".", ".."):
            raise Trouble(
                "failed", "a value that would lead elsewhere in its path", told="a value is no part of a path"
            )
        return quote(text, safe="")

    def filled(value: Any) -> str:
        return ",".join(map(step, value)) if isinstance(value, list) else step(value)

    return PLACE.sub(lambda place: filled(values[place[1]]), template)


def fill_query(template: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The query string; a list gives its parameter several times, and one without a value is left out."""
    pairs: list[tuple[str, str]] = []
    for key, item in template.items():
        filled = fill(item, values)
        if isinstance(item, list | tuple):
            pairs += [(key, text_of(one)) for one in filled]
        elif filled is not None and filled is not LEFT_OUT:
            pairs.append((key, joined(filled)))
    return urlencode(pairs)


def joined(value: Any) -> str:
    """A value as text, several joined by commas."""
    return ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


def text_of(value: Any) -> str:
    """A value as it stands in a text; nothing for null."""
    match value:
        case None | _LeftOut():
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)
