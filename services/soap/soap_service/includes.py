"""The relations that a List request includes, by their names or by paths of names (``orders/order_items``)."""

import re
from typing import Any

from contracts.filters import RelationRef
from contracts.operations import Embed, Node
from contracts.problems import Problem

from soap_service.call import Included, outputs, strings
from soap_service.elements import near, place
from soap_service.envelope import Element
from soap_service.port_type import PortType
from soap_service.resource_type import RelationElement, ResourceType

_STEPS = re.compile(r"[/.]")
_DEEPEST = 10
_Tree = dict[str, Any]  # by element name, what is included from there


def included(element: Element, namespace: str, type: ResourceType, port: PortType) -> tuple[Included, ...]:
    """What is included, in the types' own order. Raises `Problem` PGRST200 and PGRST102."""
    tree: _Tree = {}
    for text, item in strings(element, namespace):
        _grow(tree, _path(text, type), type, port, item)
    return _taken(tree, type.relations, port)


def embed(item: Included, port: PortType) -> Embed:
    """An included relation as an output."""
    target = port.by_resource[item.element.relation.target]
    nested = tuple(embed(each, port) for each in item.nested)
    return Embed(item.element.name, RelationRef(item.element.relation.name), Node(outputs(target.fields) + nested))


def _path(text: str, type: ResourceType) -> list[str]:
    """The names in a path; a relation may have a name that looks like one."""
    return [text] if _named(text, type.relations) is not None else _STEPS.split(text)


def _named(name: str, relations: tuple[RelationElement, ...]) -> RelationElement | None:
    return next((each for each in relations if name in (each.relation.name, each.name)), None)


def _grow(tree: _Tree, path: list[str], type: ResourceType, port: PortType, item: Element) -> None:
    if len(path) > _DEEPEST:
        raise Problem("PGRST102", f"{place(item)} is too deep", details=f"At most {_DEEPEST} relations in a path")
    relations = type.relations
    for name in path:
        found = _named(name, relations)
        if found is None:
            raise _unknown(name, type, relations, item)
        tree = tree.setdefault(found.name, {})
        type = port.by_resource[found.relation.target]
        relations = type.onward(related=found.related)


def _unknown(name: str, type: ResourceType, relations: tuple[RelationElement, ...], item: Element) -> Problem:
    known = [each.relation.name for each in relations]
    if _named(name, type.relations) is None:
        return Problem("PGRST200", f"{place(item)}: there is no relation {name}", hint=near(name, known))
    return Problem(
        "PGRST200",
        f"{place(item)}: {name} can't be included after a relation that leads up by a foreign key",
        hint="A path leads down to many rows first, then up; Query reaches the rest",
    )


def _taken(tree: _Tree, relations: tuple[RelationElement, ...], port: PortType) -> tuple[Included, ...]:
    return tuple(
        Included(each, _taken(tree[each.name], _onward(each, port), port)) for each in relations if each.name in tree
    )


def _onward(element: RelationElement, port: PortType) -> tuple[RelationElement, ...]:
    return port.by_resource[element.relation.target].onward(related=element.related)
