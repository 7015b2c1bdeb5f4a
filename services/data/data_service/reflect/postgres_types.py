"""PostgreSQL's types as portable types."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.fields import FieldType, Representation

from data_service.reflect.postgres_queries import ColumnRow, TypeRow

_PORTABLE: dict[str, FieldType] = {
    "int2": "int2", "int4": "int4", "int8": "int8", "numeric": "numeric", "float4": "float4", "float8": "float8",
    "bool": "bool", "text": "text", "varchar": "text", "bpchar": "text", "name": "text", "char": "text",
    "uuid": "uuid", "date": "date", "time": "time", "timetz": "timetz", "timestamp": "timestamp",
    "timestamptz": "timestamptz", "interval": "interval", "json": "json", "jsonb": "json", "bytea": "bytes",
}  # fmt: skip
_KINDS: dict[str, FieldType] = {"e": "enum", "r": "range", "m": "range"}
_LENGTHS = {"name": 63, "char": 1}


@dataclass(frozen=True)
class Portable:
    """What a column's type means to clients; ``default`` and ``not_null`` are what its domain adds.

    ``db_type`` is the domain's base type: a cast to the domain itself would hold a filter's value, or a field that
    was not given, to the domain's checks.
    """

    type: FieldType
    db_type: str
    element: FieldType | None = None
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    values: tuple[str, ...] = ()
    domain: str | None = None
    default: str | None = None
    not_null: bool = False
    representation: Representation | None = None


def portable(column: ColumnRow, types: Mapping[int, TypeRow]) -> Portable:
    """The column's type; ``types`` has it and all that it is made of."""
    declared = types[column.type]
    base, modifier, db_type, not_null = declared, column.modifier, column.type_text, False
    while base.kind == "d":
        not_null = not_null or base.not_null
        db_type, modifier = base.base_text or db_type, base.modifier
        base = types[base.base]
    element = types[base.element] if base.length == -1 and base.element else None
    inner = base
    if element is not None:
        inner, modifier = _inmost(element, modifier, types)
    length, precision, scale = _modified(inner, modifier)
    return Portable(
        type="other" if declared.to_json else "array" if element is not None else portable_type(inner),
        db_type=db_type,
        element=portable_type(inner) if element is not None and not declared.to_json else None,
        length=length,
        precision=precision,
        scale=scale,
        values=tuple(inner.values),
        domain=declared.text if declared.kind == "d" else None,
        default=declared.default,
        not_null=not_null,
        representation=_representation(declared),
    )


def _representation(declared: TypeRow) -> Representation | None:
    """What the casts of a domain make of its values outside, as PostgREST's users write them."""
    found = (declared.to_json, declared.from_json, declared.from_text)
    return Representation(output=found[0], body=found[1], text=found[2]) if any(found) else None


def portable_type(row: TypeRow) -> FieldType:
    """The portable type of a type that is neither a domain nor an array."""
    if row.schema == "pg_catalog" and row.name in _PORTABLE:
        return _PORTABLE[row.name]
    if row.name == "citext" and row.kind == "b":
        return "text"
    if row.length == -1 and row.element:
        return "array"
    return _KINDS.get(row.kind, "other")


def _inmost(row: TypeRow, modifier: int, types: Mapping[int, TypeRow]) -> tuple[TypeRow, int]:
    while row.kind == "d":
        modifier = row.modifier
        row = types[row.base]
    return row, modifier


def _modified(row: TypeRow, modifier: int) -> tuple[int | None, int | None, int | None]:
    """Length, precision and scale that a type modifier says."""
    if row.schema != "pg_catalog":
        return None, None, None
    if row.name in _LENGTHS:
        return _LENGTHS[row.name], None, None
    if modifier < 4:
        return None, None, None
    if row.name in ("varchar", "bpchar"):
        return modifier - 4, None, None
    if row.name == "numeric":
        packed = modifier - 4
        return None, packed >> 16 & 0xFFFF, ((packed & 0x7FF) ^ 0x400) - 0x400  # the scale is signed since 15
    return None, None, None
