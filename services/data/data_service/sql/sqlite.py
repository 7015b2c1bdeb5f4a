"""SQL for SQLite: JSON built by the database, its losses (booleans, scales, blobs) made good on the way out."""

from collections.abc import Callable, Sequence
from typing import Any

from contracts.catalog import Handler, Resource
from contracts.fields import Field
from contracts.filters import Comparison, TestFunction
from contracts.problems import Problem

from data_service.plan.filters import PAIRED
from data_service.plan.nodes import AggregateTest, Column, GroupTest, Invocation, Passed, Test
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan, WritePlan
from data_service.sql.dialect import Binder, Bound
from data_service.sql.postgres_casts import cast_column
from data_service.sql.postgres_names import quoted
from data_service.sql.sqlite_json import json_array, json_object, json_of
from data_service.sql.sqlite_outputs import as_text, cast_output, cast_value, field_output, inside
from data_service.sql.sqlite_rows import rows_as_json
from data_service.sql.sqlite_writes import create, delete, update
from data_service.sql.statements import Caps, Encode, RowInsert, Statement
from data_service.sql.values import (
    any_json,
    given_json,
    json_text,
    limited,
    listed,
    native,
    plain_text,
    stored,
    to_float,
    whole_number,
)
from data_service.sql.verdicts import Case

_SIGNS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "isdistinct": "is not"}
_FUNCTIONS = {
    "match": "trivet_match", "imatch": "trivet_imatch", "similar": "trivet_similar", "contains": "trivet_contains",
    "contained": "trivet_contained", "overlaps": "trivet_overlaps", "has_key": "trivet_has_key",
    "has_keys_any": "trivet_has_keys_any", "has_keys_all": "trivet_has_keys_all",
}  # fmt: skip
_AFFINITIES = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"), **dict.fromkeys(("float4", "float8"), "real"),
    "numeric": "numeric", "text": "text",
}  # fmt: skip
_AGGREGATES = {name: name for name in ("count", "sum", "avg", "min", "max")} | {"bool_and": "min", "bool_or": "max"}


class SqliteDialect:
    """`data_service.sql.dialect.Dialect` for SQLite 3.45 and later, with the functions of `execute.functions`.

    ``zoned``: times with an offset are told in the session's zone.
    """

    judges = False
    whole_number: Encode = staticmethod(whole_number)

    def __init__(self, *, zoned: bool = False) -> None:
        self._zoned = zoned

    def name(self, name: str) -> str:
        return quoted(name)

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def table(self, resource: Resource) -> str:
        return f"{quoted(resource.schema)}.{quoted(resource.table)}"

    def computed(self, expression: str, field: Field) -> str:
        # the cast gives the affinity that a column of this type has; other types have none
        kind = _AFFINITIES.get(field.type)
        return f"({expression})" if kind is None else f"cast(({expression}) as {kind})"

    def place(self, number: int) -> str:
        # at the value of a bare ?1 SQLite's planner would look, and so prepare the statement again for the next one
        return f"+?{number}"

    def integer(self, place: str) -> str:
        return place

    def limit(self, caps: Caps) -> Encode:
        encode = limited(caps.unasked, caps.most)
        return lambda value: -1 if (number := encode(value)) is None else number

    def offset(self, place: str, limited: bool) -> str:
        return f"{'' if limited else ' limit -1'} offset {place}"

    def sort(self, expression: str, descending: bool, nulls_first: bool, nullable: bool) -> str:
        nulls = "" if not nullable else f" nulls {'first' if nulls_first else 'last'}"
        return f"{expression}{' desc' if descending else ''}{nulls}"

    def sortable(self, expression: str, column: Column) -> str:
        # the value itself, for the text of JSON has its numbers in the order of their digits
        return f"({expression} ->> '$')" if column.path and not column.text else expression

    def groupable(self, expression: str, column: Column) -> str:
        return expression

    def any_of(self, expression: str) -> str:
        return f"min({expression})"

    def packed(self, expression: str) -> str:
        return expression

    def unpacked(self, expression: str) -> str:
        return self.nest(expression)

    def distinct_on(self, alias: str, columns: Sequence[str], filtered: str, order: str) -> str:
        ranked = f"select {alias}.*, row_number() over (partition by {', '.join(columns)}{order}) as trivet_rank"
        return f"select * from ({ranked} from {filtered}) as {alias} where trivet_rank = 1{order}"

    # --- JSON ----------------------------------------------------------------------------------------------------

    def object(self, pairs: Sequence[tuple[str, str]]) -> str:
        return json_object(pairs)

    def document(self, pairs: Sequence[tuple[str, str]]) -> str:
        return self.object(pairs)

    def array(self, expression: str, only: str = "") -> str:
        return json_array(expression, only)

    def first(self, array: str) -> str:
        return f"({array} -> 0)"

    def nest(self, expression: str) -> str:
        return json_of(expression)

    def carried(self, expression: str) -> str:
        return f"json_quote({expression})"

    def output(self, expression: str, column: Column, cast: str | None) -> str:
        if cast is not None:
            return cast_output(expression, column, cast)
        if column.path or column.text:
            return expression if column.text else self.nest(expression)
        return field_output(expression, column.field, zoned=self._zoned)

    def cast_column(self, cast: str) -> Column:
        return cast_column(cast)

    def aggregated(self, expression: str, column: Column) -> str:
        return expression if column.path else field_output(expression, column.field, zoned=self._zoned)

    def inside(self, expression: str, column: Column) -> str:
        return inside(expression, column)

    def cast(self, expression: str, cast: str) -> str:
        return cast_value(expression, cast)

    def aggregate(self, function: TestFunction, columns: Sequence[str], of: Sequence[Column], distinct: bool) -> str:
        if function in PAIRED:
            raise Problem("PGRST127", "Feature not implemented", details=f"SQLite has no aggregate {function}.")
        if not columns or (len(columns) > 1 and not distinct):
            return "count(*)"
        inner = f"json_array({', '.join(columns)})" if len(columns) > 1 else columns[0]
        name = _AGGREGATES.get(function, f"trivet_{function}")
        return f"{name}({'distinct ' if distinct else ''}{inner})"

    # --- masks ---------------------------------------------------------------------------------------------------

    def nothing(self, field: Field) -> str:
        return "null"

    def as_text(self, expression: str, field: Field) -> str:
        return as_text(expression, Column(field))

    def first_of(self, text: str, count: int) -> str:
        return f"substr({text}, 1, {int(count)})"

    def last_of(self, text: str, count: int) -> str:
        return f"substr({text}, -{int(count)})"

    def domain_of(self, text: str) -> str:
        return f"replace({text}, rtrim({text}, replace({text}, '@', '')), '')"

    def keyed_hash(self, text: str, inner: str, outer: str) -> str:
        return f"trivet_keyed_hash({text}, {inner}, {outer})"

    # --- functions -----------------------------------------------------------------------------------------------

    def call(self, invocation: Invocation, bind: Bound) -> str:
        raise Problem("PGRST127", "Feature not implemented", details="SQLite has no functions of its own to call.")

    def row_call(self, call: str, passed: Sequence[Passed], bind: Bound) -> str:
        raise Problem("PGRST127", "Feature not implemented", details="SQLite has no functions of its own to call.")

    def returned_rows(self, resource: Resource) -> Encode:
        encoders = [(field.name, stored(field)) for field in resource.fields]
        return lambda rows: rows_as_json([[encode(row.get(name)) for name, encode in encoders] for row in rows])

    def returned(self, resource: Resource, place: str) -> str:
        return self.recordset(resource, place)

    def scalar(self, expression: str, column: Column) -> str:
        return self.carried(expression)

    def row(self, resource: Resource, values: Sequence[str]) -> str:
        raise _no_handlers()

    def record(self, pairs: Sequence[tuple[str, str]]) -> str:
        raise _no_handlers()

    def handled(self, handler: Handler, row: str) -> str:
        raise _no_handlers()

    # --- predicates ----------------------------------------------------------------------------------------------

    def encoder(self, column: Column, operator: Comparison) -> Encode:
        if operator in ("like", "ilike", "match", "imatch", "similar", "has_key"):
            return plain_text
        if operator.startswith("has_keys"):
            return _key_list
        if operator in ("contains", "contained", "overlaps") or (column.type == "json"):
            return given_json
        return plain_text if column.path else native(column.type)

    def list_encoder(self, column: Column) -> Encode:
        if column.type == "bytes":
            raise Problem("PGRST127", "Feature not implemented", details="lists of bytes on SQLite")
        convert = given_json if column.type == "json" else plain_text if column.path else native(column.type)

        def encode(value: Any) -> str:
            return json_text([convert(item) for item in listed(value)]).decode()

        return encode

    def compare(self, left: str, test: Test, place: str) -> str:
        operator = test.operator
        if operator == "in":
            return f"{left} in (select value from json_each({place}))"
        if test.quantifier is not None:
            inner = self._compare(left, test, "e.value")
            # unknown, as for PostgreSQL, where a null decides
            if test.quantifier == "any":
                decided = "case when max(held) then 1 when count(*) > count(held) then null else 0 end"
            else:
                decided = "case when not min(held) then 0 when count(*) > count(held) then null else 1 end"
            return f"(select {decided} from (select {inner} as held from json_each({place}) as e))"
        return self._compare(left, test, place)

    def _compare(self, left: str, test: Test, right: str) -> str:
        operator = test.operator
        if operator in _SIGNS and test.left.type == "json":
            if operator in ("eq", "neq", "isdistinct"):
                return f"trivet_compact({left}) {_SIGNS[operator]} trivet_compact({right})"
            return f"({left} ->> '$') {_SIGNS[operator]} ({right} ->> '$')"
        if operator in _SIGNS:
            return f"{left} {_SIGNS[operator]} {right}"
        if operator == "like":
            # here that is wanted: only a pattern that is known can be looked up in an index
            return f"{left} like {right.removeprefix('+')} escape '\\'"
        if operator == "ilike":
            return f"trivet_fold({left}) like trivet_fold({right}) escape '\\'"
        if operator in _FUNCTIONS:
            return f"{_FUNCTIONS[operator]}({left}, {right})"
        raise Problem("PGRST127", "Feature not implemented", details=f"the operator {operator} on SQLite")

    def compare_columns(self, left: str, test: Test, right: str) -> str:
        return self._compare(left, test, right)

    def compare_aggregate(self, left: str, test: AggregateTest | GroupTest, bind: Binder) -> str:
        keeps = ("min", "max", "bool_and", "bool_or")
        column = test.columns[0] if test.columns and test.function in keeps else None
        encode: Encode = native(column.type) if column else to_float
        if test.operator == "in":
            return f"{left} in (select value from json_each({bind(any_json)}))"
        if test.operator not in _SIGNS:
            raise Problem("PGRST127", "Feature not implemented", details=f"the operator {test.operator} on aggregates")
        return f"{left} {_SIGNS[test.operator]} {bind(encode)}"

    def is_test(self, left: str, value: str) -> str:
        words = {"not_null": "not null", "unknown": "null"}
        return f"{left} is {words.get(value, value)}"

    # --- writes --------------------------------------------------------------------------------------------------

    def written_rows(self, resource: Resource) -> Encode:
        return rows_as_json

    def recordset(self, resource: Resource, place: str) -> str:
        values = [
            f"case when json_type(value, '$[{position}]') = 'array' then unhex(value ->> '$[{position}][0]') "
            f"else value ->> '$[{position}]' end as {quoted(field.name)}"
            for position, field in enumerate(resource.columns)
        ]
        return f"(select {', '.join(values)} from json_each({place}))"

    def verdict(self, cases: Sequence[Case], bind_fixed: Callable[[str], str]) -> str:
        raise AssertionError("no statement fails by itself here: what it wrote is looked at in the same process")

    def written(self, plan: WritePlan, full: Resource) -> Statement | None:
        return None

    def create(self, plan: CreatePlan, full: Resource, *, back: bool) -> RowInsert:
        return create(self, plan, full)

    def update(self, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
        return update(self, plan, full, back=back)

    def delete(self, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
        return delete(self, plan, full, back=back)


def _no_handlers() -> AssertionError:
    return AssertionError("the catalog of an SQLite file has no handlers")


def _key_list(value: Any) -> str:
    return json_text(listed(value)).decode()
