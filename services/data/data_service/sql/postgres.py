"""SQL for PostgreSQL: JSON built by the database, every value bound as text and cast to its column's type."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from contracts.catalog import Handler, Resource
from contracts.fields import Field
from contracts.filters import Comparison, TestFunction

from data_service.plan.filters import PAIRED
from data_service.plan.nodes import AggregateTest, Column, GroupTest, Invocation, Passed, Test
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan, WritePlan
from data_service.sql.dialect import Binder, Bound
from data_service.sql.postgres_calls import call, row_call
from data_service.sql.postgres_casts import WRITTEN, cast_column, cast_type
from data_service.sql.postgres_geography import BY_DISTANCE, given, is_spatial, related, sign_of, spatial_type
from data_service.sql.postgres_handlers import handled, record, row
from data_service.sql.postgres_names import free_type, is_ltree, of_ltree, quoted
from data_service.sql.postgres_writes import create, delete, rows_text, update, written
from data_service.sql.statements import Caps, Encode, Statement
from data_service.sql.values import any_json, array_text, given_json, limited, plain_text, to_decimal, whole_number
from data_service.sql.verdicts import MARK, Case, failing

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


class PostgresDialect:
    """`data_service.sql.dialect.Dialect` for PostgreSQL 12 and later."""

    judges = True
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
        form = column.field.representation
        if form is not None and form.output and not column.path and cast_type(cast or "json") in WRITTEN:
            expression = f"{form.output}({expression})"
        return expression if cast is None else self.cast(expression, cast)

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

    def aggregate(self, function: TestFunction, columns: Sequence[str], of: Sequence[Column], distinct: bool) -> str:
        if function in PAIRED:
            return f"{function}({'distinct ' if distinct else ''}{', '.join(columns)})"
        if not columns or (len(columns) > 1 and not distinct):
            return "count(*)"
        inner = f"({', '.join(columns)})" if len(columns) > 1 else columns[0]
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

    def row_call(self, call: str, passed: Sequence[Passed], bind: Bound) -> str:
        return row_call(call, passed, bind)

    def returned_rows(self, resource: Resource) -> Encode:
        return any_json

    def returned(self, resource: Resource, place: str) -> str:
        columns = ", ".join(f"{quoted(field.name)} {field.db_type}" for field in resource.fields)
        return f"(select * from json_to_recordset({place}::json) as r({columns}))"

    def scalar(self, expression: str, column: Column) -> str:
        return f"to_json({expression})"

    def row(self, resource: Resource, values: Sequence[str]) -> str:
        return row(resource, values)

    def record(self, pairs: Sequence[tuple[str, str]]) -> str:
        return record(pairs)

    def handled(self, handler: Handler, row: str) -> str:
        return handled(handler, row)

    # --- predicates ----------------------------------------------------------------------------------------------

    def encoder(self, column: Column, operator: Comparison) -> Encode:
        if column.type == "json" and operator not in _TEXT_RIGHT and operator not in _SEARCH:
            return array_text if operator.startswith("has_keys") else given_json
        if column.type == "array" or operator.startswith("has_keys"):
            return array_text
        return any_json if operator in BY_DISTANCE else plain_text

    def list_encoder(self, column: Column) -> Encode:
        if column.type == "json":
            return lambda value: array_text([given_json(item) for item in value] if isinstance(value, list) else value)
        return array_text

    def compare(self, left: str, test: Test, place: str) -> str:
        operator = test.operator
        if operator in _SEARCH:
            return self._search(left, test, place)
        if is_spatial(operator):
            return related(left, test.left.field, operator, place)
        made = _maker(test.left)
        if made is not None and operator not in _TEXT_RIGHT:
            return self._compare_made(left, test, place, made)
        left, kind = self._typed(left, test.left, operator)
        if operator == "in":
            return f"{left} = any({place}::{kind}[])"
        if test.quantifier is not None:
            return f"{left} {_SIGNS[operator]} {test.quantifier}({place}::{kind}[])"
        return f"{left} {_SIGNS[operator]} {place}::{kind}"

    def _compare_made(self, left: str, test: Test, place: str, made: Callable[[str], str]) -> str:
        """A comparison with a value that is made of the text that was given."""
        if test.operator == "neq" and test.quantifier is None:  # not every type has a sign for that
            return f"not ({self._compare_made(left, replace(test, operator='eq'), place, made)})"
        sign = sign_of(test.left.field, "=" if test.operator == "in" else _SIGNS[test.operator])
        if test.operator != "in" and test.quantifier is None:
            return f"{left} {sign} {made(f'{place}::text')}"
        quantifier = "any" if test.operator == "in" else test.quantifier
        return f"{left} {sign} {quantifier}(array(select {made('v')} from unnest({place}::text[]) as v))"

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
        return rows_text

    def recordset(self, resource: Resource, place: str) -> str:
        return f"json_populate_recordset(null::{self.table(resource)}, {place}::json)"

    def verdict(self, cases: Sequence[Case], bind_fixed: Callable[[str], str]) -> str:
        return failing(cases, bind_fixed(MARK))

    def written(self, plan: WritePlan, full: Resource) -> Statement | None:
        return written(self, plan, full)

    def create(self, plan: CreatePlan, full: Resource, *, back: bool) -> Statement:
        return create(self, plan, full, back=back)

    def update(self, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
        return update(self, plan, full, back=back)

    def delete(self, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
        return delete(self, plan, full, back=back)


def _maker(column: Column) -> Callable[[str], str] | None:
    """What makes a column's value of a text that was given; None where a cast to its type does."""
    field = column.field
    if column.path or (field.type != "other" and field.representation is None):
        return None
    form = field.representation
    if form is not None and form.text:
        return lambda text: f"{form.text}({text})"
    return partial(given, field) if spatial_type(field.db_type) else None
