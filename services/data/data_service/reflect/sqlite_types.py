"""SQLite's declared types as portable types: well-known names first, then SQLite's own rule of affinity."""

import re
from dataclasses import dataclass

from contracts.fields import FieldType

_KNOWN: dict[str, FieldType] = {
    "SMALLINT": "int2", "INT2": "int2", "TINYINT": "int2", "YEAR": "int8",
    "DECIMAL": "numeric", "NUMERIC": "numeric", "NUMBER": "numeric", "MONEY": "numeric", "SMALLMONEY": "numeric",
    "CURRENCY": "numeric", "DEC": "numeric", "FLOATING POINT": "float8",
    "BOOLEAN": "bool", "BOOL": "bool", "BIT": "bool",
    "UUID": "uuid", "GUID": "uuid", "UNIQUEIDENTIFIER": "uuid",
    "DATE": "date", "TIME": "time", "TIME WITHOUT TIME ZONE": "time", "TIMETZ": "timetz",
    "TIME WITH TIME ZONE": "timetz", "DATETIME": "timestamp", "DATETIME2": "timestamp", "SMALLDATETIME": "timestamp",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITHOUT TIME ZONE": "timestamp", "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "DATETIMEOFFSET": "timestamptz",
    "JSON": "json", "JSONB": "json", "BLOB": "bytes", "BYTEA": "bytes", "BINARY": "bytes", "VARBINARY": "bytes",
    "IMAGE": "bytes", "POINT": "other", "INTERVAL": "other", "ANY": "other",
}  # fmt: skip
_AFFINITY: tuple[tuple[tuple[str, ...], FieldType], ...] = (
    (("INT",), "int8"),
    (("CHAR", "CLOB", "TEXT"), "text"),
    (("BLOB",), "bytes"),
    (("REAL", "FLOA", "DOUB"), "float8"),
)
_ARGUMENTS = re.compile(r"\(\s*([+-]?\d+)\s*(?:,\s*([+-]?\d+)\s*)?\)")


@dataclass(frozen=True)
class Portable:
    """What a declared type means to clients; lengths count characters."""

    type: FieldType
    db_type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None


def portable(declared: str) -> Portable:
    """The declared type of a column, empty where it has none (so of most expressions in a view)."""
    db_type = " ".join(declared.upper().split()) or "ANY"
    match = _ARGUMENTS.search(db_type)
    name = " ".join(_ARGUMENTS.sub(" ", db_type).split())
    first, second = (match[1], match[2]) if match else (None, None)
    kind = _type_of(name)
    if name == "TINYINT" and first == "1":
        return Portable("bool", db_type)
    if kind == "text":
        return Portable(kind, db_type, length=_positive(first))
    if kind == "numeric" and _positive(first):
        return Portable(kind, db_type, precision=_positive(first), scale=int(second or 0))
    return Portable(kind, db_type)


def _type_of(name: str) -> FieldType:
    """Integers are of 8 bytes: SQLite stores 64 bits whatever is declared, and INTEGER is its own word for that."""
    if name in _KNOWN:
        return _KNOWN[name]
    for parts, kind in _AFFINITY:
        if any(part in name for part in parts):
            return kind
    return "other"


def _positive(digits: str | None) -> int | None:
    return int(digits) if digits is not None and int(digits) > 0 else None
