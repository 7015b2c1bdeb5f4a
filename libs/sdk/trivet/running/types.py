"""Python's types as the catalog's: what a function's annotations say to clients."""

from typing import Any

import msgspec
from msgspec import inspect

_SCALARS: dict[type, tuple[str, str]] = {
    inspect.BoolType: ("bool", "boolean"),
    inspect.IntType: ("int8", "bigint"),
    inspect.FloatType: ("float8", "double precision"),
    inspect.DecimalType: ("numeric", "numeric"),
    inspect.StrType: ("text", "text"),
    inspect.DateType: ("date", "date"),
    inspect.TimeType: ("time", "time"),
    inspect.UUIDType: ("uuid", "uuid"),
}
_OBJECTS = (inspect.DataclassType, inspect.StructType, inspect.TypedDictType)
_JSON = (
    inspect.AnyType, inspect.DictType, inspect.ListType, inspect.VarTupleType, inspect.TupleType,
    inspect.NamedTupleType, inspect.SetType, inspect.FrozenSetType, *_OBJECTS,
)  # fmt: skip


class Unsayable(TypeError):
    """A type that no client could be told."""


def portable(kind: Any) -> dict[str, Any]:
    """Type, database type, nullability and so on of a Python type, as an argument or a field has them.

    Raises `Unsayable`.
    """
    try:
        info = inspect.type_info(kind)
    except TypeError as fault:
        raise Unsayable(str(fault)) from None
    bare, nullable = _without_none(info)
    found: dict[str, Any] = {**_portable(bare), "nullable": nullable}
    if found["type"] == "json":
        found["schema"] = schema_of(kind)
    return found


def returned(kind: Any) -> dict[str, Any]:
    """What a function of this return type gives, as the catalog says it. Raises `Unsayable`."""
    try:
        info = inspect.type_info(kind)
    except TypeError as fault:
        raise Unsayable(str(fault)) from None
    if isinstance(info, inspect.NoneType):
        return {"kind": "void"}
    bare, _ = _without_none(info)
    if isinstance(bare, _OBJECTS):
        return {"kind": "rows", "fields": _fields(bare), "schema": schema_of(kind)}
    if isinstance(bare, inspect.ListType) and isinstance(bare.item_type, _OBJECTS):
        return {"kind": "rows", "many": True, "fields": _fields(bare.item_type), "schema": schema_of(kind)}
    found = portable(kind)
    del found["nullable"]
    return {"kind": "scalar", **found}


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type, with all that it refers to written out in place. Raises `Unsayable`."""
    try:
        (schema,), parts = msgspec.json.schema_components([kind], ref_template="{name}")
    except TypeError as fault:
        raise Unsayable(str(fault).splitlines()[-1]) from None
    written: dict[str, Any] = _written_out(schema, parts, ())
    return written


def _written_out(node: Any, parts: dict[str, Any], above: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_written_out(item, parts, above) for item in node]
    if not isinstance(node, dict):
        return node
    name = node.get("$ref")
    if isinstance(name, str):
        if name in above:  # within itself it is any object
            return {"type": "object"}
        return _written_out(parts[name], parts, (*above, name))
    return {key: _written_out(item, parts, above) for key, item in node.items()}


def _without_none(info: Any) -> tuple[Any, bool]:
    if isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.NoneType):
        raise Unsayable("None alone is no type of a value")
    if not isinstance(info, inspect.UnionType):
        return info, False
    others = [item for item in info.types if not isinstance(item, inspect.NoneType)]
    return (others[0] if len(others) == 1 else inspect.AnyType()), len(others) < len(info.types)


def _portable(info: Any) -> dict[str, Any]:
    if isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.DateTimeType):
        return {"type": "timestamptz", "db_type": "timestamp with time zone"}
    if isinstance(info, inspect.EnumType | inspect.LiteralType):
        return _choice(info)
    if isinstance(info, inspect.ListType):
        inner = _portable(info.item_type)
        if inner["type"] not in ("json", "array"):
            inner = _plain(inner)
            return {"type": "array", "db_type": inner["db_type"] + "[]", "element": inner["type"]}
    if isinstance(info, _JSON):
        return {"type": "json", "db_type": "json"}
    for known, (name, db_type) in _SCALARS.items():
        if isinstance(info, known):
            return {"type": name, "db_type": db_type}
    if isinstance(info, inspect.UnionType):
        return {"type": "json", "db_type": "json"}
    raise Unsayable(
        "clients can't be told of it; use numbers, texts, dates, UUIDs, enums, dataclasses and lists of them"
    )


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """A type that the database knows as well: its rows hold an enum as text."""
    return {"type": "text", "db_type": "text"} if found["type"] == "enum" else found


def _choice(info: Any) -> dict[str, Any]:
    named = isinstance(info, inspect.EnumType)
    values = [item.value for item in info.cls] if named else list(info.values)
    if all(isinstance(value, str) for value in values):
        text = {"type": "text", "db_type": "text"}
        return {"type": "enum", "db_type": info.cls.__name__.lower(), "values": values} if named else text
    if all(isinstance(value, int) for value in values):
        return {"type": "int8", "db_type": "bigint"}
    raise Unsayable("an enum's values must be all texts or all whole numbers")


def _fields(info: Any) -> list[dict[str, Any]]:
    """The fields of a dataclass or the like, in order."""
    found = []
    for field in info.fields:
        bare, nullable = _without_none(field.type)
        found.append({"name": field.encode_name, **_plain(_portable(bare)), "nullable": nullable})
    return found
