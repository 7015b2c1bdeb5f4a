"""A request as it was understood: what it calls, the operation that answers it, and what the answer will hold."""

from dataclasses import dataclass
from typing import Any

from contracts import operations
from contracts.filters import And, Compare, FieldRef, Filter
from contracts.operations import FieldOutput, Output
from contracts.problems import Problem
from lxml import etree

from soap_service import xsd
from soap_service.elements import is_nil, members, place, text_of
from soap_service.envelope import Element
from soap_service.filters import Values
from soap_service.port_type import Operation
from soap_service.resource_type import FieldElement, RelationElement, ResourceType

STRINGS = xsd.array_of("string")


@dataclass(frozen=True)
class Included:
    """A relation whose rows come with a row, and what comes with them in turn."""

    element: RelationElement
    nested: "tuple[Included, ...]" = ()


@dataclass(frozen=True)
class Order:
    """The order that a cursor goes by: ``mark`` tells it from others, ``keys`` are its values' keys in a row's JSON."""

    mark: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """What a request calls, the operation that answers it with its values, and what the answer will hold.

    ``guarded``: the row that is changed must be as the request says. ``order`` is there where a cursor was asked for.
    """

    called: Operation
    operation: operations.Operation
    values: list[Any]
    fields: tuple[FieldElement, ...] = ()
    relations: tuple[Included, ...] = ()
    guarded: bool = False
    order: Order | None = None


def outputs(fields: tuple[FieldElement, ...]) -> tuple[Output, ...]:
    """Fields as outputs, under the names of their elements."""
    return tuple(FieldOutput(element.name, FieldRef(element.field.name)) for element in fields)


def by_key(body: Element, type: ResourceType, found: dict[str, list[Element]], values: Values) -> Filter:
    """The filter for the row with the key that a request names. Raises `Problem` PGRST102, 22P02, 22003."""
    terms: list[Filter] = []
    for part in type.key:
        if part.name not in found or is_nil(found[part.name][0]):
            raise Problem("PGRST102", f"{place(body)} needs a value for {part.name}")
        kind = xsd.kind_of(part.field)
        value = values.read(found[part.name][0], kind.xsd, kind.parse)
        terms.append(Compare(FieldRef(part.field.name), "eq", values.add(value)))
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def strings(element: Element, namespace: str) -> list[tuple[str, Element]]:
    """The texts of an ArrayOfString, each with its element. Raises `Problem` PGRST102."""
    items = members(element, namespace, ("string",), declared=STRINGS, repeated=("string",)).get("string", [])
    return [(text_of(item).strip(), item) for item in items]


def name_of(body: Element) -> str:
    """The local name of the body's element."""
    return etree.QName(body).localname
