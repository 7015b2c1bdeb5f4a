"""``T_aggregate_bool_exp``: conditions on aggregates of related rows (graphql.md §4)."""

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.patterns import AGGREGATE_TESTS, PAIRED_TESTS
from graphql_service.schema.scalars import Scalar
from graphql_service.schema.types import Types

_OF_BOOLEANS = ("bool_and", "bool_or")


def _fields(exposed: Exposed, function: str) -> list[ExposedField]:
    """The fields that a function can be applied to."""
    if not exposed.readable or not exposed.resource.aggregates:
        return []
    if function in _OF_BOOLEANS:
        return [field for field in exposed.filterable.values() if field.field.type == "bool"]
    if function in PAIRED_TESTS and exposed.exposure.catalog.engine != "postgresql":
        return []
    return list(exposed.numbers)


def aggregate_bool_exp(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_aggregate_bool_exp``: the number of related rows, and what other functions make of them."""
    if not exposed.readable or not exposed.resource.aggregates:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        found = {"count": GraphQLInputField(types.input("{}_aggregate_bool_exp_count", exposed))}
        for function in AGGREGATE_TESTS:
            test = types.input_if_any(f"{{}}_aggregate_bool_exp_{function}", exposed)
            if test is not None:
                found[function] = GraphQLInputField(test)
        return found

    return GraphQLInputObjectType(f"{exposed.type_name}_aggregate_bool_exp", fields)


def aggregate_bool_exp_count(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_aggregate_bool_exp_count``."""
    if not exposed.readable or not exposed.resource.aggregates:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        columns = GraphQLList(GraphQLNonNull(types.enum("{}_select_column", exposed)))
        return {"arguments": GraphQLInputField(columns), **_common(types, exposed, Scalar("Int"))}

    return GraphQLInputObjectType(f"{exposed.type_name}_aggregate_bool_exp_count", fields)


def aggregate_bool_exp_of(types: Types, exposed: Exposed, function: str) -> GraphQLInputObjectType | None:
    """``T_aggregate_bool_exp_avg`` and its like, for the fields that the function can be applied to."""
    if not _fields(exposed, function):
        return None

    def fields() -> dict[str, GraphQLInputField]:
        arguments: GraphQLEnumType | GraphQLInputObjectType = _columns(types, exposed, function)
        if function in PAIRED_TESTS:
            arguments = types.input(f"{{}}_aggregate_bool_exp_{function}_arguments", exposed)
        scalar = Scalar("Boolean" if function in _OF_BOOLEANS else "float8")
        return {"arguments": GraphQLInputField(GraphQLNonNull(arguments)), **_common(types, exposed, scalar)}

    return GraphQLInputObjectType(f"{exposed.type_name}_aggregate_bool_exp_{function}", fields)


def paired_arguments(types: Types, exposed: Exposed, function: str) -> GraphQLInputObjectType | None:
    """``T_aggregate_bool_exp_corr_arguments`` and its like: the two fields, whichever comes first."""
    if not _fields(exposed, function):
        return None

    def fields() -> dict[str, GraphQLInputField]:
        return {name: GraphQLInputField(GraphQLNonNull(_columns(types, exposed, function))) for name in ("X", "Y")}

    return GraphQLInputObjectType(f"{exposed.type_name}_aggregate_bool_exp_{function}_arguments", fields)


def _columns(types: Types, exposed: Exposed, function: str) -> GraphQLEnumType:
    return types.enum(f"{{0}}_select_column_{{0}}_aggregate_bool_exp_{function}_arguments_columns", exposed)


def arguments_columns(_types: Types, exposed: Exposed, function: str) -> GraphQLEnumType | None:
    """``T_select_column_T_aggregate_bool_exp_avg_arguments_columns`` and its like."""
    values = {f.name: GraphQLEnumValue(f.field.name, description="column name") for f in _fields(exposed, function)}
    if not values:
        return None
    name = exposed.type_name
    return GraphQLEnumType(
        f"{name}_select_column_{name}_aggregate_bool_exp_{function}_arguments_columns",
        values,
        description=f'select "{name}_aggregate_bool_exp_{function}_arguments_columns" columns of table '
        f'"{exposed.resource.name}"',
    )


def _common(types: Types, exposed: Exposed, scalar: Scalar) -> dict[str, GraphQLInputField]:
    return {
        "distinct": GraphQLInputField(GraphQLBoolean),
        "filter": GraphQLInputField(types.input("{}_bool_exp", exposed)),
        "predicate": GraphQLInputField(GraphQLNonNull(types.comparison(scalar))),
    }
