"""PostgreSQL's array literals of one dimension (``{a,"b c",NULL}``), as the operators with any and all take them."""

import re

from contracts.problems import Problem

from rest_service.grammar import names
from rest_service.grammar.scanner import Scanner

_PLAIN = re.compile(r"[^,{}\"\\]+")


def parse_array(text: str) -> list[str | None]:
    """The elements of an array literal. Raises `Problem` 22P02 where the text is none."""
    scanner = Scanner(text.strip(), "array")
    if not scanner.take("{"):
        raise _malformed(text)
    scanner.skip_spaces()
    if scanner.take("}") and scanner.done:
        return []
    elements = [_element(scanner, text)]
    while scanner.take(","):
        elements.append(_element(scanner, text))
    if not scanner.take("}") or not scanner.done:
        raise _malformed(text)
    return elements


def _element(scanner: Scanner, text: str) -> str | None:
    scanner.skip_spaces()
    found = names.quoted(scanner)
    if found is not None:
        scanner.skip_spaces()
        return found
    plain = scanner.match(_PLAIN)
    if plain is None or not plain[0].strip():
        raise _malformed(text)
    word = plain[0].strip()
    return None if word.upper() == "NULL" else word


def _malformed(text: str) -> Problem:
    return Problem("22P02", f'malformed array literal: "{text}"', details='Expected a value such as {a,"b c"}.')
