"""From a plan to what the database has to do: one read, one write with its look back, or several in order."""

from dataclasses import dataclass
from typing import Union

from contracts.catalog import Catalog

from data_service.plan.nodes import (
    ConstantOutput,
    CreatePlan,
    DeletePlan,
    DocumentPlan,
    Plan,
    ReadPlan,
    UpdatePlan,
    WritePlan,
)
from data_service.sql.dialect import Dialect
from data_service.sql.emit import Emitter
from data_service.sql.statements import Bind, ReadStatement, RowInsert, Statement, WriteStatement
from data_service.sql.values import json_text


@dataclass(frozen=True, slots=True)
class DocumentStatement:
    """Several reads in one statement: its single column is the answer."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Sequence:
    """Writes (and constants, as JSON) that run in order in one transaction, each answered under its key."""

    members: tuple[tuple[str, "ReadStatement | WriteStatement | bytes"], ...]


Program = Union[ReadStatement, WriteStatement, DocumentStatement, Sequence]  # noqa: UP007


def write_program(plan: Plan, dialect: Dialect, full: Catalog, max_rows: int | None) -> Program:
    """What the database has to do for a plan. ``max_rows`` caps the rows of a read's root, None for no cap."""
    if isinstance(plan, ReadPlan):
        return _read(plan, dialect, full, max_rows)
    if not isinstance(plan, DocumentPlan):
        return _write(plan, dialect, full)
    members = [(member.key, member.plan) for member in plan.members]
    if plan.reads_only:
        reads = [(key, inner) for key, inner in members if isinstance(inner, ReadPlan | ConstantOutput)]
        return DocumentStatement(Emitter(dialect, full).document(reads, max_rows))
    return Sequence(tuple((key, _member(inner, dialect, full, max_rows)) for key, inner in members))


def _member(
    plan: ReadPlan | WritePlan | ConstantOutput, dialect: Dialect, full: Catalog, max_rows: int | None
) -> ReadStatement | WriteStatement | bytes:
    if isinstance(plan, ConstantOutput):
        return json_text(plan.value)
    return _read(plan, dialect, full, max_rows) if isinstance(plan, ReadPlan) else _write(plan, dialect, full)


def _read(plan: ReadPlan, dialect: Dialect, full: Catalog, max_rows: int | None) -> ReadStatement:
    made = Emitter(dialect, full).read(plan, max_rows)
    if plan.count in (None, "exact"):
        return made
    estimate = Emitter(dialect, full).counted(plan)
    return ReadStatement(made.statement, made.shape, made.offset, estimate)


def _write(plan: WritePlan, dialect: Dialect, full: Catalog) -> WriteStatement:
    resource = full.by_name[(plan.resource if isinstance(plan, CreatePlan) else plan.scan.resource).name]
    check = None if isinstance(plan, DeletePlan) else plan.check
    looks_back = plan.returning.shape != "none" or check is not None
    change: Statement | RowInsert | None
    match plan:
        case CreatePlan():
            change = dialect.create(plan, resource, back=looks_back)
        case UpdatePlan():
            change = dialect.update(plan, resource, back=looks_back) if plan.changes else None
        case DeletePlan():
            change = dialect.delete(plan, resource, back=looks_back)
    at_most = None if isinstance(plan, CreatePlan) else plan.at_most
    return WriteStatement(
        change=change,
        back=Emitter(dialect, full).back(plan.returning, check) if looks_back else None,
        shape=plan.returning.shape,
        table=resource.name,
        key=resource.key if isinstance(plan, CreatePlan) else (),
        at_most=Bind(at_most, dialect.whole_number) if at_most else None,
    )
