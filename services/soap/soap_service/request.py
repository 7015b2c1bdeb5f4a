"""The body's element to an operation and its values: dispatched by the element's name, never by SOAPAction."""

from collections.abc import Callable

from contracts import operations
from contracts.filters import Given
from contracts.operations import Node, Read
from contracts.problems import Problem
from lxml import etree

from soap_service import aggregates, writes
from soap_service.call import Call, by_key, outputs
from soap_service.elements import ReadValue, is_nil, members, near, place, value_of
from soap_service.envelope import Element
from soap_service.filters import Values
from soap_service.function_type import CHOOSING, FunctionType
from soap_service.port_type import Operation, PortType
from soap_service.resource_type import OF_RESOURCES, ResourceType, Verb
from soap_service.selection import selection_of
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
    found = members(body, namespace, CHOOSING)
    given = {name: children[0] for name, children in found.items() if not is_nil(children[0])}
    chosen = selection_of(given, namespace, called.type, port, values, page="Page")
    operation = Read(called.type.resource.name, chosen.node, count=chosen.count)
    return Call(called, operation, values.items, chosen.fields, chosen.relations, order=chosen.order)


def _function(body: Element, namespace: str, called: Operation, port: PortType, values: Values) -> Call:
    target = called.called
    assert target is not None
    names = [argument.name for argument in target.arguments]
    found = members(body, namespace, [*names, *target.choosing.values()])
    arguments = _arguments(body, namespace, target, found, values)
    function, rows = target.function, target.rows
    if rows is None or not target.choosing:
        fields = rows.fields if rows is not None else ()
        call = operations.Call(function.name, arguments, Node(outputs=outputs(fields)), reads_only=function.reads_only)
        return Call(called, call, values.items, fields)
    given = {name: found[own][0] for name, own in target.choosing.items() if own in found and not is_nil(found[own][0])}
    chosen = selection_of(given, namespace, rows, port, values, page="CallPage")
    call = operations.Call(function.name, arguments, chosen.node, reads_only=function.reads_only)
    return Call(called, call, values.items, chosen.fields, chosen.relations)


def _arguments(
    body: Element, namespace: str, target: FunctionType, found: dict[str, list[Element]], values: Values
) -> tuple[Given, ...]:
    given = []
    for element, argument in zip(target.arguments, target.function.arguments, strict=True):
        if element.name in found:
            shape, item = target.structures.get(element.name), found[element.name][0]
            value = (
                writes.given(item, namespace, element, values)
                if shape is None
                else read(item, namespace, shape, values)
            )
            given.append(Given(argument.name, values.add(value), target.function.body_form or "json"))
        elif argument.required:
            raise Problem("PGRST102", f"{place(body)} needs an element {element.name}")
    return tuple(given)


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
