"""How a source is asked: a path, a document, an operation or a table, with places in it for the values of a request.

A text that is nothing but ``{name}`` becomes the value itself, or in a batch the list of all values; within a longer
text it becomes text, several joined by commas. ``{keys}`` is the list of all keys as objects.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from data_service.policy_document import Faults, Node, mapping, suggestion
from data_service.processing.scalars import one_of, text

Kind = Literal["rest", "graphql", "wsdl", "database"]
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
KEYS = "keys"
_BY_WORD: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "path": ("rest", ("method", "query", "body")),
    "document": ("graphql", ("variables",)),
    "operation": ("wsdl", ("arguments",)),
    "table": ("database", ()),
}
WORDS: dict[Kind, str] = {kind: word for word, (kind, _) in _BY_WORD.items()}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with places: ``what`` is the path, document, operation or table, ``given`` what is sent with it."""

    kind: Kind
    what: str
    method: str = "GET"
    query: Mapping[str, Any] = field(default_factory=dict)
    given: Any = None

    def places(self) -> Iterator[str]:
        """The names of all places in it."""
        return places_in([self.what if self.kind == "rest" else "", self.query, self.given])


def ask_keys(kind: Kind | None = None) -> tuple[str, ...]:
    """The keys of the configuration that say how to ask (a source of a kind)."""
    return tuple(
        key for word, (own, further) in _BY_WORD.items() if kind in (None, own) for key in (word, *further)
    )  # fmt: skip


def parse_ask(node: Node, keys: Mapping[str, Node], places: Collection[str] | None, faults: Faults) -> Ask | None:
    """The question that some keys hold; ``places`` are the names that may stand in it, None: any."""
    words = [word for word in _BY_WORD if word in keys]
    if len(words) != 1:
        faults.add(node.line, f"it needs one of {', '.join(_BY_WORD)}: what the source is asked for")
        return None
    kind, further = _BY_WORD[words[0]]
    for key in keys:
        if key in ask_keys() and key != words[0] and key not in further:
            faults.add(keys[key].line, f"{key} does not go with {words[0]}")
    what = text(keys, words[0], faults)
    if what is None:
        return None
    if kind == "rest" and not what.startswith("/"):
        faults.add(keys["path"].line, "path must begin with /; it continues the source's address")
    query = mapping(keys["query"], faults, "query") if "query" in keys else {}
    sent = next((keys[key] for key in ("body", "variables", "arguments") if key in keys), None)
    if places is not None:
        for part in (*([keys[words[0]]] if kind == "rest" else ()), *query.values(), *((sent,) if sent else ())):
            _check_places(part, places, faults)
    usual = "POST" if "body" in keys else "GET"
    method = one_of(keys, "method", _METHODS, faults) if "method" in keys else usual
    plain = sent.plain() if sent is not None else None
    return Ask(kind, what, method, {key: item.plain() for key, item in query.items()}, plain)


def places_in(given: Any) -> Iterator[str]:
    """The names of all places in a template."""
    if isinstance(given, str):
        yield from PLACE.findall(given)
    elif isinstance(given, Mapping):
        for item in given.values():
            yield from places_in(item)
    elif isinstance(given, list | tuple):
        for item in given:
            yield from places_in(item)


def _check_places(node: Node, known: Collection[str], faults: Faults) -> None:
    for place in places_in(node.plain()):
        if place not in known:
            names = ", ".join(sorted(known)) or "none"
            near = suggestion(place, known)
            faults.add(node.line, f"the place {{{place}}} stands for nothing; there is {names}{near}")
