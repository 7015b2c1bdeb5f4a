"""The way in: the rows that an operation writes go through the steps of their resources before the statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.hub.loop import blocking
from contracts.catalog import Resource
from contracts.operations import How, Value
from contracts.problems import Problem

from data_service.plan.plans import DocumentPlan, Plan
from data_service.plan.write_nodes import CreatePlan, UpdatePlan
from data_service.processing.stages import Batch, Broken, Occasion, RowFault, Step

# by the resource and the fields that are given: a step or none for each kind of rule, in the order in which they run
StepsOf = Callable[[Resource, frozenset[str]], tuple[Step | None, ...]]


_MANY = 100  # rows; each takes tens of microseconds
Place = tuple[str | int, ...]  # of a write in its document, or of a value in that


@dataclass(frozen=True, slots=True)
class _Given:
    """One write: where its values are among the operation's, and the steps that they go through.

    ``rows`` is the index of a create's rows; an update has ``assigned`` values by field, some of which are ``moved``.
    ``above`` leads to a nested create from outside: each relation, and where it stands to which row its rows belong.
    """

    resource: Resource
    steps: tuple[Step | None, ...]
    path: tuple[str | int, ...]
    rows: int | None = None
    above: tuple[tuple[str, int], ...] = ()
    assigned: tuple[tuple[str, int], ...] = ()
    moved: Mapping[str, How] = field(default_factory=dict)

    def batch(self, values: Sequence[Value]) -> Batch:
        if self.rows is None:
            row = {name: _at(values, index) for name, index in self.assigned}
            return Batch(self.resource, "update", [row], self.path, self.moved)
        given = self.rows_of(values)
        if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
            raise Problem("PGRST102", "The rows to create are not a list of objects")
        batch = Batch(self.resource, "create", [dict(row) for row in given], self.path)
        if self.above:
            batch.places = lambda row: _place(row, self.above, values)
        return batch

    def rows_of(self, values: Sequence[Value]) -> Value:
        """A create's rows, None for an update."""
        return None if self.rows is None else _at(values, self.rows)

    def put(self, batch: Batch, values: list[Value]) -> None:
        if self.rows is not None:
            values[self.rows] = batch.rows
            return
        for name, index in self.assigned:
            values[index] = batch.rows[0][name]


class BrokenRows(Broken):
    """Rows that break rules before they are written, and what could be written of them to learn of further faults."""

    def __init__(
        self, faults: Sequence[RowFault], writes: Sequence[_Given], batches: Sequence[Batch], values: Sequence[Value]
    ) -> None:
        super().__init__(faults)
        self._writes = list(zip(writes, batches, strict=True))
        self._values = list(values)

    def whole(self) -> list[Value]:
        """The values as they would be bound were there no faults."""
        values = list(self._values)
        for write, batch in self._writes:
            write.put(batch, values)
        return values

    def sound(self) -> tuple[list[Value], Mapping[Place, Sequence[int]]] | None:
        """The values without the new rows that have faults, and which rows are left of each write that lost some.

        None where there is none to be left out, or an update that has faults.
        """
        values, left = self.whole(), {}
        for write, batch in self._writes:
            if not batch.faults:
                continue
            if write.rows is None:
                return None
            faulty = {fault.path[len(batch.path)] for fault in batch.faults}
            left[batch.path] = [number for number in range(len(batch.rows)) if number not in faulty]
            values[write.rows] = [batch.rows[number] for number in left[batch.path]]
        return (values, left) if any(left.values()) else None


@dataclass(frozen=True, slots=True)
class Inward:
    """The way in of one shape."""

    writes: tuple[_Given, ...]

    def __call__(self, values: Sequence[Value], occasion: Occasion) -> list[Value]:
        """The values to bind; on a hub the work on many rows is done beside it.

        Raises `BrokenRows` with the faults of all rows at once, and what steps raise.
        """
        rows = sum(len(given) for write in self.writes if isinstance(given := write.rows_of(values), list))
        return blocking(self._values, values, occasion) if rows > _MANY else self._values(values, occasion)

    def _values(self, values: Sequence[Value], occasion: Occasion) -> list[Value]:
        changed = list(values)
        batches = [write.batch(values) for write in self.writes]
        # a step of all writes before the next one: faults of one kind come together
        for steps in zip(*(write.steps for write in self.writes), strict=True):
            for step, batch in zip(steps, batches, strict=True):
                if step is not None:
                    step(batch, occasion)
            faults = [fault for batch in batches for fault in batch.faults]
            if faults:
                raise BrokenRows(faults, self.writes, batches, changed)
        for write, batch in zip(self.writes, batches, strict=True):
            write.put(batch, changed)
        return changed


def inward_of(plan: Plan, steps_of: StepsOf) -> Inward | None:
    """The way in of a plan's writes; None where no rule is about what they write."""
    writes = tuple(write for write in _writes(plan, steps_of, ()) if any(step is not None for step in write.steps))
    return Inward(writes) if writes else None


def _writes(plan: object, steps_of: StepsOf, path: tuple[str | int, ...]) -> list[_Given]:
    match plan:
        case DocumentPlan():
            found = []
            for member in plan.members:
                found += _writes(member.plan, steps_of, (*path, member.key))
            return found
        case CreatePlan() if plan.rows.kind == "param":
            return _create(plan, steps_of, path, ())
        case UpdatePlan():
            return [_update(plan, steps_of, path)]
        case _:
            return []


def _create(
    plan: CreatePlan, steps_of: StepsOf, path: tuple[str | int, ...], above: tuple[tuple[str, int], ...]
) -> list[_Given]:
    """A create, and those nested in it."""
    names = frozenset(item.field.name for item in plan.given if not item.filled)
    found = [_Given(plan.resource, steps_of(plan.resource, names), path, rows=plan.rows.what, above=above)]
    for one in plan.nested:
        found += _create(one.plan, steps_of, path, (*above, (one.relation, one.of.what)))
    return found


def _place(row: int, above: tuple[tuple[str, int], ...], values: Sequence[Value]) -> tuple[str | int, ...]:
    """Where a row of a nested create stands: the outermost row, then each relation and the number within it."""
    if not above:
        return (row,)
    *further, (relation, index) = above
    of = _at(values, index)
    return (*_place(of[row], tuple(further), values), relation, of[:row].count(of[row]))


def _update(plan: UpdatePlan, steps_of: StepsOf, path: tuple[str | int, ...]) -> _Given:
    changes = [change for change in plan.changes if change.how != "default" and change.source.kind == "param"]
    assigned = tuple((change.field.name, change.source.what) for change in changes)
    moved = {change.field.name: change.how for change in changes if change.how != "value"}
    steps = steps_of(plan.scan.resource, frozenset(name for name, _ in assigned))
    return _Given(plan.scan.resource, steps, path, assigned=assigned, moved=moved)


def _at(values: Sequence[Value], index: int) -> Value:
    if not 0 <= index < len(values):
        raise Problem("PGRST100", f"the value {index} is missing")
    return values[index]
