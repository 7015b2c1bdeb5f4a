"""Enum tables: a table's rows as an enum's values, for the fields that refer to it."""

from contracts.graphql import EnumValue
from graphql import GraphQLEnumType, GraphQLEnumValue

DATA = "data"  # the extension of an enum whose values are data, not words of the schema


def table_enum(name: str, values: tuple[EnumValue, ...]) -> GraphQLEnumType:
    """``E_enum``: behind each value stands the key itself."""
    return GraphQLEnumType(
        name,
        {value.name: GraphQLEnumValue(value.name, description=value.comment) for value in values},
        extensions={DATA: True},
    )


def is_data(type_: object) -> bool:
    """True for an enum whose values are data."""
    return isinstance(type_, GraphQLEnumType) and DATA in type_.extensions
