"""Typed filters, orders and pages of a List request to those of the operation."""

from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.operations import And, Compare, FieldRef, Filter, Is, Not, Or, Param, Sort
from contracts.problems import Problem

from soap_service import literals, xsd
from soap_service.elements import ReadValue, is_nil, members, near, place, text_of, value_of
from soap_service.envelope import Element
from soap_service.port_type import CONNECTIVES, FieldElement, ResourceType

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
    """The slice asked for."""

    limit: Param | None = None
    offset: Param | None = None
    total: bool = False


def filter_of(element: Element, namespace: str, type: ResourceType, values: Values) -> Filter | None:
    """The filter that an element says; None where it says nothing. Raises `Problem` 42703, PGRST102, 22P02, 22003."""
    terms = _terms(element, namespace, type, values)
    return None if not terms else all_of(terms)


def sort_of(element: Element, namespace: str, type: ResourceType) -> tuple[Sort, ...]:
    """The terms of an order. Raises `Problem` 42703 and PGRST102."""
    items = members(element, namespace, ("item",), declared="OrderByList", repeated=("item",)).get("item", [])
    return tuple(_term(item, namespace, type) for item in items)


def page_of(element: Element, namespace: str, values: Values) -> Page:
    """The page. Raises `Problem` PGRST102, 22P02, 22003."""
    found = members(element, namespace, ("limit", "offset", "includeTotal"), declared="Page")
    limit, offset = (_count(found[name][0], values) if name in found else None for name in ("limit", "offset"))
    return Page(limit, offset, flag(found, "includeTotal"))


def field_named(name: str, fields: dict[str, FieldElement], where: Element) -> FieldElement:
    """The field of this name: its own, else its element's. Raises `Problem` 42703."""
    if name in fields:
        return fields[name]
    for element in fields.values():
        if element.name == name:
            return element
    raise Problem("42703", f"{place(where)}: there is no field {name}", hint=near(name, fields))


def _terms(element: Element, namespace: str, type: ResourceType, values: Values) -> list[Filter]:
    names = (*CONNECTIVES, *type.by_filter_name)
    found = members(element, namespace, names, declared=f"{type.name}Filter", repeated=("and", "or"), unknown="42703")
    terms: list[Filter] = []
    for name, children in found.items():
        if name not in CONNECTIVES:
            terms += _comparisons(children[0], namespace, type.by_filter_name[name], values)
            continue
        inner = [all_of(_terms(child, namespace, type, values)) for child in children]
        terms.append(And(tuple(inner)) if name == "and" else Or(tuple(inner)) if name == "or" else Not(inner[0]))
    return terms


def all_of(terms: list[Filter]) -> Filter:
    """The filter that holds where all of them do."""
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _comparisons(element: Element, namespace: str, target: FieldElement, values: Values) -> list[Filter]:
    name = xsd.filter_of(target.field)
    found = members(element, namespace, xsd.FILTERS[name].elements, declared=name, repeated=("in",))
    left = FieldRef(target.field.name)
    terms: list[Filter] = []
    for operator, children in found.items():
        if operator == "isNull":
            terms.append(Is(left, "null" if value_of(children[0], "boolean", literals.boolean) else "not_null"))
            continue
        operands = [_operand(child, target, values) for child in children]
        terms.append(
            Compare(left, xsd.COMPARISONS[operator], values.add(operands if operator == "in" else operands[0]))
        )
    return terms


def _operand(element: Element, target: FieldElement, values: Values) -> Any:
    kind = xsd.kind_of(target.field)
    if is_nil(element) or (not kind.blank and not text_of(element).strip()):
        raise Problem("PGRST102", f"{place(element)} has no value", hint="isNull asks for what has none")
    return values.read(element, kind.xsd, kind.parse)


def _term(item: Element, namespace: str, type: ResourceType) -> Sort:
    found = members(item, namespace, ("field", "descending", "nulls"), declared="OrderBy")
    if "field" not in found:
        raise Problem("PGRST102", f"{place(item)} needs a field")
    fields = {element.field.name: element for element in type.fields}
    element = field_named(text_of(found["field"][0]).strip(), fields, found["field"][0])
    nulls = text_of(found["nulls"][0]).strip() if "nulls" in found else ""
    if nulls not in NULLS:
        raise Problem("PGRST102", f"{place(found['nulls'][0])} is neither first nor last")
    return Sort(FieldRef(element.field.name), flag(found, "descending"), NULLS[nulls])


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
