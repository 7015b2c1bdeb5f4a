"""The JSON answer of data as the response element's text, in the schema's order."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from contracts.catalog import Field
from contracts.results import Result

from soap_service import xsd
from soap_service.markup import attribute
from soap_service.port_type import FieldElement, PortType, RelationElement, ResourceType, Verb
from soap_service.request import Call

Row = dict[str, Any]
_decode = msgspec.json.Decoder(Any, float_hook=Decimal).decode


def write(call: Call, result: Result, namespace: str, port: PortType) -> str:
    """The response element of a call."""
    return f'<{call.called.name}Response xmlns="{attribute(namespace)}">{_children(call, result, port)}' + (
        f"</{call.called.name}Response>"
    )


def _children(call: Call, result: Result, port: PortType) -> str:
    type = call.called.type
    if call.called.verb is Verb.DELETE:
        return f"<affectedRows>{result.affected or 0}</affectedRows>"
    found: Any = _decode(result.body) if result.body else None
    write_row = _row_writer(type, call.fields, call.relations, port)
    if call.called.verb is Verb.LIST:
        total = f"<totalCount>{result.total}</totalCount>" if result.total is not None else ""
        rows: list[Row] = found or []
        items = "".join(map(write_row, rows))
        return f"<items>{items}</items>{total}"
    return write_row(found) if isinstance(found, dict) else ""


def _row_writer(
    type: ResourceType, fields: tuple[FieldElement, ...], relations: tuple[RelationElement, ...], port: PortType
) -> Callable[[Row], str]:
    """A function from a row to its element."""
    members = [_field_writer(element, nillable=port.profile.nillable) for element in fields]
    members += [_relation_writer(element, port) for element in relations]
    opening, closing = f"<{type.name}>", f"</{type.name}>"

    def write_row(row: Row) -> str:
        return opening + "".join([member(row) for member in members]) + closing

    return write_row


def _field_writer(element: FieldElement, *, nillable: bool) -> Callable[[Row], str]:
    """A function from a row to a field's element: nil where it is null, or is nothing that its type can say.

    In a profile without nil the element is left out instead.
    """
    name, write_value = element.name, _value_writer(element.field)
    opening, closing = f"<{name}>", f"</{name}>"
    nil = f'<{name} xsi:nil="true"/>' if element.field.nullable and nillable else ""

    def write_field(row: Row) -> str:
        value = row.get(name)
        text = write_value(value) if value is not None else None
        return nil if text is None else opening + text + closing

    return write_field


def _value_writer(field: Field) -> Callable[[Any], str | None]:
    kind = xsd.kind_of(field)
    if field.type != "array":
        return kind.write

    def write_items(value: Any) -> str | None:
        if not isinstance(value, list):
            return None
        texts = [None if item is None else _item(kind, item) for item in value]
        return "".join(
            f'<{kind.xsd} xsi:nil="true"/>' if text is None else f"<{kind.xsd}>{text}</{kind.xsd}>" for text in texts
        )

    return write_items


def _item(kind: xsd.Kind, item: Any) -> str | None:
    """An item of an array; an array within an array is JSON text where its type can hold it."""
    if isinstance(item, list) and kind.xsd == "string":
        return xsd.KINDS["json"].write(item)
    return kind.write(item)


def _relation_writer(element: RelationElement, port: PortType) -> Callable[[Row], str]:
    target = port.by_resource[element.relation.target]
    write_row = _row_writer(target, target.fields, (), port)
    name = element.name
    if element.relation.cardinality == "one":
        prefix = len(target.name) + 2

        def write_one(row: Row) -> str:
            related = row.get(name)
            # the same members under the relation's own name
            return f"<{name}>{write_row(related)[prefix : -prefix - 1]}</{name}>" if related else ""

        return write_one

    def write_many(row: Row) -> str:
        return f"<{name}>{''.join(map(write_row, row.get(name) or ()))}</{name}>"

    return write_many
