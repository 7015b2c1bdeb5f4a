"""Typed filters, orders and pages of a List request to those of the operation."""

from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.filters import And, Compare, Exists, FieldRef, Filter, Is, Not, Or, Param, RelationRef
from contracts.operations import Sort
from contracts.problems import Problem

from soap_service import literals, xsd
from soap_service.elements import ReadValue, is_nil, members, near, place, text_of, value_of
from soap_service.envelope import Element
from soap_service.port_type import PortType
from soap_service.resource_type import CONNECTIVES, FieldElement, RelationElement, ResourceType

NULLS: dict[str, Literal["first", "last"] | None] = {"": None, "first": "first", "last": "last"}


@dataclass
class Values:
    """The literals that are lifted out of an operation, in order; ``read`` makes one of an element."""

    read: ReadValue = value_of
    items: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> Param:
        """Lift a literal out."""
        self.items.append(value)
        return Param(len(self.items) - 1)


@dataclass(frozen=True)
class Page:
    """The slice asked for; an empty ``cursor`` asks for the first page of those that have cursors."""

    limit: Param | None = None
    offset: Param | None = None
    total: bool = False
    cursor: str | None = None


def filter_of(element: Element, namespace: str, type: ResourceType, values: Values, port: PortType) -> Filter | None:
    """The filter that an element says; None where it says nothing. Raises `Problem` 42703, PGRST102, 22P02, 22003."""
    terms = _terms(element, namespace, type, values, port)
    return None if not terms else all_of(terms)


def sort_of(element: Element, namespace: str, type: ResourceType, port: PortType) -> tuple[Sort, ...]:
    """The terms of an order. Raises `Problem` 42703, PGRST200 and PGRST102."""
    items = members(element, namespace, ("item",), declared="OrderByList", repeated=("item",)).get("item", [])
    return tuple(_term(item, namespace, type, port) for item in items)


PAGES = {"Page": ("limit", "offset", "includeTotal", "cursor"), "CallPage": ("limit", "offset")}
"""The types of pages, with their elements: of a function's rows nothing is told beside the rows."""


def page_of(element: Element, namespace: str, values: Values, declared: str = "Page") -> Page:
    """The page, of a type in `PAGES`. Raises `Problem` PGRST102, 22P02, 22003."""
    found = members(element, namespace, PAGES[declared], declared=declared)
    cursor = text_of(found["cursor"][0]).strip() if "cursor" in found and not is_nil(found["cursor"][0]) else None
    limit = _count(found["limit"][0], values) if "limit" in found else None
    # (what was left out before the first page is behind every later one already)
    offset = _count(found["offset"][0], values) if "offset" in found and not cursor else None
    return Page(limit, offset, flag(found, "includeTotal"), cursor)


def field_named(name: str, fields: dict[str, FieldElement], where: Element) -> FieldElement:
    """The field of this name: its own, else its element's. Raises `Problem` 42703."""
    if name in fields:
        return fields[name]
    for element in fields.values():
        if element.name == name:
            return element
    raise Problem("42703", f"{place(where)}: there is no field {name}", hint=near(name, fields))


def _terms(
    element: Element, namespace: str, type: ResourceType, values: Values, port: PortType, *, related: bool = False
) -> list[Filter]:
    relations = {each.filter_name: each for each in type.onward(related=related)}
    names = (*CONNECTIVES, *type.by_filter_name, *relations)
    declared = f"Related{type.name}Filter" if related else f"{type.name}Filter"
    found = members(element, namespace, names, declared=declared, repeated=("and", "or"), unknown="42703")
    terms: list[Filter] = []
    for name, children in found.items():
        if name in relations:
            terms.append(_related(children[0], namespace, relations[name], values, port))
            continue
        if name not in CONNECTIVES:
            terms += _comparisons(children[0], namespace, type.by_filter_name[name], values)
            continue
        inner = [all_of(_terms(child, namespace, type, values, port, related=related)) for child in children]
        terms.append(And(tuple(inner)) if name == "and" else Or(tuple(inner)) if name == "or" else Not(inner[0]))
    return terms


def _related(element: Element, namespace: str, relation: RelationElement, values: Values, port: PortType) -> Filter:
    """That a related row exists for which the filter within holds."""
    target = port.by_resource[relation.relation.target]
    terms = _terms(element, namespace, target, values, port, related=relation.related)
    return Exists(RelationRef(relation.relation.name), all_of(terms) if terms else None)


def all_of(terms: list[Filter]) -> Filter:
    """The filter that holds where all of them do."""
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _comparisons(element: Element, namespace: str, target: FieldElement, values: Values) -> list[Filter]:
    name = xsd.filter_of(target.field)
    found = members(element, namespace, xsd.FILTERS[name].elements, declared=name, repeated=xsd.REPEATED)
    return [_comparison(operator, children, namespace, target, values) for operator, children in found.items()]


def _comparison(name: str, children: list[Element], namespace: str, target: FieldElement, values: Values) -> Filter:
    left = FieldRef(target.field.name)
    if name == xsd.IS_NULL:
        return Is(left, "null" if value_of(children[0], "boolean", literals.boolean) else "not_null")
    operator = xsd.OPERATORS[name]
    operands = [_operand(child, namespace, operator, target, values) for child in children]
    made = Compare(left, operator.comparison, values.add(operands if operator.many else operands[0]))
    return Not(made) if operator.negated else made


def _operand(element: Element, namespace: str, operator: xsd.Operator, target: FieldElement, values: Values) -> Any:
    kind = xsd.KINDS["text"] if operator.text else xsd.kind_of(target.field)
    if target.field.type == "array":
        items = members(element, namespace, (kind.xsd,), declared=xsd.array_of(kind.xsd), repeated=(kind.xsd,))
        return [None if is_nil(item) else _value(item, kind, values) for item in items.get(kind.xsd, [])]
    return _value(element, kind, values)


def _value(element: Element, kind: xsd.Kind, values: Values) -> Any:
    if is_nil(element) or (not kind.blank and not text_of(element).strip()):
        raise Problem("PGRST102", f"{place(element)} has no value", hint="isNull asks for what has none")
    return values.read(element, kind.xsd, kind.parse)


def _term(item: Element, namespace: str, type: ResourceType, port: PortType) -> Sort:
    found = members(item, namespace, ("field", "descending", "nulls"), declared="OrderBy")
    if "field" not in found:
        raise Problem("PGRST102", f"{place(item)} needs a field")
    name, via = text_of(found["field"][0]).strip(), []
    while (step := _step(name, type)) is not None:
        relation, name = step
        via.append(RelationRef(relation.relation.name))
        type = port.by_resource[relation.relation.target]
    fields = {element.field.name: element for element in type.fields}
    element = field_named(name, fields, found["field"][0])
    nulls = text_of(found["nulls"][0]).strip() if "nulls" in found else ""
    if nulls not in NULLS:
        raise Problem("PGRST102", f"{place(found['nulls'][0])} is neither first nor last")
    return Sort(FieldRef(element.field.name), flag(found, "descending"), NULLS[nulls], tuple(via))


def _step(name: str, type: ResourceType) -> tuple[RelationElement, str] | None:
    """The relation that a path begins with, and what follows it; None where a field has that very name."""
    if any(name in (element.field.name, element.name) for element in type.fields):
        return None
    for relation in type.relations:
        for known in (relation.relation.name, relation.name):
            if name[: len(known)] == known and name[len(known) : len(known) + 1] in ("/", "."):
                return relation, name[len(known) + 1 :]
    return None


def _count(element: Element, values: Values) -> Param | None:
    if _absent(element):
        return None
    return values.add(values.read(element, "int" if place(element).endswith("limit") else "long", literals.count))


def flag(found: dict[str, list[Element]], name: str) -> bool:
    """Whether an optional boolean is there and true."""
    if name not in found or _absent(found[name][0]):
        return False
    return bool(value_of(found[name][0], "boolean", literals.boolean))


def _absent(element: Element) -> bool:
    """Whether an optional element says nothing: nil, or empty as some toolkits send it."""
    return is_nil(element) or not (len(element) or (element.text or "").strip())
