"""Root fields of functions become calls, with what they read of the result (graphql.md §2)."""

from collections.abc import Mapping

from contracts.operations import Call, Node
from graphql import FieldNode, GraphQLArgument

from graphql_service.given import given_to
from graphql_service.reads import outputs, rows_node, summary_node
from graphql_service.schema.exposed_functions import ExposedFunction
from graphql_service.selection import Scope

Nodes = list[FieldNode]
Expected = Mapping[str, GraphQLArgument]


def call(scope: Scope, called: ExposedFunction, nodes: Nodes, expected: Expected) -> Call:
    """``f``."""
    given = given_to(scope, called.arguments, nodes[0], expected, called.function.body_form or "json")
    if called.rows is None:
        node = Node()
    elif called.function.returns.many:
        node = rows_node(scope, called.rows, nodes, expected)
    else:
        node = Node(outputs(scope, called.rows, nodes))
    return Call(called.function.name, given, node, reads_only=called.reads_only)


def call_aggregate(scope: Scope, called: ExposedFunction, nodes: Nodes, expected: Expected) -> Call:
    """``f_aggregate``."""
    assert called.rows is not None
    given = given_to(scope, called.arguments, nodes[0], expected, called.function.body_form or "json")
    node = summary_node(scope, called.rows, nodes, expected)
    return Call(called.function.name, given, node, reads_only=called.reads_only)
