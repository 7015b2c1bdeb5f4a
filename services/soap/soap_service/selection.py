"""Which rows of many are asked for, in which order, and what of them: a List's elements, or those beside arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.operations import Count, Node

from soap_service import cursors
from soap_service.call import Included, Order, outputs, strings
from soap_service.envelope import Element
from soap_service.filters import Page, Values, field_named, filter_of, page_of, sort_of
from soap_service.includes import embed, included
from soap_service.port_type import PortType
from soap_service.resource_type import FieldElement, ResourceType


@dataclass(frozen=True)
class Selection:
    """Rows as they are asked for: the ``node`` that reads them, how they are counted, and what the answer will hold."""

    node: Node
    count: Count | None
    fields: tuple[FieldElement, ...]
    relations: tuple[Included, ...]
    order: Order | None


def selection_of(
    given: Mapping[str, Element], namespace: str, type: ResourceType, port: PortType, values: Values, *, page: str
) -> Selection:
    """What elements ask for, which are ``given`` by the names that they have in a List. Raises `Problem`.

    ``page`` is the type of the page (`filters.PAGES`).
    """
    filter = filter_of(given["filter"], namespace, type, values, port) if "filter" in given else None
    sort = sort_of(given["orderBy"], namespace, type, port) if "orderBy" in given else ()
    paged = page_of(given["page"], namespace, values, page) if "page" in given else Page()
    fields = _chosen_fields(given["fields"], namespace, type) if "fields" in given else type.fields
    relations = included(given["include"], namespace, type, port) if "include" in given else ()
    chosen = (*outputs(fields), *(embed(relation, port) for relation in relations))
    order: Order | None = None
    if paged.cursor is not None:
        sort = cursors.whole_order(type, sort)
        order, beside = cursors.order_of(type, sort)
        chosen += beside
        if paged.cursor:
            place_after = cursors.after(type, sort, cursors.read(paged.cursor, order), values)
            filter = cursors.joined(filter, place_after)
    node = Node(outputs=chosen, filter=filter, sort=sort, limit=paged.limit, offset=paged.offset)
    return Selection(node, "exact" if paged.total else None, fields, relations, order)


def _chosen_fields(element: Element, namespace: str, type: ResourceType) -> tuple[FieldElement, ...]:
    """The fields asked for in the type's own order, which is the order of the answer."""
    by_name = {each.field.name: each for each in type.fields}
    chosen = {field_named(name, by_name, item).name for name, item in strings(element, namespace)}
    return tuple(each for each in type.fields if each.name in chosen) if chosen else type.fields
