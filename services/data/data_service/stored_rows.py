"""Stored rows brought into the form that cleansing gives to new ones: what would change, and the change, in batches.

Rows are read and written through the engine as the admin, in the order of their keys. What protection keeps is left
alone: only those who may see a value can say what its form is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.filters import And, Compare, FieldRef, Filter, Is, Or, Param
from contracts.identity import ADMIN_ROLE, Caller, Principal
from contracts.operations import (
    Affected,
    Assign,
    Document,
    FieldOutput,
    Member,
    Node,
    Operation,
    Read,
    Sort,
    Update,
    Value,
)
from contracts.problems import Kind, Problem
from contracts.results import Result

from data_service.processing.cleanse import Cleansing
from data_service.processing.rules import Processing

ADMIN = Caller(principal=Principal(role=ADMIN_ROLE, subject="trivet", roles=(ADMIN_ROLE,)))
_TOGETHER = 100  # rows that are changed in one transaction
_COMPARABLE = frozenset({"text", "int2", "int4", "int8", "numeric", "enum", "uuid", "bool", "date"})
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
Key = tuple[Value, ...]


class Answers(Protocol):
    """What answers operations: an engine."""

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation. Raises `Problem`."""
        ...


class Target(Protocol):
    """A resource whose rows may have to change."""

    @property
    def resource(self) -> Resource:
        """The resource, which has a key."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it takes to know what changes."""
        ...

    def changed(self, rows: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
        """The new values of each row, by field. Raises `Problem`."""
        ...


@dataclass(frozen=True, slots=True)
class Cleansed:
    """A resource with fields to cleanse: their names, steps, and whether these go into lists and objects."""

    resource: Resource
    fields: tuple[tuple[str, Cleansing, bool], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields to cleanse."""
        return tuple(name for name, _, _ in self.fields)

    def changed(self, rows: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
        """The clean values of each row."""
        return [{name: cleansing(row[name], deep) for name, cleansing, deep in self.fields} for row in rows]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left alone, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is to change: its key, and by field the value that it has and the one that it gets."""

    key: Key
    fields: dict[str, tuple[Value, Value]]


@dataclass(slots=True)
class Batch:
    """A batch of rows: how many were ``seen``, the ``changes`` found, the key of the ``last`` one.

    Where they were applied: how many were ``applied``, which were ``refused`` with what reason, and how many were
    ``overtaken``, for others had changed them in the meantime.
    """

    seen: int
    changes: list[Change]
    last: Key
    applied: int = 0
    overtaken: int = 0
    refused: list[tuple[Change, str]] = field(default_factory=list)


def targets(processing: Processing, catalog: Catalog) -> tuple[list[Cleansed], list[Left]]:
    """What there is to cleanse, and what of it is left alone; ``catalog`` is the one that the admin sees."""
    found: list[Cleansed] = []
    left: list[Left] = []
    for name, rules in processing.by_resource.items():
        cleansed = {key: rule for key, rule in rules.fields.items() if isinstance(rule.cleanse, Cleansing)}
        resource = catalog.by_name.get(name)
        if not cleansed or resource is None:
            continue
        left += [Left(f"{name}.{key}", "it is protected") for key, rule in cleansed.items() if rule.protect is not None]
        hidden = [key for key in resource.key if key in rules.fields and rules.fields[key].protect is not None]
        if not resource.key or hidden:
            left.append(Left(name, "its key is protected" if hidden else "it has no primary key"))
            continue
        if not resource.updatable:
            left.append(Left(name, "its rows can't be changed"))
            continue
        fields = tuple(
            (key, rule.cleanse, resource.by_name[key].type in ("json", "array"))
            for key, rule in cleansed.items()
            if rule.protect is None and isinstance(rule.cleanse, Cleansing)
        )
        if fields:
            found.append(Cleansed(resource, fields))
    return found, left


def count(engine: Answers, target: Target) -> int:
    """How many rows the resource has. Raises `Problem`."""
    answer = engine.execute(Read(target.resource.name, Node(shape="none"), count="exact"), [], ADMIN)
    return answer.total or 0


def batches(engine: Answers, target: Target, *, size: int, after: Key | None, apply: bool) -> Iterator[Batch]:
    """The rows after a key (None: all), ``size`` at a time; with ``apply`` their changes are written. Raises `Problem`.

    A batch that was yielded is done: its ``last`` key is where to go on.
    """
    while True:
        rows = _read(engine, target.resource, target, size, after)
        if not rows:
            return
        changed = zip(rows, target.changed(rows), strict=True)
        changes = [change for row, new in changed if (change := _change(target, row, new)).fields]
        after = _key(target.resource, rows[-1])
        batch = Batch(len(rows), changes, after)
        if apply:
            for start in range(0, len(changes), _TOGETHER):
                _apply(engine, target.resource, changes[start : start + _TOGETHER], batch)
        yield batch


def _read(engine: Answers, resource: Resource, target: Target, size: int, after: Key | None) -> list[dict[str, Value]]:
    names = dict.fromkeys((*resource.key, *target.names))
    node = Node(
        tuple(FieldOutput(name, FieldRef(name)) for name in names),
        filter=None if after is None else _beyond(resource.key),
        sort=tuple(Sort(FieldRef(name)) for name in resource.key),
        limit=Param(0),
    )
    rows: list[dict[str, Value]] = _decode(
        engine.execute(Read(resource.name, node), [size, *(after or ())], ADMIN).body
    )
    return rows


def _beyond(key: tuple[str, ...]) -> Filter:
    """The rows after a key, whose values begin at the second."""
    cases = []
    for position, name in enumerate(key):
        same = [Compare(FieldRef(before), "eq", Param(at + 1)) for at, before in enumerate(key[:position])]
        cases.append(And((*same, Compare(FieldRef(name), "gt", Param(position + 1)))))
    return Or(tuple(cases))


def _key(resource: Resource, row: dict[str, Value]) -> Key:
    return tuple(row[name] for name in resource.key)


def _change(target: Target, row: dict[str, Value], changed: dict[str, Value]) -> Change:
    found = {name: (row[name], new) for name, new in changed.items() if new != row[name]}
    return Change(_key(target.resource, row), found)


def _apply(engine: Answers, resource: Resource, changes: list[Change], batch: Batch) -> None:
    """Write changes in one transaction; one by one where that is refused, so that one row does not stop the others."""
    operation, values = _written(resource, changes)
    try:
        body: dict[str, dict[str, Any]] = _decode(engine.execute(operation, values, ADMIN).body)
    except Problem as problem:
        if problem.kind in (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL) and problem.code != "TRV301":
            raise
        if len(changes) == 1:
            batch.refused.append((changes[0], _reason(problem)))
            return
        for change in changes:
            _apply(engine, resource, [change], batch)
        return
    affected = sum(member["n"] for member in body.values())
    batch.applied += affected
    batch.overtaken += len(changes) - affected


def _reason(problem: Problem) -> str:
    """Why a row was refused, in words that are the same for all rows that break the same rules."""
    if problem.code != "TRV300" or not isinstance(problem.details, list):
        return problem.message
    told = (": ".join([*map(str, fault["path"][1:]), fault["message"]]) for fault in problem.details)
    return "; ".join(told)


def _written(resource: Resource, changes: list[Change]) -> tuple[Document, list[Value]]:
    """The updates of rows that still have the values they were read with."""
    values: list[Value] = []

    def param(value: Value) -> Param:
        values.append(value)
        return Param(len(values) - 1)

    members = []
    for number, change in enumerate(changes):
        same: list[Filter] = [
            Compare(FieldRef(n), "eq", param(v)) for n, v in zip(resource.key, change.key, strict=True)
        ]
        same += [
            Is(FieldRef(name), "null") if old is None else Compare(FieldRef(name), "eq", param(old))
            for name, (old, _) in change.fields.items()
            if resource.by_name[name].type in _COMPARABLE
        ]
        assigns = tuple(Assign(name, param(new)) for name, (_, new) in change.fields.items())
        update = Update(resource.name, assigns, And(tuple(same)), returning=Node((Affected("n"),), shape="summary"))
        members.append(Member(f"m{number}", update))
    return Document(tuple(members)), values
