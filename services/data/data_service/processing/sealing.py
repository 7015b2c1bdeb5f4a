"""The last step on the way in: values of tokenised and encrypted fields become what is kept of them."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.hub.loop import blocking
from contracts.catalog import Catalog, Resource
from contracts.fields import Field, Guard
from contracts.operations import Value
from contracts.problems import Problem

from data_service.plan.nodes import Source
from data_service.plan.plans import DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import Change, CreatePlan, Given, UpdatePlan
from data_service.processing.secrets import index_of, keep
from data_service.processing.stages import Occasion


@dataclass(frozen=True, slots=True)
class _Rows:
    """A create: its rows are read from one value and put, as they are kept, into another."""

    source: int
    target: int
    guards: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class _Assigned:
    """An update's value: where it comes from, where what is kept of it goes, and where its blind index."""

    source: int
    target: int
    guard: Guard
    index: int | None


@dataclass(frozen=True, slots=True)
class Sealing:
    """What of a shape's values is kept otherwise than it is given. ``size`` is how many values the statement takes."""

    size: int
    writes: tuple[_Rows | _Assigned, ...]

    def __call__(self, values: Sequence[Value], occasion: Occasion) -> list[Value]:
        """The values to bind. Raises `Problem`."""
        return blocking(self._sealed, values)

    def _sealed(self, values: Sequence[Value]) -> list[Value]:
        changed = [*values, *[None] * (self.size - len(values))]
        for write in self.writes:
            if isinstance(write, _Rows):
                changed[write.target] = _sealed_rows(changed[write.source], write.guards)
            else:
                given = changed[write.source]
                changed[write.target] = keep(write.guard, [given])[0]
                if write.index is not None:
                    changed[write.index] = index_of(write.guard, given)
        return changed


def _sealed_rows(given: Value, guards: tuple[Guard, ...]) -> list[dict[str, Value]]:
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise Problem("PGRST102", "The rows to create are not a list of objects")
    rows = [dict(row) for row in given]
    for guard in guards:
        name = guard.stored.name
        of = [row for row in rows if name in row]
        if guard.index:
            for row in of:
                row[guard.index] = index_of(guard, row[name])
        for row, kept in zip(of, keep(guard, [row[name] for row in of]), strict=True):
            row[name] = kept
    return rows


def sealing_of(plan: Plan, kept: Catalog) -> tuple[Plan, Sealing | None]:
    """The plan that writes what is kept, and what makes that of the values; None where nothing of it is protected.

    ``kept`` is the full catalog, whose fields say how they are kept. Raises `Problem` for what can't be done so.
    """
    walk = _Walk(plan, kept)
    changed = walk.plan(plan)
    return (changed, Sealing(walk.size, tuple(walk.writes))) if walk.writes else (changed, None)


class _Walk:
    """One pass over the writes of a plan. What is kept is put beside the values: these may stand elsewhere as well."""

    def __init__(self, plan: Plan, kept: Catalog) -> None:
        self._kept = kept
        self._plan = plan
        self._size: int | None = None
        self.writes: list[_Rows | _Assigned] = []

    @property
    def size(self) -> int:
        """How many values there are by now."""
        if self._size is None:
            self._size = max((index + 1 for index in _params(self._plan)), default=0)
        return self._size

    def _new(self) -> int:
        place = self.size
        self._size = place + 1
        return place

    def plan(self, plan: Any) -> Any:
        match plan:
            case DocumentPlan():
                return DocumentPlan(tuple(MemberPlan(m.key, self.plan(m.plan)) for m in plan.members))
            case CreatePlan():
                return self._create(plan)
            case UpdatePlan():
                return self._update(plan)
            case _:
                return plan

    def _resource(self, resource: Resource) -> Resource:
        return self._kept.by_name.get(resource.name, resource)

    def _create(self, plan: CreatePlan) -> CreatePlan:
        if plan.nested:
            nested = tuple(dataclasses.replace(one, plan=self._create(one.plan)) for one in plan.nested)
            plan = dataclasses.replace(plan, nested=nested)
        fields = self._resource(plan.resource).by_name
        self._refuse_linked(plan, fields)
        _refuse_presets(tuple(preset.field for preset in plan.presets), fields)
        if plan.conflict is not None:
            _refuse_presets(tuple(preset.field for preset in plan.conflict.presets), fields)
        guards = tuple(guard for item in plan.given if (guard := _guard(fields, item.field)) is not None)
        if not guards:
            return plan
        indexes = tuple(fields[index] for guard in guards if (index := guard.index))
        place = self._new()
        self.writes.append(_Rows(plan.rows.what, place, guards))
        conflict = plan.conflict
        if conflict is not None and conflict.changes is not None:
            changed = {field.name for field in conflict.changes}
            more = tuple(fields[index] for g in guards if (index := g.index) and g.stored.name in changed)
            conflict = dataclasses.replace(conflict, changes=(*conflict.changes, *more))
        return dataclasses.replace(
            plan,
            given=(*(Given(_as_stored(item.field)) for item in plan.given), *(Given(field) for field in indexes)),
            rows=Source("param", place),
            sent=plan.rows,
            conflict=conflict,
        )

    def _refuse_linked(self, plan: CreatePlan, fields: dict[str, Field]) -> None:
        """Raises `Problem` 0A000 where a protected field would tell which rows of nested creates belong together."""
        linked = [item.field for item in plan.given if item.filled]
        for one in plan.nested:
            earlier = self._resource(one.plan.resource).by_name if one.first else fields
            linked += [earlier[other] for _, other in one.fills]
        for field in linked:
            if _guard(fields, field) is not None or field.guard is not None:
                raise Problem("0A000", f"rows can't be created over the protected field '{field.name}'")

    def _update(self, plan: UpdatePlan) -> UpdatePlan:
        fields = self._resource(plan.scan.resource).by_name
        changes: list[Change] = []
        for change in plan.changes:
            guard = _guard(fields, change.field)
            if guard is None:
                changes.append(change)
            elif change.how == "default":
                changes.append(change)
                if guard.index:
                    changes.append(Change(fields[guard.index], change.source, "default"))
            elif change.how != "value":
                raise Problem(
                    "PGRST100", f"the field '{change.field.name}' is protected and can only be set to a value"
                )
            elif change.source.kind != "param":
                raise _preset(change.field)
            else:
                changes.extend(self._assigned(change, guard, fields))
        return dataclasses.replace(plan, changes=tuple(changes)) if changes else plan

    def _assigned(self, change: Change, guard: Guard, fields: dict[str, Field]) -> Iterator[Change]:
        place = self._new()
        index = self._new() if guard.index else None
        self.writes.append(_Assigned(change.source.what, place, guard, index))
        yield Change(guard.stored, Source("param", place))
        if guard.index and index is not None:
            yield Change(fields[guard.index], Source("param", index))


def _guard(fields: dict[str, Field], given: Field) -> Guard | None:
    """How a field that is written is kept, None where it is kept as it is."""
    found = fields.get(given.name)
    guard = found.guard if found is not None else None
    if guard is not None and guard.index == "":
        raise Problem("0A000", f"the field '{given.name}' can't be written here: its index is not part of the view")
    return guard


def _as_stored(field: Field) -> Field:
    return field if field.guard is None else field.guard.stored


def _refuse_presets(presets: tuple[Field, ...], fields: dict[str, Field]) -> None:
    for field in presets:
        if _guard(fields, field) is not None:
            raise _preset(field)


def _preset(field: Field) -> Problem:
    return Problem("TRV301", f"the field '{field.name}' is protected, so that no preset of a policy can set it")


def _params(node: Any) -> Iterator[int]:
    """The indexes of all values that a plan takes."""
    if isinstance(node, Source):
        if node.kind == "param":
            yield node.what
    elif isinstance(node, tuple):
        for item in node:
            yield from _params(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for part in dataclasses.fields(node):
            yield from _params(getattr(node, part.name))
