"""The root fields of a role's schema: reads by resource, writes that the role may do, functions (graphql.md §2)."""

from typing import Literal, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from graphql_service.schema import inputs, upserts
from graphql_service.schema.exposed import Exposed
from graphql_service.schema.exposed_functions import ExposedFunction
from graphql_service.schema.exposure import Exposure
from graphql_service.schema.functions import aggregate_field, call_field
from graphql_service.schema.groups import grouped_field
from graphql_service.schema.outputs import list_arguments, rows_of
from graphql_service.schema.root_type import RootFields, RootType
from graphql_service.schema.types import Types

NO_QUERIES = "no_queries_available"
NO_QUERIES_TEXT = (
    "There are no queries available to the current role. Either there are no sources or remote schemas configured, "
    "or the current role doesn't have the required permissions."
)

Kind = Literal[
    "select", "aggregate", "grouped", "by_pk",
    "insert", "insert_one", "update", "update_by_pk", "update_many", "delete", "delete_by_pk",
    "call", "call_aggregate",
]  # fmt: skip


class Root(NamedTuple):
    """What a root field does, and with which resource or function."""

    kind: Kind
    exposed: Exposed | ExposedFunction


def queries(exposure: Exposure) -> dict[str, Root]:
    """The fields of ``query_root``."""
    found: dict[str, Root] = {}
    for exposed in exposure.resources.values():
        if not exposed.readable:
            continue
        enters = exposed.resource.enters
        kinds: list[Kind] = ["select"] if enters("select") else []
        if exposed.resource.aggregates and enters("select_aggregate"):
            kinds += ["aggregate", "grouped"]
        if exposed.has_key and enters("select_by_pk"):
            kinds.append("by_pk")
        found |= {exposed.root(kind): Root(kind, exposed) for kind in kinds}
    return found | _calls(exposure, "query")


def mutations(exposure: Exposure) -> dict[str, Root]:
    """The fields of ``mutation_root``."""
    found: dict[str, Root] = {}
    for exposed in exposure.resources.values():
        kinds: list[Kind] = []
        if exposed.can_insert:
            kinds += ["insert", "insert_one"] if exposed.readable else ["insert"]
        if exposed.can_update:
            kinds += ["update", "update_by_pk", "update_many"] if exposed.has_key else ["update", "update_many"]
        if exposed.resource.deletable:
            kinds += ["delete", "delete_by_pk"] if exposed.has_key else ["delete"]
        found |= {exposed.root(kind): Root(kind, exposed) for kind in kinds}
    return found | _calls(exposure, "mutation")


def _calls(exposure: Exposure, root: Literal["query", "mutation"]) -> dict[str, Root]:
    """The functions that are fields of this root: those that only read of the query's, unless it is said otherwise."""
    found: dict[str, Root] = {}
    for name, called in exposure.functions.items():
        if called.root != root:
            continue
        found[name] = Root("call", called)
        if called.rows is not None and called.function.returns.many and called.rows.resource.aggregates:
            found[called.aggregate] = Root("call_aggregate", called)
    return found


def root_type(types: Types, name: str, roots: dict[str, Root]) -> GraphQLObjectType:
    """The object type of a root."""
    worn = types.exposure.naming.arguments
    return RootType(name, RootFields(roots, lambda field: worn(root_field(types, roots[field]))))


def nothing_to_query() -> GraphQLObjectType:
    """``query_root`` of a role that may see nothing: an object type can't be empty."""
    return GraphQLObjectType(
        "query_root",
        {NO_QUERIES: GraphQLField(GraphQLNonNull(GraphQLString), description=NO_QUERIES_TEXT)},
    )


def root_field(types: Types, root: Root) -> GraphQLField:
    """A root field with its type, arguments and description."""
    kind, exposed = root
    if isinstance(exposed, ExposedFunction):
        return call_field(types, exposed) if kind == "call" else aggregate_field(types, exposed)
    name = exposed.resource.name
    return _FIELDS[kind](types, exposed, name)


def _select(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    arguments = list_arguments(types, exposed)
    return GraphQLField(
        rows_of(types.object("{}", exposed)), arguments, description=f'fetch data from the table: "{name}"'
    )


def _aggregate(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    return GraphQLField(
        GraphQLNonNull(types.object("{}_aggregate", exposed)),
        list_arguments(types, exposed),
        description=f'fetch aggregated fields from the table: "{name}"',
    )


def _by_pk(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    return GraphQLField(
        types.object("{}", exposed),
        _key_arguments(types, exposed),
        description=f'fetch data from the table: "{name}" using primary key columns',
    )


def _insert(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    rows = GraphQLList(GraphQLNonNull(types.input("{}_insert_input", exposed)))
    return GraphQLField(
        types.object("{}_mutation_response", exposed),
        {
            "objects": GraphQLArgument(GraphQLNonNull(rows), description="the rows to be inserted"),
            **upserts.arguments(types, exposed),
        },
        description=f'insert data into the table: "{name}"',
    )


def _insert_one(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    row = GraphQLNonNull(types.input("{}_insert_input", exposed))
    return GraphQLField(
        types.object("{}", exposed),
        {"object": GraphQLArgument(row, description="the row to be inserted"), **upserts.arguments(types, exposed)},
        description=f'insert a single row into the table: "{name}"',
    )


def _update(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    return GraphQLField(
        types.object("{}_mutation_response", exposed),
        {**_operators(types, exposed), "where": _where(types, exposed)},
        description=f'update data of the table: "{name}"',
    )


def _update_by_pk(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    key = GraphQLArgument(GraphQLNonNull(types.input("{}_pk_columns_input", exposed)))
    return GraphQLField(
        types.object("{}", exposed),
        {**_operators(types, exposed), "pk_columns": key},
        description=f'update single row of the table: "{name}"',
    )


def _update_many(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    several = GraphQLNonNull(GraphQLList(GraphQLNonNull(types.input("{}_updates", exposed))))
    return GraphQLField(
        GraphQLList(types.object("{}_mutation_response", exposed)),
        {"updates": GraphQLArgument(several, description="updates to execute, in order")},
        description=f'update multiple rows of table: "{name}"',
    )


def _delete(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    return GraphQLField(
        types.object("{}_mutation_response", exposed),
        {"where": _where(types, exposed)},
        description=f'delete data from the table: "{name}"',
    )


def _delete_by_pk(types: Types, exposed: Exposed, name: str) -> GraphQLField:
    return GraphQLField(
        types.object("{}", exposed),
        _key_arguments(types, exposed),
        description=f'delete single row from the table: "{name}"',
    )


def _operators(types: Types, exposed: Exposed) -> dict[str, GraphQLArgument]:
    found = inputs.operators(types, exposed)
    return {name: GraphQLArgument(type_, description=text) for name, (type_, text) in found.items()}


def _where(types: Types, exposed: Exposed) -> GraphQLArgument:
    condition: GraphQLInputType = GraphQLNonNull(types.input("{}_bool_exp", exposed))
    return GraphQLArgument(condition, description="filter the rows which have to be changed")


def _key_arguments(types: Types, exposed: Exposed) -> dict[str, GraphQLArgument]:
    return {
        field.name: GraphQLArgument(GraphQLNonNull(types.value(field)), description=field.field.comment)
        for field in exposed.key
    }


_FIELDS = {
    "select": _select,
    "aggregate": _aggregate,
    "grouped": grouped_field,
    "by_pk": _by_pk,
    "insert": _insert,
    "insert_one": _insert_one,
    "update": _update,
    "update_by_pk": _update_by_pk,
    "update_many": _update_many,
    "delete": _delete,
    "delete_by_pk": _delete_by_pk,
}
