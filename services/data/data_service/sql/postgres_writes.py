"""PostgreSQL's INSERT, UPDATE and DELETE: one statement for all rows, which hands them back as JSON, or counts them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from contracts.catalog import Resource
from contracts.fields import Field
from contracts.problems import Problem

from data_service.plan.nodes import Predicate, Source
from data_service.plan.write_nodes import CreatePlan, DeletePlan, Preset, UpdatePlan, WritePlan
from data_service.sql.changes import POSTGRES_JSON, Words, delete_text, update_text
from data_service.sql.conflicts import conflict_clause
from data_service.sql.dialect import Dialect
from data_service.sql.postgres_geography import input_cast, spatial_type
from data_service.sql.postgres_names import free_type, quoted
from data_service.sql.predicates import Predicates, is_of_one_row
from data_service.sql.statements import Encode, Statement
from data_service.sql.values import any_json, array_text, plain_text
from data_service.sql.verdicts import Case


def create(dialect: Dialect, plan: CreatePlan, full: Resource, *, back: bool) -> Statement:
    """The statement that inserts a plan's rows; with ``back`` they are wanted. Raises `Problem` PGRST127."""
    writer = Predicates(dialect)
    alias = writer.alias()
    sql = _insert(writer, plan, full, alias)
    key = full.key if plan.tells_key else ()
    if plan.conflict is None:
        wanted = _back(plan, full, alias) if back else ()
        return writer.statement(_returning(sql, key, wanted, alias, _guard(writer, plan.check, None)))
    if full.kind == "table":
        return writer.statement(_merged(sql, alias, key, back=back))
    if plan.check is not None or plan.conflict.check is not None:
        # which of the two rules a row is held to must be beyond doubt
        details = f"Upserts into a {full.kind} resource under a check."
        raise Problem("PGRST127", "Feature not implemented", details=details)
    target = plan.conflict.target
    return writer.statement(_merged_anywhere(sql, alias, key, target, dialect.table(full), back=back))


def update(dialect: Dialect, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
    """The statement that changes a plan's rows; with ``back`` they are wanted."""
    writer = Predicates(dialect)
    alias = writer.alias()
    sql = update_text(writer, _CHANGES, plan, full, alias)
    wanted = _back(plan, full, alias) if back else ()
    return writer.statement(_returning(sql, (), wanted, alias, _guard(writer, plan.check, plan.at_most)))


def delete(dialect: Dialect, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
    """The statement that deletes a plan's rows; with ``back`` they are wanted."""
    writer = Predicates(dialect)
    alias = writer.alias()
    sql = delete_text(writer, plan, full, alias)
    wanted = _back(plan, full, alias) if back else ()
    return writer.statement(_returning(sql, (), wanted, alias, _guard(writer, None, plan.at_most)))


def written(dialect: Dialect, plan: WritePlan, full: Resource) -> Statement | None:
    """A write that gives its rows as they are (`Dialect.written`)."""
    merges = isinstance(plan, CreatePlan) and plan.conflict is not None
    if merges and full.kind != "table":
        return None
    writer = Predicates(dialect)
    alias = writer.alias()
    match plan:
        case CreatePlan():
            sql = _insert(writer, plan, full, alias)
        case UpdatePlan():
            sql = update_text(writer, _CHANGES, plan, full, alias)
        case DeletePlan():
            sql = delete_text(writer, plan, full, alias)
    columns = [*_back(plan, full, alias), *([_is_new(alias)] if merges else ())]
    return writer.statement(f"{sql} returning {', '.join(columns)}")


def rows_text(rows: Any) -> str:
    """Written rows as they are bound again: they came as the text of a JSON array, or not at all."""
    return rows or "[]"


# --- what is written -----------------------------------------------------------------------------------------------


def _insert(writer: Predicates, plan: CreatePlan, full: Resource, alias: str) -> str:
    """The INSERT, with its conflict rule."""
    rows = writer.bind(plan.rows, any_json)
    columns, values = _inserted(writer, plan, full)
    given = [item.field for item in plan.given]
    shape = ", ".join(f"{quoted(field.name)} {_given_type(field)}" for field in given)
    record = f" cross join lateral json_to_record(r.o) as x({shape})" if given else ""
    source = f"json_array_elements({rows}::json) with ordinality as r(o, n){record} order by r.n"
    into = f"{writer.dialect.table(full)} as {alias} ({', '.join(columns)})"
    sql = f"insert into {into} select {', '.join(values)} from {source}"
    if plan.conflict is None:
        return sql
    return sql + conflict_clause(writer, plan.conflict, alias, lambda item: _preset(writer, item))


def _inserted(writer: Predicates, plan: CreatePlan, full: Resource) -> tuple[list[str], list[str]]:
    """The columns that an insert names, at least one, and what each gets of a row."""
    given = [item.field for item in plan.given]
    columns = [quoted(field.name) for field in given]
    defaults = plan.ragged and plan.defaults
    values = [_default_or(writer.dialect, field) if defaults else _given_value(field) for field in given]
    for preset in plan.presets:
        columns.append(quoted(preset.field.name))
        values.append(_preset(writer, preset))
    if not columns:
        field = next(field for field in full.columns if field.writable)
        return [quoted(field.name)], [field.default or "null"]
    return columns, values


def _preset(writer: Predicates, preset: Preset) -> str:
    return f"{writer.bind(preset.source, _encoder_of(preset.field))}::{free_type(preset.field.db_type)}"


def _default_or(dialect: Dialect, field: Field) -> str:
    given = _given_value(field)
    return f"case when (r.o -> {dialect.text(field.name)}) is not null then {given} else {field.default or 'null'} end"


def _given_type(field: Field) -> str:
    """The type in which a row of JSON gives a field."""
    if field.type == "other" and spatial_type(field.db_type) == "geography":
        return "text"
    return "json" if field.representation is not None and field.representation.body else field.db_type


def _given_value(field: Field) -> str:
    """What a row of JSON, read as ``x``, gives a field."""
    value = f"x.{quoted(field.name)}"
    if field.type == "other" and spatial_type(field.db_type) == "geography":
        return f"{value}{input_cast(field)}"
    form = field.representation
    return f"{form.body}({value})" if form is not None and form.body else value


def _encoder_of(field: Field) -> Encode:
    if field.type == "json":
        return any_json
    return array_text if field.type == "array" else plain_text


_CHANGES = Words(
    default=lambda field: "default",
    encoder=_encoder_of,
    cast=lambda field: input_cast(field) if spatial_type(field.db_type) else f"::{free_type(field.db_type)}",
    json=POSTGRES_JSON,
)


# --- what comes back -----------------------------------------------------------------------------------------------


class _Guard(NamedTuple):
    """What is added to the number of a write's rows to make it fail (`data_service.sql.verdicts`).

    ``whole``: it looks at the rows' fields.
    """

    text: str
    whole: bool


def _guard(writer: Predicates, check: Predicate | None, at_most: Source | None) -> _Guard:
    """What makes a write fail where one of its rows breaks the check, or there are more than ``at_most``."""
    dialect, cases, whole = writer.dialect, [], False
    if check is not None and is_of_one_row(check):
        broken = f"count(*) filter (where ({writer.predicate(check, 'w')}) is not true)"
        cases.append(Case(f"{broken} > 0", "breach", "count(*)"))
        whole = True
    if at_most is not None:
        most = dialect.integer(writer.bind(at_most, dialect.whole_number))
        cases.append(Case(f"count(*) > {most}", "affected", "count(*)"))
    return _Guard(f" + {dialect.verdict(cases, writer.bind_fixed)}" if cases else "", whole)


def _returning(sql: str, key: Sequence[str], back: Sequence[str], alias: str, guard: _Guard) -> str:
    """The write's rows as one JSON text and their number; without a look ``back``, the first one's ``key``.

    Who may write and not read gets no row back: so nothing of it stands here that is not asked for.
    """
    count = f"count(*){guard.text}"
    if back:
        return f"with w as ({sql} returning {', '.join(back)}) select json_agg(row_to_json(w)), {count} from w"
    if guard.whole:
        return f"with w as ({sql} returning {alias}.*) select {_first(key)}, {count} from w"
    keys = ", ".join(f"{alias}.{quoted(name)}" for name in key) or "1"
    return f"with w as ({sql} returning {keys}) select (select row_to_json(w) from w limit 1), {count} from w"


def _first(key: Sequence[str]) -> str:
    """The key of the first of a write's rows, as JSON."""
    return f"(select row_to_json(k) from (select {', '.join(map(quoted, key)) or '1'} from w limit 1) as k)"


def _back(plan: WritePlan, full: Resource, alias: str) -> Sequence[str]:
    """What of the rows is looked back at, as SQL: where no field is wanted the rows are counted at least."""
    if plan.returned is None:
        return (f"{alias}.*",)
    wanted = [f"{alias}.{quoted(field.name)}" for field in full.columns if field.name in plan.returned]
    return wanted or ("true as trivet_there",)


def _merged(sql: str, alias: str, key: Sequence[str], *, back: bool) -> str:
    """The rows of an insert with a conflict rule, and those apart that are new (no transaction has ended them yet)."""
    new = _is_new(alias)
    keys = f"{alias}.*" if back else ", ".join(f"{alias}.{quoted(name)}" for name in key) or "1"
    return f"with w as ({sql} returning {keys}, {new}) {_told_apart(key, back=back)}"


def _is_new(alias: str) -> str:
    """Whether a row of an insert with a conflict rule was inserted: no transaction has ended it yet."""
    return f"({alias}.xmax = 0) as trivet_new"


def _merged_anywhere(
    sql: str, alias: str, key: Sequence[str], target: Sequence[Field], table: str, *, back: bool
) -> str:
    """As `_merged`, for a view or a partitioned table, whose rows do not tell who wrote them.

    New is what was not there when the statement began, which is all that its other parts see.
    """
    same = " and ".join(f"o.{quoted(field.name)} = i.{quoted(field.name)}" for field in target)
    new = f"not exists (select from {table} as o where {same}) as trivet_new"
    written = f"with i as ({sql} returning {alias}.*), w as (select i.*, {new} from i)"
    return f"{written} {_told_apart(key, back=back)}"


def _told_apart(key: Sequence[str], *, back: bool) -> str:
    """What is asked of ``w``, the rows of an insert with a conflict rule, of which ``trivet_new`` are new."""
    if not back:
        return f"select {_first(key)}, count(*), count(*) filter (where w.trivet_new) from w"
    rows = "json_agg(row_to_json(w))"
    apart = f"count(*) filter (where w.trivet_new), {rows} filter (where w.trivet_new)"
    return f"select {rows}, count(*), {apart}, {rows} filter (where not w.trivet_new) from w"
