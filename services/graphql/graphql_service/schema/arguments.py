"""The arguments of functions in a role's schema: of those that are root fields, and of computed fields."""

from typing import Any

from contracts.structured import is_structured
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
)

from graphql_service.schema.exposed_functions import ExposedArgument, ExposedCall, ExposedFunction
from graphql_service.schema.structures import input_type, type_name
from graphql_service.schema.types import Types

Called = ExposedFunction | ExposedCall


def arguments_input(types: Types, called: Called) -> GraphQLInputObjectType:
    """``f_args``."""
    return GraphQLInputObjectType(
        called.arguments_type,
        lambda: {name: _argument(types, called, name, argument) for name, argument in called.arguments.items()},
        description=f"arguments of the {called.told}",
    )


def _argument(types: Types, called: Called, name: str, given: ExposedArgument) -> GraphQLInputField:
    type_: Any = types.value(given.shown)
    schema = given.argument.schema
    if schema is not None and is_structured(schema):
        type_ = input_type(types, schema, type_name(called, name))
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    always = given.argument.required and not given.argument.nullable
    return GraphQLInputField(GraphQLNonNull(type_) if always else type_, description=given.argument.comment)


def arguments_of(types: Types, called: Called) -> dict[str, GraphQLArgument]:
    """``args``, where it takes any."""
    if not called.arguments:
        return {}
    type_ = types.shared(called.arguments_type)
    assert isinstance(type_, GraphQLInputObjectType)
    needed = any(given.argument.required for given in called.arguments.values())
    told = f"input parameters for {called.told}"
    return {"args": GraphQLArgument(GraphQLNonNull(type_) if needed else type_, description=told)}
