"""One state of what is served: the catalog, the rules, and all that is kept of them, by role and by shape."""

from dataclasses import dataclass, field
from functools import partial

from chassis.bounded import Bounded
from contracts.catalog import Catalog
from contracts.identity import ANONYMOUS_ROLE, Caller

from data_service.access import Allowed
from data_service.execute.shape import PreparedShape
from data_service.operations.python import Python
from data_service.policies import Policies
from data_service.policy_rules import NO_CACHE, CacheRule
from data_service.privileges import Opened, RoleAccess
from data_service.processing.protection import NO_PROTECTIONS, Protections
from data_service.reflect.effects import NO_EFFECTS, Effects
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_roles import Roles
from data_service.role_catalog import limit_catalog
from data_service.streams import StreamShape

_ROLES = 256
_SHAPES = 4096
_STREAMS = 256


@dataclass(frozen=True)
class State:
    """One version of everything that answers depend on. ``cache`` is what of the policies' rule can be kept to.

    In database access mode ``roles`` are those that may act, and ``opened`` says what may be asked of the database.
    """

    catalog: Catalog
    policies: Policies
    mark: str
    effects: Effects = NO_EFFECTS
    cache: CacheRule = NO_CACHE
    python: Python | None = None
    catalogs: Bounded[str, Catalog] = field(default_factory=lambda: Bounded(_ROLES))
    protections: Protections = NO_PROTECTIONS
    shapes: Bounded[tuple[str, bytes], PreparedShape] = field(default_factory=lambda: Bounded(_SHAPES, "shapes"))
    streams: Bounded[tuple[str, bytes], StreamShape] = field(default_factory=lambda: Bounded(_STREAMS))
    roles: Roles | None = None
    opened: Opened | None = None
    access: RoleAccess | None = None
    shown: Bounded[str, Catalog] = field(default_factory=lambda: Bounded(_ROLES))

    @property
    def allowed(self) -> Allowed:
        """Who says what a plan may do."""
        return self.opened or self.policies

    def role_of(self, caller: Caller) -> str:
        """The role that the caller acts in; the configuration names that of callers without a credential.

        Raises `Problem` in database access mode.
        """
        if self.access is not None and self.roles is not None:
            return self.access.role_of(caller, self.roles, self.policies)
        principal = caller.principal
        nobody = principal.role == ANONYMOUS_ROLE and principal.anonymous
        return self.policies.anonymous_role if nobody else principal.role

    def seen_by(self, role: str) -> Catalog:
        """The catalog as a role may see it."""
        found = self.catalogs.get(role)
        if found is None:
            limited = limit_catalog(self.catalog, self.allowed, role, partial(self.protections.returned, role))
            found = self.protections.limited(limited, role)
            self.catalogs.put(role, found)
        return found

    def shown_to(self, role: str) -> Catalog:
        """The catalog as a role is shown it: in database access mode what was granted to it. Raises `Problem`."""
        if self.access is None or self.opened is None:
            return self.seen_by(role)
        found = self.shown.get(role)
        if found is None:
            granted = self.access.granted(role, Exposure(schemas=self.catalog.schemas), self.catalog, self.opened)
            limited = limit_catalog(self.catalog, granted, role, partial(self.protections.returned, role))
            found = self.protections.limited(limited, role)
            self.shown.put(role, found)
        return found
