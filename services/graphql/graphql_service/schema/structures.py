"""Structured values of Python's functions as input types, made from their JSON Schema."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from graphql_service.names import assign, fitting
from graphql_service.schema.exposed import ExposedFunction
from graphql_service.schema.types import Types

Schema = Mapping[str, Any]
Makers = dict[str, Callable[[Types], GraphQLInputObjectType]]
_FORMATS = {"uuid": "uuid", "date": "date", "date-time": "timestamptz", "time": "time", "decimal": "numeric"}
_SCALARS = {"integer": "bigint", "number": "float8", "boolean": "Boolean", "string": "String"}


def makers_of(called: ExposedFunction) -> Makers:
    """What makes the input types of a function's structured arguments, by name."""
    found: Makers = {}
    for name, given in called.arguments.items():
        if is_structured(given.argument.schema):
            _collect(given.argument.schema or {}, type_name(called, name), found)
    return found


def type_name(called: ExposedFunction, argument: str) -> str:
    """The name of an argument's input type; of those within it the members' names follow."""
    return f"{called.arguments_type.removesuffix('_args')}_{argument}_input"


def is_structured(schema: Schema | None) -> bool:
    """Whether a schema is of objects whose members are known, or a list of them."""
    if schema is None:
        return False
    bare, _ = _bare(schema)
    return bool(bare.get("properties")) or ("items" in bare and is_structured(bare["items"]))


def input_type(types: Types, schema: Schema, name: str) -> GraphQLInputType:
    """The input type of a schema; ``name`` is that of its own objects."""
    bare, nullable = _bare(schema)
    made: Any
    if bare.get("properties"):
        made = types.shared(name)
    elif bare.get("type") == "array" and "items" in bare:
        made = GraphQLList(input_type(types, bare["items"], name))
    else:
        made = types.scalar(_scalar(bare))
    return made if nullable else GraphQLNonNull(made)


def _collect(schema: Schema, name: str, found: Makers) -> None:
    bare, _ = _bare(schema)
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


def _bare(schema: Schema) -> tuple[Schema, bool]:
    """The schema without ``null``, and whether it may be that."""
    choices = schema.get("anyOf")
    if not choices:
        return schema, False
    others = [choice for choice in choices if choice.get("type") != "null"]
    return (others[0] if len(others) == 1 else {}), len(others) < len(choices)


def _scalar(schema: Schema) -> str:
    if schema.get("type") == "string":
        return _FORMATS.get(schema.get("format", ""), "String")
    values = schema.get("enum")
    if values and all(isinstance(value, str) for value in values):
        return "String"
    return _SCALARS.get(schema.get("type", ""), "json")
