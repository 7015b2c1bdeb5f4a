"""Reads the elements of a request: in any order, under any prefix or none, but never an unknown one or one twice."""

import difflib
from collections.abc import Callable, Collection, Iterable
from typing import Any

from contracts.problems import Problem
from lxml import etree

from soap_service.envelope import Element
from soap_service.literals import LexicalError, Parse
from soap_service.namespaces import SOAP11, SOAP12, XSD, XSI

_NIL = f"{{{XSI}}}nil"
_TYPE = f"{{{XSI}}}type"
ReadValue = Callable[[Element, str, Parse], Any]
"""What `value_of` does."""
_MAX_SHOWN = 60  # characters of a value in a message


def place(element: Element) -> str:
    """Where an element stands, from the body's child on: ``ListOrders/filter/total``."""
    path = [etree.QName(element).localname]
    for above in element.iterancestors():
        name = etree.QName(above)
        if name.namespace in (SOAP11, SOAP12):
            break
        path.append(name.localname)
    return "/".join(reversed(path))


def near(name: str, names: Iterable[str]) -> str | None:
    """A hint that names the nearest of ``names``, if any is near."""
    known = {other.casefold(): other for other in names}
    found = difflib.get_close_matches(name.casefold(), known, n=1)
    return f"Perhaps you meant {known[found[0]]}" if found else None


def members(
    element: Element,
    namespace: str,
    names: Collection[str],
    *,
    declared: str = "",
    repeated: Collection[str] = (),
    unknown: str = "PGRST102",
) -> dict[str, list[Element]]:
    """The children of an element by name. ``declared`` is its own type, ``unknown`` the code for a name not known.

    Raises `Problem` where a child is unknown or stands twice and is not ``repeated``, and where there is text.
    """
    check_plain(element, (namespace, declared) if declared else None)
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise Problem("PGRST102", f"{place(element)} holds elements, and no text", hint=_listed(names))
    found: dict[str, list[Element]] = {}
    for child in element:
        name = etree.QName(child)
        if name.namespace not in (None, namespace) or name.localname not in names:
            raise Problem(
                unknown,
                f"{place(child)} is unknown" + _foreign(name.namespace, namespace),
                hint=near(name.localname, names) or _listed(names),
            )
        if name.localname in found and name.localname not in repeated:
            raise Problem("PGRST102", f"{place(child)} stands there twice")
        found.setdefault(name.localname, []).append(child)
    return found


def is_nil(element: Element) -> bool:
    """Whether xsi:nil says that there is no value. Raises `Problem` where there is one all the same."""
    nil = element.get(_NIL, "false").strip()
    if nil not in ("true", "1"):
        if nil not in ("false", "0"):
            raise Problem("PGRST102", f"xsi:nil is no boolean on {place(element)}")
        return False
    if len(element) or (element.text or "").strip():
        raise Problem("PGRST102", f"{place(element)} is nil and has a value")
    return True


def text_of(element: Element, declared: tuple[str, str] | None = None) -> str:
    """The text of an element that holds nothing else. Raises `Problem`."""
    check_plain(element, declared)
    if len(element):
        raise Problem("PGRST102", f"{place(element)} holds a value, and no elements")
    return element.text or ""


def value_of(element: Element, xsd: str, parse: Parse) -> Any:
    """The value of an element of a built-in type. Raises `Problem` 22P02 or 22003, naming the element."""
    text = text_of(element, (XSD, xsd))
    try:
        return parse(text)
    except LexicalError as error:
        shown = text.strip() if len(text.strip()) <= _MAX_SHOWN else text.strip()[:_MAX_SHOWN] + "…"
        if error.reason is not None:
            raise Problem("22003", f"{place(element)} {error.reason}") from None
        if error.outside:
            raise Problem("22003", f'{place(element)}: "{shown}" is out of range for xs:{xsd}') from None
        raise Problem("22P02", f'{place(element)}: "{shown}" is no xs:{xsd}') from None


def check_plain(element: Element, declared: tuple[str, str] | None) -> None:
    """Refuse references of rpc/encoded, and an xsi:type other than the ``declared`` (namespace, name)."""
    if not element.attrib:
        return
    if element.get("href") is not None:
        raise Problem("PGRST102", f"{place(element)}: rpc/encoded is not supported: send document/literal")
    given = element.get(_TYPE)
    if given is None or declared is None:
        return
    prefix, _, local = given.strip().rpartition(":")
    if (element.nsmap.get(prefix or None), local) != declared:
        raise Problem("PGRST102", f"{place(element)}: the type is {declared[1]}, not {given.strip()}")


def _foreign(found: str | None, expected: str) -> str:
    return f": the namespace is {found}, not {expected}" if found not in (None, expected) else ""


def _listed(names: Collection[str]) -> str | None:
    return f"Known here: {', '.join(sorted(names))}" if 0 < len(names) <= 20 else None
