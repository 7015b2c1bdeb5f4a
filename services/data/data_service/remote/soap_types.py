"""What a WSDL says of an operation, in the catalog's words: its arguments, and what it gives."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import zeep
from contracts.catalog import Argument, Returns
from contracts.fields import Field, FieldType
from zeep.xsd import ComplexType
from zeep.xsd.elements import indicators
from zeep.xsd.types import builtins

from data_service.processing.scalars import db_type

_DEPTH = 3  # levels of a structure that a JSON Schema tells of

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
    """An operation's arguments and result."""

    arguments: tuple[Argument, ...]
    returns: Returns


def operations_of(client: zeep.Client) -> dict[str, Any]:
    """The operations of the WSDL's first port, by name."""
    return dict(client.service._binding._operations)


def signature_of(operation: Any) -> Signature:
    """What the catalog says of an operation."""
    given = operation.input.body
    kind = given.type if given is not None else None
    chosen = _choices(kind)
    arguments = tuple(_argument(name, element, chosen=name in chosen) for name, element in _elements(kind))
    answer = operation.output.body if operation.output is not None else None
    return Signature(arguments, _returns(answer.type if answer is not None else None))


def _elements(kind: Any) -> list[tuple[str, Any]]:
    if not isinstance(kind, ComplexType):
        return []
    return [(name, element) for name, element in kind.elements if hasattr(element, "type")]


def _choices(kind: Any) -> set[str]:
    """The names of elements of which one is chosen, so that none of them is required."""
    if not isinstance(kind, ComplexType):
        return set()
    return {name for _, group in kind.elements_nested for name in _chosen(group, within=False)}


def _chosen(group: Any, *, within: bool) -> Iterator[str]:
    if isinstance(group, indicators.OrderIndicator):
        inside = within or isinstance(group, indicators.Choice) or group.min_occurs == 0
        for _, item in group.elements_nested:
            yield from _chosen(item, within=inside)
    elif within and getattr(group, "name", None):
        yield group.name


def _is_required(element: Any) -> bool:
    return bool(element.min_occurs > 0 and not element.nillable)


def _argument(name: str, element: Any, *, chosen: bool) -> Argument:
    required = _is_required(element) and not chosen
    if isinstance(element.type, ComplexType):
        schema = _schema(element)
        return Argument(name=name, type="json", db_type="json", required=required, schema=schema)
    kind = _kind(element.type)
    if element.accepts_multiple:
        return Argument(name=name, type="array", db_type=f"{db_type(kind)}[]", element=kind, required=required)
    return Argument(name=name, type=kind, db_type=db_type(kind), required=required)


def _returns(kind: Any) -> Returns:
    """What an answer gives: as zeep does, without the wrapper around one thing, and another around that."""
    elements = _elements(kind)
    if not elements:
        return Returns(kind="void")
    if len(elements) > 1 or kind.attributes:
        return _record(elements, many=False)
    element = elements[0][1]
    inner = _elements(element.type)
    if not element.accepts_multiple and len(inner) == 1 and not element.type.attributes:  # `ArrayOfRate { Rate* }`
        element = inner[0][1]
        inner = _elements(element.type)
    if isinstance(element.type, ComplexType):
        return _record(inner, many=element.accepts_multiple) if inner else _json()
    single = _kind(element.type)
    if element.accepts_multiple:
        return Returns(kind="scalar", type="array", db_type=f"{db_type(single)}[]", element=single)
    return Returns(kind="scalar", type=single, db_type=db_type(single))


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


def _schema(element: Any, above: tuple[Any, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of an element's values; of a type within itself, and of what lies deep, no more than its kind."""
    if isinstance(element.type, ComplexType):
        found: dict[str, Any] = {"type": "object"}
        if len(above) < _DEPTH and element.type not in above:
            inner = _elements(element.type)
            chosen = _choices(element.type)
            found["properties"] = {name: _schema(item, (*above, element.type)) for name, item in inner}
            found["required"] = [name for name, item in inner if _is_required(item) and name not in chosen]
    else:
        found = dict(_JSON.get(_kind(element.type), {"type": "string"}))
    return {"type": "array", "items": found} if element.accepts_multiple else found
