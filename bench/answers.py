"""Answers of different servers in one form, so that their content can be compared."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

_NAMES = {"row_id": "id", "order_items": "items"}
_WRAPPERS = ("data", "nodes", "results")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def canonical(body: bytes) -> Any:
    """Rows as dicts: names in snake case, decimals and times as values, whatever wraps the rows taken off.

    Raises `ValueError` where the answer is an error of GraphQL, and for all that is not an answer.
    """
    if body.lstrip()[:1] == b"<":
        return _single(_rows(etree.fromstring(body)))
    value = json.loads(body)
    if isinstance(value, dict) and value.get("errors"):
        raise ValueError(f"an error was answered: {body[:300]!r}")
    return _single(_plain(value))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            for name in _WRAPPERS:
                if name in value:
                    # what GraphQL's `data` has below it is one root field
                    return _plain(next(iter(value[name].values())) if name == "data" else value[name])
            return {_name(name): _unordered(_plain(item)) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return _leaf(value)


def _unordered(value: Any) -> Any:
    """An embedded list of rows, for whose order nobody asks."""
    return sorted(value, key=repr) if isinstance(value, list) else value


def _rows(root: etree._Element) -> Any:
    """Every element that has an ``id`` is a row; what is nil may as well be absent."""
    return [
        {_name(str(etree.QName(child).localname)): _leaf(child.text) for child in element if child.text}
        for element in root.iter()
        if any(etree.QName(child).localname == "id" for child in element)
    ]


def _single(value: Any) -> Any:
    """One row is the same inside a list and without one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _name(name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return _NAMES.get(snake, snake)


def _leaf(value: Any) -> Any:
    if isinstance(value, str) and _TIME.match(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, bool) or value is None:
        return value
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return value
