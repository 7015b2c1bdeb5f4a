"""``where``: a bool_exp becomes a filter (graphql.md §§4, 5)."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from contracts.filters import (
    And,
    Compare,
    CompareAggregate,
    Comparison,
    Exists,
    FieldRef,
    Filter,
    Is,
    Not,
    Or,
    Param,
    RelationRef,
    TestFunction,
)
from msgspec.structs import replace

from graphql_service.errors import Misfit
from graphql_service.schema.exposed import Exposed, ExposedField, ExposedRelation
from graphql_service.selection import Scope
from graphql_service.slots import json_text

Given = dict[str, Any]


class _Operator(NamedTuple):
    comparison: Comparison
    negated: bool = False


OPERATORS: dict[str, _Operator] = {
    "_eq": _Operator("eq"),
    "_neq": _Operator("neq"),
    "_gt": _Operator("gt"),
    "_gte": _Operator("gte"),
    "_lt": _Operator("lt"),
    "_lte": _Operator("lte"),
    "_in": _Operator("in"),
    "_nin": _Operator("in", negated=True),
    "_like": _Operator("like"),
    "_nlike": _Operator("like", negated=True),
    "_ilike": _Operator("ilike"),
    "_nilike": _Operator("ilike", negated=True),
    "_similar": _Operator("similar"),
    "_nsimilar": _Operator("similar", negated=True),
    "_regex": _Operator("match"),
    "_nregex": _Operator("match", negated=True),
    "_iregex": _Operator("imatch"),
    "_niregex": _Operator("imatch", negated=True),
    "_contains": _Operator("contains"),
    "_contained_in": _Operator("contained"),
    "_has_key": _Operator("has_key"),
    "_has_keys_any": _Operator("has_keys_any"),
    "_has_keys_all": _Operator("has_keys_all"),
    "_jsonb_path_exists": _Operator("path_exists"),
    "_jsonb_path_match": _Operator("path_match"),
    "_ancestor": _Operator("contains"),
    "_descendant": _Operator("contained"),
    "_matches": _Operator("match"),
    "_matches_fulltext": _Operator("fts"),
    "_st_contains": _Operator("st_contains"),
    "_st_crosses": _Operator("st_crosses"),
    "_st_equals": _Operator("st_equals"),
    "_st_intersects": _Operator("st_intersects"),
    "_st_overlaps": _Operator("st_overlaps"),
    "_st_touches": _Operator("st_touches"),
    "_st_within": _Operator("st_within"),
    "_st_d_within": _Operator("st_d_within"),
    "_st_3d_intersects": _Operator("st_3d_intersects"),
    "_st_3d_d_within": _Operator("st_3d_d_within"),
}
_ANY = {"_ancestor_any": "_ancestor", "_descendant_any": "_descendant", "_matches_any": "_matches"}


def filter_of(scope: Scope, exposed: Exposed, given: Given) -> Filter:
    """The filter of a ``T_bool_exp``; what is null counts as absent, and an empty one always holds. Raises `Misfit`."""
    items: list[Filter] = []
    for name, value in given.items():
        if value is None:
            continue
        try:
            items.extend(_part(scope, exposed, name, value))
        except Misfit as misfit:
            raise misfit.under(name) from None
    return _all(items)


def key_filter(scope: Scope, exposed: Exposed, given: Given) -> Filter:
    """The filter for the row with this primary key; ``given`` has a value for each of its fields."""
    pairs = [(field, given[field.name]) for field in exposed.key]
    return _all([Compare(FieldRef(field.field.name), "eq", scope.param(value)) for field, value in pairs])


def _part(scope: Scope, exposed: Exposed, name: str, value: Any) -> Iterator[Filter]:
    if name == "_and":
        yield _all(_each(scope, exposed, value))
    elif name == "_or":
        choices = _each(scope, exposed, value)
        yield choices[0] if len(choices) == 1 else Or(tuple(choices))
    elif name == "_not":
        yield Not(filter_of(scope, exposed, value))
    elif name in exposed.fields:
        yield from _comparisons(scope, exposed.fields[name], value)
    elif name in exposed.relations:
        relation = exposed.relations[name]
        inner = filter_of(scope, relation.target, value) if value else None
        yield Exists(RelationRef(relation.relation.name), inner)
    else:
        yield from _aggregate(scope, exposed.aggregates[name], value)


def _each(scope: Scope, exposed: Exposed, given: list[Given]) -> list[Filter]:
    filters: list[Filter] = []
    for index, item in enumerate(given):
        try:
            filters.append(filter_of(scope, exposed, item))
        except Misfit as misfit:
            raise misfit.under(index) from None
    return filters


def _comparisons(scope: Scope, field: ExposedField, given: Given) -> Iterator[Filter]:
    left = FieldRef(field.field.name)
    for name, value in given.items():
        if value is None:
            raise _null(name, field)
        if name == "_is_null":
            yield Is(left, "null" if value else "not_null")
            continue
        if name == "_cast":
            yield from _as_text(scope, field, value)
            continue
        if name in _ANY:
            comparison = OPERATORS[_ANY[name]].comparison
            yield Or(tuple(Compare(left, comparison, scope.param(item)) for item in value))
            continue
        operator = OPERATORS[name]
        if operator.comparison == "in" and (field.scalar.array or field.field.type == "json"):
            # databases compare neither lists nor JSON with the members of a list: one comparison each
            items = (scope.param(_operand(field, "eq", item)) for item in value)
            compare: Filter = Or(tuple(Compare(left, "eq", item) for item in items))
        else:
            operand = scope.param(_operand(field, operator.comparison, value))
            compare = Compare(left, operator.comparison, operand)
        yield Not(compare) if operator.negated else compare


def _as_text(scope: Scope, field: ExposedField, given: Given) -> Iterator[Filter]:
    """Conditions on a JSON value's text."""
    for name, value in (given.get("String") or {}).items():
        if value is None:
            type_ = "[String]" if name in ("_in", "_nin") else "Boolean" if name == "_is_null" else "String"
            raise Misfit(f"unexpected null value for type '{type_}'", path=("_cast", "String", name))
        if name == "_is_null":
            yield Is(FieldRef(field.field.name), "null" if value else "not_null")
            continue
        operator = OPERATORS[name]
        compare = Compare(FieldRef(field.field.name, text=True), operator.comparison, scope.param(value))
        yield Not(compare) if operator.negated else compare


def _operand(field: ExposedField, comparison: Comparison, value: Any) -> Any:
    """A value as data compares with it: JSON as its text, so that a string is a string and not JSON's own text."""
    if field.field.type != "json" or comparison.startswith(("has_key", "path_")):
        return value
    return json_text(value)


def _null(operator: str, field: ExposedField) -> Misfit:
    name = "Boolean" if operator == "_is_null" else field.scalar.name
    listed = operator in ("_in", "_nin") or field.scalar.array
    return Misfit(f"unexpected null value for type '{f'[{name}]' if listed else name}'", path=(operator,))


def _aggregate(scope: Scope, relation: ExposedRelation, given: Given) -> Iterator[Filter]:
    if len(given) != 1:
        raise Misfit("exactly one predicate should be specified")
    for function, test in given.items():
        if test is None:
            continue
        try:
            yield from _aggregate_tests(scope, relation, cast("TestFunction", function), test)
        except Misfit as misfit:
            raise misfit.under(function) from None


def _aggregate_tests(scope: Scope, relation: ExposedRelation, function: TestFunction, given: Given) -> Iterator[Filter]:
    inner, arguments = given.get("filter"), given.get("arguments") or []
    test = CompareAggregate(
        RelationRef(relation.relation.name),
        function,
        "eq",
        Param(0),
        fields=_fields_of(arguments),
        distinct=bool(given.get("distinct")),
        filter=_under("filter", scope, relation.target, inner) if inner else None,
    )
    for name, value in given["predicate"].items():
        if value is None:
            type_ = {"count": "Int", "bool_and": "Boolean", "bool_or": "Boolean"}.get(function, "float8")
            raise Misfit(f"unexpected null value for type '{type_}'", path=("predicate", name))
        if name == "_is_null":
            yield _is_null(scope, test, wanted=value)
            continue
        operator = OPERATORS[name]
        compare = replace(test, operator=operator.comparison, right=scope.param(value))
        yield Not(compare) if operator.negated else compare


def _fields_of(arguments: str | list[str] | dict[str, str]) -> tuple[str, ...]:
    """The fields that an aggregate is of: one, a list that is counted by, or a pair."""
    if isinstance(arguments, str):
        return (arguments,)
    return tuple(arguments.values() if isinstance(arguments, dict) else arguments)


def _is_null(scope: Scope, test: CompareAggregate, *, wanted: bool) -> Filter:
    """What is made of no values is null, and what needs two of them of one; their number never is."""
    if test.function == "count":
        return Or() if wanted else And()
    some = replace(test, operator="isdistinct", right=scope.param(None))
    return Not(some) if wanted else some


def _under(step: str, scope: Scope, exposed: Exposed, given: Given) -> Filter:
    try:
        return filter_of(scope, exposed, given)
    except Misfit as misfit:
        raise misfit.under(step) from None


def _all(items: list[Filter]) -> Filter:
    return items[0] if len(items) == 1 else And(tuple(items))
