"""Hasura's metadata and the database's catalog joined into the document of a `trivet.yaml`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.catalog import Catalog, Function, Resource
from contracts.identity import ADMIN_ROLE, BACKEND
from data_service.reflect.options import Computed, Exposure

from trivet_cli.hasura_computed import computed_fields, session_arguments
from trivet_cli.hasura_filters import Filters, Place
from trivet_cli.hasura_metadata import Metadata
from trivet_cli.hasura_names import custom_name, names_in_graphql, names_of_function, place_of, relation_names
from trivet_cli.hasura_permissions import Rules, read_permissions, with_backend

Reflect = Callable[[Exposure], Catalog]
_LIMITS = {"depth_limit": "depth", "node_limit": "nodes", "time_limit": "seconds", "batch_limit": "batch"}
_OF_TABLES = {
    "event_triggers": "event trigger", "remote_relationships": "remote relationship",
}  # fmt: skip


@dataclass
class Imported:
    """The document, the catalog under its names, what was left out of it, and what one has to know."""

    document: dict[str, Any]
    catalog: Catalog
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def translate(metadata: Metadata, reflect: Reflect, unauthorized: str | None) -> Imported:
    """The configuration that says what the metadata says. Raises `ExposureError`, and what ``reflect`` does."""
    return _Translation(metadata, reflect).imported(unauthorized)


class _Translation:
    """One metadata on its way."""

    def __init__(self, metadata: Metadata, reflect: Reflect) -> None:
        self._metadata = metadata
        self._left_out: list[str] = []
        self._remarks: list[str] = []
        self._entries = {place_of(entry["table"]): entry for entry in metadata.tables}
        names = {place: name for place, entry in self._entries.items() if (name := custom_name(entry))}
        schemas = tuple(dict.fromkeys(["public", *(schema for schema, _ in self._entries)]))
        plain = reflect(Exposure(schemas=schemas, resource_names=names))
        self._renamed = self._relations(plain)
        renamed = {(name, old): new for name, pairs in self._renamed.items() for old, new in pairs.items()}
        self._computed = {
            (resource.name, _prefixed(field.place, schemas)): field
            for place, entry in self._entries.items()
            if (resource := plain.by_table.get(place)) is not None
            for field in computed_fields(entry)
        }
        self._sessions = {_prefixed(place, schemas): name for place, name in session_arguments(metadata)}
        tracked = {_prefixed(place_of(entry["function"]), schemas) for entry in metadata.functions}
        self._catalog = reflect(
            Exposure(
                schemas,
                names,
                renamed,
                frozenset(tracked | {function for _, function in self._computed}),
                {key: field.computed for key, field in self._computed.items()},
                self._sessions,
            )
        )
        self._definers = self._catalog.callable_names - plain.callable_names
        self._schemas = schemas
        self._filters = Filters(self._catalog, lambda table: self._served(place_of(table)))

    def imported(self, unauthorized: str | None) -> Imported:
        """All of it."""
        resources, computed = self._resources()
        document: dict[str, Any] = {"version": 1}
        if len(self._schemas) > 1:
            document["schemas"] = list(self._schemas)
        if unauthorized:
            document["anonymous_role"] = unauthorized
        if self._metadata.inherited:
            document["inherited_roles"] = dict(self._metadata.inherited)
        document["graphql"] = self._limits()
        document["resources"] = resources
        functions = dict(self._functions(resources, computed))
        if functions:
            document["functions"] = functions
        self._remarks.append("limits only report (graphql: report_only) until that line is taken out")
        return Imported(document, self._catalog, self._left_out, self._remarks)

    def _relations(self, plain: Catalog) -> dict[str, dict[str, str]]:
        """New names of relations by resource and default name."""
        found: dict[str, dict[str, str]] = {}
        for place, entry in self._entries.items():
            resource = plain.by_table.get(place)
            if resource is not None and (names := relation_names(entry, resource, plain, self._left_out)):
                found[resource.name] = names
        return found

    def _served(self, place: Place) -> Resource | None:
        return self._catalog.by_table.get(place)

    def _resources(self) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str, str]]]:
        resources: dict[str, dict[str, Any]] = {}
        backend: dict[str, Rules] = {}
        computed: list[tuple[str, str, str]] = []
        for place, entry in self._entries.items():
            resource = self._served(place)
            if resource is None:
                self._left_out.append(f"the table {'.'.join(place)}: the database does not have it")
                continue
            made: dict[str, Any] = {"table": ".".join(place)} if custom_name(entry) else {}
            if resource.name in self._renamed:
                made["relations"] = self._renamed[resource.name]
            if names := names_in_graphql(entry, resource):
                made["graphql"] = names
            permissions = read_permissions(entry, resource, self._filters, self._left_out.append)
            if permissions.open:
                made["permissions"] = permissions.open
            if permissions.backend:
                backend[resource.name] = permissions.backend
            computed += [(resource.name, role, name) for role, name in permissions.computed]
            if fields := self._fields(resource):
                made["computed_fields"] = fields
            self._left_out += self._details(entry, resource)
            resources[resource.name] = made
        for role in with_backend(resources, backend):
            self._remarks.append(
                f"what was backend_only is open to the role {role}, which may do what {role.removesuffix(BACKEND)} "
                "may: the admin secret acts in it with X-Hasura-Use-Backend-Only-Permissions; better give servers a key"
            )
        return {name: entry for name, entry in resources.items() if entry}, computed

    def _fields(self, resource: Resource) -> dict[str, Any]:
        """The computed fields of a resource, as far as they are not those that their functions' own names give."""
        made = {(one.function, one.name) for one in resource.row_functions}
        found: dict[str, Any] = {}
        for (owner, function), one in self._computed.items():
            if owner != resource.name:
                continue
            if (function, one.computed.name) not in made:
                shown = ".".join(one.place)
                self._left_out.append(f"the computed field {resource.name}.{one.computed.name}, which {shown} makes")
            elif one.computed != Computed(one.place[1]):
                found[one.computed.name] = one.written(function)
        return found

    def _details(self, entry: dict[str, Any], resource: Resource) -> Iterator[str]:
        """What of a table's entry is not carried over."""
        for key, word in _OF_TABLES.items():
            yield from (f"the {word} {item.get('name')} of {resource.name}" for item in entry.get(key) or [])
        if (entry.get("apollo_federation_config") or {}).get("enable"):
            yield f"Apollo Federation's keys of {resource.name}"

    # --- functions -------------------------------------------------------------------------------------------------

    def _functions(
        self, resources: dict[str, dict[str, Any]], computed: list[tuple[str, str, str]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        made: dict[str, dict[str, Any]] = {
            name: {"session_argument": argument}
            for name, argument in self._sessions.items()
            if name in self._catalog.callable_names
        }
        for _, name in self._computed:
            if name in self._definers:
                made.setdefault(name, {})["security_definer"] = True
        for name, role in self._callers_of_fields(resources, computed):
            made.setdefault(name, {}).setdefault("permissions", {})[role] = {}
        for entry in self._metadata.functions:
            place = place_of(entry["function"])
            known = [one for one in self._catalog.functions if (one.schema, one.function) == place]
            if not known:
                self._left_out.append(f"the function {'.'.join(place)}: it can't be called here")
                continue
            function = known[0]
            roles = list(self._callers(entry, function, resources))
            rule = made.setdefault(function.name, {})
            if names := names_of_function(entry, function):
                rule["graphql"] = names
            if function.name in self._definers:
                rule["security_definer"] = True
            if roles:
                rule.setdefault("permissions", {}).update({role: {} for role in roles})
            argument = (entry.get("configuration") or {}).get("session_argument")
            if argument and function.session is None:
                self._left_out.append(f"the session argument {argument} of {function.name}: clients must give it")
        yield from ((name, rule) for name, rule in made.items() if rule)

    def _callers_of_fields(
        self, resources: dict[str, dict[str, Any]], computed: list[tuple[str, str, str]]
    ) -> Iterator[tuple[str, str]]:
        """Functions over rows with the roles that may have what they make, as Hasura has it.

        That is a value where the role's permission names it, and rows where it may select both tables.
        """
        listed = {(owner, name, role) for owner, role, name in computed}
        for (owner, function), one in self._computed.items():
            resource = self._catalog.by_name[owner]
            own = next((made for made in resource.row_functions if made.name == one.computed.name), None)
            if own is None:
                continue
            readers = _readers(resources, owner)
            if own.relation is not None:
                others = _readers(resources, own.relation.target)
                yield from ((function, role) for role in readers if role in others)
            else:
                yield from ((function, role) for role in readers if (owner, own.name, role) in listed)

    def _callers(
        self, entry: dict[str, Any], function: Function, resources: dict[str, dict[str, Any]]
    ) -> Iterator[str]:
        """The roles that may call a function: those written; as Hasura infers, all that may select what it reads."""
        written = [str(item["role"]) for item in entry.get("permissions") or []]
        exposed = (entry.get("configuration") or {}).get("exposed_as", "query" if function.reads_only else "mutation")
        readers = _readers(resources, function.returns.resource or "")
        allowed = readers if exposed == "query" and not written else [role for role in written if role in readers]
        servers = [role + BACKEND for role in allowed if role + BACKEND in readers]
        yield from (role for role in dict.fromkeys((*allowed, *servers)) if role != ADMIN_ROLE)
        for role in written:
            if role not in readers and role != ADMIN_ROLE:
                self._left_out.append(f"{function.name} for {role}: it may not select the rows that it gives")

    # --- limits ----------------------------------------------------------------------------------------------------

    def _limits(self) -> dict[str, Any]:
        everybody: dict[str, Any] = {}
        roles: dict[str, dict[str, Any]] = {}
        given = {} if self._metadata.limits.get("disabled") else self._metadata.limits
        for key, name in _LIMITS.items():
            limit = given.get(key) or {}
            if isinstance(limit.get("global"), int | float):
                everybody[name] = limit["global"]
            for role, value in (limit.get("per_role") or {}).items():
                if isinstance(value, int | float):
                    roles.setdefault(str(role), {})[name] = value
        if given.get("rate_limit"):
            self._left_out.append("the rate limit: nginx limits requests (TRIVET's settings of rates)")
        for role in self._metadata.closed_introspection:
            roles.setdefault(str(role), {})["introspection"] = False
        made: dict[str, Any] = {"report_only": True}
        if self._metadata.naming:
            made["naming"] = self._metadata.naming
        if everybody:
            made["limits"] = everybody
        if roles:
            made["roles"] = roles
        return made


def _readers(resources: dict[str, dict[str, Any]], name: str) -> list[str]:
    """The roles that may select rows of a resource."""
    permissions = resources.get(name, {}).get("permissions", {})
    return [role for role, rules in permissions.items() if "select" in rules]


def _prefixed(place: Place, schemas: tuple[str, ...]) -> str:
    """The name of a function as it is exposed (`data_service.reflect.naming`)."""
    return place[1] if place[0] == schemas[0] else "_".join(place)
