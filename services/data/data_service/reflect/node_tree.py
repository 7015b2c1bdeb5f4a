"""PostgreSQL's node trees as text (`pg_node_tree`, nodeToString): parsed into nodes, lists and words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}\\"])+|[(){}]', re.DOTALL)


class TreeError(ValueError):
    """A text that is no node tree, or one of a form that we don't know."""


@dataclass(slots=True)
class Node:
    """A node: its kind, and its fields by name; a field's value is a word, a node, or a list of values."""

    kind: str
    fields: dict[str, object] = field(default_factory=dict)


def parse(text: str) -> object:
    """The value of a text. Raises `TreeError`."""
    tokens = _TOKEN.findall(text)
    try:
        value, end = _value(tokens, 0)
    except (IndexError, RecursionError):
        raise TreeError("the tree ends too early") from None
    if end != len(tokens):
        raise TreeError("something follows the tree")
    return value


def nodes(value: object, kind: str | None = None) -> Iterator[Node]:
    """All nodes (of a kind) within a value, itself included."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Node):
            if kind is None or item.kind == kind:
                yield item
            todo.extend(reversed(list(item.fields.values())))
        elif isinstance(item, list):
            todo.extend(reversed(item))


def _value(tokens: list[str], at: int) -> tuple[object, int]:
    word = tokens[at]
    if word == "{":
        return _node(tokens, at + 1)
    if word == "(":
        return _list(tokens, at + 1)
    if word in ")}":
        raise TreeError("a bracket closes what was not opened")
    return word, at + 1


def _node(tokens: list[str], at: int) -> tuple[Node, int]:
    node = Node(tokens[at])
    at += 1
    while tokens[at] != "}":
        name = tokens[at]
        if not name.startswith(":"):
            raise TreeError("a field without a name")
        at += 1
        values: list[object] = []
        while tokens[at] != "}" and not tokens[at].startswith(":"):
            value, at = _value(tokens, at)
            values.append(value)
        node.fields[name[1:]] = values[0] if len(values) == 1 else values
    return node, at + 1


def _list(tokens: list[str], at: int) -> tuple[list[object], int]:
    items: list[object] = []
    while tokens[at] != ")":
        value, at = _value(tokens, at)
        items.append(value)
    return items, at + 1
