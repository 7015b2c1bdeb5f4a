"""Row filters of the configuration: Hasura's boolean expressions read into contracts' filters, and checked."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.fields import Field as CatalogField
from contracts.filters import (
    And,
    Claim,
    Compare,
    CompareAggregate,
    Comparison,
    Exists,
    ExistsIn,
    FieldRef,
    Filter,
    Is,
    Not,
    Operand,
    Or,
    RelationRef,
)

from data_service.policy_document import Faults, Node, mapping, name, names, suggestion
from data_service.policy_values import misfit, operand_of, unfit, unusable

LOGICAL = ("_and", "_or", "_not", "_exists")
COMPARISONS: dict[str, Comparison] = {
    "_eq": "eq", "_neq": "neq", "_gt": "gt", "_gte": "gte", "_lt": "lt", "_lte": "lte", "_in": "in",
    "_like": "like", "_ilike": "ilike", "_regex": "match", "_iregex": "imatch", "_similar": "similar",
    "_contains": "contains", "_contained_in": "contained",
    "_has_key": "has_key", "_has_keys_any": "has_keys_any", "_has_keys_all": "has_keys_all",
}  # fmt: skip
NEGATED: dict[str, Comparison] = {
    "_nin": "in", "_nlike": "like", "_nilike": "ilike", "_nregex": "match", "_niregex": "imatch",
    "_nsimilar": "similar",
}  # fmt: skip
BETWEEN_COLUMNS: dict[str, Comparison] = {
    "_ceq": "eq", "_cne": "neq", "_cgt": "gt", "_cgte": "gte", "_clt": "lt", "_clte": "lte",
}  # fmt: skip
OPERATORS = frozenset({*COMPARISONS, *NEGATED, *BETWEEN_COLUMNS, "_is_null"})
_OF_COLUMN_VALUES = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "in"})
Wrap = Callable[[Comparison, Operand], Filter]


class FilterReader:
    """Reads filters; with a catalog it holds their names and values against it too."""

    def __init__(self, faults: Faults, catalog: Catalog | None) -> None:
        self._faults = faults
        self._catalog = catalog

    def read(self, node: Node, resource: Resource | None) -> Filter | None:
        """The filter on ``resource`` (None: not known, names go unchecked); None for ``{}``, which is every row."""
        parts = self._parts(node, resource)
        return _all(parts) if parts else None

    def _nested(self, node: Node, resource: Resource | None) -> Filter:
        return _all(self._parts(node, resource))

    def _parts(self, node: Node, resource: Resource | None) -> list[Filter]:
        found = [self._part(key, item, resource) for key, item in mapping(node, self._faults, "a filter").items()]
        return [part for part in found if part is not None]

    def _part(self, key: str, node: Node, resource: Resource | None) -> Filter | None:
        match key:
            case "_and":
                return And(self._items(node, resource))
            case "_or":
                return Or(self._items(node, resource))
            case "_not":
                return Not(self._nested(node, resource))
            case "_exists":
                return self._exists_in(node)
        if key in OPERATORS:
            self._faults.add(node.line, f"{key} must stand below a column: {{column: {{{key}: …}}}}")
            return None
        return self._named(key, node, resource)

    def _items(self, node: Node, resource: Resource | None) -> tuple[Filter, ...]:
        if isinstance(node.value, Mapping):  # one mapping counts as a list of one (graphql.md §5)
            return (self._nested(node, resource),)
        if not isinstance(node.value, tuple):
            self._faults.add(node.line, f"_and and _or take a list of filters, not {node.kind}")
            return ()
        return tuple(self._nested(item, resource) for item in node.value)

    def _exists_in(self, node: Node) -> Filter | None:
        keys = mapping(node, self._faults, "_exists", ("_table", "_where"))
        table = name(keys["_table"], self._faults, "_table") if "_table" in keys else None
        if table is None:
            self._faults.add(node.line, "_exists needs _table, the name of a resource")
            return None
        other = self._resource(table, node.line)
        return ExistsIn(table, self.read(keys["_where"], other) if "_where" in keys else None)

    def _resource(self, table: str, line: int) -> Resource | None:
        if self._catalog is None:
            return None
        found = self._catalog.by_name.get(table)
        if found is None:
            self._faults.add(line, f"there is no resource {table}{suggestion(table, self._catalog.by_name)}")
        return found

    def _named(self, key: str, node: Node, resource: Resource | None) -> Filter | None:
        if not isinstance(node.value, Mapping):
            near = suggestion(key, LOGICAL) if key.startswith("_") else ""
            self._faults.add(node.line, f"{key} must hold a mapping, such as {{_eq: …}}, not {node.kind}{near}")
            return None
        if resource is None:
            return self._by_shape(key, node)
        if key in resource.by_name:
            return self._column(key, node, resource)
        if key in resource.relations_by_name:
            return self._relation(key, node, resource)
        if _counts(key, node):
            return self._aggregate(key, node, resource)
        known = [*resource.by_name, *resource.relations_by_name]
        self._faults.add(node.line, f"{resource.name} has no column or relation {key}{suggestion(key, known)}")
        return None

    def _by_shape(self, key: str, node: Node) -> Filter | None:
        """What a name means before a catalog is at hand: operators below it make it a column."""
        if _compares(node.value):
            return self._column(key, node, None)
        return self._aggregate(key, node, None) if _counts(key, node) else self._relation(key, node, None)

    def _relation(self, key: str, node: Node, resource: Resource | None) -> Filter:
        target = None
        if resource is not None and self._catalog is not None:
            target = self._catalog.by_name.get(resource.relations_by_name[key].target)
        return Exists(RelationRef(key), self.read(node, target))

    def _aggregate(self, key: str, node: Node, resource: Resource | None) -> Filter | None:
        relation = key.removesuffix("_aggregate")
        target = None
        if resource is not None and self._catalog is not None:
            if relation not in resource.relations_by_name:
                near = suggestion(relation, resource.relations_by_name)
                self._faults.add(node.line, f"{resource.name} has no relation {relation}{near}")
                return None
            target = self._catalog.by_name.get(resource.relations_by_name[relation].target)
        return self._count(relation, node.value["count"], target)

    def _count(self, relation: str, node: Node, target: Resource | None) -> Filter | None:
        keys = mapping(node, self._faults, "count", ("arguments", "distinct", "filter", "predicate"))
        if "predicate" not in keys:
            self._faults.add(node.line, "count needs a predicate, such as {_gt: 3}")
            return None
        columns = (
            tuple(str(n.value) for n in names(keys["arguments"], self._faults, "arguments"))
            if "arguments" in keys
            else ()
        )
        for column in columns:
            self._field(column, keys["arguments"].line, target)
        distinct = "distinct" in keys and self._flag(keys["distinct"], "distinct")
        where = self.read(keys["filter"], target) if "filter" in keys else None
        predicate = keys["predicate"]

        def wrap(operator: Comparison, right: Operand) -> Filter:
            return CompareAggregate(RelationRef(relation), "count", operator, right, columns, distinct, where)

        allowed = {*COMPARISONS, *NEGATED} - {"_contains", "_contained_in"}
        given = mapping(predicate, self._faults, "predicate", sorted(allowed))
        return _all([part for op, item in given.items() if (part := self._valued(op, item, None, wrap)) is not None])

    def _flag(self, node: Node, place: str) -> bool:
        if not isinstance(node.value, bool):
            self._faults.add(node.line, f"{place} must be true or false, not {node.kind}")
        return node.value is True

    def _field(self, key: str, line: int, resource: Resource | None) -> CatalogField | None:
        if resource is None:
            return None
        if key not in resource.by_name:
            self._faults.add(line, f"{resource.name} has no column {key}{suggestion(key, resource.by_name)}")
        return resource.by_name.get(key)

    def _column(self, key: str, node: Node, resource: Resource | None) -> Filter:
        if not node.value:
            self._faults.add(node.line, f"the column {key} needs an operator, such as {{_eq: …}}")
        if resource is not None and key in resource.by_name and not resource.by_name[key].filterable:
            self._faults.add(node.line, f"{key} is not made by the database: it can only be read")
        found = [self._operator(key, operator, item, resource) for operator, item in node.value.items()]
        return _all([part for part in found if part is not None])

    def _operator(self, key: str, operator: str, node: Node, resource: Resource | None) -> Filter | None:
        left, column = FieldRef(key), self._field(key, node.line, resource)
        if operator == "_is_null":
            return Is(left, "null" if self._flag(node, operator) else "not_null")
        if operator in BETWEEN_COLUMNS:
            return self._between(left, BETWEEN_COLUMNS[operator], node, resource)
        if operator not in OPERATORS:
            self._faults.add(node.line, f"there is no operator {operator}{suggestion(operator, OPERATORS)}")
            return None
        return self._valued(operator, node, column, lambda word, right: Compare(left, word, right))

    def _between(self, left: FieldRef, word: Comparison, node: Node, resource: Resource | None) -> Filter | None:
        other = name(node, self._faults, "the other column")
        if other is None:
            return None
        self._field(other, node.line, resource)
        return Compare(left, word, FieldRef(other))

    def _valued(self, operator: str, node: Node, column: CatalogField | None, wrap: Wrap) -> Filter | None:
        word = COMPARISONS.get(operator) or NEGATED[operator]
        fault = unusable(node, word) or (column and misfit(column, word))
        if fault is not None:
            self._faults.add(node.line, f"{operator} {fault}")
            return None
        if column is not None and word in _OF_COLUMN_VALUES:
            self._check_values(column, word, node)
        compared = self._compared(word, node, wrap)
        return Not(compared) if operator in NEGATED else compared

    def _check_values(self, column: CatalogField, word: Comparison, node: Node) -> None:
        for item in node.value if word == "in" and isinstance(node.value, tuple) else (node,):
            fault = unfit(column, item)
            if fault is not None:
                self._faults.add(item.line, fault)

    def _compared(self, word: Comparison, node: Node, wrap: Wrap) -> Filter:
        if word == "in" and isinstance(node.value, tuple):
            operands = [operand_of(item, self._faults) for item in node.value]
            if any(isinstance(operand, Claim) for operand in operands):
                return Or(tuple(wrap("eq", operand) for operand in operands))
        return wrap(word, operand_of(node, self._faults))


def _all(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _compares(keys: Mapping[str, Any]) -> bool:
    """True where a mapping's keys are operators: known ones, or what can be nothing else."""
    return any(
        key in OPERATORS or (key.startswith("_") and key not in LOGICAL and not isinstance(item.value, Mapping))
        for key, item in keys.items()
    )


def _counts(key: str, node: Node) -> bool:
    return key.endswith("_aggregate") and set(node.value) == {"count"}
