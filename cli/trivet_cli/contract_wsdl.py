"""What of a WSDL its clients would miss in another: operations, and types that are not as they were compiled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAP = ("{http://schemas.xmlsoap.org/wsdl/soap/}", "{http://schemas.xmlsoap.org/wsdl/soap12/}")


@dataclass(frozen=True)
class Member:
    """An element of a type; ``least`` and ``most`` say how often it stands there, as they are written."""

    name: str
    type: str
    least: str
    most: str
    nillable: bool


@dataclass(frozen=True)
class Outline:
    """What clients are compiled from.

    ``operations`` have the elements of request and answer, ``actions`` are by port and operation; ``types`` are the
    members of complex types and of elements that have their own, in order.
    """

    namespace: str
    operations: Mapping[str, tuple[str, str]]
    actions: Mapping[tuple[str, str], str]
    types: Mapping[str, tuple[Member, ...]]


def outline(document: bytes) -> Outline:
    """The outline of a WSDL that we wrote. Raises `ValueError` where it is none."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.tag != f"{_WSDL}definitions":
        raise ValueError("it is no WSDL")
    elements = {
        each.get("name"): _local(part.get("element"))
        for each in root.iter(f"{_WSDL}message")
        for part in each.iter(f"{_WSDL}part")
    }
    operations = {
        each.get("name", ""): (_element(each, "input", elements), _element(each, "output", elements))
        for port in root.iter(f"{_WSDL}portType")
        for each in port.iter(f"{_WSDL}operation")
    }
    actions = {
        (binding.get("name", ""), each.get("name", "")): soap.get("soapAction", "")
        for binding in root.iter(f"{_WSDL}binding")
        for each in binding.iter(f"{_WSDL}operation")
        for soap in each
        if soap.tag in [f"{name}operation" for name in _SOAP]
    }
    return Outline(root.get("targetNamespace", ""), operations, actions, dict(_types(root)))


def breaks(old: bytes, new: bytes) -> list[str]:
    """What breaks clients of the old WSDL, each in a line; additions at the end of types break nobody.

    Raises `ValueError` where either is no WSDL.
    """
    before, after = outline(old), outline(new)
    if before.namespace != after.namespace:
        return [f"the namespace is {after.namespace}, and was {before.namespace}"]
    return [*_operations(before, after), *_changed_types(before, after)]


def _operations(before: Outline, after: Outline) -> Iterator[str]:
    for name in before.operations:
        if name not in after.operations:
            yield f"the operation {name} is gone"
    for (binding, name), action in before.actions.items():
        now = after.actions.get((binding, name))
        if now is None and name in after.operations:
            yield f"the operation {name} is not bound in {binding} any more"
        elif now is not None and now != action:
            yield f"the SOAPAction of {name} is {now}, and was {action}"


def _changed_types(before: Outline, after: Outline) -> Iterator[str]:
    requests = _reached(before, [request for request, _ in before.operations.values()])
    answers = _reached(before, [*(answer for _, answer in before.operations.values()), "ServiceFault"])
    for name, members in before.types.items():
        now = after.types.get(name)
        if now is None or not {name} & (requests | answers):
            continue  # what led to a type that is gone is told of where it stood
        yield from _common(name, members, now)
        if name in requests:
            yield from _stricter(name, members, now)
        if name in answers:
            yield from _looser(name, members, now)


def _common(name: str, before: tuple[Member, ...], after: tuple[Member, ...]) -> Iterator[str]:
    """What breaks either side: a member that is gone, of another type, or elsewhere."""
    now = {member.name: member for member in after}
    for member in before:
        if member.name not in now:
            yield f"{name}: {member.name} is gone"
        elif now[member.name].type != member.type:
            yield f"{name}: {member.name} is {now[member.name].type}, and was {member.type}"
        elif now[member.name].most != member.most:
            yield f"{name}: {member.name} stands there {now[member.name].most} times at most, and did {member.most}"
    kept = [member.name for member in before if member.name in now]
    order = [member.name for member in after if member.name in set(kept)]
    if kept != order:
        moved = next(old for old, new in zip(kept, order, strict=True) if old != new)
        yield f"{name}: {moved} stands elsewhere"


def _stricter(name: str, before: tuple[Member, ...], after: tuple[Member, ...]) -> Iterator[str]:
    """What breaks who writes a type: something more is needed."""
    was = {member.name: member for member in before}
    for member in after:
        old = was.get(member.name)
        if member.least != "0" and (old is None or old.least == "0"):
            yield f"{name}: {member.name} is needed now"
        if old is not None and old.nillable and not member.nillable:
            yield f"{name}: {member.name} can't be nil any more"


def _looser(name: str, before: tuple[Member, ...], after: tuple[Member, ...]) -> Iterator[str]:
    """What breaks who reads a type: something may be missing, or stands where nobody expects it."""
    was = {member.name: member for member in before}
    last = max((index for index, member in enumerate(after) if member.name in was), default=-1)
    for index, member in enumerate(after):
        old = was.get(member.name)
        if old is None and index < last:
            yield f"{name}: {member.name} is new, and not at the end"
        elif old is not None and old.least != "0" and member.least == "0":
            yield f"{name}: {member.name} may be missing now"
        if old is not None and member.nillable and not old.nillable:
            yield f"{name}: {member.name} may be nil now"


def _reached(document: Outline, elements: list[str]) -> set[str]:
    """The types that elements lead to, by name."""
    found: set[str] = set()
    open_ = list(elements)
    while open_:
        name = open_.pop()
        if name not in found and name in document.types:
            found.add(name)
            open_ += [_local(member.type) for member in document.types[name]]
    return found


def _types(root: etree._Element) -> Iterator[tuple[str, tuple[Member, ...]]]:
    for schema in root.iter(f"{_XSD}schema"):
        for declared in schema:
            kind = declared if declared.tag == f"{_XSD}complexType" else declared.find(f"{_XSD}complexType")
            if kind is not None:
                yield declared.get("name", ""), tuple(map(_member, kind.iterfind(f"{_XSD}sequence/{_XSD}element")))


def _member(element: etree._Element) -> Member:
    return Member(
        element.get("name", ""),
        element.get("type", ""),
        element.get("minOccurs", "1"),
        element.get("maxOccurs", "1"),
        element.get("nillable") == "true",
    )


def _element(operation: etree._Element, part: str, elements: Mapping[str | None, str]) -> str:
    found = operation.find(f"{_WSDL}{part}")
    return elements.get(_local(found.get("message")), "") if found is not None else ""


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]
