"""The body's element to an operation and its values: dispatched by the element's name, never by SOAPAction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts import operations
from contracts.operations import (
    And,
    Assign,
    Compare,
    Create,
    Delete,
    Embed,
    FieldOutput,
    FieldRef,
    Filter,
    Node,
    Output,
    Read,
    RelationRef,
    Update,
)
from contracts.problems import Problem
from lxml import etree

from soap_service import aggregates, xsd
from soap_service.elements import ReadValue, is_nil, members, near, place, text_of, value_of
from soap_service.envelope import Element
from soap_service.filters import Page, Values, field_named, filter_of, page_of, sort_of
from soap_service.port_type import FieldElement, Operation, PortType, RelationElement, ResourceType, Verb
from soap_service.structured_values import read, scalar_of

_STRINGS = xsd.array_of("string")
_OF_RESOURCES = tuple(verb for verb in Verb if verb is not Verb.CALL)


@dataclass(frozen=True)
class Call:
    """A request: what it calls, the operation that answers it, and what the answer will hold."""

    called: Operation
    operation: operations.Operation
    values: list[Any]
    fields: tuple[FieldElement, ...] = ()
    relations: tuple[RelationElement, ...] = ()


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
    for verb in _OF_RESOURCES:
        types = (type for type in port.types if verb.value + type.name == name.localname)
        if (type := next(types, None)) is not None:
            raise _not_offered(verb, type, role)
    raise Problem("PGRST202", f"There is no operation {name.localname}", hint=near(name.localname, port.operations))


def _not_offered(verb: Verb, type: ResourceType, role: str) -> Problem:
    name = type.resource.name
    if not type.resource.key and verb in (Verb.GET, Verb.UPDATE, Verb.DELETE) and type.fields:
        return Problem("PGRST202", f"There is no operation {verb.value}{type.name}: {name} has no key")
    return Problem("42501", f"permission denied for {type.resource.kind} {name}", details=f"The role is {role}")


# --- the operations --------------------------------------------------------------------------------------------------


def _get(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, [part.name for part in type.key])
    node = Node(outputs=_outputs(type.fields), filter=_by_key(body, type, found, values), shape="maybe")
    return Call(called, Read(type.resource.name, node), values.items, type.fields)


def _list(body: Element, namespace: str, called: Operation, port: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, ("filter", "orderBy", "page", "fields", "include"))
    given = {name: children[0] for name, children in found.items() if not is_nil(children[0])}
    filter = filter_of(given["filter"], namespace, type, values) if "filter" in given else None
    sort = sort_of(given["orderBy"], namespace, type) if "orderBy" in given else ()
    page = page_of(given["page"], namespace, values) if "page" in given else Page()
    fields = _chosen_fields(given["fields"], namespace, type) if "fields" in given else type.fields
    relations = _included(given["include"], namespace, type) if "include" in given else ()
    outputs = (*_outputs(fields), *(_embed(relation, port) for relation in relations))
    node = Node(outputs=outputs, filter=filter, sort=sort, limit=page.limit, offset=page.offset)
    read = Read(type.resource.name, node, count="exact" if page.total else None)
    return Call(called, read, values.items, fields, relations)


def _create(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, (type.element,))
    if type.element not in found:
        raise Problem("PGRST102", f"{place(body)} needs an element {type.element}")
    row = _row(found[type.element][0], namespace, type.create or (), f"{type.name}Input", values, create=True)
    returning = Node(outputs=_outputs(type.fields), shape=_one(type))
    create = Create(type.resource.name, tuple(row), values.add([row]), returning=returning)
    return Call(called, create, values.items, type.fields)


def _update(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, [*(part.name for part in type.key), type.patch_name, type.nulls_name])
    row: dict[str, Any] = {}
    if type.patch_name in found:
        row = _row(found[type.patch_name][0], namespace, type.patch or (), f"{type.name}Patch", values, create=False)
    if type.nulls_name in found:
        row = _with_nulls(row, found[type.nulls_name][0], namespace, type)
    filter = _by_key(body, type, found, values)
    node = Node(outputs=_outputs(type.fields), shape="maybe")
    if not row:  # nothing to change: the row as it is
        read = Read(type.resource.name, Node(outputs=node.outputs, filter=filter, shape="maybe"))
        return Call(called, read, values.items, type.fields)
    assigns = tuple(Assign(name, values.add(value)) for name, value in row.items())
    return Call(called, Update(type.resource.name, assigns, filter, returning=node), values.items, type.fields)


def _delete(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    type = called.type
    found = members(body, namespace, [part.name for part in type.key])
    return Call(called, Delete(type.resource.name, _by_key(body, type, found, values)), values.items)


def _function(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    target = called.called
    assert target is not None
    found = members(body, namespace, [argument.name for argument in target.arguments])
    given = []
    for element, argument in zip(target.arguments, target.function.arguments, strict=True):
        if element.name in found:
            shape, item = target.structures.get(element.name), found[element.name][0]
            value = _given(item, namespace, element, values) if shape is None else read(item, namespace, shape, values)
            given.append(operations.Given(argument.name, values.add(value), target.function.body_form or "json"))
        elif argument.required:
            raise Problem("PGRST102", f"{place(body)} needs an element {element.name}")
    fields = target.rows.fields if target.rows is not None else ()
    node = Node(outputs=_outputs(fields)) if target.rows is not None else Node()
    function = target.function
    call = operations.Call(function.name, tuple(given), node, reads_only=function.reads_only)
    return Call(called, call, values.items, fields)


def _aggregate(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    node, counted = aggregates.node_of(body, namespace, called.type, values)
    read = Read(called.type.resource.name, node, count="exact" if counted else None)
    return Call(called, read, values.items)


_PARSERS: dict[Verb, Callable[[Element, str, Operation, PortType, Values], Call]] = {
    Verb.GET: _get,
    Verb.LIST: _list,
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.DELETE: _delete,
    Verb.AGGREGATE: _aggregate,
    Verb.CALL: _function,
}


# --- their parts -----------------------------------------------------------------------------------------------------


def _one(type: ResourceType) -> operations.Shape:
    return "one" if type.fields else "none"  # who may only write reads nothing back


def _outputs(fields: tuple[FieldElement, ...]) -> tuple[Output, ...]:
    return tuple(FieldOutput(element.name, FieldRef(element.field.name)) for element in fields)


def _embed(element: RelationElement, port: PortType) -> Embed:
    target = port.by_resource[element.relation.target]
    return Embed(element.name, RelationRef(element.relation.name), Node(outputs=_outputs(target.fields)))


def _by_key(body: Element, type: ResourceType, found: dict[str, list[Element]], values: Values) -> Filter:
    terms: list[Filter] = []
    for part in type.key:
        if part.name not in found or is_nil(found[part.name][0]):
            raise Problem("PGRST102", f"{place(body)} needs a value for {part.name}")
        kind = xsd.kind_of(part.field)
        value = values.read(found[part.name][0], kind.xsd, kind.parse)
        terms.append(Compare(FieldRef(part.field.name), "eq", values.add(value)))
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _strings(element: Element, namespace: str) -> list[tuple[str, Element]]:
    items = members(element, namespace, ("string",), declared=_STRINGS, repeated=("string",)).get("string", [])
    return [(text_of(item).strip(), item) for item in items]


def _chosen_fields(element: Element, namespace: str, type: ResourceType) -> tuple[FieldElement, ...]:
    """The fields asked for in the type's own order, which is the order of the answer."""
    by_name = {each.field.name: each for each in type.fields}
    chosen = {field_named(name, by_name, item).name for name, item in _strings(element, namespace)}
    return tuple(each for each in type.fields if each.name in chosen) if chosen else type.fields


def _included(element: Element, namespace: str, type: ResourceType) -> tuple[RelationElement, ...]:
    names = {each.relation.name: each.name for each in type.relations}
    chosen = set()
    for name, item in _strings(element, namespace):
        if name not in names and name not in names.values():
            raise Problem("PGRST200", f"{place(item)}: there is no relation {name}", hint=near(name, names))
        chosen.add(names.get(name, name))
    return tuple(each for each in type.relations if each.name in chosen)


def _row(
    element: Element,
    namespace: str,
    fields: tuple[FieldElement, ...],
    declared: str,
    values: Values,
    *,
    create: bool,
) -> dict[str, Any]:
    """The values given, by field; None is NULL, a field that is not given is not there."""
    by_name = {each.name: each for each in fields}
    found = members(element, namespace, by_name, declared=declared, unknown="PGRST204")
    row: dict[str, Any] = {}
    for name, target in by_name.items():
        if name in found and not _left_to_default(found[name][0], target, create=create):
            row[target.field.name] = _given(found[name][0], namespace, target, values)
    return row


def _given(element: Element, namespace: str, target: FieldElement, values: Values) -> Any:
    kind = xsd.kind_of(target.field)
    if is_nil(element):
        return None
    if target.field.type == "array":
        items = members(element, namespace, (kind.xsd,), declared=xsd.array_of(kind.xsd), repeated=(kind.xsd,))
        return [scalar_of(item, kind, values) for item in items.get(kind.xsd, [])]
    return scalar_of(element, kind, values)


def _left_to_default(element: Element, target: FieldElement, *, create: bool) -> bool:
    """An empty element of a type that has no empty value leaves the field to its default, if it has one."""
    has_default = target.field.has_default or target.field.identity is not None
    if not create or not has_default or target.field.type == "array" or xsd.kind_of(target.field).blank:
        return False
    return not is_nil(element) and not text_of(element).strip()


def _with_nulls(row: dict[str, Any], element: Element, namespace: str, type: ResourceType) -> dict[str, Any]:
    by_name = {each.field.name: each for each in type.patch or ()}
    row = dict(row)
    for name, item in _strings(element, namespace):
        target = field_named(name, by_name, item).field.name
        if row.get(target) is not None:
            raise Problem("PGRST102", f"{place(item)}: {name} is given a value as well")
        row[target] = None
    return row
