"""Functions in a role's schema: their root fields and the input types of their arguments (graphql.md §2)."""

from typing import Any

from contracts.structured import is_structured
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
)

from graphql_service.schema.exposed_functions import ExposedArgument, ExposedFunction
from graphql_service.schema.outputs import list_arguments, rows_of
from graphql_service.schema.structures import input_type, type_name
from graphql_service.schema.types import Types

VOID = "void"


def arguments_input(types: Types, called: ExposedFunction) -> GraphQLInputObjectType:
    """``f_args``."""
    return GraphQLInputObjectType(
        called.arguments_type,
        lambda: {name: _argument(types, called, name, argument) for name, argument in called.arguments.items()},
        description=f'arguments of the function "{called.function.name}"',
    )


def _argument(types: Types, called: ExposedFunction, name: str, given: ExposedArgument) -> GraphQLInputField:
    type_: Any = types.value(given.shown)
    schema = given.argument.schema
    if schema is not None and is_structured(schema):
        type_ = input_type(types, schema, type_name(called, name))
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    always = given.argument.required and not given.argument.nullable
    return GraphQLInputField(GraphQLNonNull(type_) if always else type_, description=given.argument.comment)


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


def arguments_of(types: Types, called: ExposedFunction) -> dict[str, GraphQLArgument]:
    """``args``, where it takes any."""
    if not called.arguments:
        return {}
    type_ = types.shared(called.arguments_type)
    assert isinstance(type_, GraphQLInputObjectType)
    needed = any(given.argument.required for given in called.arguments.values())
    told = f'input parameters for function "{called.function.name}"'
    return {"args": GraphQLArgument(GraphQLNonNull(type_) if needed else type_, description=told)}


def _told(called: ExposedFunction, what: str, more: str = "") -> str:
    return (not more and called.function.comment) or f'{what} "{called.function.name}"{more}'
