"""Which GraphQL scalar stands for a field's type, and what can be done with its values."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from contracts.catalog import Engine
from contracts.fields import Field, FieldType

from graphql_service.names import fitting

BUILT_IN = {
    "int2": "smallint",
    "int4": "Int",
    "int8": "bigint",
    "numeric": "numeric",
    "float4": "float4",
    "float8": "float8",
    "bool": "Boolean",
    "text": "String",
    "uuid": "uuid",
    "date": "date",
    "time": "time",
    "timetz": "timetz",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "interval": "interval",
    "json": "json",
    "bytes": "bytea",
}
_TEXTS = {"citext": "citext", "bpchar": "bpchar", "character": "bpchar", "char": "bpchar", "name": "name"}
ANY = "any"  # a column without a type: SQLite keeps whatever comes
NAMES = frozenset({*BUILT_IN.values(), *_TEXTS.values(), "jsonb", "Float", "ID", ANY})
OWN_TYPES = frozenset(
    {
        "query_root",
        "mutation_root",
        "subscription_root",
        "order_by",
        "cursor_ordering",
        "json_cast_exp",
        "jsonb_cast_exp",
    }
)

TREE_PATTERNS = ("lquery", "ltxtquery")  # what paths in a tree are compared with
BIG = frozenset({"bigint", "numeric", "float8"})  # what Hasura can be told to write as text
NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_INCOMPARABLE = frozenset({"bool", "json", "bytes", "array", "range"})
_COMPARABLE_OTHERS = frozenset({"inet", "cidr", "money", "oid", "pg_lsn", "xid8"})
_MODIFIER = re.compile(r"\s*\(.*?\)")
_LAST_NAME = re.compile(r'(?:^|\.)(?:"((?:[^"]|"")+)"|([^."]+))$')

Operators = Literal["generic", "text", "jsonb", "array", "enum", "tree", "geometry", "geography"]
_OF_EXTENSIONS: dict[str, Operators] = {"geometry": "geometry", "geography": "geography", "ltree": "tree"}


class Scalar(NamedTuple):
    """A field's type in GraphQL: the scalar's name, a list of them for arrays, and the operators of its filter.

    With the operators of an enum it is no scalar, but the enum of an enum table.
    """

    name: str
    array: bool = False
    operators: Operators = "generic"

    @property
    def comparison(self) -> str:
        """The name of the input type that filters by it."""
        return f"{self.name}_array_comparison_exp" if self.array else f"{self.name}_comparison_exp"


@lru_cache(maxsize=4096)
def base_type(db_type: str) -> str:
    """A type's own name without schema, modifiers and brackets: ``character varying(9)`` → ``character varying``."""
    plain = _MODIFIER.sub("", db_type.removesuffix("[]")).strip()
    found = _LAST_NAME.search(plain)
    if found is None:
        return plain
    quoted, bare = found.groups()
    return quoted.replace('""', '"') if quoted else bare


def scalar_of(field: Field, engine: Engine) -> Scalar:
    """The scalar of a field (graphql.md §5, Scalars)."""
    return _scalar_of(field.type, field.element, field.db_type, engine)


@lru_cache(maxsize=4096)  # so that fields of one type share it
def _scalar_of(kind: FieldType, element: FieldType | None, db_type: str, engine: Engine) -> Scalar:
    if kind == "array":
        item = _scalar(element or "other", db_type, engine)
        return Scalar(item.name, array=True, operators="array")
    return _scalar(kind, db_type, engine)


def _scalar(kind: FieldType, db_type: str, engine: Engine) -> Scalar:
    base = base_type(db_type)
    if kind == "text":
        return Scalar(_TEXTS.get(base, "String"), operators="text")
    if kind == "int8" and engine == "sqlite":
        return Scalar(_sqlite_integer(base.upper()))
    if kind == "json":
        name = "jsonb" if base.lower() == "jsonb" else "json"
        return Scalar(name, operators="jsonb" if name == "jsonb" or engine == "sqlite" else "generic")
    if kind in BUILT_IN:
        return Scalar(BUILT_IN[kind])
    if engine == "sqlite":
        return Scalar(fitting(base.lower()) if base else ANY)
    if kind == "other" and base in _OF_EXTENSIONS:
        return Scalar(base, operators=_OF_EXTENSIONS[base])
    return Scalar(own_scalar(base))


def own_scalar(base: str) -> str:
    """The scalar of a type that only this database has (an enum, a range, ``inet``); never one of the known names."""
    name = fitting(base)
    return f"{name}_type" if name in NAMES | OWN_TYPES else name


def _sqlite_integer(declared: str) -> str:
    # every integer of SQLite has 8 bytes: what the column was declared as tells what its clients expect
    if "BIG" in declared or declared == "INT8":
        return "bigint"
    return "smallint" if declared in ("SMALLINT", "INT2", "TINYINT") else "Int"


def comparable(field: Field, engine: Engine) -> bool:
    """True where ``min`` and ``max`` make sense (graphql.md §11b)."""
    if engine == "postgresql" and field.type in ("other", "uuid"):
        return base_type(field.db_type) in _COMPARABLE_OTHERS  # before PostgreSQL 18 there is no max(uuid)
    return field.type not in _INCOMPARABLE
