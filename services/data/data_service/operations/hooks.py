"""Hooks on the writes and reads of a shape: which run when, and how a write is changed by what they say."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.catalog import Catalog, Resource

from data_service.operations.declared import Declared, Hook
from data_service.plan.nodes import Column, ColumnOutput, EmbedOutput, GroupOutput, ReadPlan, RowsOutput, Scan, Source
from data_service.plan.plans import CallPlan, DocumentPlan, Plan
from data_service.plan.write_nodes import Change, CreatePlan, DeletePlan, Given, UpdatePlan, WritePlan
from data_service.processing.sealing import Sealing, sealing_of
from data_service.sql.dialect import Dialect
from data_service.sql.emit import Emitter
from data_service.sql.programs import Program, write_program
from data_service.sql.programs import Sequence as Members
from data_service.sql.statements import Caps, ReadStatement, RowInsert, Statement, WriteStatement

_NO_CAPS = Caps()
_WRITES = (CreatePlan, UpdatePlan, DeletePlan)
Change_ = Statement | RowInsert


class Unfit(Exception):
    """A hook sets a field that can't be set."""


@dataclass(frozen=True)
class HookedWrite:
    """A write with the hooks of its resource, and how its values are sealed after these (``late``).

    ``change`` is its statement, and gives back its rows where ``written`` reads them; ``matched`` reads those that are
    about to be changed or deleted: without what is kept otherwise than it is.
    """

    plan: WritePlan
    resource: Resource
    before: tuple[Hook, ...]
    after: tuple[Hook, ...]
    after_commit: tuple[Hook, ...]
    late: Sealing | None
    change: Change_
    written: Statement | None
    matched: Statement | None
    widen: Callable[[frozenset[str], int], "Widened"]
    kept: dict[tuple[frozenset[str], int], "Widened"] = field(default_factory=dict)

    def widened(self, names: frozenset[str], number: int) -> "Widened":
        """The write with further fields set, whose values come after ``number`` others. Raises `Unfit`."""
        known = self.kept.get((names, number))
        if known is None:
            known = self.kept[names, number] = self.widen(names, number)
        return known

    @property
    def types(self) -> dict[str, str]:
        """The portable types of the resource's fields."""
        return {column.name: column.type for column in self.resource.columns}


@dataclass(frozen=True, slots=True)
class Widened:
    """A write's statement with further fields, in this order, and how all its values are sealed."""

    change: Change_
    names: tuple[str, ...]
    late: Sealing | None


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a shape: on its ``writes`` by the id of their statement, and before what it ``reads``."""

    writes: Mapping[int, HookedWrite]
    reads: tuple[Hook, ...] = ()


def hooks_of(plan: Plan, program: Program | None, maker: "Maker") -> Hooks | None:
    """The hooks of a shape, None where there are none for what it does.

    ``plan`` is restricted already, and not sealed yet; ``program`` is made of it, None where it only reads.
    """
    declared = maker.declared
    if not declared.hooks:
        return None
    pairs = [(inner, made.change) for pair in _writes(plan, program) for inner, made in _each(*pair) if made.change]
    writes = {id(change): maker.hooked(inner) for inner, change in pairs}
    names = dict.fromkeys(_read_resources(plan))
    reads = tuple(hook for name in names for hook in declared.of(name, "read", "before"))
    if not reads and not any(write.before or write.after or write.after_commit for write in writes.values()):
        return None
    return Hooks(writes, reads)


class Maker:
    """Makes the hooked writes of shapes."""

    def __init__(self, declared: Declared, full: Catalog, dialect: Dialect) -> None:
        self.declared = declared
        self._full = full
        self._dialect = dialect

    def hooked(self, plan: WritePlan) -> HookedWrite:
        if isinstance(plan, CreatePlan) and plan.nested:
            plan = dataclasses.replace(plan, nested=())  # these are writes of their own
        resource = self._full.by_name[_resource(plan).name]
        verb = {CreatePlan: "create", UpdatePlan: "update", DeletePlan: "delete"}[type(plan)]
        before, after, later = (
            self.declared.of(resource.name, verb, when) for when in ("before", "after", "after_commit")
        )
        looks = not isinstance(plan, CreatePlan) and any(hook.takes_rows for hook in before)
        needed = bool(after or later)
        change, late = self._change(plan, resource)
        return HookedWrite(
            plan=plan,
            change=change,
            resource=resource,
            before=before,
            after=after,
            after_commit=later,
            late=late,
            written=self._written(resource) if needed else None,
            matched=self._matched(plan, resource) if looks and not isinstance(plan, CreatePlan) else None,
            widen=lambda names, number: self._widened(plan, resource, names, number),
        )

    def _written(self, resource: Resource) -> Statement:
        rows = ReadPlan(Scan(resource, rows=None, written=True), _all(resource))
        return Emitter(self._dialect, self._full, _NO_CAPS).back(rows, None)

    def _matched(self, plan: UpdatePlan | DeletePlan, resource: Resource) -> Statement:
        made = write_program(
            ReadPlan(dataclasses.replace(plan.scan, resource=resource), _all(resource), plan.where),
            self._dialect, self._full, _NO_CAPS,
        )  # fmt: skip
        assert isinstance(made, ReadStatement)
        return made.statement

    def _widened(self, plan: WritePlan, resource: Resource, names: frozenset[str], number: int) -> Widened:
        unfit = [name for name in names if name not in resource.by_name or not resource.by_name[name].writable]
        if unfit or isinstance(plan, DeletePlan):
            raise Unfit(f"{resource.name} has no field {', '.join(sorted(unfit or names))} that can be set")
        fields = [column for column in resource.columns if column.name in names]
        wider: WritePlan
        if isinstance(plan, CreatePlan):
            wider = dataclasses.replace(
                plan,
                given=(*plan.given, *map(Given, fields)),
                presets=tuple(preset for preset in plan.presets if preset.field.name not in names),
                ragged=True,
                defaults=plan.defaults or not plan.ragged,
            )
        else:
            kept = tuple(change for change in plan.changes if change.field.name not in names)
            added = (Change(column, Source("param", number + at)) for at, column in enumerate(fields))
            wider = dataclasses.replace(plan, changes=(*kept, *added))
        change, late = self._change(wider, resource)
        return Widened(change, tuple(column.name for column in fields), late)

    def _change(self, plan: WritePlan, resource: Resource) -> tuple[Change_, Sealing | None]:
        """The write's statement, giving back its rows, and how its values are sealed."""
        sealed, late = sealing_of(plan, self._full)
        match sealed:
            case CreatePlan():
                return self._dialect.create(sealed, resource, back=True), late
            case UpdatePlan():
                return self._dialect.update(sealed, resource, back=True), late
            case DeletePlan():
                return self._dialect.delete(sealed, resource, back=True), late
            case _:
                raise AssertionError("what writes is sealed as what writes")


def assigned(plan: UpdatePlan, values: Sequence[Any]) -> dict[str, Any]:
    """What an update sets, by field; not what it moves or takes from the role's presets."""
    return {c.field.name: values[c.source.what] for c in plan.changes if c.how == "value" and c.source.kind == "param"}


def _all(resource: Resource) -> tuple[ColumnOutput, ...]:
    return tuple(ColumnOutput(column.name, Column(column)) for column in resource.columns if column.guard is None)


def _resource(plan: WritePlan) -> Resource:
    return plan.resource if isinstance(plan, CreatePlan) else plan.scan.resource


def _writes(plan: Plan, program: Program | None) -> Iterator[tuple[WritePlan, WriteStatement]]:
    """Each write of a plan with its statement."""
    if isinstance(plan, DocumentPlan):
        if isinstance(program, Members):
            for member, (_, statement) in zip(plan.members, program.members, strict=True):
                if isinstance(member.plan, _WRITES) and isinstance(statement, WriteStatement):
                    yield member.plan, statement
    elif isinstance(plan, _WRITES) and isinstance(program, WriteStatement):
        yield plan, program


def _each(plan: WritePlan, statement: WriteStatement) -> Iterator[tuple[WritePlan, WriteStatement]]:
    """A write, and those nested in it."""
    yield plan, statement
    if isinstance(plan, CreatePlan) and statement.nested is not None:
        for one, linked in zip(plan.nested, statement.nested.linked, strict=True):
            yield from _each(one.plan, linked.write)


def _read_resources(node: Any) -> Iterator[str]:
    """The resources whose rows a plan gives; not those that it only looks at to filter or to sort."""
    match node:
        case ReadPlan():
            if not node.scan.written and node.scan.call is None:
                yield node.scan.resource.name
            for output in node.outputs:
                yield from _read_resources(output)
        case DocumentPlan():
            for member in node.members:
                yield from _read_resources(member.plan)
        case CreatePlan() | UpdatePlan() | DeletePlan():
            yield from _read_resources(node.returning)
        case EmbedOutput():
            yield from _read_resources(node.plan)
        case GroupOutput() | RowsOutput():
            for output in node.outputs:
                yield from _read_resources(output)
        case CallPlan():
            yield from _read_resources(node.read)
