"""The groups of an Aggregate answer as text: their keys and aggregates, each an element of its own type."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from contracts.fields import Field
from contracts.results import Result

from soap_service import xsd
from soap_service.aggregates import COUNT, COUNT_OF, FUNCTIONS, KEY
from soap_service.resource_type import FieldElement, ResourceType

_decode = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal).decode
_SAME = (KEY, "min", "max")  # these have the fields' own types
PARTS = (KEY, COUNT_OF, *(function for function in FUNCTIONS if function != "count"))
"""The elements of a group beside ``count``, in the schema's order."""


def counted(field: Field) -> Field:
    """A field's number of values, as a field."""
    return Field(name=field.name, type="int8", db_type="bigint")


def summed(field: Field) -> Field:
    """A number made of a field's values, as a field: exact where they are."""
    kind = "float8" if field.type in ("float4", "float8") else "numeric"
    return Field(name=field.name, type=kind, db_type=kind)  # type: ignore[arg-type]  # one of two of its words


def elements_of(part: str, type: ResourceType) -> tuple[tuple[FieldElement, Field], ...]:
    """The members of a part of a group, each with the field that tells its type."""
    if part in _SAME:
        return tuple((element, element.field) for element in type.groupable)
    if part == COUNT_OF:
        return tuple((element, counted(element.field)) for element in type.groupable)
    return tuple((element, summed(element.field)) for element in type.numbers)


def writer(type: ResourceType, opening: str, closing: str, *, nillable: bool) -> Callable[[Result], str]:
    """A function from the results of a read of groups to the response element."""
    parts = {part: [(element.name, field) for element, field in elements_of(part, type)] for part in PARTS}

    def write(result: Result) -> str:
        items = "".join([_group(f"{type.name}Group", row, parts, nillable) for row in _decode(result.body or b"[]")])
        total = f"<totalCount>{result.total}</totalCount>" if result.total is not None else ""
        return f"{opening}<items>{items}</items>{total}{closing}"

    return write


def _group(name: str, row: dict[str, Any], parts: dict[str, list[tuple[str, Field]]], nillable: bool) -> str:
    made = [_part(KEY, row[KEY], parts[KEY], nillable)] if KEY in row else []
    if COUNT in row:
        made.append(f"<{COUNT}>{row[COUNT]}</{COUNT}>")
    made += [_part(part, row[part], parts[part], nillable) for part in PARTS if part != KEY and part in row]
    return f"<{name}>{''.join(made)}</{name}>"


def _part(part: str, given: dict[str, Any], elements: list[tuple[str, Field]], nillable: bool) -> str:
    inner = "".join([_member(name, field, given[name], nillable) for name, field in elements if name in given])
    return f"<{part}>{inner}</{part}>"


def _member(name: str, field: Field, value: Any, nillable: bool) -> str:
    kind = xsd.kind_of(field)
    text = None if value is None else kind.write(value)
    if text is None:
        return f'<{name} xsi:nil="true"/>' if nillable else ""
    return f"<{name}>{text}</{name}>"
