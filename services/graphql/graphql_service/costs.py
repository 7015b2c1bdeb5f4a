"""What an operation costs: about how many rows the database has to give for it.

The catalog's estimates say how many rows a resource has; a page's ``limit``, a comparison with a unique key and the
place in the tree bound them. It is an estimate, made to tell a hundred rows from a hundred million.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from contracts.catalog import Resource
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
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
_GIVEN = {"insert": "objects", "update_many": "updates"}  # what is written is given one by one, in this argument
_INSERTED = {"insert": "objects", "insert_one": "object"}  # the rows in which others may be nested
# the arguments that say how many rows there are
_COUNTING = frozenset({"object", "objects", "updates", "where", "limit"})
Fragments = Mapping[str, FragmentDefinitionNode]
Arguments = dict[str, Any]


class Varying(NamedTuple):
    """A field of which the variables decide how many rows it is about, and the ``count`` that its arguments give."""

    node: FieldNode
    count: Callable[[Arguments], int]


class Costs:
    """Estimates the cost of one operation's selections, with the variables given.

    What it finds to be ``varying`` are all fields by which the cost may differ with other variables.
    """

    def __init__(self, roots: Mapping[str, Root], fragments: Fragments, variables: Mapping[str, Any]) -> None:
        self.varying: list[Varying] = []
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
        if root.kind in _INSERTED and rows.nestable:
            name = _INSERTED[root.kind]
            nested = self._count(node, lambda arguments: _nested(rows, arguments.get(name)))
            return min(nested + self._alone(root, rows, node), _MOST)
        return self._alone(root, rows, node)

    def _alone(self, root: Root, rows: Exposed, node: FieldNode) -> int:
        """What a root field costs without the rows nested in those that it is given."""
        if root.kind in _ONE:
            return self._of_rows(rows, node, 1)
        if root.kind in _GIVEN:
            name = _GIVEN[root.kind]
            return self._of_rows(rows, node, self._count(node, lambda arguments: _length(arguments.get(name))))
        resource = rows.resource
        known = resource.rows if not isinstance(root.exposed, ExposedFunction) else None
        all_rows = _UNKNOWN if known is None else known
        return self._listed(
            root.kind, rows, node, self._count(node, lambda arguments: _page(resource, all_rows, arguments))
        )

    def _listed(self, kind: str, exposed: Exposed, node: FieldNode, count: int) -> int:
        if kind in ("aggregate", "call_aggregate"):
            return self._summary(exposed, node, count)
        if kind == "grouped":
            return max(count // _COUNTED, 1)
        return self._of_rows(exposed, node, count)

    def _of_rows(self, exposed: Exposed, node: FieldNode, count: int) -> int:
        """What ``count`` rows cost with all that is selected beneath each."""
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
        resource = relation.target.resource
        return self._count(node, lambda arguments: _page(resource, each, arguments))

    def _summary(self, exposed: Exposed, node: FieldNode, count: int) -> int:
        rows = [field for field in self._below(node) if field.name.value == "nodes"]
        return min(max(count // _COUNTED, 1) + sum(self._of_rows(exposed, field, count) for field in rows), _MOST)

    def _count(self, node: FieldNode, count: Callable[[Arguments], int]) -> int:
        """How many rows a field is about, which is noted where variables have a say in it."""
        if any(_has_variable(one.value) for one in node.arguments if one.name.value in _COUNTING):
            self.varying.append(Varying(node, count))
        return count(_arguments(node, self._variables))

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


class Reckoning:
    """What one operation costs: found once, but for the fields whose number of rows its variables decide.

    ``most`` is the cost without any variables, which is the highest where these can only ask for less.
    """

    def __init__(self, roots: Mapping[str, Root], fragments: Fragments, operation: OperationDefinitionNode) -> None:
        self._of = (roots, fragments)
        self._operation = operation
        first = Costs(roots, fragments, {})
        self.most = first.of(operation)
        self._varying = tuple(first.varying)

    @property
    def varies(self) -> bool:
        """Whether the cost depends on variables at all."""
        return bool(self._varying)

    def counts(self, variables: dict[str, Any]) -> tuple[int, ...]:
        """All that the cost depends on with these variables: it is the same where this is."""
        return tuple([count(_arguments(node, variables)) for node, count in self._varying])

    def cost(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables."""
        return Costs(*self._of, variables).of(self._operation)


def _arguments(node: FieldNode, variables: dict[str, Any]) -> Arguments:
    """The arguments of a field that say how many rows it is about."""
    return {
        argument.name.value: value_from_ast_untyped(argument.value, variables)
        for argument in node.arguments
        if argument.name.value in _COUNTING
    }


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(map(_has_variable, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_has_variable(field.value) for field in value.fields)
    return isinstance(value, VariableNode)


def _nested(exposed: Exposed, given: Any) -> int:
    """How many rows are nested in those given."""
    several = given if isinstance(given, list) else [given]
    return sum(
        _length(row[name].get("data")) + _nested(relation.target, row[name].get("data"))
        for row in several
        if isinstance(row, dict)
        for name, relation in exposed.nestable.items()
        if isinstance(row.get(name), dict)
    )


def _length(given: Any) -> int:
    """How many rows or updates are given: a single one need not be in a list."""
    return len(given) if isinstance(given, list) else 1


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
