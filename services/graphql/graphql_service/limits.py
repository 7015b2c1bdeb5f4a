"""How deep and how large a document may be: a guard against requests that are cheap to write and dear to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graphql_service.errors import refuse

DEPTH_EXCEEDED = "depth-limit-exceeded"
NODES_EXCEEDED = "node-limit-exceeded"
_INTROSPECTION = 1000  # what a look at the whole schema counts as, whatever it selects


@dataclass(frozen=True)
class Limits:
    """``depth`` counts levels of fields, ``nodes`` fields in all, fragments unfolded."""

    depth: int = 20
    nodes: int = 5000


@dataclass(frozen=True)
class _Measure:
    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, selection_set: SelectionSetNode) -> tuple[int, int]:
        """Depth and number of fields of a selection set."""
        depth = nodes = 0
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                if selection.name.value.startswith("__"):
                    nodes += _INTROSPECTION if selection.name.value == "__schema" else 1
                    continue
                inner = self.of(selection.selection_set) if selection.selection_set else (0, 0)
                inner = (inner[0] + 1, inner[1] + 1)
            elif isinstance(selection, FragmentSpreadNode):
                inner = self._fragment(selection.name.value)
            else:
                inner = self.of(selection.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            depth, nodes = max(depth, inner[0]), nodes + inner[1]
        return depth, nodes

    def _fragment(self, name: str) -> tuple[int, int]:
        if name not in self.known:
            self.known[name] = (0, 0)  # a fragment within itself is refused elsewhere
            if name in self.fragments:
                self.known[name] = self.of(self.fragments[name].selection_set)
        return self.known[name]


def check(document: DocumentNode, limits: Limits) -> None:
    """Raises `Refusal` where an operation of the document is too deep or too large."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    measure = _Measure(fragments)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            depth, nodes = measure.of(definition.selection_set)
            if depth > limits.depth:
                refuse(f"query depth limit of {limits.depth} exceeded", DEPTH_EXCEEDED)
            if nodes > limits.nodes:
                refuse(f"query node limit of {limits.nodes} exceeded", NODES_EXCEEDED)
