"""Plain values of the configuration read by what they must be: numbers within bounds, truth, texts, types."""

from collections.abc import Mapping
from decimal import Decimal
from typing import get_args

from contracts.fields import FieldType

from data_service.policy_document import Faults, Node, name, suggestion

_WRITTEN: dict[str, FieldType] = {
    "integer": "int4", "int": "int4", "bigint": "int8", "smallint": "int2", "real": "float4", "double": "float8",
    "boolean": "bool", "decimal": "numeric", "string": "text", "bytea": "bytes",
}  # fmt: skip
_NEVER = {"array", "range", "enum", "other"}
_DB_TYPES: dict[FieldType, str] = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
    "bool": "boolean", "timetz": "time with time zone", "timestamptz": "timestamp with time zone", "bytes": "bytea",
}  # fmt: skip


def number(keys: Mapping[str, Node], key: str, usual: float, faults: Faults, *, least: float, most: float) -> float:
    """The number under a key, ``usual`` where there is none."""
    node = keys.get(key)
    if node is None:
        return usual
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool) and least <= node.value <= most:
        return float(node.value)
    faults.add(node.line, f"{key} must be a number from {least:g} to {most:g}, not {node.kind}")
    return usual


def truth(keys: Mapping[str, Node], key: str, faults: Faults) -> bool:
    """Whether a key says true."""
    node = keys.get(key)
    if node is not None and not isinstance(node.value, bool):
        faults.add(node.line, f"{key} must be true or false, not {node.kind}")
    return node is not None and node.value is True


def text(keys: Mapping[str, Node], key: str, faults: Faults) -> str | None:
    """The text under a key, None where there is none."""
    return name(keys[key], faults, key) if key in keys else None


def one_of(keys: Mapping[str, Node], key: str, words: tuple[str, ...], faults: Faults) -> str:
    """One of ``words``, the first where nothing is said."""
    node = keys.get(key)
    if node is None:
        return words[0]
    found = "null" if node.value is None else node.value
    if found in words:
        return str(found)
    faults.add(node.line, f"{key} must be {' or '.join(words)}, not {node.kind}")
    return words[0]


def portable_type(node: Node, faults: Faults) -> FieldType:
    """The portable type that a text names, in our word for it or a usual one of SQL."""
    known = [word for word in get_args(FieldType) if word not in _NEVER]
    if isinstance(node.value, str):
        if node.value in known:
            return node.value  # type: ignore[return-value]
        if node.value in _WRITTEN:
            return _WRITTEN[node.value]
    near = suggestion(str(node.value), [*known, *_WRITTEN])
    faults.add(node.line, f"type must be one of {', '.join(known)}, not {node.kind}{near}")
    return "text"


def db_type(kind: FieldType) -> str:
    """The name of a portable type that both databases take in a cast."""
    return _DB_TYPES.get(kind, kind)
