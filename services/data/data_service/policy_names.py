"""The configuration's part on names in GraphQL: the convention, and what resources, root fields and fields go by."""

import re
from collections.abc import Collection, Mapping

from contracts.catalog import Catalog, Resource
from contracts.graphql import GraphqlFunction, GraphqlNames, GraphqlNaming

from data_service.policy_document import Faults, Node, mapping, name, suggestion

# Hasura's words for root fields
ROOTS = (
    "select", "select_by_pk", "select_aggregate", "select_grouped", "insert", "insert_one", "update", "update_by_pk",
    "update_many", "delete", "delete_by_pk",
)  # fmt: skip
FUNCTION_ROOTS = ("function", "function_aggregate")
CONVENTIONS = ("hasura-default", "graphql-default")
_FITS = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")


def read_naming(
    node: Node | None,
    resources: Mapping[str, tuple[Node, Mapping[str, Node]]],
    functions: Mapping[str, Node],
    faults: Faults,
    catalog: Catalog | None,
) -> GraphqlNaming | None:
    """The names of ``graphql: {naming: …}`` and of each resource's and function's ``graphql``; None: there are none.

    What is wrong goes to ``faults``, and is left out.
    """
    convention = _convention(node, faults)
    found = {
        key: _names(key, keys["graphql"], faults, catalog) for key, (_, keys) in resources.items() if "graphql" in keys
    }
    _told_apart(found, resources, faults)
    called = {key: _function(key, node, faults) for key, node in functions.items()}
    naming = GraphqlNaming(convention=convention, resources=found, functions=called)  # type: ignore[arg-type]  # one of CONVENTIONS
    return None if naming == GraphqlNaming() else naming


def _convention(node: Node | None, faults: Faults) -> str:
    given = node.value.get("naming") if node is not None and isinstance(node.value, Mapping) else None
    if given is None:
        return CONVENTIONS[0]
    if given.value not in CONVENTIONS:
        faults.add(given.line, f"naming must be {' or '.join(CONVENTIONS)}, not {given.kind}")
        return CONVENTIONS[0]
    return str(given.value)


def _names(key: str, node: Node, faults: Faults, catalog: Catalog | None) -> GraphqlNames:
    keys = mapping(node, faults, f"graphql of {key}", ("roots", "fields", "enum"))
    resource = None if catalog is None else catalog.by_name.get(key)
    known = None if resource is None else resource.by_name
    return GraphqlNames(
        roots=_renamed(keys.get("roots"), faults, ROOTS, f"a root field of {key}"),
        fields=_renamed(keys.get("fields"), faults, known, f"a field of {key}"),
        enum="enum" in keys and _enum(keys["enum"], faults, resource),
    )


def _function(key: str, node: Node, faults: Faults) -> GraphqlFunction:
    keys = mapping(node, faults, f"graphql of {key}", ("name", "roots", "exposed_as"))
    own = _renamed(Node(node.line, {key: keys["name"]}), faults, None, f"a name of {key}") if "name" in keys else {}
    exposed = keys.get("exposed_as")
    if exposed is not None and exposed.value not in ("query", "mutation"):
        faults.add(exposed.line, f"exposed_as must be query or mutation, not {exposed.kind}")
        exposed = None
    return GraphqlFunction(
        name=own.get(key),
        roots=_renamed(keys.get("roots"), faults, FUNCTION_ROOTS, f"a root field of {key}"),
        exposed_as=None if exposed is None else exposed.value,
    )


def _enum(node: Node, faults: Faults, resource: Resource | None) -> bool:
    if not isinstance(node.value, bool):
        faults.add(node.line, f"enum must be true or false, not {node.kind}")
        return False
    fault = enum_misfit(resource) if node.value and resource is not None else None
    if fault is not None:
        faults.add(node.line, fault)
    return node.value


def enum_misfit(resource: Resource) -> str | None:
    """Why the rows of a table can't be an enum's values, by the table's columns (Hasura's rules); None: they can."""
    by_name = {column.name: column for column in resource.columns}
    keys = [by_name[name] for name in resource.key if name in by_name]
    fits = len(keys) == 1 and len(by_name) <= 2 and all(column.type == "text" for column in by_name.values())
    if not fits:
        return f"{resource.name} can't be an enum: it takes a text as primary key, and at most one more column of text"
    return None


def _renamed(node: Node | None, faults: Faults, known: Collection[str] | None, what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for old, item in (mapping(node, faults, what) if node is not None else {}).items():
        new = name(item, faults, f"the new name of {old}")
        if known is not None and old not in known:
            faults.add(item.line, f"{old} is not {what}{suggestion(old, known)}")
        elif new is not None and not _FITS.fullmatch(new):
            faults.add(item.line, f"{new} is no name in GraphQL: letters, digits and _, but not __ first")
        elif new is not None and new in found.values():
            faults.add(item.line, f"{new} is {what} twice")
        elif new is not None:
            found[old] = new
    return found


def _told_apart(
    found: Mapping[str, GraphqlNames], resources: Mapping[str, tuple[Node, Mapping[str, Node]]], faults: Faults
) -> None:
    owners: dict[str, str] = {}
    for key, names in found.items():
        for new in names.roots.values():
            if owners.setdefault(new, key) != key:
                faults.add(resources[key][0].line, f"{new} is a root field of {owners[new]} already")
