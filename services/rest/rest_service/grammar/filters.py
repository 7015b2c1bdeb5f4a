"""The right side of a filter (``not.eq.5``): an operator and its value become one term of a filter."""

import re
from collections.abc import Callable
from typing import Literal, cast

from contracts.filters import AggregateFunction, Compare, CompareGroup, Comparison, FieldRef, Filter, Is, Not, Param
from contracts.operations import Value

from rest_service.grammar import names
from rest_service.grammar.arrays import parse_array
from rest_service.grammar.scanner import Scanner

QUANTIFIED = ("eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch")
PLAIN: dict[str, Comparison] = {
    "neq": "neq",
    "isdistinct": "isdistinct",
    "cs": "contains",
    "cd": "contained",
    "ov": "overlaps",
    "sl": "left_of",
    "sr": "right_of",
    "nxr": "not_right_of",
    "nxl": "not_left_of",
    "adj": "adjacent",
}
GROUPED = ("eq", "neq", "gt", "gte", "lt", "lte", "in")
TEXT_SEARCH = ("fts", "plfts", "phfts", "wfts")
_EXPECTED = '"not" or operator (eq, gt, ...)'
_WORD = re.compile(r"[a-z]+")
_QUANTIFIER = re.compile(r"\((any|all)\)")
_CONFIG = re.compile(r"\(([^(),]*)\)")
_STATE = re.compile(r"(null|not_null|true|false|unknown)(?=[ \t]*(?:[,)]|\Z))", re.IGNORECASE)
_ELEMENT = re.compile(r"[^,)]*")
_ELEMENT_END = re.compile(r"[ \t]*(?=[,)])")
_QUOTE_AHEAD = re.compile(r'[ \t]*(?=")')

_PLAIN_LIST = re.compile(r"\([\w,.:+-]*[\w.:+-]\)")  # neither quotes nor spaces, and not empty

Reader = Callable[[Scanner], str]


class Literals:
    """The values that are lifted out of a request, in the order in which they were read."""

    def __init__(self) -> None:
        self.values: list[Value] = []

    def add(self, value: Value) -> Param:
        """The parameter that stands for ``value``."""
        self.values.append(value)
        return Param(len(self.values) - 1)


def parse_filter(left: FieldRef, text: str, literals: Literals) -> Filter:
    """The filter of one parameter; its value is everything behind the operator. Raises `Problem` PGRST100."""
    scanner = Scanner(text, "filter")
    found = comparison(scanner, left, literals, Scanner.rest)
    scanner.expect_close()
    return found


def parse_having(function: AggregateFunction, field: FieldRef | None, text: str, literals: Literals) -> Filter:
    """The condition of one parameter on an aggregate of groups. Raises `Problem` PGRST100."""
    found = parse_filter(field or FieldRef("count"), text, literals)
    compared = found.item if isinstance(found, Not) else found
    if not isinstance(compared, Compare) or compared.quantifier is not None or compared.operator not in GROUPED:
        scanner = Scanner(text, "filter")
        raise scanner.fault(f'"not" or operator ({", ".join(GROUPED)})')
    fields = () if field is None else (field,)
    condition = CompareGroup(function, compared.operator, compared.right, fields)
    return Not(condition) if isinstance(found, Not) else condition


def pattern_of(text: str) -> str:
    """The pattern of ``like`` and ``ilike``, where ``*`` may be written for ``%``."""
    return text.replace("*", "%")


def list_of(text: str) -> list[str]:
    """The elements of a list in parentheses (``in``). Raises `Problem` PGRST100."""
    if _PLAIN_LIST.fullmatch(text):
        return text[1:-1].split(",")
    scanner = Scanner(text, "filter")
    found = _list(scanner)
    scanner.expect_close()
    return found


def comparison(scanner: Scanner, left: FieldRef, literals: Literals, read: Reader) -> Filter:
    """``left`` compared as the text says; ``read`` takes the value off the scanner."""
    negated = scanner.take("not.")
    start = scanner.place
    word = scanner.match(_WORD)
    operator = word[0] if word else ""
    if operator in QUANTIFIED:
        found: Filter = _quantified(scanner, left, cast("Comparison", operator), literals, read)
    elif operator in PLAIN:
        scanner.expect(".")
        found = Compare(left, PLAIN[operator], literals.add(read(scanner)))
    elif operator == "is":
        found = _is(scanner, left)
    elif operator == "in":
        scanner.expect(".")
        found = Compare(left, "in", literals.add(_list(scanner)))
    elif operator in TEXT_SEARCH:
        found = _text_search(scanner, left, cast("Comparison", operator), literals, read)
    else:
        scanner.place = start
        raise scanner.fault(_EXPECTED)
    return Not(found) if negated else found


def _quantified(scanner: Scanner, left: FieldRef, operator: Comparison, literals: Literals, read: Reader) -> Compare:
    found = scanner.match(_QUANTIFIER)
    scanner.expect(".")
    text = read(scanner)
    if operator in ("like", "ilike"):
        text = pattern_of(text)
    if found is None:
        return Compare(left, operator, literals.add(text))
    quantifier = cast("Literal['any', 'all']", found[1])
    return Compare(left, operator, literals.add(parse_array(text)), quantifier)


def _text_search(scanner: Scanner, left: FieldRef, operator: Comparison, literals: Literals, read: Reader) -> Compare:
    config = scanner.match(_CONFIG)
    scanner.expect(".")
    return Compare(left, operator, literals.add(read(scanner)), config=config[1] if config else None)


def _is(scanner: Scanner, left: FieldRef) -> Is:
    scanner.expect(".")
    found = scanner.match(_STATE)
    if found is None:
        raise scanner.fault("null, not_null, true, false or unknown")
    scanner.skip_spaces()
    return Is(left, cast("Literal['null', 'not_null', 'true', 'false', 'unknown']", found[1].lower()))


def _list(scanner: Scanner) -> list[str]:
    scanner.expect("(")
    scanner.skip_spaces()
    elements = [_element(scanner)]
    while scanner.take(","):
        elements.append(_element(scanner))
    scanner.expect(")")
    scanner.skip_spaces()
    # nothing between the parentheses is the empty list, not a list of one empty text
    return [] if elements == [None] else [element or "" for element in elements]


def _element(scanner: Scanner) -> str | None:
    """An element of a list: None where nothing at all was written."""
    found = closed_quote(scanner)
    if found is not None:
        return found
    plain = scanner.match(_ELEMENT)
    return plain[0] if plain and plain[0] else None


def closed_quote(scanner: Scanner) -> str | None:
    """A text in quotes that the end of its term follows; None where the quotes are part of something longer."""
    start = scanner.place
    if scanner.match(_QUOTE_AHEAD):
        found = names.quoted(scanner)
        if found is not None and scanner.match(_ELEMENT_END):
            return found
    scanner.place = start
    return None
