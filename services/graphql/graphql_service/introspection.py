"""``__schema`` and ``__type``: the one thing that graphql-core itself answers, on the role's schema."""

from collections.abc import Mapping
from typing import Any

from contracts.problems import internal
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)

from graphql_service.coercion import Variables
from graphql_service.schema import RoleSchema

FIELDS = frozenset({"__schema", "__type"})
_PLAIN = frozenset({"Boolean", "String"})  # the types of all arguments that introspection has


def introspect(
    role_schema: RoleSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Variables,
    nodes: list[FieldNode],
) -> dict[str, Any]:
    """The answers to an operation's introspection fields, by response key."""
    role_schema.schema.complete()
    declared = [node for node in operation.variable_definitions if _named(node.type) in _PLAIN]
    alone = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=None,
        variable_definitions=tuple(declared),
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(nodes)),
    )
    given = {node.variable.name.value: variables.get(node.variable.name.value) for node in declared}
    given = {name: value for name, value in given.items() if name in variables}
    document = DocumentNode(definitions=(alone, *fragments.values()))
    result = execute_sync(role_schema.schema, document, variable_values=given)
    if result.errors or result.data is None:
        raise internal()
    return result.data


def _named(type_: Any) -> str:
    while not hasattr(type_, "name"):
        type_ = type_.type
    return str(type_.name.value)
