"""Types of groups, an extension of ours to Hasura's schema: ``T_grouped(by, where, having, order_by)``.

A group has the ``key`` that its rows share, and the ``aggregate`` that ``T_aggregate`` has over all rows.
"""

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.scalars import Scalar
from graphql_service.schema.types import Types

HAVING_FUNCTIONS = ("sum", "avg", "min", "max")
COUNT, FRACTION = Scalar("Int"), Scalar("Float")


def grouped_field(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    """``T_grouped``."""
    columns = GraphQLNonNull(GraphQLList(GraphQLNonNull(types.enum("{}_select_column", exposed))))
    orders = GraphQLList(GraphQLNonNull(types.input("{}_group_order_by", exposed)))
    return GraphQLField(
        GraphQLNonNull(GraphQLList(GraphQLNonNull(types.object("{}_group", exposed)))),
        {
            "by": GraphQLArgument(columns, description="what the rows of a group have in common"),
            "where": GraphQLArgument(types.input("{}_bool_exp", exposed), description="filter the rows to be grouped"),
            "having": GraphQLArgument(types.input("{}_having", exposed), description="filter the groups"),
            "order_by": GraphQLArgument(orders, description="sort the groups"),
            "limit": GraphQLArgument(GraphQLInt, description="limit the number of groups returned"),
            "offset": GraphQLArgument(GraphQLInt, description="skip the first n groups"),
        },
        description=f'fetch groups of rows of the table: "{name}"',
    )


def group(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T_group``."""
    if not _grouped(exposed):
        return None
    return GraphQLObjectType(
        f"{exposed.type_name}_group",
        lambda: {
            "key": GraphQLField(GraphQLNonNull(types.object("{}_group_key", exposed))),
            "aggregate": GraphQLField(GraphQLNonNull(types.object("{}_aggregate_fields", exposed))),
        },
        description=f'a group of rows of "{exposed.resource.name}"',
    )


def group_key(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T_group_key``: of its fields those can be selected that are grouped by."""
    if not _grouped(exposed):
        return None
    return GraphQLObjectType(
        f"{exposed.type_name}_group_key",
        lambda: {
            field.name: GraphQLField(types.value(field), description=field.field.comment)
            for field in exposed.fields.values()
        },
        description=f'what the rows of a group of "{exposed.resource.name}" have in common',
    )


def group_order_by(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_group_order_by``: by the key, and by aggregates."""
    if not _grouped(exposed):
        return None
    return GraphQLInputObjectType(
        f"{exposed.type_name}_group_order_by",
        lambda: {
            "key": GraphQLInputField(types.input("{}_group_key_order_by", exposed)),
            "aggregate": GraphQLInputField(types.input("{}_aggregate_order_by", exposed)),
        },
        description=f'ordering options for groups of "{exposed.resource.name}"',
    )


def group_key_order_by(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_group_key_order_by``."""
    if not _grouped(exposed):
        return None
    order = types.shared("order_by")
    return GraphQLInputObjectType(
        f"{exposed.type_name}_group_key_order_by",
        lambda: {name: GraphQLInputField(order) for name in exposed.fields},  # type: ignore[arg-type]  # an enum
    )


def having(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_having``: conditions on a group's aggregates."""
    if not _grouped(exposed):
        return None

    def fields() -> dict[str, GraphQLInputField]:
        own = types.input("{}_having", exposed)
        several = GraphQLInputField(GraphQLList(GraphQLNonNull(own)))
        found = {"_and": several, "_not": GraphQLInputField(own), "_or": several}
        found["count"] = GraphQLInputField(types.comparison(COUNT))
        for function in HAVING_FUNCTIONS:
            inner = types.input_if_any(f"{{}}_{function}_having", exposed)
            if inner is not None:
                found[function] = GraphQLInputField(inner)
        return found

    return GraphQLInputObjectType(
        f"{exposed.type_name}_having",
        fields,
        description=f'Boolean expression to filter groups of "{exposed.resource.name}". '
        "All fields are combined with a logical 'AND'.",
    )


def function_having(types: Types, exposed: Exposed, function: str) -> GraphQLInputObjectType | None:
    """``T_sum_having`` and its like."""
    fields = exposed.numbers if function in ("sum", "avg") else exposed.comparable
    if not fields or not _grouped(exposed):
        return None

    def comparison(field: ExposedField) -> GraphQLInputObjectType:
        return types.comparison(FRACTION if function == "avg" else field.scalar)

    return GraphQLInputObjectType(
        f"{exposed.type_name}_{function}_having",
        lambda: {field.name: GraphQLInputField(comparison(field)) for field in fields},
    )


def _grouped(exposed: Exposed) -> bool:
    return exposed.readable and exposed.resource.aggregates
