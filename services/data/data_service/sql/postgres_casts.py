"""PostgREST's casts: the types that one may ask for, by all their names, and what each makes of a value."""

from contracts.fields import Field, FieldType
from contracts.problems import Problem

from data_service.plan.nodes import Column

CASTS = {
    "text": "text", "varchar": "text", "int": "integer", "integer": "integer", "int2": "smallint", "int4": "integer",
    "int8": "bigint", "smallint": "smallint", "bigint": "bigint", "numeric": "numeric", "decimal": "numeric",
    "real": "real", "float": "double precision", "float4": "real", "float8": "double precision",
    "double precision": "double precision", "bool": "boolean", "boolean": "boolean", "date": "date", "time": "time",
    "timetz": "timetz", "timestamp": "timestamp", "timestamptz": "timestamptz", "character varying": "text",
    "time without time zone": "time", "time with time zone": "timetz", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz", "interval": "interval", "uuid": "uuid",
    "json": "json", "jsonb": "jsonb", "bytea": "bytea", "money": "money", "xml": "xml", "inet": "inet",
    "citext": "text", "char": "character(1)", "character": "character(1)", "bpchar": "bpchar", "name": "name",
    "oid": "oid",
}  # fmt: skip
WRITTEN = frozenset({"text", "json", "jsonb"})  # casts of a domain's value as answers have it, not of what it stores
_CAST_TYPES: dict[str, FieldType] = {
    "smallint": "int2", "integer": "int4", "bigint": "int8", "numeric": "numeric", "real": "float4",
    "double precision": "float8", "boolean": "bool", "json": "json", "jsonb": "json",
}  # fmt: skip


def cast_type(name: str) -> str:
    """The type of a cast in PostgREST's grammar. Raises `Problem` 42704."""
    name = name.strip()
    found = CASTS.get(name.lower().removeprefix("_"))
    if found is not None and name.startswith("_"):  # as PostgreSQL calls the types of arrays
        return f"{found}[]"
    if found is None:
        raise Problem("42704", f'type "{name}" does not exist')
    return found


def cast_column(cast: str) -> Column:
    """What a cast of PostgREST's grammar makes, as a column without a name. Raises `Problem` 42704."""
    kind = cast_type(cast)
    other: FieldType = "array" if kind.endswith("[]") else "text"
    return Column(Field(name="", type=_CAST_TYPES.get(kind, other), db_type=kind))
