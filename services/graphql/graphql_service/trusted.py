"""Trusted documents: the texts that a project's clients ask, read from files, and whether a document is one of them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from chassis.settings import SettingsError
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    SelectionSetNode,
    parse,
    print_ast,
    separate_operations,
    visit,
)
from graphql.language import Visitor

_WRITTEN = (".graphql", ".gql")
_TYPENAME = "__typename"


class Trusted:
    """The documents of some files. ``texts`` are by id: the files' own ids, and the SHA-256 of each text in hex."""

    def __init__(self, found: list[tuple[str | None, str]]) -> None:
        self.texts: dict[str, str] = {}
        self._known: set[str] = set()
        for name, text in found:
            document = parse(text)
            self._known.add(_plain(document))
            self._known.update(map(_plain, separate_operations(document).values()))
            self.texts[hashlib.sha256(text.encode()).hexdigest()] = text
            if name:
                self.texts[name] = text

    def __len__(self) -> int:
        return len(self._known)

    def has(self, text: str, most_tokens: int) -> bool:
        """Whether a document, of so many tokens at most, is one of these, whatever its layout and ``__typename``."""
        try:
            return _plain(parse(text, max_lexical_tokens=most_tokens)) in self._known
        except (GraphQLError, RecursionError):
            return False


def read_trusted(path: str) -> Trusted:
    """The documents of a file or of all files in a folder. Raises `SettingsError`.

    ``.graphql`` and ``.gql`` hold GraphQL. ``.json`` holds texts by id, as graphql-codegen writes them, or Apollo's
    manifest of persisted queries.
    """
    if not path:
        return Trusted([])
    root = Path(path)
    found: list[tuple[str | None, str]] = []
    try:
        root.stat()
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for file in files:
            if file.is_file() and file.suffix in (*_WRITTEN, ".json"):
                found += _read(file)
        return Trusted(found)
    except OSError as fault:
        raise SettingsError([f"TRIVET_GRAPHQL_DOCUMENTS: {root}: {fault.strerror or fault}"]) from None


def _read(file: Path) -> list[tuple[str | None, str]]:
    try:
        text = file.read_text(encoding="utf-8")
        found: list[tuple[str | None, str]] = [(None, text)] if file.suffix in _WRITTEN else list(_listed(text))
        for _, document in found:
            parse(document)
    except (ValueError, GraphQLError, RecursionError) as fault:  # (msgspec's errors, and those of UTF-8, are such)
        raise SettingsError([f"TRIVET_GRAPHQL_DOCUMENTS: {file}: {str(fault).splitlines()[0]}"]) from None
    return found


def _listed(text: str) -> Iterator[tuple[str, str]]:
    found = msgspec.json.decode(text, type=dict[str, Any])
    if isinstance(operations := found.get("operations"), list):
        found = {
            item["id"]: item["body"] for item in operations if isinstance(item, dict) and item.keys() >= {"id", "body"}
        }
    for name, document in found.items():
        if not isinstance(document, str):
            raise ValueError(f"the document {name} is no text")
        yield name.removeprefix("sha256:"), document


class _Strip(Visitor):
    """Takes ``__typename`` out, which clients add by themselves, wherever something else is selected beside it."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
        kept = tuple(item for item in node.selections if not _is_typename(item))
        return SelectionSetNode(selections=kept) if kept and len(kept) < len(node.selections) else None


def _is_typename(node: Any) -> bool:
    return isinstance(node, FieldNode) and node.name.value == _TYPENAME and node.alias is None


def _plain(document: DocumentNode) -> str:
    """A document's text in one layout, its definitions in one order."""
    document = visit(document, _Strip())
    return "\n".join(sorted(print_ast(definition) for definition in document.definitions))
