"""Elements of structured types (`structures`) as JSON values."""

from typing import Any

from contracts.problems import Problem

from soap_service import xsd
from soap_service.elements import is_nil, members, place, text_of
from soap_service.envelope import Element
from soap_service.filters import Values
from soap_service.structures import Items, Leaf, Object, Structure


def read(element: Element, namespace: str, structure: Structure, values: Values) -> Any:
    """The JSON value of an element. Raises `Problem` naming the element at fault."""
    if is_nil(element):
        return None
    match structure:
        case Leaf():
            return scalar_of(element, structure.kind, values)
        case Items():
            found = members(
                element, namespace, (structure.element,), declared=structure.name, repeated=(structure.element,)
            )
            return [read(item, namespace, structure.of, values) for item in found.get(structure.element, [])]
        case Object():
            return _object(element, namespace, structure, values)


def scalar_of(element: Element, kind: xsd.Kind, values: Values) -> Any:
    """A value of a built-in type; nothing where it is nil, or empty and its type has no empty value."""
    if is_nil(element) or (not kind.blank and not text_of(element).strip()):
        return None
    return values.read(element, kind.xsd, kind.parse)


def _object(element: Element, namespace: str, structure: Object, values: Values) -> dict[str, Any]:
    by_element = {member.element: member for member in structure.members}
    found = members(element, namespace, by_element, declared=structure.name)
    made: dict[str, Any] = {}
    for name, member in by_element.items():
        if name in found:
            made[member.key] = read(found[name][0], namespace, member.structure, values)
        elif member.required:
            raise Problem("PGRST102", f"{place(element)} needs an element {name}")
    return made
