"""The configuration's document read into rules; with a catalog at hand its names and values are checked as well."""

from collections.abc import Mapping
from decimal import Decimal

from contracts.catalog import Catalog, Resource
from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE

from data_service.policy_bounds import read_bounds
from data_service.policy_computed import read_computed
from data_service.policy_document import Faults, Node, mapping, name, names, suggestion
from data_service.policy_filters import FilterReader
from data_service.policy_functions import read_functions
from data_service.policy_inherited import read_inherited, with_inherited
from data_service.policy_names import read_naming
from data_service.policy_permissions import PermissionReader
from data_service.policy_rules import CacheRule, Document, Policies, Rules
from data_service.policy_services import read_services
from data_service.processing.enrichment import check_enrichment
from data_service.processing.reading import KEYS as PROCESSING_KEYS
from data_service.processing.reading import read_rules
from data_service.processing.rules import NO_PROCESSING, Processing, ResourceRules
from data_service.processing.sources import parse_sources

VERSION = 1
_TOP = (
    "version", "schemas", "anonymous_role", "resources", "functions", "row_security", "cache", "sources", "graphql",
    "soap", "inherited_roles",
)  # fmt: skip
Resources = Mapping[str, tuple[Node, Mapping[str, Node]]]
_NO_SCHEMA = ("public", "main")  # where a table's schema is not written: PostgreSQL's usual one, SQLite's only one


def read_policies(document: Document, version: str, faults: Faults, catalog: Catalog | None) -> Policies:
    """The policies of a document; what is wrong goes to ``faults``, and is left out."""
    return _Reader(faults, catalog).policies(document, version)


def read_processing(document: Document, faults: Faults, catalog: Catalog) -> Processing:
    """The rules of data processing in a document, held against a catalog; what is wrong goes to ``faults``."""
    return _Reader(faults, catalog).processing(document)


class _Reader:
    """One pass over a document, with or without a catalog."""

    def __init__(self, faults: Faults, catalog: Catalog | None) -> None:
        self._faults = faults
        self._catalog = catalog
        self._filters = FilterReader(faults, catalog)

    # --- the whole file --------------------------------------------------------------------------------------------

    def policies(self, document: Document, version: str) -> Policies:
        top = mapping(document.root, self._faults, "the file", _TOP)
        self._version(top.get("version"))
        schemas = self._schemas(top.get("schemas"))
        resources = self._resources(top)
        tables = self._tables(resources, schemas)
        processing = self._processing(resources, tables)
        sources = parse_sources(top.get("sources"), self._faults)
        check_enrichment(processing, sources, self._faults)
        inherited = read_inherited(top.get("inherited_roles"), self._faults)
        permissions = with_inherited(self._permissions(resources, tables), inherited)
        return Policies(
            version=version,
            anonymous_role=self._anonymous(top.get("anonymous_role")),
            schemas=schemas,
            resource_names=tables,
            relation_names=self._relations(resources),
            computed=read_computed(resources, self._faults, self._catalog),
            acknowledged=self._acknowledged(top.get("row_security")),
            cache=self._cache(top.get("cache")),
            permissions=permissions,
            functions=read_functions(top.get("functions"), self._faults, self._catalog, permissions),
            processing=processing,
            sources=sources,
            services=read_services(top.get("soap"), self._faults, self._catalog),
            inherited=inherited,
            documents=read_bounds(top.get("graphql"), self._faults),
            graphql=read_naming(top.get("graphql"), resources, _named(top), self._faults, self._catalog),
            document=document,
        )

    def processing(self, document: Document) -> Processing:
        top = mapping(document.root, Faults(""), "the file", _TOP)
        quiet = _Reader(Faults(""), self._catalog)  # the rest of the file was read before
        resources = quiet._resources(top)
        return self._processing(resources, quiet._tables(resources, quiet._schemas(top.get("schemas"))))

    def _resources(self, top: Mapping[str, Node]) -> Resources:
        given = mapping(top["resources"], self._faults, "resources") if "resources" in top else {}
        keys = ("table", "relations", "permissions", "graphql", "computed_fields", *PROCESSING_KEYS)
        return {key: (node, mapping(node, self._faults, key, keys)) for key, node in given.items()}

    def _version(self, node: Node | None) -> None:
        if node is None:
            self._faults.add(1, "version is missing; write `version: 1`")
        elif node.value != VERSION:
            self._faults.add(node.line, f"version must be 1, not {node.kind}")

    def _schemas(self, node: Node | None) -> tuple[str, ...]:
        found = names(node, self._faults, "schemas") if node is not None else ()
        for item in found:
            if self._catalog is not None and item.value not in self._catalog.schemas:
                near = suggestion(item.value, self._catalog.schemas)
                self._faults.add(item.line, f"the database has no schema {item.value}{near}")
        return tuple(item.value for item in found)

    def _anonymous(self, node: Node | None) -> str:
        role = name(node, self._faults, "anonymous_role") if node is not None else None
        if node is not None and role == ADMIN_ROLE:
            self._faults.add(node.line, "anonymous_role can't be admin: everybody might do everything")
        return role or ANONYMOUS_ROLE

    def _acknowledged(self, node: Node | None) -> frozenset[str]:
        keys = mapping(node, self._faults, "row_security", ("acknowledge",)) if node is not None else {}
        if "acknowledge" not in keys:
            return frozenset()
        tables = names(keys["acknowledge"], self._faults, "acknowledge")
        for item in tables:
            if "." not in item.value:
                self._faults.add(item.line, f"acknowledge takes tables as schema.table, not {item.kind}")
            elif self._catalog is not None:
                self._known_table(item)
        return frozenset(item.value for item in tables)

    def _cache(self, node: Node | None) -> CacheRule:
        keys = mapping(node, self._faults, "cache", ("only_writer", "max_age")) if node is not None else {}
        only, age = keys.get("only_writer"), keys.get("max_age")
        if only is not None and not isinstance(only.value, bool):
            self._faults.add(only.line, f"only_writer must be true or false, not {only.kind}")
        seconds = None
        if age is not None:
            number = isinstance(age.value, int | Decimal) and not isinstance(age.value, bool)
            if number and age.value > 0:
                seconds = float(age.value)
            else:
                self._faults.add(age.line, f"max_age must be a number of seconds above 0, not {age.kind}")
        return CacheRule(only is not None and only.value is True, seconds)

    def _known_table(self, node: Node) -> None:
        if self._catalog is None:
            return
        known = [f"{schema}.{table}" for schema, table in self._catalog.by_table]
        if node.value not in known:
            self._faults.add(node.line, f"there is no table {node.value}{suggestion(node.value, known)}")

    # --- names -----------------------------------------------------------------------------------------------------

    def _tables(self, resources: Resources, schemas: tuple[str, ...]) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for key, (_, keys) in resources.items():
            if "table" not in keys:
                continue
            for table in self._table(keys["table"], schemas):
                if table in found:
                    self._faults.add(keys["table"].line, f"{'.'.join(table)} is named {found[table]} already")
                found[table] = key
        return found

    def _table(self, node: Node, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
        """The tables that a name may mean, as (schema, table): one, or one in each schema that goes without saying."""
        if isinstance(node.value, Mapping):
            keys = mapping(node, self._faults, "table", ("schema", "name"))
            parts = [name(keys[part], self._faults, part) for part in ("schema", "name") if part in keys]
            if len(parts) == 2 and None not in parts:
                return [(str(parts[0]), str(parts[1]))]
            self._faults.add(node.line, "table needs schema and name")
            return []
        text = name(node, self._faults, "table")
        if text is None:
            return []
        schema, dot, table = text.partition(".")
        if dot:
            return [(schema, table)]
        return [(schema, text) for schema in (schemas[:1] or _NO_SCHEMA)]

    def _relations(self, resources: Resources) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for key, (_, keys) in resources.items():
            renamed = mapping(keys["relations"], self._faults, "relations") if "relations" in keys else {}
            for old, node in renamed.items():
                new = name(node, self._faults, f"the new name of {old}")
                if new is None:
                    continue
                if new in [other for (own, _), other in found.items() if own == key]:
                    self._faults.add(node.line, f"{key} has two relations named {new}")
                self._known_relation(key, old, new, node.line)
                found[key, old] = new
        return found

    def _known_relation(self, key: str, old: str, new: str, line: int) -> None:
        resource = self._catalog.by_name.get(key) if self._catalog is not None else None
        if resource is not None and new not in resource.relations_by_name:
            self._faults.add(line, f"{key} has no relation {old}{suggestion(old, resource.relations_by_name)}")

    # --- permissions -----------------------------------------------------------------------------------------------

    def _permissions(self, resources: Resources, tables: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], Rules]:
        found: dict[tuple[str, str], Rules] = {}
        for key, (node, keys) in resources.items():
            resource = self._resource(key, node.line, keys, tables)
            if "permissions" not in keys or (self._catalog is not None and resource is None):
                continue
            for role, rules in mapping(keys["permissions"], self._faults, "permissions").items():
                if role == ADMIN_ROLE:
                    self._faults.add(rules.line, "admin may do everything already; leave it out")
                found[role, key] = PermissionReader(self._faults, self._filters, resource).read(rules, role)
        return found

    def _resource(
        self, key: str, line: int, keys: Mapping[str, Node], tables: Mapping[tuple[str, str], str]
    ) -> Resource | None:
        if self._catalog is None:
            return None
        found = self._catalog.by_name.get(key)
        if "table" in keys and (found is None or tables.get((found.schema, found.table)) != key):
            self._no_table(keys["table"], self._catalog)
            return None
        if found is None:
            self._faults.add(line, f"there is no resource {key}{suggestion(key, self._catalog.by_name)}")
        return found

    def _no_table(self, node: Node, catalog: Catalog) -> None:
        table = node.plain()
        shown = ".".join(map(str, table.values())) if isinstance(table, dict) else str(table)
        known = [f"{schema}.{name}" if "." in shown else name for schema, name in catalog.by_table]
        self._faults.add(node.line, f"there is no table {shown}{suggestion(shown, known)}")

    # --- data processing -------------------------------------------------------------------------------------------

    def _processing(self, resources: Resources, tables: Mapping[tuple[str, str], str]) -> Processing:
        found: dict[str, ResourceRules] = {}
        for key, (node, keys) in resources.items():
            if keys.keys().isdisjoint(PROCESSING_KEYS):
                continue
            resource = self._resource(key, node.line, keys, tables)
            if self._catalog is None or resource is not None:
                found[key] = read_rules(key, keys, self._faults, self._catalog, resource)
        return Processing(found) if found else NO_PROCESSING


def _named(top: Mapping[str, Node]) -> dict[str, Node]:
    """What is said of functions in GraphQL; what else is wrong with them is told elsewhere."""
    given = top["functions"].value if "functions" in top else {}
    several = given.items() if isinstance(given, Mapping) else ()
    return {
        key: node.value["graphql"]
        for key, node in several
        if isinstance(node.value, Mapping) and "graphql" in node.value
    }
