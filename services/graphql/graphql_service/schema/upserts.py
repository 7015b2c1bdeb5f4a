"""What becomes of new rows that are there already: ``on_conflict`` (graphql.md §§4, 6)."""

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from graphql_service.schema.exposed import Exposed
from graphql_service.schema.types import Types

PLACEHOLDER = "_PLACEHOLDER"  # no enum may be empty


def constraint(_types: Types, exposed: Exposed) -> GraphQLEnumType | None:
    """``T_constraint``: the unique keys."""
    if not exposed.constraints:
        return None
    values = {
        name: GraphQLEnumValue(key.name, description=_described(key.fields, primary=key.primary))
        for name, key in exposed.constraints.items()
    }
    return GraphQLEnumType(
        f"{exposed.type_name}_constraint",
        values,
        description=f'unique or primary key constraints on table "{exposed.resource.name}"',
    )


def update_column(_types: Types, exposed: Exposed) -> GraphQLEnumType | None:
    """``T_update_column``: what an old row may take from the new one."""
    if not exposed.constraints:
        return None
    values = {
        name: GraphQLEnumValue(field.field.name, description="column name") for name, field in exposed.updatable.items()
    }
    if not values:
        values[PLACEHOLDER] = GraphQLEnumValue(PLACEHOLDER, description="placeholder (do not use)")
    return GraphQLEnumType(
        f"{exposed.type_name}_update_column", values, description=f'update columns of table "{exposed.resource.name}"'
    )


def on_conflict(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_on_conflict``."""
    if not exposed.constraints:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        columns = GraphQLNonNull(GraphQLList(GraphQLNonNull(types.enum("{}_update_column", exposed))))
        found = {
            "constraint": GraphQLInputField(GraphQLNonNull(types.enum("{}_constraint", exposed))),
            "update_columns": GraphQLInputField(columns, default_value=[]),
        }
        if exposed.readable:
            found["where"] = GraphQLInputField(types.input("{}_bool_exp", exposed))
        return found

    return GraphQLInputObjectType(
        f"{exposed.type_name}_on_conflict",
        fields,
        description=f'on_conflict condition type for table "{exposed.resource.name}"',
    )


def arguments(types: Types, exposed: Exposed) -> dict[str, GraphQLArgument]:
    """The argument ``on_conflict``, where there is a key that rows can be held against."""
    rule = types.input_if_any("{}_on_conflict", exposed)
    return {} if rule is None else {"on_conflict": GraphQLArgument(rule, description="upsert condition")}


def _described(fields: tuple[str, ...], *, primary: bool) -> str:
    columns = ", ".join(f'"{field}"' for field in fields)
    return f"{'unique or primary key' if primary else 'unique'} constraint on columns {columns}"
