"""Functions in a role's schema: their root fields (graphql.md §2)."""

from graphql import GraphQLField, GraphQLList, GraphQLNonNull, GraphQLOutputType

from graphql_service.schema.arguments import arguments_of
from graphql_service.schema.exposed_functions import ExposedFunction
from graphql_service.schema.outputs import list_arguments, rows_of
from graphql_service.schema.types import Types

VOID = "void"


def call_field(types: Types, called: ExposedFunction) -> GraphQLField:
    """``f``: rows as of a table, a row, a value, or nothing."""
    rows, returns = called.rows, called.function.returns
    arguments = arguments_of(types, called)
    type_: GraphQLOutputType
    if rows is None:
        value = types.scalar(VOID) if returns.kind == "void" else types.value(called.value)
        type_ = GraphQLList(value) if returns.many else value
    elif returns.many:
        type_ = rows_of(types.object("{}", rows))
        arguments |= list_arguments(types, rows)
    else:
        type_ = types.object("{}", rows)
    return GraphQLField(type_, arguments, description=_told(called, "execute function"))


def aggregate_field(types: Types, called: ExposedFunction) -> GraphQLField:
    """``f_aggregate``: aggregates of the rows that it gives."""
    rows = called.rows
    assert rows is not None
    type_ = GraphQLNonNull(types.object("{}_aggregate", rows))
    arguments = arguments_of(types, called) | list_arguments(types, rows)
    told = _told(called, "execute function", " and query aggregates on result")
    return GraphQLField(type_, arguments, description=told)


def _told(called: ExposedFunction, what: str, more: str = "") -> str:
    return (not more and called.function.comment) or f'{what} "{called.function.name}"{more}'
