"""``T_grouped`` becomes a node of groups (`graphql_service.schema.groups`)."""

from collections.abc import Iterator
from typing import Any, cast

from contracts.filters import AggregateFunction, And, CompareGroup, FieldRef, Filter, Not, Or
from contracts.operations import FieldOutput, Group, Node, Output, Sort

from graphql_service.coercion import arguments_of
from graphql_service.errors import Misfit
from graphql_service.filters import OPERATORS
from graphql_service.reads import Arguments, Nodes, aggregates, limit_of, offset_of, walk, where_filter
from graphql_service.schema.exposed import Exposed
from graphql_service.selection import Scope
from graphql_service.sorts import aggregate_terms, key_terms

_COMPARISONS = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "in"})


def groups_node(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Arguments) -> Node:
    """The node of ``T_grouped``. Raises `Misfit`."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    by: tuple[str, ...] = tuple(dict.fromkeys(arguments["by"]))
    if not by:
        raise Misfit("groups need something that their rows have in common", path=("args", "by"))
    where, having = arguments.get("where"), arguments.get("having")
    return Node(
        outputs=_outputs(scope, exposed, nodes, by),
        filter=where_filter(scope, exposed, where) if where is not None else None,
        sort=tuple(_sort(exposed, by, arguments.get("order_by") or [])),
        limit=limit_of(scope, nodes[0], arguments.get("limit")),
        offset=offset_of(scope, arguments.get("offset")),
        group_by=tuple(map(FieldRef, by)),
        having=_having(scope, exposed, having) if having else None,
    )


def _outputs(scope: Scope, exposed: Exposed, nodes: Nodes, by: tuple[str, ...]) -> tuple[Output, ...]:
    def make(key: str, name: str, found: Nodes) -> Output:
        if name == "aggregate":
            return Group(key, aggregates(scope, exposed, found))
        return Group(key, walk(scope, found, f"{exposed.type_name}_group_key", member))

    def member(key: str, name: str, _found: Nodes) -> Output:
        field = exposed.fields[name].field.name
        if field not in by:
            raise Misfit(f"'{name}' is not among the columns that are grouped by")
        return FieldOutput(key, FieldRef(field))

    return walk(scope, nodes, f"{exposed.type_name}_group", make)


def _sort(exposed: Exposed, by: tuple[str, ...], given: list[dict[str, Any]]) -> Iterator[Sort]:
    for item in given:
        for name, value in item.items():
            if value is None:
                continue
            if name == "aggregate":
                yield from aggregate_terms(exposed, value, ())
                continue
            for term in key_terms(exposed, value):
                if term.field is not None and term.field.name not in by:
                    message = f"'{term.field.name}' is not among the columns that are grouped by"
                    raise Misfit(message, path=("args", "order_by"))
                yield term


def _having(scope: Scope, exposed: Exposed, given: dict[str, Any]) -> Filter:
    """The condition of a ``T_having``; what is null counts as absent. Raises `Misfit`."""
    try:
        items = [
            item for name, value in given.items() if value is not None for item in _part(scope, exposed, name, value)
        ]
    except Misfit as misfit:
        raise misfit.under("args", "having") from None
    return items[0] if len(items) == 1 else And(tuple(items))


def _part(scope: Scope, exposed: Exposed, name: str, value: Any) -> Iterator[Filter]:
    if name == "_and":
        yield And(tuple(_having(scope, exposed, item) for item in value))
    elif name == "_or":
        yield Or(tuple(_having(scope, exposed, item) for item in value))
    elif name == "_not":
        yield Not(_having(scope, exposed, value))
    elif name == "count":
        yield from _comparisons(scope, "count", (), value)
    else:
        for field, comparison in value.items():
            if comparison is not None:
                fields = (FieldRef(exposed.fields[field].field.name),)
                yield from _comparisons(scope, cast("AggregateFunction", name), fields, comparison)


def _comparisons(
    scope: Scope, function: AggregateFunction, fields: tuple[FieldRef, ...], given: dict[str, Any]
) -> Iterator[Filter]:
    for name, value in given.items():
        operator = OPERATORS.get(name)
        if operator is None or operator.comparison not in _COMPARISONS:
            raise Misfit(f"the operator {name} does not compare aggregates")
        if value is None:
            raise Misfit(f"unexpected null value for {name}")
        compare = CompareGroup(function, operator.comparison, scope.param(value), fields)
        yield Not(compare) if operator.negated else compare
