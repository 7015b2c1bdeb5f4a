"""Hasura's names: tables under their own or custom names, and relations as the metadata calls them."""

from typing import Any

from contracts.catalog import Catalog, Function, Relation, Resource
from data_service.policy_names import FUNCTION_ROOTS, ROOTS

from trivet_cli.hasura_filters import Place


def place_of(table: Any) -> Place:
    """Schema and name of a table or function, as the metadata writes them."""
    if isinstance(table, dict):
        return str(table.get("schema") or "public"), str(table.get("name"))
    schema, dot, name = str(table).partition(".")
    return (schema, name) if dot else ("public", schema)


def custom_name(entry: dict[str, Any]) -> str | None:
    """The name that a table goes by, where that is not its own."""
    return (entry.get("configuration") or {}).get("custom_name") or None


def names_in_graphql(entry: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """The names of a table's root fields and columns in GraphQL alone, as ``graphql`` of a resource has them.

    Whether its rows are an enum's values stands there too.
    """
    configuration = entry.get("configuration") or {}
    fields = dict(configuration.get("custom_column_names") or {})
    for column, config in (configuration.get("column_config") or {}).items():
        if config.get("custom_name"):
            fields[column] = config["custom_name"]
    given = configuration.get("custom_root_fields") or {}
    roots = {word: value.get("name") if isinstance(value, dict) else value for word, value in given.items()}
    found = {
        "roots": {word: str(name) for word, name in roots.items() if name and word in ROOTS},
        "fields": {old: str(new) for old, new in fields.items() if old != new and old in resource.by_name},
    }
    made: dict[str, Any] = {part: names for part, names in found.items() if names}
    return {**made, "enum": True} if entry.get("is_enum") is True else made


def names_of_function(entry: dict[str, Any], function: Function) -> dict[str, Any]:
    """The names that a function and its root fields go by, and the root that they stand in where that is said."""
    configuration = entry.get("configuration") or {}
    given = configuration.get("custom_root_fields") or {}
    usual = "query" if function.reads_only else "mutation"
    found = {
        "name": configuration.get("custom_name"),
        "roots": {word: str(given[word]) for word in FUNCTION_ROOTS if given.get(word)},
        "exposed_as": configuration.get("exposed_as") if configuration.get("exposed_as") != usual else None,
    }
    return {key: value for key, value in found.items() if value}


def relation_names(entry: dict[str, Any], resource: Resource, catalog: Catalog, missing: list[str]) -> dict[str, str]:
    """The new names of a resource's relations by their default ones; what has no foreign key goes to ``missing``."""
    wished: dict[str, str] = {}
    for kind in ("object_relationships", "array_relationships"):
        for item in entry.get(kind) or []:
            found = _relation(item.get("using") or {}, resource, catalog, many=kind == "array_relationships")
            if found is None:
                missing.append(f"the relation {resource.name}.{item['name']}: no foreign key makes it")
            else:
                wished[found.name] = str(item["name"])
    taken = set(wished.values())
    for relation in resource.relations:
        if relation.name in taken and relation.name not in wished:  # ours gives way to theirs
            wished[relation.name] = _free(relation, taken | set(resource.relations_by_name))
            taken.add(wished[relation.name])
    return {old: new for old, new in wished.items() if old != new}


def _free(relation: Relation, taken: set[str]) -> str:
    name = f"{relation.name}_by_{'_'.join(pair[1] for pair in relation.pairs)}"
    while name in taken:
        name += "_"
    return name


def _relation(using: dict[str, Any], resource: Resource, catalog: Catalog, *, many: bool) -> Relation | None:
    """The relation that a relationship's definition means."""
    manual = using.get("manual_configuration")
    if manual is not None:
        pairs = frozenset((manual.get("column_mapping") or {}).items())
        return _matching(resource, catalog, manual.get("remote_table"), lambda one: frozenset(one.pairs) == pairs, many)
    on = using.get("foreign_key_constraint_on")
    if isinstance(on, dict):
        columns = frozenset(on.get("columns") or [on.get("column")])
        there = lambda one: not one.owning and frozenset(pair[1] for pair in one.pairs) == columns  # noqa: E731  (said where it is used)
        return _matching(resource, catalog, on.get("table"), there, many)
    columns = frozenset(on if isinstance(on, list) else [on])
    here = lambda one: one.owning and frozenset(pair[0] for pair in one.pairs) == columns  # noqa: E731  (said where it is used)
    return _matching(resource, catalog, None, here, many)


def _matching(resource: Resource, catalog: Catalog, table: Any, fits: Any, many: bool) -> Relation | None:
    for relation in resource.relations:
        target = catalog.by_name[relation.target]
        if relation.junction is not None or (relation.cardinality == "many") is not many:
            continue
        if table is not None and (target.schema, target.table) != place_of(table):
            continue
        if fits(relation):
            return relation
    return None
