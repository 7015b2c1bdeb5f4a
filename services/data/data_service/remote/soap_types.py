"""What a WSDL says of an operation, in the catalog's words: its arguments, and what it gives."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import zeep
from contracts.catalog import Argument, Field, FieldType, Returns
from zeep.xsd import ComplexType
from zeep.xsd.types import builtins

from data_service.processing.scalars import db_type

_DEPTH = 8  # levels of a structure that a JSON Schema tells of

# the nearest kin first
_KINDS: tuple[tuple[type, FieldType], ...] = (
    (builtins.Boolean, "bool"),
    (builtins.Short, "int2"), (builtins.UnsignedByte, "int2"),
    (builtins.Int, "int4"), (builtins.UnsignedShort, "int4"),
    (builtins.Long, "int8"), (builtins.UnsignedInt, "int8"),
    (builtins.Decimal, "numeric"),
    (builtins.Float, "float4"), (builtins.Double, "float8"),
    (builtins.DateTime, "timestamptz"), (builtins.Date, "date"), (builtins.Time, "time"),
    (builtins.Duration, "text"),
    (builtins.Base64Binary, "bytes"), (builtins.HexBinary, "bytes"),
)  # fmt: skip
_JSON: Mapping[str, dict[str, Any]] = {
    **{kind: {"type": "integer"} for kind in ("int2", "int4", "int8")},
    **{kind: {"type": "number"} for kind in ("numeric", "float4", "float8")},
    "bool": {"type": "boolean"}, "date": {"type": "string", "format": "date"},
    "timestamptz": {"type": "string", "format": "date-time"},
}  # fmt: skip


class Signature(NamedTuple):
    """An operation's arguments and result; ``path`` leads to the result in what zeep gives."""

    arguments: tuple[Argument, ...]
    returns: Returns
    path: tuple[str, ...] = ()


def operations_of(client: zeep.Client) -> dict[str, Any]:
    """The operations of the WSDL's first port, by name."""
    return dict(client.service._binding._operations)


def signature_of(operation: Any) -> Signature:
    """What the catalog says of an operation."""
    given = operation.input.body
    arguments = tuple(
        _argument(name, element) for name, element in _elements(given.type if given is not None else None)
    )
    answer = operation.output.body if operation.output is not None else None
    returns, path = _returns(answer.type if answer is not None else None)
    return Signature(arguments, returns, path)


def _elements(kind: Any) -> list[tuple[str, Any]]:
    if not isinstance(kind, ComplexType):
        return []
    return [(name, element) for name, element in kind.elements if hasattr(element, "type")]


def _argument(name: str, element: Any) -> Argument:
    required = element.min_occurs > 0 and not element.nillable
    if isinstance(element.type, ComplexType):
        schema = _schema(element)
        return Argument(name=name, type="json", db_type="json", required=required, schema=schema)
    kind = _kind(element.type)
    if element.accepts_multiple:
        return Argument(name=name, type="array", db_type=f"{db_type(kind)}[]", element=kind, required=required)
    return Argument(name=name, type=kind, db_type=db_type(kind), required=required)


def _returns(kind: Any) -> tuple[Returns, tuple[str, ...]]:
    """What an answer gives, and the way to it; zeep takes away a wrapper around one thing by itself."""
    elements = _elements(kind)
    if not elements:
        return Returns(kind="void"), ()
    if len(elements) > 1 or kind.attributes:
        return _record(elements, many=False), ()
    element = elements[0][1]
    path: tuple[str, ...] = ()
    inner = _elements(element.type)
    if not element.accepts_multiple and len(inner) == 1 and inner[0][1].accepts_multiple:  # `ArrayOfRate { Rate* }`
        path, element = (inner[0][0],), inner[0][1]
        inner = _elements(element.type)
    if isinstance(element.type, ComplexType):
        return (_record(inner, many=element.accepts_multiple) if inner else _json()), path
    single = _kind(element.type)
    if element.accepts_multiple:
        return Returns(kind="scalar", type="array", db_type=f"{db_type(single)}[]", element=single), path
    return Returns(kind="scalar", type=single, db_type=db_type(single)), path


def _record(elements: list[tuple[str, Any]], *, many: bool) -> Returns:
    return Returns(kind="rows", many=many, fields=tuple(_field(name, element) for name, element in elements))


def _json() -> Returns:
    return Returns(kind="scalar", type="json", db_type="json")


def _field(name: str, element: Any) -> Field:
    plain = not (isinstance(element.type, ComplexType) or element.accepts_multiple)
    kind: FieldType = _kind(element.type) if plain else "json"
    return Field(name=name, type=kind, db_type=db_type(kind), nullable=element.min_occurs == 0 or element.nillable)


def _kind(kind: Any) -> FieldType:
    return next((word for known, word in _KINDS if isinstance(kind, known)), "text")


def _schema(element: Any, depth: int = 0) -> dict[str, Any]:
    """The JSON Schema of an element's values."""
    if isinstance(element.type, ComplexType):
        found: dict[str, Any] = {"type": "object"}
        if depth < _DEPTH:
            inner = _elements(element.type)
            found["properties"] = {name: _schema(item, depth + 1) for name, item in inner}
            found["required"] = [name for name, item in inner if item.min_occurs > 0 and not item.nillable]
    else:
        found = dict(_JSON.get(_kind(element.type), {"type": "string"}))
    return {"type": "array", "items": found} if element.accepts_multiple else found
