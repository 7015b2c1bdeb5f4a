"""The way out: answers whose rows go through stages, level by level, between the database and the facade.

The plan asks for what the stages need under keys of its own, and leaves the places of what they make; the body is
decoded once, each stage runs once for all rows of a level, and the body is encoded again with every digit it had.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from contracts.catalog import Catalog
from contracts.fields import Field
from contracts.operations import Value
from contracts.problems import Problem

from data_service.plan.nodes import (
    Column,
    ColumnOutput,
    ConstantOutput,
    EmbedOutput,
    GroupOutput,
    PlanOutput,
    ReadPlan,
    RowsOutput,
)
from data_service.plan.plans import CallPlan, DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan
from data_service.processing.stages import Occasion, Row, Stage

StagesOf = Callable[[str], Sequence[Stage]]  # by the resource's name, in the order in which they run

_RESERVED = "trivet needs "  # no facade gives a key with spaces and an index after it
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Level:
    """Rows at a path of the body: what of them goes through which stages.

    ``needed`` are the stages' inputs, field by reserved key; ``shown`` are response keys whose values come from the
    field of that name. ``whole``: where all that is needed is null there is no row (a spread of nothing).
    """

    path: tuple[str, ...]
    stages: tuple[Stage, ...]
    needed: tuple[tuple[str, str], ...]
    shown: tuple[tuple[str, str], ...]
    whole: bool = True

    def process(self, body: Value, occasion: Occasion) -> None:
        """Run the stages over all rows at the path, in place."""
        objects = list(_at(body, self.path))
        rows: list[Row] = [{name: item.pop(key) for key, name in self.needed} for item in objects]
        batch = [row for row in rows if self.whole or any(value is not None for value in row.values())]
        if batch:
            for stage in self.stages:
                stage(batch, occasion)
        for item, row in zip(objects, rows, strict=True):
            for key, name in self.shown:
                item[key] = row.get(name)


@dataclass(frozen=True, slots=True)
class Outward:
    """The way out of one shape."""

    levels: tuple[Level, ...]

    def __call__(self, body: bytes, occasion: Occasion) -> bytes:
        """The body as the client gets it. Raises `Problem`."""
        if not body:
            return body
        decoded = _decode(body)
        for level in self.levels:
            level.process(decoded, occasion)
        return _encode(decoded)


def outward_of(plan: Plan, full: Catalog, stages_of: StagesOf) -> tuple[Plan, Outward | None]:
    """The plan that asks for what the stages need too, and the way out; None where nothing asked for has a stage."""
    walk = _Walk(full, stages_of)
    changed = walk.plan(plan, ())
    return (changed, Outward(tuple(walk.levels))) if walk.levels else (plan, None)


class _Walk:
    """One pass over a plan."""

    def __init__(self, full: Catalog, stages_of: StagesOf) -> None:
        self._full = full
        self._stages_of = stages_of
        self._keys = 0
        self.levels: list[Level] = []

    def plan(self, plan: Any, path: tuple[str, ...]) -> Any:
        match plan:
            case ReadPlan():
                return self._read(plan, path)
            case CallPlan():
                return dataclasses.replace(plan, read=self._read(plan.read, path))
            case CreatePlan() | UpdatePlan() | DeletePlan():
                return dataclasses.replace(plan, returning=self._read(plan.returning, path))
            case DocumentPlan():
                members = (MemberPlan(m.key, self.plan(m.plan, (*path, m.key))) for m in plan.members)
                return DocumentPlan(tuple(members))
            case _:
                return plan

    def _read(self, plan: ReadPlan, path: tuple[str, ...], *, spread: bool = False) -> ReadPlan:
        if plan.grouped or not plan.outputs:  # what is grouped by is in the database
            return plan
        if plan.scan.call is not None and plan.scan.call.function.returns.resource is None:  # no rule is about these
            return plan
        outputs = self._outputs(plan.scan.resource.name, plan.outputs, path, spread=spread)
        return plan if outputs is plan.outputs else dataclasses.replace(plan, outputs=outputs)

    def _outputs(
        self, resource: str, outputs: tuple[PlanOutput, ...], path: tuple[str, ...], *, spread: bool = False
    ) -> tuple[PlanOutput, ...]:
        below = tuple(self._below(resource, output, path) for output in outputs)
        asked = {output.column.field.name for output in below if isinstance(output, ColumnOutput)}
        stages = _needed_stages(self._stages_of(resource), asked)
        if not stages:
            return below if any(new is not old for new, old in zip(below, outputs, strict=True)) else outputs
        made = {name for stage in stages for name in stage.makes}
        fields = self._full.by_name[resource].by_name
        needed = list(dict.fromkeys(name for stage in stages for name in stage.needs if _stored(fields[name])))
        needed += [name for name in asked & made if _stored(fields[name]) and name not in needed]
        hidden = {name: self._key() for name in needed}
        shown = tuple((o.key, o.column.field.name) for o in below if isinstance(o, ColumnOutput) and _is(o, made))
        taken = tuple((key, name) for name, key in hidden.items())
        self.levels.append(Level(path, stages, taken, shown, whole=not spread))
        places = tuple(ConstantOutput(o.key, "") if isinstance(o, ColumnOutput) and _is(o, made) else o for o in below)
        return (*places, *(ColumnOutput(key, Column(_given(fields[name]))) for name, key in hidden.items()))

    def _below(self, resource: str, output: PlanOutput, path: tuple[str, ...]) -> PlanOutput:
        match output:
            case GroupOutput() | RowsOutput():
                inner = self._outputs(resource, output.outputs, (*path, output.key))
                return output if inner is output.outputs else dataclasses.replace(output, outputs=inner)
            case EmbedOutput():
                levels = len(self.levels)
                place = path if output.spread else (*path, output.key)
                plan = self._read(output.plan, place, spread=output.spread)
                if output.spread and output.link.relation.cardinality == "many" and len(self.levels) > levels:
                    raise Problem(
                        "PGRST127",
                        "Feature not implemented",
                        details="Fields that rules make are not implemented in one-to-many and many-to-many spreads.",
                    )
                return output if plan is output.plan else dataclasses.replace(output, plan=plan)
            case _:
                return output

    def _key(self) -> str:
        self._keys += 1
        return f"{_RESERVED}{self._keys}"


def _is(output: ColumnOutput, made: set[str]) -> bool:
    return output.column.field.name in made


def _given(field: Field) -> Field:
    """A field as stages get it: masked where the role sees it so, as it is kept where the first of them opens it."""
    return field if field.guard is None or field.guard.in_sql else field.guard.stored


def _stored(field: Field) -> bool:
    """True where the database gives a value to begin with."""
    return field.origin in ("column", "expression")


def _needed_stages(stages: Sequence[Stage], asked: set[str]) -> tuple[Stage, ...]:
    """The stages that make what was asked for, and what those need; in order."""
    wanted, found = set(asked), []
    for stage in reversed(stages):
        if wanted.intersection(stage.makes):
            found.append(stage)
            wanted.update(stage.needs)
    return tuple(reversed(found))


def _at(value: Value, path: tuple[str, ...]) -> Iterator[dict[str, Value]]:
    """All objects at a path; what lies on it may be lists."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif isinstance(value, dict):
        if path:
            yield from _at(value.get(path[0]), path[1:])
        else:
            yield value
