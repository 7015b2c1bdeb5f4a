"""From a plan to what the database has to do: one read, one write with its look back, or several in order."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Union

from contracts.catalog import Catalog

from data_service.plan.nodes import ConstantOutput, ReadPlan
from data_service.plan.plans import CallPlan, DocumentPlan, Plan
from data_service.plan.write_nodes import ConflictPlan, CreatePlan, DeletePlan, UpdatePlan, WritePlan
from data_service.sql.dialect import Dialect
from data_service.sql.emit import Emitter, countable
from data_service.sql.foreign_values import foreign_value
from data_service.sql.nested_writes import nested_write
from data_service.sql.predicates import is_of_one_row
from data_service.sql.statements import (
    Bind,
    CallStatement,
    Caps,
    ReadStatement,
    RowChecks,
    RowInsert,
    Statement,
    StreamStatement,
    WriteStatement,
)
from data_service.sql.told import told_write
from data_service.sql.values import json_text


@dataclass(frozen=True, slots=True)
class DocumentStatement:
    """Several reads in one statement: its single column is the answer."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Sequence:
    """Writes (and constants, as JSON) that run in order in one transaction, each answered under its key."""

    members: tuple[tuple[str, "ReadStatement | WriteStatement | CallStatement | bytes"], ...]


Program = Union[ReadStatement, WriteStatement, CallStatement, DocumentStatement, Sequence]  # noqa: UP007


def write_program(plan: Plan, dialect: Dialect, full: Catalog, caps: Caps, *, in_steps: bool = False) -> Program:
    """What the database has to do for a plan. ``caps`` bound the rows of each level that is read.

    ``in_steps``: somebody looks at written rows before they are answered.
    """
    if isinstance(plan, ReadPlan):
        return _read(plan, dialect, full, caps)
    if isinstance(plan, CallPlan):
        return _call(plan, dialect, full, caps)
    if not isinstance(plan, DocumentPlan):
        return _write(plan, dialect, full, caps, in_steps=in_steps)
    members = [(member.key, member.plan) for member in plan.members]
    if plan.reads_only:
        reads = [(key, inner) for key, inner in members if isinstance(inner, ReadPlan | ConstantOutput)]
        return DocumentStatement(Emitter(dialect, full, caps).document(reads))
    return Sequence(tuple((key, _member(inner, dialect, full, caps, in_steps=in_steps)) for key, inner in members))


def write_stream(plan: ReadPlan, dialect: Dialect, full: Catalog, caps: Caps) -> StreamStatement:
    """What the database has to do for the rows of a read, one by one."""
    rows = Emitter(dialect, full, caps).stream(plan)
    if plan.count is None:
        return StreamStatement(rows)
    return StreamStatement(rows, _read(replace(plan, shape="none"), dialect, full, Caps(None, caps.most)))


def _member(
    plan: ReadPlan | WritePlan | CallPlan | ConstantOutput,
    dialect: Dialect,
    full: Catalog,
    caps: Caps,
    *,
    in_steps: bool,
) -> ReadStatement | WriteStatement | CallStatement | bytes:
    if isinstance(plan, ConstantOutput):
        return json_text(plan.value)
    if isinstance(plan, CallPlan):
        return _call(plan, dialect, full, caps)
    if isinstance(plan, ReadPlan):
        return _read(plan, dialect, full, caps)
    return _write(plan, dialect, full, caps, in_steps=in_steps)


def _read(plan: ReadPlan, dialect: Dialect, full: Catalog, caps: Caps) -> ReadStatement:
    made = Emitter(dialect, full, caps).read(plan)
    if plan.count in (None, "exact") or not countable(plan):
        return made
    estimate = Emitter(dialect, full, caps).counted(plan)
    return ReadStatement(made.statement, made.shape, made.offset, estimate)


def _call(plan: CallPlan, dialect: Dialect, full: Catalog, caps: Caps) -> CallStatement:
    at_most = Bind(plan.at_most, dialect.whole_number) if plan.at_most else None
    call = plan.read.scan.call
    if call is None or call.function.source == "database":
        made = _read(plan.read, dialect, full, caps)
        many = call is None or call.function.returns.many
        counted = made.shape == "one" or (made.shape == "maybe" and many) or at_most is not None
        judged = counted or made.offset is not None or made.estimate is not None
        return CallStatement(made, plan.writes, at_most, judged=judged)
    read = _read(plan.read, dialect, full, caps) if call.function.returns.kind == "rows" else None
    arguments = tuple((one.argument.name, Bind(one.source, foreign_value(one))) for one in call.passed)
    return CallStatement(read, plan.writes, at_most, call.function, arguments)


def _write(plan: WritePlan, dialect: Dialect, full: Catalog, caps: Caps, *, in_steps: bool) -> WriteStatement:
    if isinstance(plan, CreatePlan) and plan.nested:
        back = Emitter(dialect, full, caps).back(plan.returning, None)
        write = partial(_write, dialect=dialect, full=full, caps=caps, in_steps=True)
        made = nested_write(plan, write, full, (), back)
        return replace(made, shape=plan.returning.shape)
    told = None if in_steps else _told(plan, dialect, full, caps)
    if told is not None:
        return told
    if isinstance(plan, CreatePlan) and plan.conflict is not None:
        return _merge(plan, plan.conflict, dialect, full, caps)
    resource = full.by_name[(plan.resource if isinstance(plan, CreatePlan) else plan.scan.resource).name]
    check = None if isinstance(plan, DeletePlan) else plan.check
    if check is not None and dialect.judges and is_of_one_row(check):
        check = None  # the change fails by itself
    row_checks = _row_checks(plan, dialect, full, caps)
    looks_back = plan.returning.shape != "none" or check is not None or row_checks is not None
    change: Statement | RowInsert | None
    match plan:
        case CreatePlan():
            change = dialect.create(plan, resource, back=looks_back)
        case UpdatePlan():
            change = dialect.update(plan, resource, back=looks_back) if plan.changes else None
        case DeletePlan():
            change = dialect.delete(plan, resource, back=looks_back)
    at_most = None if isinstance(plan, CreatePlan) or dialect.judges else plan.at_most
    return WriteStatement(
        change=change,
        back=Emitter(dialect, full, caps).back(plan.returning, check) if looks_back else None,
        shape=plan.returning.shape,
        table=resource.name,
        key=resource.key if isinstance(plan, CreatePlan) and plan.tells_key else (),
        at_most=Bind(at_most, dialect.whole_number) if at_most else None,
        row_checks=row_checks,
        judged=check is not None or plan.returning.shape == "one",
    )


def _told(plan: WritePlan, dialect: Dialect, full: Catalog, caps: Caps) -> WriteStatement | None:
    """The write and its answer in one statement, where that can be."""
    resource = full.by_name[(plan.resource if isinstance(plan, CreatePlan) else plan.scan.resource).name]
    told = told_write(plan, resource, dialect, full, caps)
    if told is None:
        return None
    return WriteStatement(change=None, back=None, shape=plan.returning.shape, table=resource.name, told=told)


def _row_checks(plan: WritePlan, dialect: Dialect, full: Catalog, caps: Caps) -> RowChecks | None:
    if isinstance(plan, DeletePlan) or not plan.row_checks:
        return None
    statement = Emitter(dialect, full, caps).breaches(plan.returning, plan.row_checks)
    # with a conflict rule rows may be left out, and those of an update have no order
    return RowChecks(statement, plan.row_checks, isinstance(plan, CreatePlan) and plan.conflict is None)


def _merge(plan: CreatePlan, conflict: ConflictPlan, dialect: Dialect, full: Catalog, caps: Caps) -> WriteStatement:
    """An insert with a conflict rule: what it makes and what it changes are held to checks of their own."""
    resource = full.by_name[plan.resource.name]
    row_checks = _row_checks(plan, dialect, full, caps)
    checked = plan.check is not None or conflict.check is not None or row_checks is not None
    looks_back = plan.returning.shape != "none" or checked
    return WriteStatement(
        change=dialect.create(plan, resource, back=looks_back),
        back=Emitter(dialect, full, caps).back(plan.returning, None) if looks_back else None,
        shape=plan.returning.shape,
        table=resource.name,
        key=resource.key if plan.tells_key else (),
        check_new=Emitter(dialect, full, caps).failing(plan.returning, plan.check),
        check_old=Emitter(dialect, full, caps).failing(plan.returning, conflict.check),
        row_checks=row_checks,
        judged=plan.returning.shape == "one",
    )
