"""Database access mode: the database's own roles, grants and row-level security decide, as PostgREST's users have them.

The planner then knows everything that is exposed, and the database refuses; what a role is shown (documents, schemas,
WSDLs) is what was granted to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE, NO_AROUND, Caller, narrowed, unnarrowed
from contracts.problems import Problem

from data_service.execute.acting import Actor
from data_service.execute.acting_database import ActingDatabase
from data_service.execute.postgres import PostgresDatabase
from data_service.policy_rules import (
    NOTHING,
    NOTHING_OPEN,
    CallRule,
    DeleteRule,
    InsertRule,
    Policies,
    Rules,
    SelectRule,
    UpdateRule,
)
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_roles import Grants, Roles, TableGrants

_encode = msgspec.json.Encoder(decimal_format="number").encode
OUTSIDE_CLAIMS = "outside_claims"  # of a token of ours: the claims of the one that it was given for


@dataclass(frozen=True)
class RoleAccess:
    """How requests run as roles of ``database``.

    ``pre_request`` is the statement that comes first, ``search_path`` are the schemas after the request's own, ``told``
    are settings of the application's. ``aggregates``: they may be asked for.
    """

    database: PostgresDatabase
    pre_request: str = ""
    search_path: Sequence[str] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    aggregates: bool = True

    def opened(self, policies: Policies, catalog: Catalog) -> "Opened":
        """What may be asked of the database."""
        return Opened(policies, catalog, aggregates=self.aggregates)

    def role_of(self, caller: Caller, roles: Roles, policies: Policies) -> str:
        """The database role that a caller acts in. Raises `Problem` PGRST302, 22023, 42501."""
        name, scope = unnarrowed(caller.principal.role)
        if name == ANONYMOUS_ROLE:
            name = policies.anonymous_role
            if name == ANONYMOUS_ROLE and name not in roles.settings:
                raise Problem("PGRST302", "Anonymous access is disabled", headers={"WWW-Authenticate": "Bearer"})
        if name not in roles.settings:
            if name in roles.others:
                raise Problem("42501", f'permission denied to set role "{name}"')
            raise Problem("22023", f'role "{name}" does not exist', status=401)
        return narrowed(name, None if scope is None else tuple(scope))

    def acting(
        self,
        caller: Caller,
        role: str,
        roles: Roles,
        catalog: Catalog,
        schema: str | None,
        *,
        settings: Mapping[str, str] | None = None,
    ) -> ActingDatabase:
        """The database as a caller acts on it, in a role that `role_of` gave; ``schema`` is the one asked for.

        ``settings`` count more than the role's own.
        """
        name, _ = unnarrowed(role)
        around = caller.around or NO_AROUND
        claims = caller.principal.claims
        path = dict.fromkeys([schema or (catalog.schemas[0] if catalog.schemas else "public"), *self.search_path])
        told = {
            "search_path": ", ".join(quoted(one) for one in path),
            "request.jwt.claims": _encode({**claims.get(OUTSIDE_CLAIMS, claims), "role": name}).decode(),
            "request.method": around.method,
            "request.path": around.path,
            "request.headers": _encode(around.headers).decode(),
            "request.cookies": _encode(around.cookies).decode(),
            **self.told,
        }
        own = roles.settings[name] if settings is None else {**roles.settings[name], **settings}
        return ActingDatabase(self.database, Actor(name, told, own, self.pre_request))

    def granted(self, role: str, exposure: Exposure, catalog: Catalog, opened: "Opened") -> "Granted":
        """What a role may do with what is served. Raises `Problem`."""
        return Granted(self.database.grants(exposure, unnarrowed(role)[0]), catalog, opened)


class Opened:
    """`data_service.access.Allowed` for plans: all that is exposed, within the scope of a credential.

    Operations of the project and of remote sources are not the database's to grant: a line of the configuration opens
    them, as in the other mode.
    """

    def __init__(self, policies: Policies, catalog: Catalog, *, aggregates: bool) -> None:
        self._policies = policies
        self.aggregates = aggregates
        self.documents = policies.documents
        self.graphql = policies.graphql
        self._foreign = {function.name for function in catalog.functions if function.source != "database"}

    def rules(self, role: str, resource_name: str) -> Rules:
        """What may be asked of the database."""
        found = NOTHING_OPEN.rules(_unbound(role), resource_name)
        return found if self.aggregates or found.select is None else replace(found, select=SelectRule(None))

    def call(self, role: str, function: str) -> CallRule | None:
        """How a function may be called."""
        if function in self._foreign:
            return self._policies.call(role, function)
        return NOTHING_OPEN.call(_unbound(role), function)


class Granted:
    """`data_service.access.Allowed` for what a role is shown: of what is opened that which was granted to it."""

    def __init__(self, grants: Grants, catalog: Catalog, opened: Opened) -> None:
        tables = {(row.schema, row.table): _rules(row) for row in grants.tables}
        self._opened = opened
        self.documents = opened.documents
        self.graphql = opened.graphql
        self._rules = {r.name: tables.get((r.schema, r.table), NOTHING) for r in catalog.resources}
        self._calls = {
            one.name
            for one in catalog.functions
            if one.source != "database" or (one.schema, one.function) in grants.functions
        } | {one.name for one in catalog.handlers if (one.schema, one.function) in grants.functions}
        over_rows = (one for resource in catalog.resources for one in resource.row_functions)
        self._calls |= {one.function for one in over_rows if one.place in grants.functions}

    def rules(self, role: str, resource_name: str) -> Rules:
        """What the role may do with a resource."""
        opened = self._opened.rules(role, resource_name)
        found = self._rules.get(resource_name, NOTHING)
        return Rules(
            select=replace(found.select, aggregations=opened.select.aggregations)
            if found.select and opened.select
            else None,
            insert=found.insert if opened.insert else None,
            update=found.update if opened.update else None,
            delete=found.delete if opened.delete else None,
        )

    def call(self, role: str, function: str) -> CallRule | None:
        """How the role may call a function."""
        return self._opened.call(role, function) if function in self._calls else None


def _unbound(role: str) -> str:
    """The role that may do everything, within the scope of this one."""
    scope = unnarrowed(role)[1]
    return narrowed(ADMIN_ROLE, None if scope is None else tuple(scope))


def pre_request_of(name: str) -> str:
    """The statement that calls a function, named with its schema or without; empty where there is none."""
    return f"select {'.'.join(quoted(part) for part in name.split('.', 1))}()" if name else ""


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _rules(row: TableGrants) -> Rules:
    return Rules(
        select=SelectRule(frozenset(row.select), aggregations=True) if row.select else None,
        insert=InsertRule(frozenset(row.insert)) if row.insert else None,
        update=UpdateRule(frozenset(row.update)) if row.update else None,
        delete=DeleteRule() if row.delete else None,
    )
