"""Requests that write, as operations: Create, CreateBatch, Update, Upsert and Delete."""

from typing import Any

from contracts import operations
from contracts.filters import And, Filter
from contracts.operations import Assign, Conflict, Create, Delete, Node, Read, Update
from contracts.problems import Problem

from soap_service import xsd
from soap_service.call import Call, by_key, outputs, strings
from soap_service.elements import is_nil, members, place, text_of
from soap_service.envelope import Element
from soap_service.filters import Values, field_named, filter_of
from soap_service.port_type import Operation, PortType
from soap_service.resource_type import FieldElement, ResourceType
from soap_service.structured_values import scalar_of


def create(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    """A new row. Raises `Problem`."""
    type = called.type
    row = _new_row(body, namespace, type, values)
    operation = Create(type.resource.name, tuple(row), values.add([row]), returning=_one(type))
    return Call(called, operation, values.items, type.fields)


def create_batch(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    """New rows, all of them or none; each may give other fields. Raises `Problem`."""
    type = called.type
    found = members(body, namespace, ("items",))
    name, declared = f"{type.name}Input", f"ArrayOf{type.name}Input"
    if "items" not in found or is_nil(found["items"][0]):
        raise Problem("PGRST102", f"{place(body)} needs an element items")
    items = members(found["items"][0], namespace, (name,), declared=declared, repeated=(name,)).get(name, [])
    rows = [_row(item, namespace, type.create or (), name, values, create=True) for item in items]
    given = {field for row in rows for field in row}
    columns = tuple(each.field.name for each in type.create or () if each.field.name in given)
    ragged = any(len(row) < len(columns) for row in rows)
    returning = Node(outputs=outputs(type.fields)) if type.fields else Node(shape="none")
    operation = Create(
        type.resource.name, columns, values.add(rows), ragged=ragged, missing="default", returning=returning
    )
    return Call(called, operation, values.items, type.fields)


def upsert(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    """A new row, or new values for the one that has its key. Raises `Problem`."""
    type = called.type
    row = _new_row(body, namespace, type, values)
    conflict = Conflict(update=tuple(row))
    operation = Create(type.resource.name, tuple(row), values.add([row]), conflict=conflict, returning=_one(type))
    return Call(called, operation, values.items, type.fields)


def update(body: Element, namespace: str, called: Operation, port: PortType, values: Values) -> Call:
    """A row changed; it may have to be as a filter says (``ifMatch``). Raises `Problem`."""
    type = called.type
    names = [*(part.name for part in type.key), type.patch_name, type.nulls_name, type.match_name]
    found = members(body, namespace, names)
    row: dict[str, Any] = {}
    if type.patch_name in found:
        row = _row(found[type.patch_name][0], namespace, type.patch or (), f"{type.name}Patch", values, create=False)
    if type.nulls_name in found:
        row = _with_nulls(row, found[type.nulls_name][0], namespace, type)
    filter = by_key(body, type, found, values)
    match: Filter | None = None
    if type.match_name in found and not is_nil(found[type.match_name][0]):
        match = filter_of(found[type.match_name][0], namespace, type, values, port)
        filter = filter if match is None else And((filter, match))
    guarded = match is not None
    node = Node(outputs=outputs(type.fields), shape="maybe")
    if not row:  # nothing to change: the row as it is
        read = Read(type.resource.name, Node(outputs=node.outputs, filter=filter, shape="maybe"))
        return Call(called, read, values.items, type.fields, guarded=guarded)
    assigns = tuple(Assign(name, values.add(value)) for name, value in row.items())
    operation = Update(type.resource.name, assigns, filter, returning=node)
    return Call(called, operation, values.items, type.fields, guarded=guarded)


def delete(body: Element, namespace: str, called: Operation, _: PortType, values: Values) -> Call:
    """A row deleted. Raises `Problem`."""
    type = called.type
    found = members(body, namespace, [part.name for part in type.key])
    return Call(called, Delete(type.resource.name, by_key(body, type, found, values)), values.items)


def _new_row(body: Element, namespace: str, type: ResourceType, values: Values) -> dict[str, Any]:
    found = members(body, namespace, (type.element,))
    if type.element not in found:
        raise Problem("PGRST102", f"{place(body)} needs an element {type.element}")
    return _row(found[type.element][0], namespace, type.create or (), f"{type.name}Input", values, create=True)


def _one(type: ResourceType) -> Node:
    shape: operations.Shape = "one" if type.fields else "none"  # who may only write reads nothing back
    return Node(outputs=outputs(type.fields), shape=shape)


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
            row[target.field.name] = given(found[name][0], namespace, target, values)
    return row


def given(element: Element, namespace: str, target: FieldElement, values: Values) -> Any:
    """The value of a field or an argument; None where it is nil. Raises `Problem`."""
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
    for name, item in strings(element, namespace):
        target = field_named(name, by_name, item).field.name
        if row.get(target) is not None:
            raise Problem("PGRST102", f"{place(item)}: {name} is given a value as well")
        row[target] = None
    return row
