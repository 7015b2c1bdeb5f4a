"""Trees of conditions: ``or=(a.eq.1,not.and(b.gt.2,c.is.null))``."""

import re

from contracts.filters import And, Filter, Not, Or

from rest_service.grammar import names
from rest_service.grammar.filters import Literals, closed_quote, comparison
from rest_service.grammar.scanner import Scanner

_GROUP = re.compile(r"[ \t]*(not\.)?(and|or)[ \t]*(?=\()")
_BRACES = re.compile(r"\{[^{}]*\}(?=[ \t]*[,)])")
_VALUE = re.compile(r"[^,)]*")
_EXPECTED = "field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"


def parse_logic(word: str, text: str, literals: Literals) -> Filter:
    """The conditions in parentheses joined by ``word`` (``and``, ``or``). Raises `Problem` PGRST100."""
    scanner = Scanner(text, "logic tree")
    scanner.skip_spaces()
    found = _group(scanner, word, literals, 0)
    scanner.expect_close()
    return found


def _group(scanner: Scanner, word: str, literals: Literals, depth: int) -> Filter:
    below = scanner.enter(depth)
    scanner.expect("(")
    if scanner.at(")"):
        raise scanner.fault(_EXPECTED, len(word))
    items = [_term(scanner, literals, below)]
    while scanner.take(","):
        items.append(_term(scanner, literals, below))
    scanner.expect(")")
    scanner.skip_spaces()
    return And(tuple(items)) if word == "and" else Or(tuple(items))


def _term(scanner: Scanner, literals: Literals, depth: int) -> Filter:
    group = scanner.match(_GROUP)
    if group is not None:
        found = _group(scanner, group[2], literals, depth)
        return Not(found) if group[1] else found
    left = names.field(scanner)
    scanner.expect(".")
    return comparison(scanner, left, literals, _value)


def _value(scanner: Scanner) -> str:
    found = closed_quote(scanner)
    if found is not None:
        return found
    braces = scanner.match(_BRACES)
    if braces is not None:
        scanner.skip_spaces()
        return braces[0]
    plain = scanner.match(_VALUE)
    return plain[0].rstrip(" \t") if plain else ""
