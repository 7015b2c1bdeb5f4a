"""A catalog becomes a schema that graphql-core can parse, validate and introspect with."""

import threading
from dataclasses import dataclass, field
from functools import partial

from contracts.catalog import Catalog
from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDeprecatedDirective,
    GraphQLDirective,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    specified_directives,
)

from graphql_service.readers import Readers
from graphql_service.schema import aggregate_filters, arguments, groups, inputs, outputs, roots, structures, upserts
from graphql_service.schema.exposure import Exposure
from graphql_service.schema.groups import HAVING_FUNCTIONS
from graphql_service.schema.patterns import AGGREGATE_TESTS, FUNCTIONS, JSON_OPERATORS, PAIRED_TESTS
from graphql_service.schema.roots import Root
from graphql_service.schema.types import Maker, SharedMaker, Types

_MAKERS: dict[str, Maker] = {
    "{}": outputs.resource_type,
    "{}_aggregate": outputs.aggregate_type,
    "{}_aggregate_fields": outputs.aggregate_fields,
    "{}_mutation_response": outputs.mutation_response,
    "{}_bool_exp": inputs.bool_exp,
    "{}_aggregate_bool_exp": aggregate_filters.aggregate_bool_exp,
    "{}_aggregate_bool_exp_count": aggregate_filters.aggregate_bool_exp_count,
    **{
        f"{{}}_aggregate_bool_exp_{function}": partial(aggregate_filters.aggregate_bool_exp_of, function=function)
        for function in AGGREGATE_TESTS
    },
    **{
        f"{{}}_aggregate_bool_exp_{function}_arguments": partial(aggregate_filters.paired_arguments, function=function)
        for function in PAIRED_TESTS
    },
    **{
        f"{{0}}_select_column_{{0}}_aggregate_bool_exp_{function}_arguments_columns": partial(
            aggregate_filters.arguments_columns, function=function
        )
        for function in AGGREGATE_TESTS
    },
    "{}_order_by": inputs.order_by,
    "{}_aggregate_order_by": inputs.aggregate_order_by,
    "{}_select_column": inputs.select_column,
    "{}_group": groups.group,
    "{}_group_key": groups.group_key,
    "{}_group_order_by": groups.group_order_by,
    "{}_group_key_order_by": groups.group_key_order_by,
    "{}_having": groups.having,
    **{f"{{}}_{function}_having": partial(groups.function_having, function=function) for function in HAVING_FUNCTIONS},
    "{}_insert_input": inputs.insert_input,
    "{}_obj_rel_insert_input": partial(inputs.relation_insert_input, many=False),
    "{}_arr_rel_insert_input": partial(inputs.relation_insert_input, many=True),
    "{}_set_input": inputs.set_input,
    "{}_inc_input": inputs.inc_input,
    "{}_pk_columns_input": inputs.pk_columns_input,
    "{}_updates": inputs.updates,
    "{}_constraint": upserts.constraint,
    "{}_update_column": upserts.update_column,
    "{}_on_conflict": upserts.on_conflict,
    **{f"{{}}_{operator}_input": partial(inputs.json_input, operator=operator) for operator in JSON_OPERATORS},
    **{f"{{}}_{function}_fields": partial(outputs.function_fields, function=function) for function in FUNCTIONS},
    **{f"{{}}_{function}_order_by": partial(inputs.function_order_by, function=function) for function in FUNCTIONS},
}


# a wish that is always granted: an answer read afresh is never older than the client allows
CACHED = GraphQLDirective(
    "cached",
    [DirectiveLocation.QUERY],
    {
        "ttl": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=60, description="measured in seconds"),
        "refresh": GraphQLArgument(
            GraphQLNonNull(GraphQLBoolean), default_value=False, description="refresh the cache entry"
        ),
    },
    description="whether this query should be cached",
)


# graphql-core knows a place of it that graphql-js 16 does not: code generators would stumble over their own reading
DEPRECATED = GraphQLDirective(
    GraphQLDeprecatedDirective.name,
    [
        DirectiveLocation.FIELD_DEFINITION,
        DirectiveLocation.ARGUMENT_DEFINITION,
        DirectiveLocation.INPUT_FIELD_DEFINITION,
        DirectiveLocation.ENUM_VALUE,
    ],
    GraphQLDeprecatedDirective.args,
    description=GraphQLDeprecatedDirective.description,
)
_DIRECTIVES = (*(DEPRECATED if one is GraphQLDeprecatedDirective else one for one in specified_directives), CACHED)


class LazySchema(GraphQLSchema):
    """A schema whose types are made as documents name them; `complete` makes them all, for introspection."""

    def __init__(self, types: Types, query: GraphQLObjectType, mutation: GraphQLObjectType | None) -> None:
        super().__init__(directives=_DIRECTIVES, assume_valid=True)
        self.query_type = query
        self.mutation_type = mutation
        self.type_map |= {root.name: root for root in (query, mutation) if root is not None}
        self._types = types
        self._completing = threading.Lock()
        self._complete = False

    def get_type(self, name: str) -> GraphQLNamedType | None:
        """The type of this name, or None."""
        return self.type_map.get(name) or self._types.get(name)

    def complete(self) -> None:
        """Make every type that the roots lead to."""
        with self._completing:
            if not self._complete:
                self.type_map = GraphQLSchema(
                    self.query_type, self.mutation_type, directives=self.directives, assume_valid=True
                ).type_map
                self._complete = True


@dataclass(frozen=True, eq=False)
class RoleSchema:
    """What one role can say of one version of the catalog: the schema, and what each root field stands for.

    ``readers`` read the variables of its types.
    """

    schema: LazySchema
    types: Types
    queries: dict[str, Root]
    mutations: dict[str, Root]
    readers: Readers = field(default_factory=Readers)


def build(catalog: Catalog, *, stringify: bool = False) -> RoleSchema:
    """The schema of a catalog that is limited to a role; ``stringify``: big numbers are told as text."""
    exposure = Exposure(catalog, stringify=stringify)
    queries, mutations = roots.queries(exposure), roots.mutations(exposure)
    shared: dict[str, SharedMaker] = {"order_by": inputs.order_direction}
    shared |= {f"{name}_cast_exp": partial(inputs.cast_exp, name=name) for name in ("json", "jsonb")}
    shared |= {type_: partial(inputs.distance_input, name=name) for name, type_ in inputs.DISTANCES.items()}
    for called in exposure.functions.values():
        if called.arguments:
            shared[called.arguments_type] = partial(arguments.arguments_input, called=called)
            shared |= structures.makers_of(called)
    for calls in exposure.row_calls.values():
        for call in calls.values():
            shared[call.arguments_type] = partial(arguments.arguments_input, called=call)
    types = Types(exposure, _MAKERS, shared, inputs.comparison_type)
    query = roots.root_type(types, "query_root", queries) if queries else roots.nothing_to_query()
    mutation = roots.root_type(types, "mutation_root", mutations) if mutations else None
    return RoleSchema(LazySchema(types, query, mutation), types, queries, mutations)
