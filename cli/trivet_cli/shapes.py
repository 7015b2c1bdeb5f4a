"""The shape of an answer's body: which members of which types, how many rows, whatever their order and values."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any
from xml.parsers import expat

Shape = dict[str, frozenset[str]]  # what stands at each place: names of types, by a path such as $[].customer.name
_MANY = 6  # differences told of one body


def shape(body: bytes, content_type: str) -> Shape:
    """The shape of a body by its media type; of one that can't be read, only whether there is anything."""
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        if media_type.endswith(("/json", "+json")):
            return _merged(_of_json(json.loads(body), "$"))
        if media_type.endswith(("/xml", "+xml")):
            return _merged(_of_xml(body))
        if media_type == "text/csv":
            return _merged(_of_csv(body.decode()))
    except (ValueError, RecursionError, csv.Error, expat.ExpatError):
        return {"$": frozenset({f"something that is no {media_type}"})}
    return {"$": frozenset({"something" if body else "nothing"})}


def differences(old: Shape, new: Shape) -> list[str]:
    """In words, where two shapes differ; the first few of them."""
    found = [
        f"{place}: {_words(old.get(place))} → {_words(new.get(place))}"
        for place in dict.fromkeys([*old, *new])
        if old.get(place) != new.get(place) and not _within_missing(place, old, new)
    ]
    if len(found) > _MANY:
        return [*found[:_MANY], f"and {len(found) - _MANY} more"]
    return found


def _within_missing(place: str, old: Shape, new: Shape) -> bool:
    """Whether what the place is in is told to be missing already."""
    above = place.rpartition(".")[0] or place.removesuffix("[]")
    return above not in (place, "$") and (above in old) != (above in new)


def _words(types: frozenset[str] | None) -> str:
    return "nothing there" if types is None else " or ".join(sorted(types))


def _merged(places: Iterable[tuple[str, str]]) -> Shape:
    found: dict[str, set[str]] = {}
    for place, kind in places:
        found.setdefault(place, set()).add(kind)
    return {place: frozenset(kinds) for place, kinds in found.items()}


def _of_json(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield place, "object"
        for name in value:
            yield from _of_json(value[name], f"{place}.{name}")
    elif isinstance(value, list):
        # the rows of an answer are counted, lists within them may be of any length
        yield place, f"{len(value)} rows" if place == "$" else "list"
        for item in value:
            yield from _of_json(item, f"{place}[]")
    else:
        yield place, _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else "text"


def _of_xml(body: bytes) -> list[tuple[str, str]]:
    """The elements by their local names; a document type is refused, for it could make much of little."""
    reader = _XmlReader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.Parse(body, True)
    return reader.found


class _XmlReader:
    """Notes what each element holds, while a parser goes through a document."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._holds: list[str] = []

    def start(self, name: str, _: object) -> None:
        if self._holds:
            self._holds[-1] = "elements"
        self._open.append(name.rpartition(" ")[2])
        self._holds.append("empty")

    def text(self, text: str) -> None:
        if self._holds[-1] == "empty" and text.strip():
            self._holds[-1] = "text"

    def end(self, _: str) -> None:
        self.found.append((".".join(["$", *self._open]), self._holds.pop()))
        self._open.pop()

    def refuse(self, *_: object) -> None:
        raise ValueError("a document type")


def _of_csv(text: str) -> Iterator[tuple[str, str]]:
    rows = list(csv.reader(io.StringIO(text)))
    yield "$", f"{max(len(rows) - 1, 0)} rows"
    for name in rows[0] if rows else []:
        yield f"$[].{name}", "text"
