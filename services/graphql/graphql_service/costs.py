"""What an operation costs: about how many rows the database has to give for it.

The catalog's estimates say how many rows a resource has; a page's ``limit``, a comparison with a unique key and the
place in the tree bound them. It is an estimate, made to tell a hundred rows from a hundred million.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.catalog import Resource
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode, SelectionSetNode
from graphql.pyutils import Undefined
from graphql.utilities import value_from_ast_untyped

from graphql_service.schema.exposed import Exposed, ExposedRelation
from graphql_service.schema.exposed_functions import ExposedFunction
from graphql_service.schema.roots import Root

_UNKNOWN = 1000  # rows of a resource of which nothing is known
_FANNED = 10  # related rows of one row, where nothing is known
_FILTERED = 3  # a condition of some kind leaves one row in so many
_EQUAL = 100  # as does a comparison with one value
_COUNTED = 100  # rows that are only counted cost as much as one that is given
_MOST = 10**15
_ONE = frozenset({"by_pk", "insert_one", "update_by_pk", "delete_by_pk"})
Fragments = Mapping[str, FragmentDefinitionNode]


class Costs:
    """Estimates the cost of one operation's selections, with the variables given."""

    def __init__(self, roots: Mapping[str, Root], fragments: Fragments, variables: Mapping[str, Any]) -> None:
        self._roots = roots
        self._fragments = fragments
        self._variables = dict(variables)

    def of(self, operation: OperationDefinitionNode) -> int:
        """The rows that an operation asks for."""
        total = sum(
            self._root(self._roots[node.name.value], node)
            for node in self._fields(operation.selection_set)
            if node.name.value in self._roots
        )
        return min(total, _MOST)

    def _root(self, root: Root, node: FieldNode) -> int:
        rows = root.exposed.rows if isinstance(root.exposed, ExposedFunction) else root.exposed
        if rows is None:
            return 1
        if root.kind in _ONE:
            return self._of_rows(rows, node, 1)
        arguments = self._arguments(node)
        if root.kind == "insert":
            objects = arguments.get("objects")
            return self._of_rows(rows, node, len(objects) if isinstance(objects, list) else 1)
        if root.kind == "update_many":
            updates = arguments.get("updates")
            return self._of_rows(rows, node, len(updates) if isinstance(updates, list) else 1)
        known = rows.resource.rows if not isinstance(root.exposed, ExposedFunction) else None
        count = _page(rows.resource, _UNKNOWN if known is None else known, arguments)
        return self._listed(root.kind, rows, node, count)

    def _listed(self, kind: str, exposed: Exposed, node: FieldNode, count: int) -> int:
        if kind in ("aggregate", "call_aggregate"):
            return self._summary(exposed, node, count)
        if kind == "grouped":
            return max(count // _COUNTED, 1)
        return self._of_rows(exposed, node, count)

    def _of_rows(self, exposed: Exposed, node: FieldNode, count: int) -> int:
        """What ``count`` rows cost with all that is selected beneath each."""
        if count == 0:
            return 0
        each = 1 + sum(self._beneath(exposed, field) for field in self._below(node))
        return min(count * each, _MOST)

    def _beneath(self, exposed: Exposed, node: FieldNode) -> int:
        name = node.name.value
        relation = exposed.relations.get(name)
        if relation is not None:
            if relation.relation.cardinality == "one":
                return self._of_rows(relation.target, node, 1)
            return self._of_rows(relation.target, node, self._fan(exposed, relation, node))
        summed = exposed.aggregates.get(name)
        if summed is not None and name not in exposed.fields:
            return self._summary(summed.target, node, self._fan(exposed, summed, node))
        # a level of the answer alone: what a mutation returns, say
        return sum(self._beneath(exposed, field) for field in self._below(node))

    def _fan(self, exposed: Exposed, relation: ExposedRelation, node: FieldNode) -> int:
        """How many rows a relation leads to from one row."""
        here, there = exposed.resource.rows, relation.target.resource.rows
        known = there is not None and here is not None and relation.relation.junction is None
        each = max(there // max(here, 1), 1) if known and here is not None and there is not None else _FANNED
        return _page(relation.target.resource, each, self._arguments(node))

    def _summary(self, exposed: Exposed, node: FieldNode, count: int) -> int:
        rows = [field for field in self._below(node) if field.name.value == "nodes"]
        return min(max(count // _COUNTED, 1) + sum(self._of_rows(exposed, field, count) for field in rows), _MOST)

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        return {
            argument.name.value: value_from_ast_untyped(argument.value, self._variables) for argument in node.arguments
        }

    def _below(self, node: FieldNode) -> Iterator[FieldNode]:
        return self._fields(node.selection_set) if node.selection_set else iter(())

    def _fields(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._fields(self._fragments[selection.name.value].selection_set)
            else:
                yield from self._fields(selection.selection_set)  # type: ignore[attr-defined]  # an inline fragment


def _told(value: Any) -> Any:
    """A condition without what stands for variables that are left out: they ask for nothing."""
    if isinstance(value, dict):
        return {name: told for name, item in value.items() if (told := _told(item)) is not Undefined}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _page(resource: Resource, count: int, arguments: Mapping[str, Any]) -> int:
    """How many of ``count`` rows a field's arguments leave."""
    count = _filtered(resource, count, _told(arguments.get("where")))
    limit = _number(arguments.get("limit"))
    return count if limit is None or limit < 0 else min(count, limit)


def _filtered(resource: Resource, count: int, where: Any) -> int:
    if not isinstance(where, dict) or not where:
        return count
    equal = dict(_equalities(where))
    for unique in resource.uniques or ():
        if equal.keys() >= set(unique.fields):
            return min(count, max(equal[name] for name in unique.fields))
    if resource.key and equal.keys() >= set(resource.key):
        return min(count, max(equal[name] for name in resource.key))
    if equal:
        return max(min(count, max(count // _EQUAL, 1) * min(equal.values())), 1)
    return max(count // _FILTERED, 1) if _asks(where) else count


def _asks(where: Any) -> bool:
    """Whether there is a condition in it at all."""
    if isinstance(where, dict):
        return any(map(_asks, where.values()))
    return any(map(_asks, where)) if isinstance(where, list) else where is not None


def _equalities(where: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The fields that must have one of some values, with how many these are."""
    for name, test in where.items():
        if name == "_and":
            for item in test if isinstance(test, list) else [test]:
                if isinstance(item, dict):
                    yield from _equalities(item)
        elif isinstance(test, dict):
            if "_eq" in test:
                yield name, 1
            elif isinstance(test.get("_in"), list):
                yield name, len(test["_in"])


def _number(value: Any) -> int | None:
    """A limit as clients write it: a number, in quotes or not."""
    try:
        return None if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None
