"""Where directives may stand, and how often (GraphQL §5.7), in Hasura's words (graphql.md §8)."""

from typing import Any

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
)
from graphql.validation import ValidationRule

_PLACES = {
    DirectiveLocation.QUERY: "a query",
    DirectiveLocation.MUTATION: "a mutation",
    DirectiveLocation.SUBSCRIPTION: "a subscription",
    DirectiveLocation.FIELD: "a field",
    DirectiveLocation.FRAGMENT_SPREAD: "a fragment spread",
    DirectiveLocation.INLINE_FRAGMENT: "an inline fragment",
}


class DirectivesFit(ValidationRule):
    """Every directive exists, stands where it may, and stands there once."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_args: Any) -> None:
        """Look at an operation's directives."""
        self._look(node.directives, DirectiveLocation[node.operation.name])

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at a field's directives."""
        self._look(node.directives, DirectiveLocation.FIELD)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: Any) -> None:
        """Look at a spread's directives."""
        self._look(node.directives, DirectiveLocation.FRAGMENT_SPREAD)

    def enter_inline_fragment(self, node: InlineFragmentNode, *_args: Any) -> None:
        """Look at an inline fragment's directives."""
        self._look(node.directives, DirectiveLocation.INLINE_FRAGMENT)

    def _look(self, directives: tuple[DirectiveNode, ...], place: DirectiveLocation) -> None:
        seen: dict[str, int] = {}
        for node in directives:
            name = node.name.value
            seen[name] = seen.get(name, 0) + 1
            known = self.context.schema.get_directive(name)
            if known is None:
                self._report(node, f"directive '{name}' is not defined in the schema")
            elif place not in known.locations:
                self._report(node, f"directive '{name}' is not allowed on {_PLACES[place]}")
        again = ", ".join(f"'{name}'" for name, count in seen.items() if count > 1)
        if again:
            self._report(directives[0], f"the following directives are used more than once: [{again}]")

    def _report(self, node: DirectiveNode, text: str) -> None:
        self.report_error(GraphQLError(text, node, extensions={"up": 1}))
