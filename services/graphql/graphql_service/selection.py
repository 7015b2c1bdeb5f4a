"""Which fields a document selects: fragments unfolded, directives obeyed, fields of one response key merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.filters import Param
from contracts.operations import Value
from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLNonNull,
    SelectionNode,
    SelectionSetNode,
)

from graphql_service.coercion import Variables, from_literal
from graphql_service.schema.types import Types

Selected = dict[str, list[FieldNode]]
_CONDITION = GraphQLNonNull(GraphQLBoolean)


@dataclass(frozen=True, eq=False)
class Scope:
    """What is at hand while an operation is translated; ``values`` collects the literals that are lifted out."""

    types: Types
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables
    values: list[Value] = field(default_factory=list)

    def param(self, value: Any) -> Param:
        """Lift a literal out."""
        self.values.append(value)
        return Param(len(self.values) - 1)

    def select(self, nodes: Iterable[FieldNode]) -> Selected:
        """What is selected beneath fields that share a response key (GraphQL §6.4.3), in the order written."""
        selected: Selected = {}
        for node in nodes:
            if node.selection_set is not None:
                self.collect(node.selection_set, selected, set())
        return selected

    def collect(self, selection_set: SelectionSetNode, selected: Selected, seen: set[str]) -> None:
        """Add a selection set's fields to ``selected`` by response key (GraphQL §6.3.2)."""
        for selection in selection_set.selections:
            if selection.directives and not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                selected.setdefault(key, []).append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen:
                    seen.add(name)
                    self.collect(self.fragments[name].selection_set, selected, seen)
            else:
                # no type of ours is abstract: validation lets through only conditions that hold
                self.collect(selection.selection_set, selected, seen)  # type: ignore[attr-defined]  # inline fragment

    def _included(self, selection: SelectionNode) -> bool:
        found = {directive.name.value: directive for directive in selection.directives}
        skip, include = found.get("skip"), found.get("include")
        if skip is not None and self._condition(skip):
            return False
        return include is None or self._condition(include)

    def _condition(self, directive: DirectiveNode) -> bool:
        return bool(from_literal(directive.arguments[0].value, _CONDITION, self.variables))
