"""SQL for PostgreSQL: JSON built by the database, every value bound as text and cast to its column's type."""

from collections.abc import Sequence
from typing import Any

from contracts.catalog import Field, FieldType, Resource
from contracts.operations import AggregateFunction, Comparison, PairFunction
from contracts.problems import Problem

from data_service.plan.nodes import (
    AggregateTest,
    Column,
    CreatePlan,
    DeletePlan,
    GroupTest,
    Invocation,
    Predicate,
    Preset,
    Test,
    UpdatePlan,
)
from data_service.sql.changes import POSTGRES_JSON, Words, set_clause
from data_service.sql.conflicts import conflict_clause
from data_service.sql.dialect import Binder, Bound
from data_service.sql.postgres_calls import call
from data_service.sql.postgres_names import free_type, is_ltree, of_ltree, quoted
from data_service.sql.predicates import Predicates, is_of_one_row
from data_service.sql.statements import Caps, Encode, Statement
from data_service.sql.values import any_json, array_text, given_json, limited, plain_text, to_decimal, whole_number

BREACH = "a row breaks the check of its policy"
_PAIRS = 50  # json_build_object takes 100 arguments at most
_SIGNS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "like": "~~", "ilike": "~~*", "match": "~", "imatch": "~*", "similar": "similar to",
    "isdistinct": "is distinct from", "contains": "@>", "contained": "<@", "overlaps": "&&",
    "has_key": "?", "has_keys_any": "?|", "has_keys_all": "?&", "path_exists": "@?", "path_match": "@@",
    "left_of": "<<", "right_of": ">>", "not_right_of": "&<", "not_left_of": "&>", "adjacent": "-|-",
}  # fmt: skip
_TEXT_RIGHT = {"like", "ilike", "match", "imatch", "similar", "has_key", "path_exists", "path_match"}
_SEARCH = {
    "fts": "to_tsquery", "plfts": "plainto_tsquery", "phfts": "phraseto_tsquery", "wfts": "websearch_to_tsquery",
}  # fmt: skip
CASTS = {
    "text": "text", "varchar": "text", "int": "integer", "integer": "integer", "int2": "smallint", "int4": "integer",
    "int8": "bigint", "smallint": "smallint", "bigint": "bigint", "numeric": "numeric", "decimal": "numeric",
    "real": "real", "float": "double precision", "float4": "real", "float8": "double precision",
    "double precision": "double precision", "bool": "boolean", "boolean": "boolean", "date": "date", "time": "time",
    "timetz": "timetz", "timestamp": "timestamp", "timestamptz": "timestamptz", "character varying": "text",
    "time without time zone": "time", "time with time zone": "timetz", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz", "interval": "interval", "uuid": "uuid",
    "json": "json", "jsonb": "jsonb", "bytea": "bytea", "money": "money", "xml": "xml", "inet": "inet",
    "citext": "text",
}  # fmt: skip
_CAST_TYPES: dict[str, FieldType] = {
    "smallint": "int2", "integer": "int4", "bigint": "int8", "numeric": "numeric", "real": "float4",
    "double precision": "float8", "boolean": "bool", "json": "json", "jsonb": "json",
}  # fmt: skip


def cast_type(name: str) -> str:
    """The type of a cast in PostgREST's grammar. Raises `Problem` 42704."""
    found = CASTS.get(name.strip().lower())
    if found is None:
        raise Problem("42704", f'type "{name}" does not exist')
    return found


def cast_column(cast: str) -> Column:
    """What a cast of PostgREST's grammar makes, as a column without a name. Raises `Problem` 42704."""
    kind = cast_type(cast)
    return Column(Field(name="", type=_CAST_TYPES.get(kind, "text"), db_type=kind))


class PostgresDialect:
    """`data_service.sql.dialect.Dialect` for PostgreSQL 12 and later."""

    whole_number: Encode = staticmethod(lambda value: str(whole_number(value)))

    def name(self, name: str) -> str:
        return quoted(name)

    def text(self, value: str) -> str:
        # E'' so that a backslash means itself whatever the session's settings are
        return "E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'::text"

    def table(self, resource: Resource) -> str:
        return f"{quoted(resource.schema)}.{quoted(resource.table)}"

    def computed(self, expression: str, field: Field) -> str:
        return f"cast(({expression}) as {field.db_type})"

    def place(self, number: int) -> str:
        return f"${number}"

    def integer(self, place: str) -> str:
        return f"{place}::bigint"

    def limit(self, caps: Caps) -> Encode:
        encode = limited(caps.unasked, caps.most)
        return lambda value: None if (number := encode(value)) is None else str(number)

    def offset(self, place: str, limited: bool) -> str:
        return f" offset greatest({place}::bigint, 0)"

    def sort(self, expression: str, descending: bool, nulls_first: bool, nullable: bool) -> str:
        nulls = "" if descending == nulls_first or not nullable else f" nulls {'first' if nulls_first else 'last'}"
        return f"{expression}{' desc' if descending else ''}{nulls}"

    def sortable(self, expression: str, column: Column) -> str:
        return f"{expression}::jsonb" if column.type == "json" and not column.path else expression

    def groupable(self, expression: str, column: Column) -> str:
        return f"{expression}::jsonb" if column.type == "json" else expression

    def any_of(self, expression: str) -> str:
        return f"(array_agg({expression}))[1]"

    def packed(self, expression: str) -> str:
        return f"({expression})::text"

    def unpacked(self, expression: str) -> str:
        return f"({expression})::json"

    def distinct_on(self, alias: str, columns: Sequence[str], filtered: str, order: str) -> str:
        return f"select distinct on ({', '.join(columns)}) {alias}.* from {filtered}{order}"

    # --- JSON ----------------------------------------------------------------------------------------------------

    def object(self, pairs: Sequence[tuple[str, str]]) -> str:
        if len(pairs) <= _PAIRS:
            return self._object(pairs)
        parts = [self._object(pairs[at : at + _PAIRS]) for at in range(0, len(pairs), _PAIRS)]
        inner = " || ',' || ".join(f"substr(({part})::text, 2, length(({part})::text) - 2)" for part in parts)
        return f"('{{' || {inner} || '}}')::json"

    def _object(self, pairs: Sequence[tuple[str, str]]) -> str:
        if not pairs:
            return "'{}'::json"
        return f"json_build_object({', '.join(f'{self.text(key)}, {value}' for key, value in pairs)})"

    def document(self, pairs: Sequence[tuple[str, str]]) -> str:
        return self.object(pairs)

    def array(self, expression: str, only: str = "") -> str:
        return f"coalesce(json_agg({expression}){f' filter (where {only})' if only else ''}, '[]'::json)"

    def first(self, array: str) -> str:
        return f"(({array}) -> 0)"

    def nest(self, expression: str) -> str:
        return expression

    def carried(self, expression: str) -> str:
        return expression

    def output(self, expression: str, column: Column, cast: str | None) -> str:
        if cast is not None:
            return self.cast(expression, cast)
        form = column.field.representation
        return f"{form.output}({expression})" if form is not None and form.output and not column.path else expression

    def cast_column(self, cast: str) -> Column:
        return cast_column(cast)

    def aggregated(self, expression: str, column: Column) -> str:
        return expression

    def inside(self, expression: str, column: Column) -> str:
        jsonb = column.field.db_type == "jsonb"
        if not column.path:
            return f"({expression})::text"
        text = expression if jsonb else f"to_jsonb({expression})"
        if column.field.type == "text":
            text = f"({expression})::jsonb"
        for position, step in enumerate(column.path):
            last = position == len(column.path) - 1
            arrow = "->>" if last and column.text else "->"
            text += f" {arrow} {step if isinstance(step, int) else self.text(step)}"
        return f"({text})"

    def cast(self, expression: str, cast: str) -> str:
        return f"({expression})::{cast_type(cast)}"

    def aggregate(
        self,
        function: AggregateFunction | PairFunction,
        columns: Sequence[str],
        of: Sequence[Column],
        distinct: bool,
    ) -> str:
        if not columns or (len(columns) > 1 and function == "count" and not distinct):
            return "count(*)"
        inner = f"({', '.join(columns)})" if len(columns) > 1 and function == "count" else ", ".join(columns)
        return f"{function}({'distinct ' if distinct else ''}{inner})"

    # --- masks ---------------------------------------------------------------------------------------------------

    def nothing(self, field: Field) -> str:
        return f"null::{free_type(field.db_type)}"

    def as_text(self, expression: str, field: Field) -> str:
        return f"{expression}::text"

    def first_of(self, text: str, count: int) -> str:
        return f"left({text}, {int(count)})"

    def last_of(self, text: str, count: int) -> str:
        return f"right({text}, {int(count)})"

    def domain_of(self, text: str) -> str:
        return f"substring({text} from '[^@]*$')"

    def keyed_hash(self, text: str, inner: str, outer: str) -> str:
        hashed = f"sha256(decode({inner}::text, 'hex') || convert_to({text}, 'UTF8'))"
        return f"left(encode(sha256(decode({outer}::text, 'hex') || {hashed}), 'hex'), 32)"

    # --- functions -----------------------------------------------------------------------------------------------

    def call(self, invocation: Invocation, bind: Bound) -> str:
        return call(invocation, bind)

    def returned_rows(self, resource: Resource) -> Encode:
        return any_json

    def returned(self, resource: Resource, place: str) -> str:
        columns = ", ".join(f"{quoted(field.name)} {field.db_type}" for field in resource.fields)
        return f"(select * from json_to_recordset({place}::json) as r({columns}))"

    def scalar(self, expression: str, column: Column) -> str:
        return f"to_json({expression})"

    # --- predicates ----------------------------------------------------------------------------------------------

    def encoder(self, column: Column, operator: Comparison) -> Encode:
        if column.type == "json" and operator not in _TEXT_RIGHT:
            return array_text if operator.startswith("has_keys") else given_json
        if column.type == "array" or operator.startswith("has_keys"):
            return array_text
        return plain_text

    def list_encoder(self, column: Column) -> Encode:
        if column.type == "json":
            return lambda value: array_text([given_json(item) for item in value] if isinstance(value, list) else value)
        return array_text

    def compare(self, left: str, test: Test, place: str) -> str:
        operator = test.operator
        if operator in _SEARCH:
            return self._search(left, test, place)
        form = test.left.field.representation
        if form is not None and form.text and operator not in _TEXT_RIGHT and not test.left.path:
            return self._compare_formed(left, test, place, form.text)
        left, kind = self._typed(left, test.left, operator)
        if operator == "in":
            return f"{left} = any({place}::{kind}[])"
        if test.quantifier is not None:
            return f"{left} {_SIGNS[operator]} {test.quantifier}({place}::{kind}[])"
        return f"{left} {_SIGNS[operator]} {place}::{kind}"

    def _compare_formed(self, left: str, test: Test, place: str, form: str) -> str:
        """A comparison with a value that a function makes of the text that was given."""
        if test.operator != "in" and test.quantifier is None:
            return f"{left} {_SIGNS[test.operator]} {form}({place}::text)"
        sign, quantifier = ("=", "any") if test.operator == "in" else (_SIGNS[test.operator], test.quantifier)
        return f"{left} {sign} {quantifier}(array(select {form}(v) from unnest({place}::text[]) as v))"

    def _typed(self, left: str, column: Column, operator: Comparison) -> tuple[str, str]:
        """The left side as it is compared, and the type of the right side."""
        if operator in ("path_exists", "path_match"):
            return f"{left}::jsonb", "jsonpath"
        if operator == "match" and is_ltree(column.field):
            return left, of_ltree(column.field, "lquery")
        if operator in _TEXT_RIGHT:
            return (f"{left}::jsonb" if operator == "has_key" else left), "text"
        if operator in ("has_keys_any", "has_keys_all"):
            return f"{left}::jsonb", "text[]"
        if column.type == "json":
            return f"{left}::jsonb", "jsonb"
        if column.path or column.text:
            return left, "text"
        return left, free_type(column.field.db_type)

    def _search(self, left: str, test: Test, place: str) -> str:
        if is_ltree(test.left.field):
            return f"{left} @ {place}::{of_ltree(test.left.field, 'ltxtquery')}"
        config = f"{self.text(test.config)}::regconfig, " if test.config else ""
        vector = left if test.left.field.db_type == "tsvector" else f"to_tsvector({config}{left})"
        return f"{vector} @@ {_SEARCH[test.operator]}({config}{place}::text)"

    def compare_columns(self, left: str, test: Test, right: str) -> str:
        return f"{left} {_SIGNS[test.operator]} {right}"

    def compare_aggregate(self, left: str, test: AggregateTest | GroupTest, bind: Binder) -> str:
        if test.function in ("bool_and", "bool_or"):
            right = f"any({bind(array_text)}::boolean[])" if test.operator == "in" else f"{bind(plain_text)}::boolean"
            return f"{left} {_SIGNS.get(test.operator, '=')} {right}"
        if test.operator == "in":
            return f"{left} = any({bind(array_text)}::numeric[])"
        encode: Encode = lambda value: plain_text(to_decimal(value))  # noqa: E731  (a name would say no more)
        kind = "numeric" if test.function not in ("min", "max") else free_type(test.columns[0].field.db_type)
        return f"{left} {_SIGNS[test.operator]} {bind(encode if kind == 'numeric' else plain_text)}::{kind}"

    def is_test(self, left: str, value: str) -> str:
        return f"{left} is {'not null' if value == 'not_null' else value}"

    # --- writes --------------------------------------------------------------------------------------------------

    def written_rows(self, resource: Resource) -> Encode:
        return _rows_text

    def recordset(self, resource: Resource, place: str) -> str:
        return f"json_populate_recordset(null::{self.table(resource)}, {place}::json)"

    def decides(self, check: Predicate) -> bool:
        return is_of_one_row(check)

    def create(self, plan: CreatePlan, full: Resource, *, back: bool) -> Statement:
        writer = Predicates(self)
        rows = writer.bind(plan.rows, any_json)
        given = [item.field for item in plan.given]
        columns = [quoted(field.name) for field in given]
        values = [self._default_or(field) if plan.ragged and plan.defaults else _given_value(field) for field in given]
        for preset in plan.presets:
            columns.append(quoted(preset.field.name))
            values.append(self._preset(writer, preset))
        if not columns:
            field = next(field for field in full.columns if field.writable)
            columns, values = [quoted(field.name)], [field.default or "null"]
        shape = ", ".join(f"{quoted(field.name)} {_given_type(field)}" for field in given)
        record = f" cross join lateral json_to_record(r.o) as x({shape})" if given else ""
        source = f"json_array_elements({rows}::json) with ordinality as r(o, n){record} order by r.n"
        alias = writer.alias()
        into = f"{self.table(full)} as {alias} ({', '.join(columns)})"
        sql = f"insert into {into} select {', '.join(values)} from {source}"
        if plan.conflict is None:
            guard = self._guard(writer, plan.check)
            key = full.key if plan.tells_key else ()
            return writer.statement(
                self._returning(sql, key, back=_back(plan, full, alias) if back else (), alias=alias, guard=guard)
            )
        clause = conflict_clause(writer, plan.conflict, alias, lambda item: self._preset(writer, item))
        key = full.key if plan.tells_key else ()
        if full.kind == "table":
            return writer.statement(_merged(sql + clause, alias, key, back=back))
        if plan.check is not None or plan.conflict.check is not None:
            # which of the two rules a row is held to must be beyond doubt
            details = f"Upserts into a {full.kind} resource under a check."
            raise Problem("PGRST127", "Feature not implemented", details=details)
        target = plan.conflict.target
        return writer.statement(_merged_anywhere(sql + clause, alias, key, target, self.table(full), back=back))

    def _preset(self, writer: Predicates, preset: Preset) -> str:
        return f"{writer.bind(preset.source, _encoder_of(preset.field))}::{free_type(preset.field.db_type)}"

    def _default_or(self, field: Field) -> str:
        given = _given_value(field)
        return f"case when (r.o -> {self.text(field.name)}) is not null then {given} else {field.default or 'null'} end"

    def update(self, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
        writer = Predicates(self)
        alias = writer.alias()
        changes = set_clause(writer, _CHANGES, plan.changes, alias)
        where = writer.where(alias, plan.scan, plan.where)
        sql = f"update {self.table(full)} as {alias}{changes}{' where ' + where if where else ''}"
        guard = self._guard(writer, plan.check)
        return writer.statement(
            self._returning(sql, (), back=_back(plan, full, alias) if back else (), alias=alias, guard=guard)
        )

    def delete(self, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
        writer = Predicates(self)
        alias = writer.alias()
        where = writer.where(alias, plan.scan, plan.where)
        sql = f"delete from {self.table(full)} as {alias}{' where ' + where if where else ''}"
        return writer.statement(self._returning(sql, (), back=_back(plan, full, alias) if back else (), alias=alias))

    def _guard(self, writer: Predicates, check: Predicate | None) -> str:
        """What makes a write fail, with a message that holds `BREACH`, where one of its rows breaks the check.

        So that nothing has to come back before the COMMIT: a number is read from a text that is none.
        """
        if check is None or not self.decides(check):
            return ""
        failing = f"count(*) filter (where ({writer.predicate(check, 'w')}) is not true)"
        return f" + coalesce((case when {failing} > 0 then {self.text(BREACH)} end)::bigint, 0)"

    def _returning(self, sql: str, key: Sequence[str], *, back: Sequence[str], alias: str, guard: str = "") -> str:
        """The write's rows as one JSON text and their number; without a look ``back``, the first one's ``key``.

        Who may write and not read gets no row back: so nothing of it stands here that is not asked for.
        """
        prefix = f"{alias}."
        if back:
            return (
                f"with w as ({sql} returning {', '.join(back)}) select json_agg(row_to_json(w)), count(*){guard} from w"
            )
        if guard:
            keys = ", ".join(quoted(name) for name in key) or "1"
            first = f"(select row_to_json(k) from (select {keys} from w limit 1) as k)"
            return f"with w as ({sql} returning {prefix}*) select {first}, count(*){guard} from w"
        keys = ", ".join(prefix + quoted(name) for name in key) or "1"
        first = "(select row_to_json(w) from w limit 1)"
        return f"with w as ({sql} returning {keys}) select {first}, count(*) from w"


def _back(plan: CreatePlan | UpdatePlan | DeletePlan, full: Resource, alias: str) -> Sequence[str]:
    """What of the rows is looked back at, as SQL: where no field is wanted the rows are counted at least."""
    if plan.returned is None:
        return (f"{alias}.*",)
    wanted = [f"{alias}.{quoted(field.name)}" for field in full.columns if field.name in plan.returned]
    return wanted or ("true as trivet_there",)


def _merged(sql: str, alias: str, key: Sequence[str], *, back: bool) -> str:
    """The rows of an insert with a conflict rule, and those apart that are new (no transaction has ended them yet)."""
    new = f"({alias}.xmax = 0) as trivet_new"
    keys = f"{alias}.*" if back else ", ".join(f"{alias}.{quoted(name)}" for name in key) or "1"
    return f"with w as ({sql} returning {keys}, {new}) {_told_apart(key, back=back)}"


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
        first = f"(select row_to_json(k) from (select {', '.join(map(quoted, key)) or '1'} from w limit 1) as k)"
        counts = "count(*), count(*) filter (where w.trivet_new)"
        return f"select {first}, {counts} from w"
    rows = "json_agg(row_to_json(w))"
    apart = f"count(*) filter (where w.trivet_new), {rows} filter (where w.trivet_new)"
    return f"select {rows}, count(*), {apart}, {rows} filter (where not w.trivet_new) from w"


def _given_type(field: Field) -> str:
    """The type in which a row of JSON gives a field."""
    return "json" if field.representation is not None and field.representation.body else field.db_type


def _given_value(field: Field) -> str:
    """What a row of JSON, read as ``x``, gives a field."""
    value = f"x.{quoted(field.name)}"
    form = field.representation
    return f"{form.body}({value})" if form is not None and form.body else value


def _rows_text(rows: Any) -> str:
    return rows or "[]"


def _encoder_of(field: Field) -> Encode:
    if field.type == "json":
        return any_json
    return array_text if field.type == "array" else plain_text


_CHANGES = Words(
    default=lambda field: "default",
    encoder=_encoder_of,
    cast=lambda field: f"::{free_type(field.db_type)}",
    json=POSTGRES_JSON,
)
