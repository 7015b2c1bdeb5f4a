"""Object types: a resource's rows, its aggregates, and what a mutation answers (graphql.md §§3, 4)."""

from contracts.identity import ADMIN_ROLE
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from graphql_service.schema.arguments import arguments_of
from graphql_service.schema.exposed import Exposed, ExposedField, ExposedRelation, executes
from graphql_service.schema.exposed_functions import ExposedCall
from graphql_service.schema.patterns import FUNCTIONS, NUMERIC_FUNCTIONS
from graphql_service.schema.types import Types

KEEPS_TYPE = ("max", "min", "sum")


def list_arguments(types: Types, exposed: Exposed) -> dict[str, GraphQLArgument]:
    """The arguments of every field that answers rows or their aggregates."""
    columns = GraphQLList(GraphQLNonNull(types.enum("{}_select_column", exposed)))
    orders = GraphQLList(GraphQLNonNull(types.input("{}_order_by", exposed)))
    return {
        "distinct_on": GraphQLArgument(columns, description="distinct select on columns"),
        "limit": GraphQLArgument(GraphQLInt, description="limit the number of rows returned"),
        "offset": GraphQLArgument(GraphQLInt, description="skip the first n rows. Use only with order_by"),
        "order_by": GraphQLArgument(orders, description="sort the rows by one or more columns"),
        "where": GraphQLArgument(types.input("{}_bool_exp", exposed), description="filter the rows returned"),
    }


def rows_of(row: GraphQLObjectType) -> "GraphQLNonNull[GraphQLList[GraphQLNonNull[GraphQLObjectType]]]":
    """``[T!]!``."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(row)))


def resource_type(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T``: the fields and relations of a resource."""
    if not exposed.readable:
        return None
    comment = exposed.resource.comment or f'columns and relationships of "{exposed.resource.name}"'
    return GraphQLObjectType(exposed.type_name, lambda: _fields(types, exposed), description=comment)


def _fields(types: Types, exposed: Exposed) -> dict[str, GraphQLField]:
    calls = exposed.calls
    made = {id(one.field): executes(one) for one in exposed.resource.row_functions}
    fields = {
        name: _field(types, field, calls.get(name), made.get(id(field.field))) for name, field in exposed.fields.items()
    }
    for name, relation in exposed.relations.items():
        call = calls.get(name)
        fields[name] = _relation(types, exposed, relation, call)
        if relation.relation.cardinality == "many" and relation.target.resource.aggregates:
            aggregate = GraphQLNonNull(types.object("{}_aggregate", relation.target))
            fields[exposed.aggregate_name(name)] = GraphQLField(
                aggregate,
                _called(types, call) | list_arguments(types, relation.target),
                description="An aggregate relationship",
            )
    return fields


def _called(types: Types, call: ExposedCall | None) -> dict[str, GraphQLArgument]:
    return {} if call is None else arguments_of(types, call)


def _field(types: Types, field: ExposedField, call: ExposedCall | None, otherwise: str | None) -> GraphQLField:
    nullable = types.value(field)
    path = {"path": GraphQLArgument(GraphQLString, description="JSON select path")}
    arguments = _called(types, call) | (path if field.field.type == "json" else {})
    return GraphQLField(
        nullable if field.field.nullable else GraphQLNonNull(nullable),
        arguments or None,
        description=field.field.comment or otherwise,
    )


def _relation(types: Types, exposed: Exposed, relation: ExposedRelation, call: ExposedCall | None) -> GraphQLField:
    row, arguments = types.object("{}", relation.target), _called(types, call)
    if relation.relation.cardinality == "many":
        arguments |= list_arguments(types, relation.target)
        # as Hasura has it: what a function gives may be null, by its type
        rows = rows_of(row) if relation.relation.pairs else GraphQLList(GraphQLNonNull(row))
        return GraphQLField(rows, arguments, description=relation.comment or "An array relationship")
    always = _always_there(exposed, relation)
    return GraphQLField(
        GraphQLNonNull(row) if always else row,
        arguments or None,
        description=relation.comment or "An object relationship",
    )


def _always_there(exposed: Exposed, relation: ExposedRelation) -> bool:
    # a policy may hide the row on the other side, and SQLite lets foreign keys dangle
    catalog = exposed.exposure.catalog
    trusted = catalog.engine == "postgresql" and catalog.role in (None, ADMIN_ROLE)
    return trusted and relation.relation.owning and not relation.relation.optional


def aggregate_type(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T_aggregate``."""
    if not exposed.readable or not exposed.resource.aggregates:
        return None
    return GraphQLObjectType(
        f"{exposed.type_name}_aggregate",
        lambda: {
            "aggregate": GraphQLField(types.object("{}_aggregate_fields", exposed)),
            "nodes": GraphQLField(rows_of(types.object("{}", exposed))),
        },
        description=f'aggregated selection of "{exposed.resource.name}"',
    )


def aggregate_fields(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T_aggregate_fields``: the count, and a group for every function that some field is fit for."""
    if not exposed.readable or not exposed.resource.aggregates:
        return None

    def fields() -> dict[str, GraphQLField]:
        columns = GraphQLList(GraphQLNonNull(types.enum("{}_select_column", exposed)))
        arguments = {"columns": GraphQLArgument(columns), "distinct": GraphQLArgument(GraphQLBoolean)}
        found = {"count": GraphQLField(GraphQLNonNull(GraphQLInt), arguments)}
        for function in FUNCTIONS:
            group = types.object_if_any(f"{{}}_{function}_fields", exposed)
            if group is not None:
                found[function] = GraphQLField(group)
        return found

    return GraphQLObjectType(
        f"{exposed.type_name}_aggregate_fields",
        fields,
        description=f'aggregate fields of "{exposed.resource.name}"',
    )


def function_fields(types: Types, exposed: Exposed, function: str) -> GraphQLObjectType | None:
    """``T_max_fields`` and its like: averages and deviations are floats, the others keep the field's type."""
    fields = exposed.numbers if function in NUMERIC_FUNCTIONS else exposed.comparable
    if not fields or not exposed.resource.aggregates:
        return None

    def output(field: ExposedField) -> GraphQLOutputType:
        return types.value(field) if function in KEEPS_TYPE else GraphQLFloat

    return GraphQLObjectType(
        f"{exposed.type_name}_{function}_fields",
        lambda: {field.name: GraphQLField(output(field), description=field.field.comment) for field in fields},
        description=f"aggregate {function} on columns",
    )


def mutation_response(types: Types, exposed: Exposed) -> GraphQLObjectType | None:
    """``T_mutation_response``; ``returning`` only where the role may see something."""

    def fields() -> dict[str, GraphQLField]:
        affected = GraphQLField(GraphQLNonNull(GraphQLInt), description="number of rows affected by the mutation")
        if not exposed.readable:
            return {"affected_rows": affected}
        returning = GraphQLField(
            rows_of(types.object("{}", exposed)), description="data from the rows affected by the mutation"
        )
        return {"affected_rows": affected, "returning": returning}

    return GraphQLObjectType(
        f"{exposed.type_name}_mutation_response",
        fields,
        description=f'response of any mutation on the table "{exposed.resource.name}"',
    )
