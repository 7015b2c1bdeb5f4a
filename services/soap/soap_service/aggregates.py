"""An Aggregate request becomes a read of groups; the names of its parts are those of the answer's elements."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from contracts.filters import AggregateFunction, CompareGroup, FieldRef, Filter
from contracts.operations import Aggregate, FieldOutput, Group, Node, Output, Sort
from contracts.problems import Problem

from soap_service import literals, xsd
from soap_service.elements import is_nil, members, near, place, text_of
from soap_service.envelope import Element
from soap_service.filters import NULLS, Values, all_of, field_named, filter_of, flag, page_of
from soap_service.port_type import PortType
from soap_service.resource_type import FieldElement, ResourceType

FUNCTIONS: tuple[AggregateFunction, ...] = get_args(AggregateFunction)
KEY, COUNT, COUNT_OF = "key", "count", "countOf"
OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le")
_STRINGS = xsd.array_of("string")


def group_of(function: AggregateFunction, field: FieldElement | None) -> str:
    """The element of the answer in which the value of an aggregate stands."""
    return function if field is None or function != "count" else COUNT_OF


@dataclass(frozen=True)
class _Wanted:
    function: AggregateFunction
    field: FieldElement | None
    distinct: bool


def node_of(body: Element, namespace: str, type: ResourceType, values: Values, port: PortType) -> tuple[Node, bool]:
    """The groups that a request asks for, and whether they are to be counted. Raises `Problem`."""
    found = members(body, namespace, ("filter", "groupBy", "aggregates", "having", "orderBy", "page"))
    given = {name: children[0] for name, children in found.items() if not is_nil(children[0])}
    filter = filter_of(given["filter"], namespace, type, values, port) if "filter" in given else None
    keys = _keys(given["groupBy"], namespace, type) if "groupBy" in given else ()
    wanted = _aggregates(given["aggregates"], namespace, type) if "aggregates" in given else []
    if not wanted and not keys:
        wanted = [_Wanted("count", None, False)]
    having = _having(given["having"], namespace, type, values) if "having" in given else None
    sort = _orders(given["orderBy"], namespace, type) if "orderBy" in given else ()
    page = page_of(given["page"], namespace, values) if "page" in given else None
    if page is not None and page.cursor is not None:
        raise Problem("PGRST102", f"{place(given['page'])}: groups have no cursors", hint="offset goes on")
    node = Node(
        outputs=(*_key_outputs(keys), *_outputs(wanted)),
        filter=filter,
        sort=sort,
        limit=page.limit if page else None,
        offset=page.offset if page else None,
        group_by=tuple(FieldRef(key.field.name) for key in keys),
        having=having,
    )
    return node, page is not None and page.total


def _keys(element: Element, namespace: str, type: ResourceType) -> tuple[FieldElement, ...]:
    items = members(element, namespace, ("string",), declared=_STRINGS, repeated=("string",)).get("string", [])
    fields = _fields(type)
    return tuple(dict.fromkeys(field_named(text_of(item).strip(), fields, item) for item in items))


def _fields(type: ResourceType) -> dict[str, FieldElement]:
    return {element.field.name: element for element in type.fields}


def _key_outputs(keys: Iterable[FieldElement]) -> tuple[Output, ...]:
    outputs = tuple(FieldOutput(key.name, FieldRef(key.field.name)) for key in keys)
    return (Group(KEY, outputs),) if outputs else ()


def _outputs(wanted: list[_Wanted]) -> tuple[Output, ...]:
    groups: dict[str, dict[str, Aggregate]] = {}
    outputs: dict[str, Output] = {}
    for one in wanted:
        if one.field is None:
            outputs[COUNT] = Aggregate(COUNT, "count")
            continue
        name = one.field.name
        made = Aggregate(name, one.function, (FieldRef(one.field.field.name),), distinct=one.distinct)
        members = groups.setdefault(group_of(one.function, one.field), {})
        if members.setdefault(name, made) != made:
            raise Problem("PGRST102", f"{one.function} of {one.field.field.name} is asked for twice, in two ways")
    outputs |= {name: Group(name, tuple(members.values())) for name, members in groups.items()}
    return tuple(outputs.values())


def _aggregates(element: Element, namespace: str, type: ResourceType) -> list[_Wanted]:
    wanted = []
    for item in _items(element, namespace, "AggregateList"):
        found = members(item, namespace, ("function", "field", "distinct"), declared="Aggregate")
        function, field = _of(item, found, type)
        wanted.append(_Wanted(function, field, flag(found, "distinct")))
    return wanted


def _items(element: Element, namespace: str, declared: str) -> list[Element]:
    return members(element, namespace, ("item",), declared=declared, repeated=("item",)).get("item", [])


def _of(
    item: Element, found: dict[str, list[Element]], type: ResourceType
) -> tuple[AggregateFunction, FieldElement | None]:
    """The function and the field that an item names; the data service judges whether they go together."""
    if "function" not in found:
        raise Problem("PGRST102", f"{place(item)} needs a function")
    name = text_of(found["function"][0]).strip()
    if name not in FUNCTIONS:
        raise Problem("PGRST102", f"{place(item)}: there is no function {name}", hint=near(name, FUNCTIONS))
    field = None
    if "field" in found and not is_nil(found["field"][0]) and (text := text_of(found["field"][0]).strip()):
        field = field_named(text, _fields(type), found["field"][0])
    if field is None and name != "count":
        raise Problem("PGRST102", f"{place(item)}: {name} needs a field")
    return name, field


def _having(element: Element, namespace: str, type: ResourceType, values: Values) -> Filter | None:
    terms: list[Filter] = []
    for item in _items(element, namespace, "HavingList"):
        found = members(item, namespace, ("function", "field", "distinct", *OPERATORS), declared="Having")
        function, field = _of(item, found, type)
        fields = () if field is None else (FieldRef(field.field.name),)
        for operator in OPERATORS:
            if operator in found:
                value = values.add(_operand(found[operator][0], function, field, values))
                comparison = xsd.OPERATORS[operator].comparison
                terms.append(CompareGroup(function, comparison, value, fields, distinct=flag(found, "distinct")))
    return all_of(terms) if terms else None


def _operand(element: Element, function: AggregateFunction, field: FieldElement | None, values: Values) -> Any:
    if is_nil(element) or not text_of(element).strip():
        raise Problem("PGRST102", f"{place(element)} has no value")
    if function in ("min", "max") and field is not None:
        kind = xsd.kind_of(field.field)
        return values.read(element, "string", kind.parse)
    return values.read(element, "string", literals.decimal)


def _orders(element: Element, namespace: str, type: ResourceType) -> tuple[Sort, ...]:
    return tuple(_order(item, namespace, type) for item in _items(element, namespace, "GroupOrderList"))


def _order(item: Element, namespace: str, type: ResourceType) -> Sort:
    found = members(item, namespace, ("function", "field", "descending", "nulls"), declared="GroupOrder")
    nulls = text_of(found["nulls"][0]).strip() if "nulls" in found else ""
    if nulls not in NULLS:
        raise Problem("PGRST102", f"{place(found['nulls'][0])} is neither first nor last")
    descending = flag(found, "descending")
    placed: Literal["first", "last"] | None = NULLS[nulls]
    if "function" in found:
        function, field = _of(item, found, type)
        ref = None if field is None else FieldRef(field.field.name)
        return Sort(ref, descending=descending, nulls=placed, aggregate=function)
    if "field" not in found:
        raise Problem("PGRST102", f"{place(item)} needs a field")
    field = field_named(text_of(found["field"][0]).strip(), _fields(type), found["field"][0])
    return Sort(FieldRef(field.field.name), descending=descending, nulls=placed)
