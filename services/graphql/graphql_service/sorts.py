"""``order_by`` and ``distinct_on``: the order of rows (graphql.md §4)."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, cast

from contracts.filters import AggregateFunction, FieldRef, RelationRef
from contracts.operations import Sort

from graphql_service.errors import Misfit
from graphql_service.schema.exposed import Exposed, ExposedRelation


class _Direction(NamedTuple):
    descending: bool
    nulls: Literal["first", "last"] | None


_DIRECTIONS = {
    "asc": _Direction(False, None),
    "asc_nulls_first": _Direction(False, "first"),
    "asc_nulls_last": _Direction(False, "last"),
    "desc": _Direction(True, None),
    "desc_nulls_first": _Direction(True, "first"),
    "desc_nulls_last": _Direction(True, "last"),
}


def sort_of(exposed: Exposed, given: list[dict[str, Any]]) -> tuple[Sort, ...]:
    """The terms of a list of ``T_order_by``, the keys of each in the order written; null ones are left out."""
    return tuple(term for item in given for term in _terms(exposed, item, ()))


def check_distinct(distinct: tuple[str, ...], sort: tuple[Sort, ...]) -> None:
    """Raises `Misfit` unless the order, where there is one, begins with the distinct fields, in any order."""
    initial = sort[: len(distinct)]
    leading = {term.field.name for term in initial if term.field and not term.via and not term.aggregate}
    if sort and leading != set(distinct):
        raise Misfit('"distinct_on" columns must match initial "order_by" columns', path=("args",))


def _terms(exposed: Exposed, given: dict[str, Any], via: tuple[RelationRef, ...]) -> Iterator[Sort]:
    for name, value in given.items():
        if value is None:
            continue
        if name in exposed.fields:
            yield _term(FieldRef(exposed.fields[name].field.name), value, via)
        elif name in exposed.relations:
            relation = exposed.relations[name]
            yield from _terms(relation.target, value, (*via, RelationRef(relation.relation.name)))
        else:
            yield from _related_aggregates(exposed.aggregates[name], value, via)


def key_terms(exposed: Exposed, given: dict[str, Any]) -> Iterator[Sort]:
    """The terms of a ``T_group_key_order_by``."""
    return _terms(exposed, given, ())


def aggregate_terms(exposed: Exposed, given: dict[str, Any], via: tuple[RelationRef, ...]) -> Iterator[Sort]:
    """The terms of a ``T_aggregate_order_by``, over the related rows that ``via`` leads to, or over a group's."""
    for name, value in given.items():
        if value is None:
            continue
        if name == "count":
            yield _term(None, value, via, "count")
            continue
        for field, direction in value.items():
            if direction is not None:
                reference = FieldRef(exposed.fields[field].field.name)
                yield _term(reference, direction, via, cast("AggregateFunction", name))


def _related_aggregates(
    relation: ExposedRelation, given: dict[str, Any], via: tuple[RelationRef, ...]
) -> Iterator[Sort]:
    return aggregate_terms(relation.target, given, (*via, RelationRef(relation.relation.name)))


def _term(
    field: FieldRef | None,
    direction: str,
    via: tuple[RelationRef, ...],
    aggregate: AggregateFunction | None = None,
) -> Sort:
    descending, nulls = _DIRECTIONS[direction]
    return Sort(field, descending=descending, nulls=nulls, via=via, aggregate=aggregate)
