"""Structured values of Python's functions as input types, made from their JSON Schema."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.structured import Schema, is_structured, leaf_type, without_null
from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from graphql_service.names import assign, fitting
from graphql_service.schema.exposed_functions import ExposedCall, ExposedFunction
from graphql_service.schema.types import Types

Makers = dict[str, Callable[[Types], GraphQLInputObjectType]]
_SCALARS = {"text": "String", "enum": "String", "int8": "bigint", "bool": "Boolean"}  # others are called alike


def makers_of(called: ExposedFunction) -> Makers:
    """What makes the input types of a function's structured arguments, by name."""
    found: Makers = {}
    for name, given in called.arguments.items():
        if is_structured(given.argument.schema):
            _collect(given.argument.schema or {}, type_name(called, name), found)
    return found


def type_name(called: ExposedFunction | ExposedCall, argument: str) -> str:
    """The name of an argument's input type; of those within it the members' names follow."""
    return f"{called.arguments_type.removesuffix('_args')}_{argument}_input"


def input_type(types: Types, schema: Schema, name: str) -> GraphQLInputType:
    """The input type of a schema; ``name`` is that of its own objects."""
    bare, nullable = without_null(schema)
    made: Any
    if bare.get("properties"):
        made = types.shared(name)
    elif bare.get("type") == "array" and "items" in bare:
        made = GraphQLList(input_type(types, bare["items"], name))
    else:
        made = types.scalar(_scalar(bare))
    return made if nullable else GraphQLNonNull(made)


def _collect(schema: Schema, name: str, found: Makers) -> None:
    bare, _ = without_null(schema)
    if "items" in bare and isinstance(bare["items"], Mapping):
        _collect(bare["items"], name, found)
    if not bare.get("properties"):
        return
    found[name] = lambda types: _object(types, bare, name)
    for member, inner in bare["properties"].items():
        _collect(inner, _within(name, member), found)


def _within(name: str, member: str) -> str:
    return f"{name.removesuffix('_input')}_{fitting(member)}_input"


def _object(types: Types, schema: Schema, name: str) -> GraphQLInputObjectType:
    required = frozenset(schema.get("required", ()))
    properties = schema["properties"]
    names = assign(properties, ())

    def fields() -> dict[str, GraphQLInputField]:
        made = {}
        for member, inner in properties.items():
            type_ = input_type(types, inner, _within(name, member))
            if member not in required and isinstance(type_, GraphQLNonNull):
                type_ = type_.of_type
            made[names[member]] = GraphQLInputField(type_, description=inner.get("description"))
        return made

    return GraphQLInputObjectType(name, fields, description=schema.get("description"))


def _scalar(schema: Schema) -> str:
    kind = leaf_type(schema)
    return _SCALARS.get(kind, kind)
