"""Filters planned: contracts' boolean expressions with their names resolved."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.fields import FieldType
from contracts.filters import (
    And,
    Claim,
    Compare,
    CompareAggregate,
    CompareGroup,
    Exists,
    ExistsIn,
    FieldRef,
    Filter,
    Is,
    Literally,
    Not,
    Operand,
    Or,
    Param,
    RelationRef,
    TestFunction,
)
from contracts.problems import Problem

from data_service.plan.names import find_column, find_relation, find_resource
from data_service.plan.nodes import (
    AggregateTest,
    All,
    Any_,
    Column,
    GroupTest,
    IsTest,
    Link,
    Negation,
    Predicate,
    Related,
    Scan,
    Somewhere,
    Source,
    Test,
)
from data_service.plan.row_calls import passed_to

_TEXTUAL: frozenset[FieldType] = frozenset({"text", "other"})
_PATTERNS = frozenset({"like", "ilike", "match", "imatch", "similar"})
_SEARCHES = frozenset({"fts", "plfts", "phfts", "wfts"})
_RANGES = frozenset({"left_of", "right_of", "not_right_of", "not_left_of", "adjacent"})
_ALLOWED: dict[str, frozenset[FieldType]] = (
    dict.fromkeys(_PATTERNS, _TEXTUAL)
    | dict.fromkeys(_SEARCHES, frozenset({"text", "json", "other"}))
    | dict.fromkeys(_RANGES, frozenset({"range", "other"}))
    | dict.fromkeys(("contains", "contained", "overlaps"), frozenset({"json", "array", "range", "other"}))
    | dict.fromkeys(("has_key", "has_keys_any", "has_keys_all"), frozenset({"json", "other"}))
    | dict.fromkeys(("path_exists", "path_match"), frozenset({"json"}))
)
_OF_GEOGRAPHY = frozenset({"st_intersects", "st_d_within"})
_EQUAL = frozenset({"eq", "neq", "in", "isdistinct"})  # what can be asked of values that only hashes stand for
_GROUP_COMPARISONS = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "in"})
_NUMERIC = {"int2", "int4", "int8", "numeric", "float4", "float8", "interval", "other"}
PAIRED = frozenset({"corr", "covar_samp"})  # aggregates of two columns
_MINMAX_NEVER = {"bool", "json", "bytes"}
_QUANTIFIABLE = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
_SIGNS = {
    "like": "~~", "ilike": "~~*", "match": "~", "imatch": "~*", "contains": "@>", "contained": "<@", "overlaps": "&&",
    "left_of": "<<", "right_of": ">>", "not_right_of": "&<", "not_left_of": "&>", "adjacent": "-|-",
    "has_key": "?", "has_keys_any": "?|", "has_keys_all": "?&", "path_exists": "@?", "path_match": "@@",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What names may mean: ``catalog`` as the role sees it, ``full`` as it is (to tell forbidden from unknown)."""

    catalog: Catalog
    full: Catalog

    def link(self, resource: Resource, ref: RelationRef) -> Link:
        """The relation that ``ref`` names, with the scans it passes. Raises `Problem` PGRST200, PGRST201, 42883."""
        relation = find_relation(self.catalog, resource, ref)
        between = relation.junction
        junction = Scan(self.catalog.by_name[between.resource]) if between else None
        arguments = passed_to(resource, relation, ref.arguments or ()) if relation.expression else ()
        return Link(relation, Scan(self.catalog.by_name[relation.target]), junction, arguments)


@contextmanager
def at(*place: str | int) -> Any:
    """Problems raised within carry their place in the operation."""
    try:
        yield
    except Problem as problem:
        problem.path = (*place, *problem.path)
        raise


def source_of(operand: Operand) -> Source:
    """Where an operand's value comes from."""
    match operand:
        case Param(index=index):
            return Source("param", index)
        case Claim(name=name):
            return Source("claim", name)
        case Literally(value=value):
            return Source("constant", value)
        case _:
            raise Problem("PGRST100", "a column can't stand here")


def optional_source(operand: Operand | None) -> Source | None:
    """Where an operand's value comes from, None where there is no operand."""
    return None if operand is None else source_of(operand)


def plan_filter(names: Names, resource: Resource, item: Filter) -> Predicate:
    """The predicate of a filter on ``resource``. Raises `Problem` 42703, 42883, PGRST200, PGRST201."""
    return _PLANNERS[type(item)](names, resource, item)


def _optional(names: Names, resource: Resource, item: Filter | None) -> Predicate | None:
    return None if item is None else plan_filter(names, resource, item)


def _and(names: Names, resource: Resource, item: And) -> Predicate:
    return All(tuple(plan_filter(names, resource, part) for part in item.items))


def _or(names: Names, resource: Resource, item: Or) -> Predicate:
    return Any_(tuple(plan_filter(names, resource, part) for part in item.items))


def _not(names: Names, resource: Resource, item: Not) -> Predicate:
    return Negation(plan_filter(names, resource, item.item))


def _compare(names: Names, resource: Resource, item: Compare) -> Predicate:
    left = find_column(resource, item.left, search=item.operator in _EQUAL and not isinstance(item.right, FieldRef))
    _refuse_misfit(left, item)
    right = find_column(resource, item.right) if isinstance(item.right, FieldRef) else source_of(item.right)
    return Test(left, item.operator, right, item.quantifier, item.config)


def _refuse_misfit(left: Column, item: Compare) -> None:
    if item.operator.startswith("st_") and not _is_spatial(left, item.operator):
        raise Problem("42883", f"function {item.operator}({left.field.db_type}) does not exist")
    allowed = _ALLOWED.get(item.operator)
    if allowed is not None and left.type not in allowed:
        sign = _SIGNS.get(item.operator, "@@")
        raise Problem("42883", f"operator does not exist: {left.field.db_type} {sign} unknown")
    if item.quantifier is not None and item.operator not in _QUANTIFIABLE:
        raise Problem("PGRST100", f"the operator {item.operator} takes neither any nor all")


def _is_spatial(left: Column, operator: str) -> bool:
    kind = "" if left.path else left.field.db_type.partition("(")[0].rpartition(".")[2]
    return kind == "geometry" or (kind == "geography" and operator in _OF_GEOGRAPHY)


def _is(names: Names, resource: Resource, item: Is) -> Predicate:
    left = find_column(resource, item.left, search=item.value in ("null", "not_null"))
    if item.value in ("true", "false", "unknown") and left.type not in ("bool", "other"):
        raise Problem(
            "42804", f"argument of IS {item.value.upper()} must be type boolean, not type {left.field.db_type}"
        )
    return IsTest(left, item.value)


def _exists(names: Names, resource: Resource, item: Exists) -> Predicate:
    link = names.link(resource, item.relation)
    with at(item.relation.name):
        return Related(link, _optional(names, link.target.resource, item.filter))


def _exists_in(names: Names, resource: Resource, item: ExistsIn) -> Predicate:
    other = find_resource(names.catalog, names.full, item.resource, None)
    return Somewhere(Scan(other), _optional(names, other, item.filter))


def _compare_aggregate(names: Names, resource: Resource, item: CompareAggregate) -> Predicate:
    link = names.link(resource, item.relation)
    target = link.target.resource
    refuse_aggregates(target)
    columns = aggregate_columns(target, item.function, tuple(map(FieldRef, item.fields)))
    where = _optional(names, target, item.filter)
    return AggregateTest(link, item.function, columns, item.distinct, item.operator, source_of(item.right), where)


def _compare_group(names: Names, resource: Resource, item: CompareGroup) -> Predicate:
    raise Problem("PGRST100", "an aggregate of the rows themselves is no filter of rows: it is one of their groups")


def plan_having(resource: Resource, item: Filter) -> Predicate:
    """The predicate of a condition on groups. Raises `Problem` PGRST100, 42703, 42883, PGRST123."""
    match item:
        case And():
            return All(tuple(plan_having(resource, part) for part in item.items))
        case Or():
            return Any_(tuple(plan_having(resource, part) for part in item.items))
        case Not():
            return Negation(plan_having(resource, item.item))
        case CompareGroup():
            if item.operator not in _GROUP_COMPARISONS:
                raise Problem("PGRST100", f"the operator {item.operator} does not compare aggregates")
            columns = aggregate_columns(resource, item.function, item.fields)
            return GroupTest(item.function, columns, item.distinct, item.operator, source_of(item.right))
        case _:
            raise Problem("PGRST100", "groups are filtered by their aggregates; what concerns rows is a filter of rows")


def aggregate_columns(
    resource: Resource, function: TestFunction, fields: tuple[FieldRef, ...], *, cast: bool = False
) -> tuple[Column, ...]:
    """The columns that an aggregate is over; ``cast``: their type is another by then.

    Raises `Problem` 42703, 42883 (no such function of the type), PGRST100 (none given, or one that can only be read).
    """
    columns = tuple(find_column(resource, ref) for ref in fields)
    for column in columns:
        if function in ("min", "max"):
            misfit = column.type in _MINMAX_NEVER and not cast
        elif function in ("bool_and", "bool_or"):
            misfit = column.type != "bool" and not cast
        else:
            misfit = function != "count" and column.type not in _NUMERIC and not cast
        if misfit:
            raise Problem("42883", f"function {function}({column.field.db_type}) does not exist")
    if not columns and function != "count":
        raise Problem("PGRST100", f"the aggregate {function} needs a column")
    if function in PAIRED and len(columns) != 2:
        raise Problem("PGRST100", f"the aggregate {function} needs two columns")
    return columns


def refuse_aggregates(resource: Resource) -> None:
    """Raises `Problem` PGRST123 where the role may not aggregate over the resource."""
    if not resource.aggregates:
        raise Problem("PGRST123", "Use of aggregate functions is not allowed")


_PLANNERS: dict[type, Callable[[Names, Resource, Any], Predicate]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Compare: _compare,
    Is: _is,
    Exists: _exists,
    ExistsIn: _exists_in,
    CompareAggregate: _compare_aggregate,
    CompareGroup: _compare_group,
}
