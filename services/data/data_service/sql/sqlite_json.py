"""JSON written by SQLite: joined from texts, where its own functions would parse again what sub-selects give them."""

from collections.abc import Sequence

from data_service.sql.values import json_text

_MEMBERS = 400  # that are joined at once: a function takes 1,000 arguments at most


class Json(str):
    """An expression that gives JSON as SQLite's functions know it; ``text`` gives the same as text, never null."""

    __slots__ = ("text",)
    text: str


def json_of(expression: str) -> Json:
    """An expression that gives the text of JSON, or null, as JSON."""
    text = expression.text if isinstance(expression, Json) else f"ifnull({expression}, 'null')"
    return _made(f"json({expression})", text)


def json_object(pairs: Sequence[tuple[str, str]]) -> Json:
    """An object of keys and expressions of any kind."""
    members = [
        f"{_constant((',' if at else '{') + json_text(key).decode() + ':')}, {_text_of(value)}"
        for at, (key, value) in enumerate(pairs)
    ]
    runs = [", ".join(members[at : at + _MEMBERS]) for at in range(0, len(members), _MEMBERS)]
    inner = runs[0] if len(runs) == 1 else ", ".join(f"concat({run})" for run in runs)
    text = f"concat({inner}, '}}')" if pairs else "'{}'"
    return _made(text, text)


def json_array(expression: str, only: str) -> Json:
    """An array over all rows, or those for which ``only`` holds, in their order."""
    items = f"group_concat({_text_of(expression)}, ','){f' filter (where {only})' if only else ''}"
    text = f"concat('[', {items}, ']')"
    return _made(text, text)


def _constant(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text_of(expression: str) -> str:
    """Any value as the text of JSON."""
    return expression.text if isinstance(expression, Json) else f"json_quote({expression})"


def _made(expression: str, text: str) -> Json:
    made = Json(expression)
    made.text = text
    return made
