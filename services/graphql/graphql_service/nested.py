"""Inserts with others nested in them become creates: a level for each relation and conflict rule (graphql.md §6)."""

from collections.abc import Callable, Iterable
from typing import Any

from contracts.filters import RelationRef
from contracts.operations import Conflict, Create, Nested
from msgspec.structs import replace

from graphql_service.errors import Misfit, Path
from graphql_service.schema.exposed import Exposed, ExposedRelation
from graphql_service.selection import Scope
from graphql_service.slots import Slot, made_of, slot_in
from graphql_service.trees import Row, Step, data_of, places_at, rows_at, steps_of

Rule = Callable[[Scope, Exposed, "Row | None"], "Conflict | None"]


def has_nested(exposed: Exposed, rows: Iterable[Row]) -> bool:
    """Whether relations are named in rows at all."""
    names = exposed.nestable.keys()
    return bool(names) and any(not names.isdisjoint(row) for row in rows)


def nested_create(scope: Scope, exposed: Exposed, objects: Any, place: Path, rule: Rule) -> Create:
    """The create of rows with others nested in them; ``rule`` makes conflict rules.

    Raises `Misfit` where the keys that a relation fills in are given as well.
    """
    rows = [_opened(exposed, row) for row in _seen(objects)]
    _check(exposed, rows, frozenset(), place)
    return _Tree(scope, objects, rule).create(exposed, rows, ())


class _Tree:
    """One pass over the levels of an insert."""

    def __init__(self, scope: Scope, objects: Any, rule: Rule) -> None:
        self._scope = scope
        self._objects = objects
        self._rule = rule

    def create(self, exposed: Exposed, rows: list[Row], steps: tuple[Step, ...]) -> Create:
        """The create of a level; ``rows`` are its own."""
        given = {name for row in rows for name in row}
        names = {name: field.field.name for name, field in exposed.insertable.items() if name in given}

        def own(tree: list[Row]) -> list[Row]:
            return [
                {names[name]: value for name, value in row.items() if name in names} for row in rows_at(tree, steps)
            ]

        return Create(
            exposed.resource.name,
            tuple(names.values()),
            self._scope.param(made_of(self._objects, own)),
            ragged=any(len(names.keys() & row.keys()) != len(names) for row in rows),
            missing="default",
            nested=tuple(self._nested(exposed, rows, steps, step) for step in dict.fromkeys(_steps(exposed, rows))),
        )

    def _nested(self, exposed: Exposed, rows: list[Row], steps: tuple[Step, ...], step: Step) -> Nested:
        relation, path = exposed.nestable[step[0]], (*steps, step)
        inner = rows_at(rows, (step,))
        create = self.create(relation.target, inner, path)
        given = next(row[step[0]] for row in rows if data_of(row.get(step[0])) and (step in _steps(exposed, [row])))
        conflict = self._rule(self._scope, relation.target, given.get("on_conflict"))
        of = self._scope.param(made_of(self._objects, lambda tree: places_at(tree, path)))
        return Nested(RelationRef(relation.relation.name), replace(create, conflict=conflict), of)


def _steps(exposed: Exposed, rows: list[Row]) -> Iterable[Step]:
    return steps_of(rows, dict.fromkeys(exposed.nestable, dict))


def _seen(objects: Any) -> list[Row]:
    if type(objects) is Slot:
        objects = objects.seen
    return objects if type(objects) is list else [objects]


def _opened(exposed: Exposed, row: Row) -> Row:
    """A row whose nested rows stand there themselves, not a slot for them. Raises `Looked` for a rule with a slot."""
    found = dict(row)
    for name, relation in exposed.nestable.items():
        nested = found.get(name)
        if nested is not None:
            slot_in(nested.get("on_conflict"))
            inner = [_opened(relation.target, item) for item in _seen(nested["data"])]
            found[name] = {**nested, "data": inner}
    return found


def _check(exposed: Exposed, rows: list[Row], determined: frozenset[str], place: Path) -> None:
    for number, row in enumerate(rows):
        try:
            _check_row(exposed, row, determined)
        except Misfit as misfit:
            raise misfit.under(*place, *(() if place[-1:] == ("object",) else (number,))) from None


def _check_row(exposed: Exposed, row: Row, determined: frozenset[str]) -> None:
    given = [field.field.name for name, field in exposed.insertable.items() if name in row]
    twice = [name for name in given if name in determined]
    if twice:
        known = "columns as their values are already being determined by parent insert"
        raise Misfit(f"cannot insert {_quoted(twice)} {known}")
    for name, relation in exposed.nestable.items():
        if row.get(name) is None:
            continue
        filled = _filled(relation)
        clashing = [field for field in filled if field in determined or field in given]
        if relation.relation.owning and clashing:
            what = f'cannot insert object relationship "{name}" as {_quoted(clashing)}'
            raise Misfit(f"{what} column values are already determined", path=(name,))
        inner = frozenset() if relation.relation.owning else frozenset(filled)
        several = relation.relation.cardinality == "many"
        for number, item in enumerate(data_of(row[name])):
            try:
                _check_row(relation.target, item, inner)
            except Misfit as misfit:
                raise misfit.under(name, "data", *((number,) if several else ())) from None


def _filled(relation: ExposedRelation) -> list[str]:
    """The fields of the foreign key, which one side takes from the other."""
    return [pair[0] if relation.relation.owning else pair[1] for pair in relation.relation.pairs]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
