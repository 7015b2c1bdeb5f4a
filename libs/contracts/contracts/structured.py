"""Structured values of Python's functions, by the JSON Schema that the catalog has of arguments and results."""

from collections.abc import Mapping
from typing import Any

from contracts.fields import FieldType

Schema = Mapping[str, Any]
_FORMATS: dict[str, FieldType] = {
    "uuid": "uuid", "date": "date", "date-time": "timestamptz", "time": "time", "decimal": "numeric",
}  # fmt: skip
_KINDS: dict[str, FieldType] = {"integer": "int8", "number": "float8", "boolean": "bool", "string": "text"}


def is_structured(schema: Schema | None) -> bool:
    """Whether a schema is of objects whose members are known, or a list of them."""
    if schema is None:
        return False
    bare, _ = without_null(schema)
    return bool(bare.get("properties")) or ("items" in bare and is_structured(bare["items"]))


def without_null(schema: Schema) -> tuple[Schema, bool]:
    """The schema without ``null``, and whether it may be that."""
    choices = schema.get("anyOf")
    if not choices:
        return schema, False
    others = [choice for choice in choices if choice.get("type") != "null"]
    return (others[0] if len(others) == 1 else {}), len(others) < len(choices)


def leaf_type(schema: Schema) -> FieldType:
    """The portable type of a value that is neither object nor list; JSON where none is told."""
    if schema.get("type") == "string":
        return _FORMATS.get(schema.get("format", ""), "text")
    values = schema.get("enum")
    if values and all(isinstance(value, str) for value in values):
        return "enum"
    return _KINDS.get(schema.get("type", ""), "json")
