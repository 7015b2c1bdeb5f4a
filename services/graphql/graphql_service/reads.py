"""Selections become nodes of a read: fields, relations, aggregates and pages (graphql.md §§2–4)."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from contracts.filters import AggregateFunction, FieldRef, Filter, Param, RelationRef
from contracts.operations import Aggregate, Constant, Embed, FieldOutput, Group, Node, Output, Rows
from graphql import FieldNode, GraphQLArgument, VariableNode
from msgspec.structs import replace

from graphql_service.coercion import arguments_of, found_in
from graphql_service.errors import DATA_EXCEPTION, Misfit
from graphql_service.filters import filter_of, key_filter
from graphql_service.given import given_to
from graphql_service.json_path import parse_path
from graphql_service.scalar_input import mismatch
from graphql_service.schema.exposed import Exposed, ExposedField, ExposedRelation
from graphql_service.schema.outputs import KEEPS_TYPE
from graphql_service.selection import Scope
from graphql_service.sorts import check_distinct, sort_of

Nodes = list[FieldNode]
Arguments = Mapping[str, GraphQLArgument]
_TYPENAME = "__typename"


def rows_node(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Arguments) -> Node:
    """The node of ``T`` and of array relations: the rows of a page."""
    return _paged(scope, exposed, nodes[0], expected, Node(outputs(scope, exposed, nodes)))


def summary_node(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Arguments) -> Node:
    """The node of ``T_aggregate``: aggregates over the page, and the page's rows."""
    summary = Node(_summary_outputs(scope, exposed, nodes), shape="summary")
    return _paged(scope, exposed, nodes[0], expected, summary)


def key_node(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Arguments) -> Node:
    """The node of ``T_by_pk``: a row or null."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return Node(outputs(scope, exposed, nodes), filter=key_filter(scope, exposed, arguments), shape="maybe")


def outputs(scope: Scope, exposed: Exposed, nodes: Nodes) -> tuple[Output, ...]:
    """What is selected of a resource's row."""
    return walk(scope, nodes, exposed.type_name, lambda key, name, found: _output(scope, exposed, key, name, found))


def walk(scope: Scope, nodes: Nodes, type_name: str, make: Callable[[str, str, Nodes], Output]) -> tuple[Output, ...]:
    """The outputs of a selection: ``make(key, name, nodes)`` for each but ``__typename``. Raises `Misfit`."""
    made: list[Output] = []
    for key, found in scope.select(nodes).items():
        name = found[0].name.value
        if name == _TYPENAME:
            made.append(Constant(key, scope.types.exposure.naming.type(type_name)))
            continue
        try:
            made.append(make(key, name, found))
        except Misfit as misfit:
            raise misfit.under("selectionSet", name) from None
    return tuple(made)


def _output(scope: Scope, exposed: Exposed, key: str, name: str, nodes: Nodes) -> Output:
    field = exposed.fields.get(name)
    if field is not None:
        if not nodes[0].arguments and field.field.filterable:
            return FieldOutput(key, FieldRef(field.field.name), scope.types.exposure.told_as(field))
        return FieldOutput(key, _called_field(scope, exposed, field, nodes[0]))
    expected = scope.types.object("{}", exposed).fields[name].args
    relation = exposed.relations.get(name)
    if relation is None:
        relation = exposed.aggregates[name]
        related = _related(scope, exposed, relation, nodes[0], expected)
        return Embed(key, related, summary_node(scope, relation.target, nodes, expected))
    related = _related(scope, exposed, relation, nodes[0], expected)
    if relation.relation.cardinality == "many":
        return Embed(key, related, rows_node(scope, relation.target, nodes, expected))
    return Embed(key, related, Node(outputs(scope, relation.target, nodes)))


def _called_field(scope: Scope, exposed: Exposed, field: ExposedField, node: FieldNode) -> FieldRef:
    """A field with arguments: a place in its JSON, or those of the function that makes it."""
    expected = scope.types.object("{}", exposed).fields[field.name].args
    call = exposed.calls.get(field.name)
    given = None if call is None else given_to(scope, call.arguments, node, expected)
    return FieldRef(field.field.name, _path(scope, node, expected), arguments=given)


def _related(
    scope: Scope, exposed: Exposed, relation: ExposedRelation, node: FieldNode, expected: Arguments
) -> RelationRef:
    """A relation, with what the function that gives its rows is given."""
    call = exposed.calls.get(relation.name)
    given = None if call is None else given_to(scope, call.arguments, node, expected)
    return RelationRef(relation.relation.name, arguments=given)


def _path(scope: Scope, node: FieldNode, expected: Arguments) -> tuple[str | int, ...]:
    text = arguments_of(node, expected, scope.variables).get("path")
    if text is None:
        return ()
    try:
        return parse_path(text)
    except Misfit as misfit:
        raise misfit.under("args", "path") from None


def _summary_outputs(scope: Scope, exposed: Exposed, nodes: Nodes) -> tuple[Output, ...]:
    def make(key: str, name: str, found: Nodes) -> Output:
        if name == "nodes":
            return Rows(key, outputs(scope, exposed, found))
        return Group(key, aggregates(scope, exposed, found))

    return walk(scope, nodes, f"{exposed.type_name}_aggregate", make)


def aggregates(scope: Scope, exposed: Exposed, nodes: Nodes) -> tuple[Output, ...]:
    """What is selected of ``T_aggregate_fields``."""

    def make(key: str, name: str, found: Nodes) -> Output:
        if name == "count":
            return _count(scope, exposed, key, found[0])
        function = scope.types.exposure.naming.meant(name)
        return Group(key, _function(scope, exposed, cast("AggregateFunction", function), found))

    return walk(scope, nodes, f"{exposed.type_name}_aggregate_fields", make)


def _count(scope: Scope, exposed: Exposed, key: str, node: FieldNode) -> Aggregate:
    expected = scope.types.object("{}_aggregate_fields", exposed).fields["count"].args
    arguments = arguments_of(node, expected, scope.variables)
    fields = tuple(FieldRef(name) for name in arguments.get("columns") or ())
    return Aggregate(key, "count", fields, distinct=bool(arguments.get("distinct")))


def _function(scope: Scope, exposed: Exposed, function: AggregateFunction, nodes: Nodes) -> tuple[Output, ...]:
    def make(key: str, name: str, _found: Nodes) -> Output:
        field = exposed.fields[name]
        told_as = scope.types.exposure.told_as(field) if function in KEEPS_TYPE else None
        return Aggregate(key, function, (FieldRef(field.field.name),), cast=told_as)

    return walk(scope, nodes, f"{exposed.type_name}_{function}_fields", make)


def _paged(scope: Scope, exposed: Exposed, node: FieldNode, expected: Arguments, made: Node) -> Node:
    """The node with the page that a field's arguments ask for."""
    arguments = arguments_of(node, expected, scope.variables)
    where, order = arguments.get("where"), arguments.get("order_by")
    distinct = tuple(dict.fromkeys(arguments.get("distinct_on") or ()))
    sort = sort_of(exposed, order) if order else ()
    if distinct:
        check_distinct(distinct, sort)
    return replace(
        made,
        filter=where_filter(scope, exposed, where) if where is not None else None,
        sort=sort,
        limit=limit_of(scope, node, arguments.get("limit")),
        offset=offset_of(scope, arguments.get("offset")),
        distinct_on=distinct,
    )


def where_filter(scope: Scope, exposed: Exposed, where: dict[str, Any]) -> Filter:
    """The filter of a ``where`` argument. Raises `Misfit`."""
    try:
        return filter_of(scope, exposed, where)
    except Misfit as misfit:
        raise misfit.under("args", "where") from None


def limit_of(scope: Scope, node: FieldNode, value: int | None) -> Param | None:
    """The value of ``limit``. Raises `Misfit`."""
    if value is None:
        return None
    if value < 0:
        given = next(argument.value for argument in node.arguments if argument.name.value == "limit")
        found = "a number" if isinstance(given, VariableNode) else found_in(given, scope.variables)
        raise mismatch("a non-negative 32-bit integer", "Int", found).under("args", "limit")
    return scope.param(value)


def offset_of(scope: Scope, value: int | None) -> Param | None:
    """The value of ``offset``. Raises `Misfit`."""
    if value is None:
        return None
    if value < 0:
        raise Misfit("OFFSET must not be negative", DATA_EXCEPTION, ("args", "offset"))
    return scope.param(value)
