"""A query string without its literals: what two requests have in common that differ in values only."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote_plus

from contracts.operations import Value

from rest_service.grammar.filters import PLAIN, QUANTIFIED, TEXT_SEARCH, list_of, pattern_of

HOLE = "\0"
"""Stands where a literal was; it can't be part of an address."""
_DIGITS = 18  # of a limit that is a literal
_PAGE = ("limit", "offset")
_RESERVED = (*_PAGE, "columns")
_TEXTS = frozenset((*QUANTIFIED, *PLAIN, *TEXT_SEARCH)) - {"like", "ilike"}
# by operator: what becomes of a literal that is everything behind the operator's dot
_OPERANDS: dict[str, Callable[[str], Value]] = {
    **dict.fromkeys(_TEXTS, str), "like": pattern_of, "ilike": pattern_of, "in": list_of,
}  # fmt: skip


class QueryShape(NamedTuple):
    """A query string taken apart.

    ``text`` is the query string with a `HOLE` for each literal, ``texts`` those literals decoded, ``literals`` the
    values that they stand for. ``limit`` and ``offset`` are the root's (the last one counts), as they were written:
    holes as well, whose values depend on each other.
    """

    text: str
    texts: list[str]
    literals: list[Value]
    limit: str | None
    offset: str | None


def cut(query: str, *, paged: bool) -> QueryShape | None:
    """Take the literals out of a query string; None where that can't be done safely.

    Literals are the operands of plain comparisons and the numbers of limits and offsets; ``paged`` False: the root
    has none. Whatever else is written stays in the text. Raises `Problem` PGRST100 for a broken list.
    """
    pieces: list[str] = []
    texts: list[str] = []
    literals: list[Value] = []
    limit = offset = None
    if HOLE in query:
        return None
    for part in query.split("&"):
        key, found, value = part.partition("=")
        if not found:
            continue  # no parameter at all
        if ("%" in key or "+" in key) and unquote_plus(key) in _RESERVED:
            return None
        word, dot, operand = value.partition(".")
        if word == "not":
            word, dot, operand = operand.partition(".")
            before = f"{key}=not.{word}."
        else:
            before = f"{key}={word}."
        convert = _OPERANDS.get(word) if dot else None
        if convert is not None:
            if "%" in operand or "+" in operand:
                operand = unquote_plus(operand)
            pieces.append(before + HOLE)
            texts.append(operand)
            literals.append(operand if convert is str else convert(operand))
        elif paged and key in _PAGE:
            value = unquote_plus(value)
            if key == "limit":
                limit = value
            else:
                offset = value
            pieces.append(f"{key}={HOLE}")
            texts.append(value)
            literals.append(None)
        elif _is_span(key, value):
            pieces.append(f"{key}={HOLE}")
            texts.append(value)
            literals.append(int(value))
        else:
            pieces.append(part)
    return QueryShape("&".join(pieces), texts, literals, limit, offset)


def _is_span(key: str, value: str) -> bool:
    """Whether this is the limit or offset of an embed, and a plain number."""
    if not (value.isascii() and value.isdigit()) or len(value) > _DIGITS:
        return False
    return key.endswith((".limit", ".offset"))
