"""Hasura's metadata, version 2 or 3: exported as JSON, or the directory of YAML that its command line keeps."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from trivet_cli.faults import CannotStart

_INCLUDE = "!include "
_FILES = (
    "inherited_roles", "allow_list", "query_collections", "actions", "remote_schemas", "cron_triggers",
    "rest_endpoints", "api_limits", "graphql_schema_introspection", "tables", "functions",
)  # fmt: skip
_LEFT_OUT = {
    "actions": "action", "remote_schemas": "remote schema", "cron_triggers": "cron trigger",
    "rest_endpoints": "RESTified endpoint",
}  # fmt: skip
_OF_SOURCES = {
    "native_queries": "native query", "logical_models": "logical model", "stored_procedures": "stored procedure",
}  # fmt: skip
_DATABASES = ("postgres", "citus", "cockroach", "pg")


@dataclass
class Metadata:
    """What is in it of one database.

    ``naming`` is its convention, where it says one. ``left_out`` names what is of no database, and has no counterpart.
    """

    tables: list[dict[str, Any]]
    functions: list[dict[str, Any]]
    inherited: dict[str, list[str]]
    queries: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    closed_introspection: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    naming: str = ""


def read_metadata(path: Path, source: str | None) -> Metadata:
    """The metadata of a source (None: of the only one). Raises `CannotStart`."""
    try:
        found = _folder(path) if path.is_dir() else _file(path)
    except OSError as fault:
        raise CannotStart(f"{fault.filename or path} can't be read: {fault.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise CannotStart(f"{path} is not Hasura's metadata: {' '.join(str(fault).split())}") from None
    found = found.get("metadata", found)
    if not isinstance(found, dict) or not found.keys() & {"sources", "tables"}:
        raise CannotStart(f"{path} is not Hasura's metadata: it has neither sources nor tables")
    return _chosen(found, source, path)


def _chosen(found: dict[str, Any], source: str | None, path: Path) -> Metadata:
    left_out = [
        f"{word} {item.get('name') or item.get('url') or ''}".strip()
        for key, word in _LEFT_OUT.items()
        for item in _listed(found.get(key))
    ]
    sources = {str(item.get("name")): item for item in _listed(found.get("sources"))}
    if sources:
        served = {name: item for name, item in sources.items() if item.get("kind", "postgres") in _DATABASES}
        name = source or (next(iter(served)) if len(served) == 1 else "default")
        if name not in served:
            known = ", ".join(served) or "none"
            raise CannotStart(f"{path} has no source {name} of PostgreSQL; choose one with --source ({known})")
        left_out += [f"source {other}" for other in sources if other != name]
        chosen = served[name]
    else:
        chosen = found
    customization = chosen.get("customization") or {}
    left_out += [f"the source's {key}" for key in ("root_fields", "type_names") if customization.get(key)]
    left_out += [f"{word} {_called(item)}" for key, word in _OF_SOURCES.items() for item in _listed(chosen.get(key))]
    return Metadata(
        naming=str(customization.get("naming_convention") or ""),
        tables=_listed(chosen.get("tables")),
        functions=_listed(chosen.get("functions")),
        inherited={
            str(item["role_name"]): [str(role) for role in item.get("role_set", [])]
            for item in _listed(found.get("inherited_roles"))
        },
        queries=_queries(found, left_out),
        limits=found.get("api_limits") or {},
        closed_introspection=list((found.get("graphql_schema_introspection") or {}).get("disabled_for_roles") or []),
        left_out=left_out,
    )


def _called(item: dict[str, Any]) -> str:
    name = item.get("root_field_name") or item.get("name") or item.get("stored_procedure")
    return str(name.get("name") if isinstance(name, dict) else name)


def _queries(found: dict[str, Any], left_out: list[str]) -> dict[str, list[tuple[str, str]]]:
    """The queries of the collections that are on the allow list, by collection."""
    collections = {item["name"]: item for item in _listed(found.get("query_collections"))}
    queries: dict[str, list[tuple[str, str]]] = {}
    for entry in _listed(found.get("allowlist") or found.get("allow_list")):
        name = str(entry.get("collection"))
        items = (collections.get(name, {}).get("definition") or {}).get("queries") or []
        queries[name] = [(str(item["name"]), str(item["query"])) for item in items]
        if (entry.get("scope") or {}).get("global") is False:
            left_out.append(f"the roles that the allow list's collection {name} is for: its queries are allowed to all")
    return queries


def _listed(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):  # (actions.yaml holds a mapping)
        value = value.get("actions")
    return [item for item in value or [] if isinstance(item, dict)]


# --- files ---------------------------------------------------------------------------------------------------------


def _file(path: Path) -> dict[str, Any]:
    text = path.read_bytes()
    found = msgspec.json.decode(text) if text.lstrip()[:1] == b"{" else _Folder(path.parent).read(path)
    if not isinstance(found, dict):
        raise ValueError("it is no mapping")
    return found


def _folder(path: Path) -> dict[str, Any]:
    root = path / "metadata" if (path / "metadata").is_dir() else path
    folder = _Folder(root)
    found: dict[str, Any] = {}
    for name in _FILES:
        file = root / f"{name}.yaml"
        if file.exists():
            found[name] = folder.read(file)
    databases = root / "databases" / "databases.yaml"
    if databases.exists():
        found["sources"] = folder.read(databases)
    return found


class _Folder:
    """Reads YAML with its ``!include``s, none of which leads out of the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def read(self, file: Path, depth: int = 0) -> Any:
        """The value in a file. Raises `OSError`, `ValueError`, `yaml.YAMLError`."""
        if depth > 20 or not file.resolve().is_relative_to(self._root):
            raise ValueError(f"{file} includes what it can't")
        return self._included(yaml.load(file.read_text(encoding="utf-8"), _Loader), file, depth)  # noqa: S506  (a safe one)

    def _included(self, value: Any, file: Path, depth: int) -> Any:
        if isinstance(value, str) and value.startswith(_INCLUDE):
            return self.read(file.parent / value.removeprefix(_INCLUDE).strip(), depth + 1)
        if isinstance(value, list):
            return [self._included(item, file, depth) for item in value]
        if isinstance(value, dict):
            return {str(key): self._included(item, file, depth) for key, item in value.items()}
        return value


class _Loader(yaml.SafeLoader):
    """YAML's safe loader: dates stay text, and the tag ``!include`` is as good as the text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _include(_: yaml.SafeLoader, node: yaml.Node) -> str:
    return _INCLUDE + str(node.value)


_Loader.add_constructor("!include", _include)
