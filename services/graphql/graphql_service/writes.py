"""Mutation fields become writes, with what they read back (graphql.md §§2, 6)."""

from typing import Any, Literal

from contracts.operations import Affected, Assign, Create, Delete, Filter, Node, Output, Rows, Update
from graphql import FieldNode, GraphQLArgument

from graphql_service.coercion import arguments_of
from graphql_service.errors import Misfit
from graphql_service.filters import key_filter
from graphql_service.reads import outputs, walk, where_filter
from graphql_service.schema.exposed import Exposed
from graphql_service.selection import Scope

Nodes = list[FieldNode]
Expected = dict[str, GraphQLArgument]
How = Literal["value", "increment"]
_OPERATORS: dict[str, How] = {"_set": "value", "_inc": "increment"}


def insert(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Create:
    """``insert_T``: what a row lacks takes its default."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return _create(scope, exposed, arguments["objects"], _response(scope, exposed, nodes))


def insert_one(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Create:
    """``insert_T_one``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return _create(scope, exposed, [arguments["object"]], _one(scope, exposed, nodes))


def update(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Update:
    """``update_T``; without any operator nothing is set, and no row counts as affected."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    assigns = _assigns(scope, exposed, arguments)
    filter_ = where_filter(scope, exposed, arguments["where"])
    return Update(exposed.resource.name, assigns, filter=filter_, returning=_response(scope, exposed, nodes))


def update_by_pk(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Update:
    """``update_T_by_pk``. Raises `Misfit` without any operator."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    if not any(arguments.get(name) is not None for name in _OPERATORS):
        raise Misfit("at least one update operator must be provided", path=("args",))
    assigns = _assigns(scope, exposed, arguments)
    filter_ = key_filter(scope, exposed, arguments["pk_columns"])
    return Update(exposed.resource.name, assigns, filter=filter_, returning=_one(scope, exposed, nodes))


def delete(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Delete:
    """``delete_T``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    filter_: Filter = where_filter(scope, exposed, arguments["where"])
    return Delete(exposed.resource.name, filter=filter_, returning=_response(scope, exposed, nodes))


def delete_by_pk(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Delete:
    """``delete_T_by_pk``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    filter_ = key_filter(scope, exposed, arguments)
    return Delete(exposed.resource.name, filter=filter_, returning=_one(scope, exposed, nodes))


def _create(scope: Scope, exposed: Exposed, objects: list[dict[str, Any]], returning: Node) -> Create:
    fields = exposed.insertable
    given = {name for item in objects for name in item}
    rows = [{fields[name].field.name: value for name, value in item.items()} for item in objects]
    return Create(
        exposed.resource.name,
        tuple(field.field.name for name, field in fields.items() if name in given),
        scope.param(rows),
        ragged=any(len(item) != len(given) for item in objects),
        missing="default",
        returning=returning,
    )


def _assigns(scope: Scope, exposed: Exposed, arguments: dict[str, Any]) -> tuple[Assign, ...]:
    assigns: list[Assign] = []
    for operator, how in _OPERATORS.items():
        for name, value in (arguments.get(operator) or {}).items():
            assigns.append(Assign(exposed.updatable[name].field.name, scope.param(value), how))
    fields = [assign.field for assign in assigns]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise Misfit(f"Column found in multiple operators: {twice}.", path=("args",))
    return tuple(assigns)


def _response(scope: Scope, exposed: Exposed, nodes: Nodes) -> Node:
    def make(key: str, name: str, found: Nodes) -> Output:
        return Affected(key) if name == "affected_rows" else Rows(key, outputs(scope, exposed, found))

    return Node(walk(scope, nodes, f"{exposed.type_name}_mutation_response", make), shape="summary")


def _one(scope: Scope, exposed: Exposed, nodes: Nodes) -> Node:
    return Node(outputs(scope, exposed, nodes), shape="maybe")
