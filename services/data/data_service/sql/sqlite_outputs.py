"""SQLite's values in an answer: its losses (booleans, scales, blobs) are made good, its casts PostgreSQL's."""

from contracts.fields import Field
from contracts.problems import Problem

from data_service.plan.nodes import Column
from data_service.sql.postgres_casts import cast_type
from data_service.sql.sqlite_json import json_of
from data_service.sql.values import json_text

_NUMBERS = {"numeric": "numeric", "real": "real", "double precision": "real"}
_WHOLE = frozenset({"smallint", "integer", "bigint", "oid"})
_MOMENTS = {  # each of a text: a number would be a day of the Julian calendar
    "date": "date({0} || '')", "time": "time({0} || '')", "timestamp": "replace(datetime({0} || ''), ' ', 'T')",
    "timestamptz": "replace(datetime({0} || ''), ' ', 'T') || '+00:00'",
}  # fmt: skip
_TIMES = frozenset({"timestamp", "timestamptz"})
_TEXTS = frozenset({"text", "bpchar", "name"})


def field_output(value: str, field: Field, *, zoned: bool) -> str:
    """A field's value as JSON: PostgreSQL's forms, and a blob in any column as hex rather than an error.

    ``zoned``: times with an offset are told in the session's zone.
    """
    hexed = f"'\\x' || lower(hex({value}))"
    kind = field.type
    if kind == "bytes":
        return f"case when {value} is not null then {hexed} end"
    if kind == "bool":
        return _boolean(value)
    if kind == "json":  # not joined as it is: it may hold line breaks
        return f"json(case when json_valid({value}) then {value} else json_quote({value}) end)"
    if kind == "numeric" and field.scale:
        return _scaled(value, field.scale)
    if kind in ("float8", "float4", "numeric"):
        huge = f"case when {value} > 0 then 'Infinity' else '-Infinity' end"
        return f"case when typeof({value}) = 'real' and abs({value}) > 1.7e308 then {huge} else {value} end"
    blob = f"case when {value} >= x'' then {hexed}"  # blobs are beyond all other values
    if kind in _TIMES:
        if kind == "timestamptz" and zoned:
            return f"{blob} else trivet_in_zone({value}) end"
        return f"{blob} {_joined(value, kind)} else {value} end"
    if kind == "time":
        return f"{blob} when {value} like '__:__:__.%0' then rtrim(rtrim({value}, '0'), '.') else {value} end"
    return f"{blob} else {value} end"


def _joined(value: str, kind: str) -> str:
    """The branches for a time as we and SQLite's functions store it: `T` between, no zeros after a fraction."""
    day, spaced = f"substr({value}, 1, 10) || 'T' || ", "____-__-__ "
    end = "+00:00" if kind == "timestamptz" else ""
    time = f"substr({value}, 12, length({value}) - {11 + len(end)})"
    return (
        f"when {value} like '{spaced}__:__:__.%0{end}' then {day}rtrim(rtrim({time}, '0'), '.') || '{end}' "
        f"when {value} like '{spaced}%' then {day}substr({value}, 12)"
    )


def cast_output(expression: str, column: Column, cast: str) -> str:
    """A column's value as JSON, cast to a type of PostgREST's grammar. Raises `Problem` 42704."""
    kind = cast_type(cast)
    if column.path and not column.text and (kind in _WHOLE or kind in _NUMBERS or kind == "boolean"):
        expression = f"({expression} ->> '$')"  # the number or truth itself, no text that looks like one
    if kind in ("json", "jsonb"):
        return json_of(f"case when json_valid({expression}) then {expression} else {_unfit(expression, 'json')} end")
    if kind == "boolean":
        return _boolean(f"(case typeof({expression}) when 'text' then {_fit(expression, kind)} else {expression} end)")
    if kind == "character(1)":
        return f"substr({as_text(expression, column)}, 1, 1)"
    return as_text(expression, column) if kind in _TEXTS else cast_value(expression, cast)


def as_text(expression: str, column: Column) -> str:
    """A column's value as PostgreSQL's text of it."""
    if column.path:
        return f"({expression} || '')"  # joined, for a cast would leave it JSON
    if column.type == "bool":
        return f"case when {expression} is null then null when {expression} then 'true' else 'false' end"
    if column.type == "numeric" and column.field.scale:
        return f"case when {expression} is not null then printf('%.{int(column.field.scale)}f', {expression}) end"
    return f"cast({expression} as text)"


def cast_value(expression: str, cast: str) -> str:
    """A value cast to a type of PostgREST's grammar. Raises `Problem` 42704, PGRST127."""
    kind = cast_type(cast)
    if kind.endswith("[]"):
        raise Problem("PGRST127", "Feature not implemented", details="casts to arrays on SQLite")
    if kind in _MOMENTS:
        return f"coalesce({_MOMENTS[kind].format(expression)}, {_unfit(expression, kind)})"
    if kind in _WHOLE or kind == "uuid":
        return _fit(expression, "bigint" if kind == "oid" else kind)
    if kind in _NUMBERS:
        number = f"cast({expression} as {_NUMBERS[kind]})"
        return f"case typeof({expression}) when 'text' then {_fit(expression, kind)} else {number} end"
    return f"cast({expression} as text)"


def inside(expression: str, column: Column) -> str:
    """The place that a column's path names, inside its JSON; without a path all of it as PostgreSQL's text."""
    if not column.path:
        return f"trivet_json_text({expression})"
    steps = "".join(f"[{_index(step)}]" if isinstance(step, int) else "." + _key(step) for step in column.path)
    path = "'" + f"${steps}".replace("'", "''") + "'"
    other = f" else {_unfit(expression, 'json')}" if column.field.type == "text" else ""
    document = f"case when json_valid({expression}) then {expression}{other} end"
    if not column.text:
        return f"({document} -> {path})"
    kind = f"json_type({document}, {path})"
    return (
        f"(case {kind} when 'true' then 'true' when 'false' then 'false' when 'null' then null "
        f"else ({document} ->> {path}) || '' end)"  # joined, for a cast would leave lists and objects JSON
    )


def _fit(expression: str, kind: str) -> str:
    """The value as one of this type; one that is none is refused."""
    return f"trivet_cast({expression}, '{kind}')"


def _unfit(expression: str, kind: str) -> str:
    """What is made of a value that is none of this type: null of null, and of others a refusal."""
    return f"trivet_unfit({expression}, '{kind}')"


def _boolean(value: str) -> str:
    false = f"{value} in (0, '0', 'false', 'f', 'FALSE', 'False')"
    return json_of(f"case when {value} is null then null when {false} then 'false' else 'true' end")


def _scaled(value: str, scale: int) -> str:
    """A decimal with all digits of its declared scale, as PostgreSQL prints it."""
    number = f"+{value} between -1.7e308 and 1.7e308"  # texts are beyond all numbers
    return json_of(f"case when {number} then printf('%.{int(scale)}f', {value}) else json_quote({value}) end")


def _index(step: int) -> str:
    return str(step) if step >= 0 else f"#{step}"


def _key(step: str) -> str:
    return json_text(step).decode()  # a label in quotes is escaped as JSON's texts are
