"""The table of types: each portable type's XML Schema type, its filter, and how its text is read and written."""

from typing import NamedTuple

from contracts.catalog import Field, FieldType
from contracts.operations import Comparison

from soap_service import columns, literals, values
from soap_service.columns import Column
from soap_service.literals import Parse
from soap_service.values import Write

EQUAL = ("eq", "ne", "in", "isNull")
ORDERED = ("eq", "ne", "gt", "ge", "lt", "le", "in", "isNull")
MATCHED = (*ORDERED, "like", "ilike")
NULLNESS = ("isNull",)
COMPARISONS: dict[str, Comparison] = {
    "eq": "eq", "ne": "neq", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte",
    "in": "in", "like": "like", "ilike": "ilike",
}  # fmt: skip


class FilterType(NamedTuple):
    """A filter on fields of one kind: the type of its operands, and its elements in order."""

    operand: str
    elements: tuple[str, ...]


FILTERS: dict[str, FilterType] = {
    "ShortFilter": FilterType("short", ORDERED),
    "IntFilter": FilterType("int", ORDERED),
    "LongFilter": FilterType("long", ORDERED),
    "DecimalFilter": FilterType("decimal", ORDERED),
    "FloatFilter": FilterType("float", ORDERED),
    "DoubleFilter": FilterType("double", ORDERED),
    "BooleanFilter": FilterType("boolean", ("eq", "ne", "isNull")),
    "StringFilter": FilterType("string", MATCHED),
    "UuidFilter": FilterType("string", ORDERED),
    "EnumFilter": FilterType("string", ORDERED),
    "IntervalFilter": FilterType("string", ORDERED),
    "RangeFilter": FilterType("string", EQUAL),
    "DateFilter": FilterType("date", ORDERED),
    "TimeFilter": FilterType("time", ORDERED),
    "DateTimeFilter": FilterType("dateTime", ORDERED),
    "BinaryFilter": FilterType("base64Binary", ("eq", "ne", "isNull")),
    "NullFilter": FilterType("string", NULLNESS),
}


class Kind(NamedTuple):
    """How values of one portable type are said in XML.

    ``column`` writes the usual values of a whole column at once. ``blank``: an empty element is an empty value, and not
    NULL.
    """

    xsd: str
    filter: str
    parse: Parse
    write: Write
    column: Column = columns.none
    blank: bool = False


KINDS: dict[FieldType, Kind] = {
    "int2": Kind("short", "ShortFilter", literals.integer(16), values.integer, columns.integers),
    "int4": Kind("int", "IntFilter", literals.integer(32), values.integer, columns.integers),
    "int8": Kind("long", "LongFilter", literals.integer(64), values.integer, columns.integers),
    "numeric": Kind("decimal", "DecimalFilter", literals.decimal, values.number, columns.numbers),
    "float4": Kind("float", "FloatFilter", literals.double, values.double, columns.numbers),
    "float8": Kind("double", "DoubleFilter", literals.double, values.double, columns.numbers),
    "bool": Kind("boolean", "BooleanFilter", literals.boolean, values.boolean, columns.booleans),
    "text": Kind("string", "StringFilter", literals.string, values.string, columns.strings, blank=True),
    "uuid": Kind("string", "UuidFilter", literals.token, values.string, columns.strings),
    "date": Kind("date", "DateFilter", literals.day, values.day, columns.days),
    "time": Kind("time", "TimeFilter", literals.clock, values.clock, columns.clocks),
    "timetz": Kind("time", "TimeFilter", literals.clock_with_zone, values.clock, columns.clocks),
    "timestamp": Kind("dateTime", "DateTimeFilter", literals.moment, values.moment, columns.moments),
    "timestamptz": Kind("dateTime", "DateTimeFilter", literals.moment_with_zone, values.instant, columns.instants),
    "interval": Kind("string", "IntervalFilter", literals.token, values.interval),
    "json": Kind("string", "NullFilter", literals.json, values.json),
    "bytes": Kind("base64Binary", "BinaryFilter", literals.binary, values.binary, blank=True),
    "enum": Kind("string", "EnumFilter", literals.string, values.string, columns.strings, blank=True),
    "range": Kind("string", "RangeFilter", literals.token, values.string, columns.strings),
    "other": Kind("string", "NullFilter", literals.string, values.string, columns.strings, blank=True),
    "array": Kind("string", "NullFilter", literals.json, values.json),
}


def kind_of(field: Field) -> Kind:
    """The kind of a field's values; of an array's, that of its elements."""
    return KINDS[(field.element or "other") if field.type == "array" else field.type]


def column_of(field: Field) -> Column:
    """What writes the usual values of a field's column at once."""
    return columns.none if field.type == "array" else KINDS[field.type].column


def filter_of(field: Field) -> str:
    """The filter's type for a field."""
    return KINDS[field.type].filter


def array_of(xsd: str) -> str:
    """The name of the type for an array of values: string → ArrayOfString."""
    return f"ArrayOf{xsd[:1].upper()}{xsd[1:]}"


SCALARS = tuple(sorted({kind.xsd for kind in KINDS.values()}))
