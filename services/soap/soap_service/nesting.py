"""How types of rows lead on to each other: nested, but never round and round through a whole database.

Toolkits that make classes of a WSDL follow its types one within the other (zeep by a stack of Python's), and relations
have two directions: types that follow both wind through hundreds of tables. So a row has all of its relations. To many
rows of another table, whose foreign keys name it, they lead to the like of itself; to the one row that its own foreign
key names, or over a junction, to a ``Related`` type, from which only foreign keys lead on. Customers have orders, these
have items, and these a product with its category: a path goes down, then up. A database in which even that is too deep
has relations one level deep.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from soap_service.resource_type import RelationElement, ResourceType

_DEEPEST = 60  # types, one within the other, that all toolkits bear
_Place = tuple[str, bool]


def nested(types: Sequence[ResourceType]) -> list[ResourceType]:
    """The types with relations that lead on from related rows, where these are not too deep."""
    leading = [_leading(type) for type in types]
    by_resource = {type.resource.name: type for type in leading}
    return leading if _depth(by_resource) <= _DEEPEST else list(types)


def _leading(type: ResourceType) -> ResourceType:
    relations = tuple(replace(each, related=_is_related(each)) for each in type.relations)
    return replace(type, relations=relations, upward=tuple(each for each in relations if each.upward))


def _is_related(element: RelationElement) -> bool:
    relation = element.relation
    return element.upward or relation.junction is not None or bool(relation.expression)


def _depth(types: Mapping[str, ResourceType]) -> int:
    """How many types stand one within the other where one follows them in order, each once."""
    seen: set[_Place] = set()
    deepest = 0
    for name in types:
        path = [_steps((name, False), types, seen)]
        while path:
            step = next(path[-1], None)
            if step is None:
                path.pop()
            else:
                path.append(_steps(step, types, seen))
                deepest = max(deepest, len(path))
    return deepest


def _steps(place: _Place, types: Mapping[str, ResourceType], seen: set[_Place]) -> Iterator[_Place]:
    """Where a type leads on to, but for what was seen."""
    seen.add(place)
    name, related = place
    for element in types[name].onward(related=related):
        further = (element.relation.target, element.related)
        if further not in seen:
            yield further
