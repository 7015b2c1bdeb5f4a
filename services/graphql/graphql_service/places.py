"""Where in a document something stands: a node of it, or a place in the operation that was made of it."""

from collections.abc import Iterator, Mapping

from contracts.operations import How
from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableNode,
)

from graphql_service.errors import Path
from graphql_service.selection import Scope, Selected

_WORDS: dict[str | int, Path] = {"filter": ("args", "where"), "sort": ("args", "order_by")}
# the arguments of an update, by how they change a field
OPERATORS: Mapping[How, str] = {
    "value": "_set",
    "increment": "_inc",
    "append": "_append",
    "prepend": "_prepend",
    "delete_key": "_delete_key",
    "delete_elem": "_delete_elem",
    "delete_at_path": "_delete_at_path",
}
_ARGUMENTS: dict[str | int, str] = dict(OPERATORS.items())
_CHILDREN = (
    "name", "type_condition", "variable_definitions", "directives", "selection_set", "selections",
    "arguments", "value", "values", "fields", "type", "default_value", "variable",
)  # fmt: skip


def path_of(document: DocumentNode, target: Node) -> Path:
    """The path of a node, seen from the operation that leads to it; () where none does."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    for definition in (*operations, *fragments.values()):
        for node, path in _walk(definition, (), fragments, set()):
            if node is target:
                return path
    return ()


def variables_in(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, Path]:
    """The variables that an operation uses, each with the place of its first use."""
    found: dict[str, Path] = {}
    seen: set[str] = set()
    for part in (*operation.directives, operation.selection_set):
        for node, path in _walk(part, (), fragments, seen):
            if isinstance(node, VariableNode):
                found.setdefault(node.name.value, path)
    return found


def spread_in(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """The names of the fragments that an operation unfolds, those within others too, as far as they exist."""
    seen: set[str] = set()
    for _ in _walk(operation, (), fragments, seen):
        pass
    return seen


def _walk(
    node: Node, path: Path, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[tuple[Node, Path]]:
    """A node and all within it with their paths; each fragment once, where it is first spread."""
    path = path + _step(node)
    yield node, path
    if isinstance(node, FragmentSpreadNode):
        name = node.name.value
        if name in fragments and name not in seen:
            seen.add(name)
            yield from _walk(fragments[name], path, fragments, seen)
    for name in _CHILDREN:
        children = getattr(node, name, None) or ()
        several = children if isinstance(children, tuple | list) else (children,)
        for index, child in enumerate(several):
            if isinstance(child, DirectiveNode):
                yield from _walk(child, _beside(node, path), fragments, seen)
            elif isinstance(child, Node):
                within = (*path, index) if isinstance(node, ListValueNode) else path
                yield from _walk(child, within, fragments, seen)


def _beside(node: Node, path: Path) -> Path:
    """Where the directives of a node at ``path`` stand: in the selection set that it is one of."""
    if isinstance(node, FieldNode):
        return path[:-1]
    return path if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode) else (*path, "selectionSet")


def _step(node: Node) -> Path:
    if isinstance(node, FieldNode):
        return ("selectionSet", node.name.value)
    if isinstance(node, ArgumentNode):
        return ("args", node.name.value)
    return (node.name.value,) if isinstance(node, ObjectFieldNode | DirectiveNode) else ()


def place_of(path: Path, scope: Scope, root: Selected) -> Path:
    """Where in the document the place ``path`` of its operation stands: response keys become fields' names.

    The operation's words become arguments: ``filter`` the ``where``, ``rows`` the ``objects`` or the ``object``,
    ``assigns`` (and how) the update's operator.
    """
    place: Path = ()
    selected, name = root, ""
    for index, step in enumerate(path):
        nodes = selected.get(step) if isinstance(step, str) else None
        if nodes is not None:
            name = nodes[0].name.value
            place += ("selectionSet", name)
            selected = scope.select(nodes)
        elif step == "rows":
            return place + rows_of(name, scope, path[index + 1 :])
        elif step == "assigns":
            return (*place, "args", _ARGUMENTS[path[index + 1]], *path[index + 2 :])
        else:
            return place + _WORDS.get(step, ())
    return place


def rows_of(name: str, scope: Scope, rest: Path) -> Path:
    """Where an insert's rows stand; ``name`` is its root field's."""
    word = scope.types.exposure.inserts.get(name, "objects")
    return ("args", word, *(rest[1:] if word == "object" else rest))
