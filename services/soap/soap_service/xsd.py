"""The table of types: each portable type's XML Schema type, its filter, and how its text is read and written."""

from typing import NamedTuple

from contracts.fields import Field, FieldType
from contracts.filters import Comparison

from soap_service import columns, literals, values
from soap_service.columns import Column
from soap_service.literals import Parse
from soap_service.values import Write

IS_NULL = "isNull"
EQUAL = ("eq", "ne", "in", IS_NULL)
ORDERED = ("eq", "ne", "gt", "ge", "lt", "le", "in", IS_NULL)
_PATTERNS = ("notLike", "notIlike", "regex", "iregex", "notRegex", "notIregex", "similar", "notSimilar")
_SEARCHES = ("fts", "plfts", "phfts", "wfts")
_SETS = ("contains", "containedIn", "overlaps")
_KEYS = ("hasKey", "hasKeysAny", "hasKeysAll")
_RANGES = ("leftOf", "rightOf", "notLeftOf", "notRightOf", "adjacent")


class Operator(NamedTuple):
    """A comparison in a filter: ``many`` operands or one, of the field's own type or always ``text``."""

    comparison: Comparison
    negated: bool = False
    many: bool = False
    text: bool = False


OPERATORS: dict[str, Operator] = {
    "eq": Operator("eq"),
    "ne": Operator("neq"),
    "gt": Operator("gt"),
    "ge": Operator("gte"),
    "lt": Operator("lt"),
    "le": Operator("lte"),
    "in": Operator("in", many=True),
    "notIn": Operator("in", negated=True, many=True),
    "like": Operator("like"),
    "ilike": Operator("ilike"),
    "notLike": Operator("like", negated=True),
    "notIlike": Operator("ilike", negated=True),
    "regex": Operator("match"),
    "iregex": Operator("imatch"),
    "notRegex": Operator("match", negated=True),
    "notIregex": Operator("imatch", negated=True),
    "similar": Operator("similar"),
    "notSimilar": Operator("similar", negated=True),
    "contains": Operator("contains"),
    "containedIn": Operator("contained"),
    "overlaps": Operator("overlaps"),
    "hasKey": Operator("has_key", text=True),
    "hasKeysAny": Operator("has_keys_any", many=True, text=True),
    "hasKeysAll": Operator("has_keys_all", many=True, text=True),
    "leftOf": Operator("left_of"),
    "rightOf": Operator("right_of"),
    "notLeftOf": Operator("not_left_of"),
    "notRightOf": Operator("not_right_of"),
    "adjacent": Operator("adjacent"),
    "fts": Operator("fts", text=True),
    "plfts": Operator("plfts", text=True),
    "phfts": Operator("phfts", text=True),
    "wfts": Operator("wfts", text=True),
}
REPEATED = frozenset(name for name, operator in OPERATORS.items() if operator.many)


class FilterType(NamedTuple):
    """A filter on fields of one kind: the type of its operands (``array``: of arrays of it), its elements in order.

    Clients are compiled against the order: what is new goes to the end.
    """

    operand: str
    elements: tuple[str, ...]
    array: bool = False


FILTERS: dict[str, FilterType] = {
    "ShortFilter": FilterType("short", (*ORDERED, "notIn")),
    "IntFilter": FilterType("int", (*ORDERED, "notIn")),
    "LongFilter": FilterType("long", (*ORDERED, "notIn")),
    "DecimalFilter": FilterType("decimal", (*ORDERED, "notIn")),
    "FloatFilter": FilterType("float", (*ORDERED, "notIn")),
    "DoubleFilter": FilterType("double", (*ORDERED, "notIn")),
    "BooleanFilter": FilterType("boolean", ("eq", "ne", IS_NULL)),
    "StringFilter": FilterType("string", (*ORDERED, "like", "ilike", "notIn", *_PATTERNS, *_SEARCHES)),
    "UuidFilter": FilterType("string", (*ORDERED, "notIn")),
    "EnumFilter": FilterType("string", (*ORDERED, "notIn")),
    "IntervalFilter": FilterType("string", (*ORDERED, "notIn")),
    "RangeFilter": FilterType("string", (*EQUAL, "notIn", *_SETS, *_RANGES)),
    "DateFilter": FilterType("date", (*ORDERED, "notIn")),
    "TimeFilter": FilterType("time", (*ORDERED, "notIn")),
    "DateTimeFilter": FilterType("dateTime", (*ORDERED, "notIn")),
    "BinaryFilter": FilterType("base64Binary", ("eq", "ne", IS_NULL)),
    "JsonFilter": FilterType("string", (IS_NULL, "eq", "ne", "contains", "containedIn", *_KEYS)),
    "OtherFilter": FilterType("string", (IS_NULL, *ORDERED[:-1], "notIn", "like", "ilike", *_SETS, *_SEARCHES)),
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
    "json": Kind("string", "JsonFilter", literals.json, values.json),
    "bytes": Kind("base64Binary", "BinaryFilter", literals.binary, values.binary, blank=True),
    "enum": Kind("string", "EnumFilter", literals.string, values.string, columns.strings, blank=True),
    "range": Kind("string", "RangeFilter", literals.token, values.string, columns.strings),
    "other": Kind("string", "OtherFilter", literals.string, values.string, columns.strings, blank=True),
    "array": Kind("string", "StringArrayFilter", literals.json, values.json),
}


def kind_of(field: Field) -> Kind:
    """The kind of a field's values; of an array's, that of its elements."""
    return KINDS[(field.element or "other") if field.type == "array" else field.type]


def column_of(field: Field) -> Column:
    """What writes the usual values of a field's column at once."""
    return columns.none if field.type == "array" else KINDS[field.type].column


def filter_of(field: Field) -> str:
    """The filter's type for a field."""
    return array_filter(kind_of(field).xsd) if field.type == "array" else KINDS[field.type].filter


def array_of(xsd: str) -> str:
    """The name of the type for an array of values: string → ArrayOfString."""
    return f"ArrayOf{xsd[:1].upper()}{xsd[1:]}"


def array_filter(xsd: str) -> str:
    """The name of the filter for arrays of values: string → StringArrayFilter."""
    return f"{xsd[:1].upper()}{xsd[1:]}ArrayFilter"


SCALARS = tuple(sorted({kind.xsd for kind in KINDS.values()}))
FILTERS |= {array_filter(scalar): FilterType(scalar, (IS_NULL, "eq", "ne", *_SETS), array=True) for scalar in SCALARS}
