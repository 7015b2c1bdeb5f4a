"""Root fields of functions become calls, with what they read of the result (graphql.md §2)."""

from collections.abc import Mapping

from contracts.operations import Call, Given, Node
from graphql import FieldNode, GraphQLArgument

from graphql_service.coercion import arguments_of
from graphql_service.errors import NOT_SUPPORTED, Misfit
from graphql_service.reads import outputs, rows_node, summary_node
from graphql_service.schema.exposed_functions import ExposedFunction
from graphql_service.selection import Scope

Nodes = list[FieldNode]
Expected = Mapping[str, GraphQLArgument]


def call(scope: Scope, called: ExposedFunction, nodes: Nodes, expected: Expected) -> Call:
    """``f``."""
    given = _given(scope, called, nodes, expected)
    if called.rows is None:
        node = Node()
    elif called.function.returns.many:
        node = rows_node(scope, called.rows, nodes, expected)
    else:
        node = Node(outputs(scope, called.rows, nodes))
    return Call(called.function.name, given, node, reads_only=called.function.reads_only)


def call_aggregate(scope: Scope, called: ExposedFunction, nodes: Nodes, expected: Expected) -> Call:
    """``f_aggregate``."""
    assert called.rows is not None
    given = _given(scope, called, nodes, expected)
    node = summary_node(scope, called.rows, nodes, expected)
    return Call(called.function.name, given, node, reads_only=called.function.reads_only)


def _given(scope: Scope, called: ExposedFunction, nodes: Nodes, expected: Expected) -> tuple[Given, ...]:
    """The arguments. Raises `Misfit` where one without a default is left out; null may be given for it."""
    values = arguments_of(nodes[0], expected, scope.variables).get("args") or {}
    found = []
    for name, (_, argument) in called.arguments.items():
        if name in values:
            form = called.function.body_form or "json"
            found.append(Given(argument.name, scope.param(values[name]), form))
        elif argument.required:
            raise Misfit("Non default arguments cannot be omitted", NOT_SUPPORTED, ("args", "args"))
    return tuple(found)
