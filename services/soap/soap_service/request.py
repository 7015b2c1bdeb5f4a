"""The body's element to an operation and its values: dispatched by the element's name, never by SOAPAction."""

from collections.abc import Callable

from contracts import operations
from contracts.operations import Node, Read
from contracts.problems import Problem
from lxml import etree

from soap_service import aggregates, cursors, writes
from soap_service.call import Call, Order, by_key, outputs, strings
from soap_service.elements import ReadValue, is_nil, members, near, place, value_of
from soap_service.envelope import Element
from soap_service.filters import Page, Values, field_named, filter_of, page_of, sort_of
from soap_service.includes import embed, included
from soap_service.port_type import Operation, PortType
from soap_service.resource_type import OF_RESOURCES, FieldElement, ResourceType, Verb
from soap_service.structured_values import read

_BY_KEY = (Verb.GET, Verb.UPDATE, Verb.UPSERT, Verb.DELETE)


def parse(body: Element, namespace: str, port: PortType, *, role: str, read: ReadValue = value_of) -> Call:
    """The call that a body's element makes; ``read`` makes its values. Raises `Problem` naming the element at fault."""
    called = _called(body, namespace, port, role)
    return _PARSERS[called.verb](body, namespace, called, port, Values(read))


def _called(body: Element, namespace: str, port: PortType, role: str) -> Operation:
    name = etree.QName(body)
    if name.namespace in (None, namespace) and name.localname in port.operations:
        return port.operations[name.localname]
    if name.namespace not in (None, namespace):
        raise Problem(
            "PGRST202",
            f"There is no operation {name.localname} in the namespace {name.namespace}",
            hint=f"The namespace here is {namespace}",
        )
    for verb in OF_RESOURCES:
        types = (type for type in port.types if verb.of(type.name) == name.localname)
        if (type := next(types, None)) is not None:
            raise _not_offered(verb, type, role)
    raise Problem("PGRST202", f"There is no operation {name.localname}", hint=near(name.localname, port.operations))


def _not_offered(verb: Verb, type: ResourceType, role: str) -> Problem:
    name = type.resource.name
    if not type.resource.key and verb in _BY_KEY and type.fields:
        return Problem("PGRST202", f"There is no operation {verb.of(type.name)}: {name} has no key")
    return Problem("42501", f"permission denied for {type.resource.kind} {name}", details=f"The role is {role}")


# --- the operations --------------------------------------------------------------------------------------------------


def _get(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, [part.name for part in type.key])
    node = Node(outputs=outputs(type.fields), filter=by_key(body, type, found, values), shape="maybe")
    return Call(called, Read(type.resource.name, node), values.items, type.fields)


def _list(body: Element, namespace: str, called: Operation, port: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, ("filter", "orderBy", "page", "fields", "include"))
    given = {name: children[0] for name, children in found.items() if not is_nil(children[0])}
    filter = filter_of(given["filter"], namespace, type, values, port) if "filter" in given else None
    sort = sort_of(given["orderBy"], namespace, type, port) if "orderBy" in given else ()
    page = page_of(given["page"], namespace, values) if "page" in given else Page()
    fields = _chosen_fields(given["fields"], namespace, type) if "fields" in given else type.fields
    relations = included(given["include"], namespace, type, port) if "include" in given else ()
    chosen = (*outputs(fields), *(embed(relation, port) for relation in relations))
    order: Order | None = None
    if page.cursor is not None:
        sort = cursors.whole_order(type, sort)
        order, beside = cursors.order_of(type, sort)
        chosen += beside
        if page.cursor:
            place_after = cursors.after(type, sort, cursors.read(page.cursor, order), values)
            filter = cursors.joined(filter, place_after)
    node = Node(outputs=chosen, filter=filter, sort=sort, limit=page.limit, offset=page.offset)
    operation = Read(type.resource.name, node, count="exact" if page.total else None)
    return Call(called, operation, values.items, fields, relations, order=order)


def _function(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    target = called.called
    assert target is not None
    found = members(body, namespace, [argument.name for argument in target.arguments])
    given = []
    for element, argument in zip(target.arguments, target.function.arguments, strict=True):
        if element.name in found:
            shape, item = target.structures.get(element.name), found[element.name][0]
            value = (
                writes.given(item, namespace, element, values)
                if shape is None
                else read(item, namespace, shape, values)
            )
            given.append(operations.Given(argument.name, values.add(value), target.function.body_form or "json"))
        elif argument.required:
            raise Problem("PGRST102", f"{place(body)} needs an element {element.name}")
    fields = target.rows.fields if target.rows is not None else ()
    node = Node(outputs=outputs(fields)) if target.rows is not None else Node()
    function = target.function
    call = operations.Call(function.name, tuple(given), node, reads_only=function.reads_only)
    return Call(called, call, values.items, fields)


def _aggregate(body: Element, namespace: str, called: Operation, port: PortType, values: Values) -> Call:
    node, counted = aggregates.node_of(body, namespace, called.type, values, port)
    read = Read(called.type.resource.name, node, count="exact" if counted else None)
    return Call(called, read, values.items)


_PARSERS: dict[Verb, Callable[[Element, str, Operation, PortType, Values], Call]] = {
    Verb.GET: _get,
    Verb.LIST: _list,
    Verb.CREATE: writes.create,
    Verb.CREATE_BATCH: writes.create_batch,
    Verb.UPDATE: writes.update,
    Verb.UPSERT: writes.upsert,
    Verb.DELETE: writes.delete,
    Verb.AGGREGATE: _aggregate,
    Verb.CALL: _function,
}


def _chosen_fields(element: Element, namespace: str, type: ResourceType) -> tuple[FieldElement, ...]:
    """The fields asked for in the type's own order, which is the order of the answer."""
    by_name = {each.field.name: each for each in type.fields}
    chosen = {field_named(name, by_name, item).name for name, item in strings(element, namespace)}
    return tuple(each for each in type.fields if each.name in chosen) if chosen else type.fields
