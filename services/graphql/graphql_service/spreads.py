"""Fragments unfolded where they are spread (GraphQL §5.5.2): each exists, and none holds itself; in Hasura's words."""

from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.validation import ValidationRule

from graphql_service.errors import Path


class FragmentsUnfold(ValidationRule):
    """What operations spread exists and ends. Here alone, places tell the fragments on the way."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_args: Any) -> None:
        """Unfold an operation."""
        self._unfold(node.selection_set, (), (), set())

    def _unfold(self, selection_set: SelectionSetNode, path: Path, stack: tuple[str, ...], done: set[str]) -> None:
        """Unfold a selection set at ``path`` within the fragments of ``stack``; those that are ``done`` are known."""
        inside = (*path, "selectionSet")
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                if selection.selection_set:
                    self._unfold(selection.selection_set, (*inside, selection.name.value), stack, done)
            elif isinstance(selection, InlineFragmentNode):
                self._unfold(selection.selection_set, path, stack, done)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in done:
                self._spread(selection, inside, stack, done)

    def _spread(self, node: FragmentSpreadNode, place: Path, stack: tuple[str, ...], done: set[str]) -> None:
        name = node.name.value
        fragment = self.context.get_fragment(name)
        if fragment is None:
            self._report(node, place, f'reference to undefined fragment "{name}"')
        elif name in stack:
            names = _listed(stack[stack.index(name) :])
            self._report(node, place, f"the fragment definition(s) {names} form a cycle")
        else:
            self._unfold(fragment.selection_set, (*place, name), (*stack, name), done)
            done.add(name)

    def _report(self, node: FragmentSpreadNode, place: Path, text: str) -> None:
        self.report_error(GraphQLError(text, node, extensions={"place": place}))


def _listed(names: tuple[str, ...]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"
