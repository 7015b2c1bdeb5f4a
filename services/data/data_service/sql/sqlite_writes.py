"""SQLite's INSERT, UPDATE and DELETE: rows are inserted one by one, and come back by RETURNING."""

from contracts.catalog import Resource

from data_service.plan.write_nodes import ConflictPlan, CreatePlan, DeletePlan, UpdatePlan
from data_service.sql.changes import SQLITE_JSON, Words, delete_text, sqlite_sum, update_text
from data_service.sql.conflicts import conflict_clause
from data_service.sql.dialect import Dialect
from data_service.sql.predicates import Predicates
from data_service.sql.sqlite_rows import given_rows, returning
from data_service.sql.statements import Bind, GivenField, RowConflict, RowInsert, Statement
from data_service.sql.values import stored

_CHANGES = Words(
    default=lambda field: f"({field.default or 'null'})",
    encoder=stored,
    cast=lambda field: "",
    json=SQLITE_JSON,
    increment=sqlite_sum,
)


def create(dialect: Dialect, plan: CreatePlan, full: Resource) -> RowInsert:
    """How a plan's rows are inserted: each by a statement that is made of the fields that it has."""
    given = tuple(GivenField(item.field, stored(item.field)) for item in plan.given)
    presets = tuple((preset.field.name, Bind(preset.source, stored(preset.field))) for preset in plan.presets)
    conflict = None if plan.conflict is None else _conflict(dialect, plan.conflict)
    return RowInsert(
        dialect.table(full), Bind(plan.rows, given_rows), given, presets, plan.ragged, plan.defaults, conflict
    )


def _conflict(dialect: Dialect, plan: ConflictPlan) -> RowConflict:
    writer = Predicates(dialect)
    alias = writer.alias()
    clause = conflict_clause(writer, plan, alias, lambda item: writer.bind(item.source, stored(item.field)))
    target = tuple(field.name for field in plan.target)
    return RowConflict(target, plan.changes is None, alias, writer.statement(clause))


def update(dialect: Dialect, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
    """The statement that changes a plan's rows; with ``back`` they are wanted."""
    writer = Predicates(dialect)
    sql = update_text(writer, _CHANGES, plan, full, writer.alias())
    return writer.statement(sql + (returning(full) if back else ""))


def delete(dialect: Dialect, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
    """The statement that deletes a plan's rows; with ``back`` they are wanted."""
    writer = Predicates(dialect)
    sql = delete_text(writer, plan, full, writer.alias())
    return writer.statement(sql + (returning(full) if back else ""))
