"""What a document may ask at most: a guard against requests that are cheap to write and dear to answer (graphql.md §8).

All of it but the cost of some (`costs`) is settled once for a document's text and a role.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import NamedTuple

from contracts.graphql import Bounds
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graphql_service.errors import refuse

log = logging.getLogger("trivet.graphql")

HEADER = "GraphQL-Spent"
DEPTH_EXCEEDED = "depth-limit-exceeded"
_CODES = {
    "depth": DEPTH_EXCEEDED,
    "nodes": "node-limit-exceeded",
    "aliases": "alias-limit-exceeded",
    "cost": "cost-limit-exceeded",
    "tokens": "token-limit-exceeded",
    "bytes": "document-limit-exceeded",
    "batch": "batch-limit-exceeded",
}
_WORDS = {"nodes": "node", "aliases": "alias", "tokens": "token", "bytes": "document"}
# beyond these a document is refused even where limits only report: understanding it would be the attack
CEILINGS = {"depth": 200, "nodes": 50_000, "tokens": 200_000}
_INTROSPECTION = 1000  # what a look at the whole schema counts as, whatever it selects


@dataclass(frozen=True)
class Limits:
    """What one document may ask at most.

    ``depth`` counts levels of fields, ``nodes`` fields in all, ``aliases`` those under another name, fragments
    unfolded; ``cost`` counts rows (`costs`); ``tokens`` and ``bytes`` measure the document's text, ``batch`` is the
    number of requests in one, ``seconds`` the time of an operation (None: a request's).

    ``introspection`` False: ``__schema`` and ``__type`` are refused. ``report_only``: what exceeds a limit is answered,
    marked in the header, and logged.
    """

    depth: int = 20
    nodes: int = 5000
    aliases: int = 500
    cost: int = 5_000_000
    tokens: int = 50_000
    bytes: int = 1_000_000
    batch: int = 50
    seconds: float | None = None
    introspection: bool = True
    report_only: bool = False

    def within(self, bounds: Bounds | None) -> "Limits":
        """The limits with those that the configuration has for a role in the place of the settings'."""
        if bounds is None:
            return self
        names = {item.name for item in fields(self)}
        given = {name: getattr(bounds, name) for name in bounds.__struct_fields__ if name in names}
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    @property
    def most_tokens(self) -> int:
        """The tokens after which parsing ends."""
        return max(self.tokens, CEILINGS["tokens"]) if self.report_only else self.tokens

    def hold(self, name: str, spent: int, about: str = "") -> bool:
        """Whether ``spent`` is within the limit of this name. Raises `Refusal` where it is not, unless only reported.

        The log names the document ``about`` which it is by its SHA-256: its text may hold what is nobody's business.
        """
        limit: int = getattr(self, name)
        if spent <= limit:
            return True
        if not self.report_only or spent > max(CEILINGS.get(name, spent), limit):
            refuse(f"query {_WORDS.get(name, name)} limit of {limit} exceeded", _CODES[name])
        digest = sha256(about.encode("utf-8", "replace")).hexdigest()
        log.warning("%s limit of %s exceeded by a document: %s (%s)", name, limit, spent, digest)
        return False


@dataclass(frozen=True)
class Spent:
    """What an operation was found to ask, and the names of the limits that it exceeds."""

    depth: int
    nodes: int
    aliases: int
    cost: int
    over: tuple[str, ...] = ()

    def header(self, limits: Limits) -> str:
        """The value of `HEADER`: a dictionary of structured fields (RFC 8941), each with its limit."""
        parts = []
        for name in ("depth", "nodes", "aliases", "cost"):
            mark = ";exceeded" if name in self.over else ""
            parts.append(f"{name}={getattr(self, name)};limit={getattr(limits, name)}{mark}")
        return ", ".join(parts)


def spent_together(several: list[Spent]) -> Spent:
    """What the requests of a batch ask together; the depth is the deepest one's."""
    over = tuple(dict.fromkeys(name for spent in several for name in spent.over))
    return Spent(
        max((spent.depth for spent in several), default=0),
        sum(spent.nodes for spent in several),
        sum(spent.aliases for spent in several),
        sum(spent.cost for spent in several),
        over,
    )


class Size(NamedTuple):
    """How deep something selects, how many fields, and how many of them under another name."""

    depth: int = 0
    nodes: int = 0
    aliases: int = 0


@dataclass(frozen=True)
class _Measure:
    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, Size] = field(default_factory=dict)

    def of(self, selection_set: SelectionSetNode) -> Size:
        """The size of a selection set."""
        depth = nodes = aliases = 0
        for inner in map(self._selection, selection_set.selections):
            depth, nodes, aliases = max(depth, inner.depth), nodes + inner.nodes, aliases + inner.aliases
        return Size(depth, nodes, aliases)

    def _selection(self, selection: object) -> Size:
        if isinstance(selection, FieldNode):
            named = int(selection.alias is not None)
            if selection.name.value.startswith("__"):
                return Size(0, _INTROSPECTION if selection.name.value == "__schema" else 1, named)
            inner = self.of(selection.selection_set) if selection.selection_set else Size()
            return Size(inner.depth + 1, inner.nodes + 1, inner.aliases + named)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        return self.of(selection.selection_set)  # type: ignore[attr-defined]  # an inline fragment

    def _fragment(self, name: str) -> Size:
        if name not in self.known:
            self.known[name] = Size()  # a fragment within itself is refused elsewhere
            if name in self.fragments:
                self.known[name] = self.of(self.fragments[name].selection_set)
        return self.known[name]


def measure(document: DocumentNode) -> Iterator[tuple[OperationDefinitionNode | FragmentDefinitionNode, Size]]:
    """The size of each operation and fragment of a document."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    measuring = _Measure(fragments)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            yield definition, measuring.of(definition.selection_set)


def check_sizes(document: DocumentNode, limits: Limits, text: str) -> dict[OperationDefinitionNode, Spent]:
    """What each operation of a document asks, but for its cost. Raises `Refusal` where one asks too much."""
    found: dict[OperationDefinitionNode, Spent] = {}
    for definition, size in measure(document):
        over = tuple(name for name, spent in size._asdict().items() if not limits.hold(name, spent, text))
        if isinstance(definition, OperationDefinitionNode):
            found[definition] = Spent(*size, 0, over)
    return found


def check_text(text: str, limits: Limits) -> None:
    """Raises `Refusal` where a document's text is too long."""
    if len(text) * 4 > limits.bytes:  # no character has more bytes in UTF-8
        limits.hold("bytes", len(text.encode("utf-8", "replace")), text)
