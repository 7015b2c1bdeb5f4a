"""Names of the database as names of XML: escaped, in PascalCase for types, unique without regard to case."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from lxml import etree

from soap_service.namespaces import XSD

_SEPARATORS = re.compile(r"[_\s.\-]+")
_ESCAPE_LOOKALIKE = re.compile(r"_x[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{4})?_")
_NCNAME = f'<schema xmlns="{XSD}"><element name="name" type="NCName"/></schema>'


def escape(name: str) -> str:
    """An NCName for any text: what XML can't have in a name stands as ``_xHHHH_`` (as .NET's XmlConvert does it).

    Different texts give different names. Names that begin with ``xml``, which XML keeps to itself, are escaped too.
    """
    marked = _ESCAPE_LOOKALIKE.sub(lambda found: "_x005F" + found[0], name)
    reserved = name[:3].lower() == "xml"
    return "".join(
        letter if _allowed(letter, first=index == 0) and not (reserved and index == 0) else _code(letter)
        for index, letter in enumerate(marked or "_")
    )


def pascal_case(name: str) -> str:
    """The name in PascalCase, not yet escaped: ``order_items``, ``Order Items`` and ``orderItems`` → OrderItems."""
    words = [word for part in _SEPARATORS.split(name) for word in _words(part)]
    return "".join(word[:1].upper() + word[1:].lower() for word in words) or name


def camel_case(pascal: str) -> str:
    """The element's name that goes with a PascalCase name: ``OrderItems`` → orderItems."""
    return pascal[:1].lower() + pascal[1:]


def fold(name: str) -> str:
    """The form in which two names are the same to a client that knows no case."""
    return name.casefold()


def numbered(name: str) -> Iterator[str]:
    """The name, then the name with a number: Order, Order2, Order3 …"""
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1


def unique(names: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """These names in order, numbered where one is like an earlier one or one of ``taken``."""
    used = {fold(name) for name in taken}
    found = []
    for name in names:
        chosen = next(candidate for candidate in numbered(name) if fold(candidate) not in used)
        used.add(fold(chosen))
        found.append(chosen)
    return tuple(found)


def _words(text: str) -> Iterator[str]:
    """The parts of a text where its case changes: orderItems → order, Items; HTTPServer → HTTP, Server."""
    start = 0
    for index in range(1, len(text)):
        rises = text[index].isupper() and not text[index - 1].isupper()
        ends_capitals = text[index].isupper() and text[index + 1 : index + 2].islower()
        if rises or ends_capitals:
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _allowed(letter: str, *, first: bool) -> bool:
    if letter < "\x80":
        return letter.isalpha() or letter == "_" or (not first and (letter.isdigit() or letter in "-."))
    return letter <= "\ud7ff" and _in_ncname(letter if first else "a" + letter)


@cache
def _in_ncname(text: str) -> bool:
    """Whether toolkits take this as a name: they hold to the letters of XML 1.0's 4th edition, as libxml2 does."""
    element = etree.Element("name")
    try:
        element.text = text
    except ValueError:  # not even a character of XML
        return False
    return bool(_ncname().validate(element))


@cache
def _ncname() -> etree.XMLSchema:
    return etree.XMLSchema(etree.XML(_NCNAME))


def _code(letter: str) -> str:
    code = ord(letter)
    return f"_x{code:04X}_" if code <= 0xFFFF else f"_x{code:08X}_"
