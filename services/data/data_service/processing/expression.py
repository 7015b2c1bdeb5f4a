"""SQL expressions of the configuration taken apart: text, and the columns that stand in it.

An expression is over the columns of one row. Which functions and operators there are is the database's business, and it
is asked when the catalog is read (`processing.expression_check`).
"""

import re
from collections.abc import Collection, Iterator

from data_service.policy_document import suggestion

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--|/\*)
    |(?P<text>(?:[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'))
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<cast>::)
    |(?P<place>\$\d+|[:@$]\w+)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_STATEMENTS = frozenset({"select", "with", "values", "insert", "update", "delete", "over"})


def parts_of(expression: str, columns: Collection[str]) -> tuple[str, ...]:
    """The expression as text and names of columns in turn, beginning and ending with text.

    A name in double quotes is a column, a bare one where there is such a column and it stands for a value: not before
    a bracket, after a dot or as the type of a cast. Raises `ValueError` with what is wrong with it.
    """
    parts, text, previous, depth = [], "", "", 0
    tokens = list(_tokens(expression))
    for position, (kind, piece) in enumerate(tokens):
        depth += (piece == "(") - (piece == ")")
        if depth < 0:
            raise ValueError("has a bracket too many")
        following = next((t for k, t in tokens[position + 1 :] if k != "space"), "")
        name = _column(kind, piece, columns) if previous not in (".", "::") and following != "(" else None
        if name is None:
            text += piece
        else:
            parts += [text, name]
            text = ""
        if kind != "space":
            previous = piece
    if depth:
        raise ValueError("lacks a closing bracket")
    if not previous:
        raise ValueError("is empty")
    return (*parts, text)


def unknown_words(expression: str, columns: Collection[str]) -> list[str]:
    """The bare words of an expression that might be columns and are none, with the nearest column."""
    return [
        suggestion(piece, columns)
        for kind, piece in _tokens(expression)
        if kind == "word" and piece.lower() not in columns and suggestion(piece, columns)
    ]


def _column(kind: str, piece: str, columns: Collection[str]) -> str | None:
    if kind == "quoted":
        name = piece[1:-1].replace('""', '"')
        if name not in columns:
            raise ValueError(f"names {piece}, and there is no such column{suggestion(name, columns)}")
        return name
    if kind != "word":
        return None
    return next((name for name in (piece, piece.lower()) if name in columns), None)


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(expression):
        kind, piece = str(found.lastgroup), found[0]
        if kind == "comment" or piece == ";":
            raise ValueError(f"can't hold {piece}")
        if kind == "place" or piece == "?":
            raise ValueError(f"can't take values: {piece}")
        if piece in ("'", '"'):
            raise ValueError(f"lacks a closing {piece}")
        if kind == "word" and piece.lower() in _STATEMENTS:
            raise ValueError(f"is over one row: it can't hold {piece}")
        yield kind, piece
