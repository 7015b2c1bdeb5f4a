"""JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of the catalog's fields and resources."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.fields import Field, FieldType

Schema = dict[str, Any]
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_INT4 = 2**31
_TYPES: dict[FieldType, Schema] = {
    "int2": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    "int4": {"type": "integer", "format": "int32", "minimum": -_INT4, "maximum": _INT4 - 1},
    "int8": {"type": "integer", "format": "int64"},
    "numeric": {"type": "number"},
    "float4": {"type": "number", "format": "float"},
    "float8": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "text": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string"},
    "timetz": {"type": "string"},
    "timestamp": {"type": "string"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "interval": {"type": "string"},
    "json": {},
    "bytes": {"type": "string"},
    "enum": {"type": "string"},
    "array": {"type": "array", "items": {}},
    "range": {"type": "string"},
    "other": {},
}


_EXAMPLES: dict[FieldType, str] = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), "gte.0"),
    "bool": "is.true",
    "text": "eq.text",
    "date": "gte.2024-01-01",
    "time": "lt.12:00",
    "timestamp": "gte.2024-01-01T00:00:00",
    "timestamptz": "gte.2024-01-01T00:00:00Z",
}


class ComponentNames:
    """Names fit for components (letters, digits, ``.``, ``_``, ``-``), each given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def fit(self, name: str) -> str:
        """A name of its own that looks like ``name``."""
        base = _UNFIT.sub("_", name) or "_"
        found, number = base, 2
        while found in self._taken:
            found, number = f"{base}_{number}", number + 1
        self._taken.add(found)
        return found


def of_field(field: Field) -> Schema:
    """The schema of a field's values."""
    schema = dict(_TYPES[field.type])
    if field.length is not None and field.type == "text":
        schema["maxLength"] = field.length
    if field.type == "enum" and field.values:
        schema["enum"] = [*field.values, *([None] if field.nullable else [])]
    if field.type == "array" and field.element is not None:
        schema["items"] = _or_null(_TYPES[field.element])
    schema = _or_null(schema) if field.nullable else schema
    if not field.writable:
        schema["readOnly"] = True
    schema["description"] = "\n\n".join(filter(None, (field.comment, f"`{field.db_type}`")))
    return schema


def filter_example(field: Field) -> str:
    """A filter on the field that any role may ask who may filter by it at all."""
    if field.type == "enum" and field.values:
        return f"eq.{field.values[0]}"
    return _EXAMPLES.get(field.type, "not.is.null")


def of_row(resource: Resource) -> Schema:
    """The schema of a row as it is read. Nothing is required: ``select`` leaves out and adds."""
    schema: Schema = {"type": "object", "properties": {field.name: of_field(field) for field in resource.fields}}
    notes = [resource.comment, *_key_note(resource)]
    if any(notes):
        schema["description"] = "\n\n".join(filter(None, notes))
    return schema


def to_create(catalog: Catalog, resource: Resource) -> Schema:
    """The schema of an object to create a row from."""
    given = catalog.writable.get(resource.name)
    fields = _writable(catalog, resource, given.create if given else None)
    required = [field.name for field in fields if not field.nullable and not _filled(field)]
    schema = _strict(fields)
    return {**schema, "required": required} if required else schema


def to_update(catalog: Catalog, resource: Resource) -> Schema:
    """The schema of an object to update rows with."""
    given = catalog.writable.get(resource.name)
    return _strict(_writable(catalog, resource, given.update if given else None))


def _strict(fields: list[Field]) -> Schema:
    return {
        "type": "object",
        "properties": {field.name: _to_give(field) for field in fields},
        "additionalProperties": False,
    }


def _to_give(field: Field) -> Schema:
    """The schema of what a client may give for a field: rules say more than the type."""
    schema = of_field(field)
    if field.keywords is None:
        return schema
    keywords: Schema = _decode(field.keywords)
    if "type" in schema:
        keywords.pop("type", None)
    if field.nullable and "enum" in keywords:
        keywords["enum"] = [*keywords["enum"], None]
    if field.nullable and "const" in keywords:
        keywords["enum"] = [keywords.pop("const"), None]
    return {**schema, **keywords}


def _writable(catalog: Catalog, resource: Resource, names: frozenset[str] | None) -> list[Field]:
    fields = [*resource.fields, *catalog.hidden.get(resource.name, ())]
    return [field for field in fields if field.writable and (names is None or field.name in names)]


def _filled(field: Field) -> bool:
    return field.has_default or field.identity is not None


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else dict(schema)


def _key_note(resource: Resource) -> list[str]:
    return [f"Primary key: {', '.join(f'`{name}`' for name in resource.key)}"] if resource.key else []
