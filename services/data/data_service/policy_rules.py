"""Rules: what a role may do with a resource, and all of a configuration as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from contracts.catalog import Way
from contracts.filters import Claim, Filter, Literally
from contracts.graphql import GraphqlNaming
from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE, BACKEND, READ_ONLY, unnarrowed

from data_service.policy_bounds import NO_BOUNDS, DocumentRules
from data_service.policy_document import Node
from data_service.processing.rules import NO_PROCESSING, Processing
from data_service.processing.sources import SourceRule
from data_service.reflect.options import Computed

Presets = Mapping[str, Literally | Claim]
K = TypeVar("K")
V = TypeVar("V")


def _empty() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SelectPart:
    """What one role of several that are joined may read: ``columns`` (None: all) of the rows of ``filter``."""

    columns: frozenset[str] | None
    filter: Filter | None


@dataclass(frozen=True, slots=True)
class SelectRule:
    """What may be read: ``columns`` (None: all) of the rows of ``filter`` (None: all), ``limit`` at once.

    With ``parts`` a column is seen in the rows of those parts that have it, and is null in the others. ``ways`` are
    those in which rows may be asked for other than over relations (None: all).
    """

    columns: frozenset[str] | None
    filter: Filter | None = None
    limit: int | None = None
    aggregations: bool = False
    parts: tuple[SelectPart, ...] = ()
    ways: tuple[Way, ...] | None = None


@dataclass(frozen=True, slots=True)
class InsertRule:
    """What may be created: rows of these ``columns`` for which ``check`` holds, ``presets`` set for everybody."""

    columns: frozenset[str] | None
    check: Filter | None = None
    presets: Presets = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """What may be changed: these ``columns`` of the rows of ``filter``, for which ``check`` must hold afterwards."""

    columns: frozenset[str] | None
    filter: Filter | None = None
    check: Filter | None = None
    presets: Presets = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Which rows may be deleted: those of ``filter`` (None: all)."""

    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What one role may do with one resource; None where it may not."""

    select: SelectRule | None = None
    insert: InsertRule | None = None
    update: UpdateRule | None = None
    delete: DeleteRule | None = None


NOTHING = Rules()
EVERYTHING = Rules(SelectRule(None, aggregations=True), InsertRule(None), UpdateRule(None), DeleteRule())


@dataclass(frozen=True, slots=True)
class CallRule:
    """A function that may be called.

    ``returned``: what it gives may be seen as it is, with all rows and fields; else of a resource's rows those that
    may be selected.
    """

    returned: bool = False


MAY_CALL = CallRule()
SCOPED = "rpc/"  # what precedes a function among the resources that a credential is limited to


@dataclass(frozen=True, slots=True)
class Functions:
    """``calls`` by role and function; ``definers`` are the functions that may run with their owner's rights.

    ``sessions`` names the argument that gets the session, by function.
    """

    calls: Mapping[tuple[str, str], CallRule] = field(default_factory=_empty)
    definers: frozenset[str] = frozenset()
    sessions: Mapping[str, str] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class CacheRule:
    """When facades may give an answer again.

    ``only_writer``: nobody but this Trivet, on this host, writes to the database, so that answers are kept as long as
    they are true. ``max_age``: the seconds for which the others may be kept, None: not at all.
    """

    only_writer: bool = False
    max_age: float | None = None


NO_CACHE = CacheRule()


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """What a SOAP service promises: these resources as ``role`` sees them, in a namespace and version of its own.

    ``public``: its WSDL may be read without a login.
    """

    resources: tuple[str, ...]
    namespace: str
    version: str
    role: str = ADMIN_ROLE
    public: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The file that policies were read from, kept to name lines when they are held against a catalog."""

    file: str
    root: Node


@dataclass(frozen=True, slots=True)
class Policies:
    """A configuration. All resource and relation names in it are the exposed ones.

    ``resource_names``: exposed names by (schema, table). ``relation_names``: names by (exposed resource, the
    relation's default name). ``computed``: fields that functions make, by (exposed resource, exposed function).
    ``acknowledged``: tables (``schema.table``) that are served although our login bypasses
    their row-level security. ``cache``: which answers may be kept. ``processing``: the rules
    that change rows on their way. ``sources``: what remote ones may be called, by name. ``services``: the SOAP services
    that are promised, by name. ``documents``: what one GraphQL document may ask at most. ``graphql``: its
    names. ``version`` changes with the file's text.
    """

    version: str = ""
    anonymous_role: str = ANONYMOUS_ROLE
    schemas: tuple[str, ...] = ()
    resource_names: Mapping[tuple[str, str], str] = field(default_factory=_empty)
    relation_names: Mapping[tuple[str, str], str] = field(default_factory=_empty)
    computed: Mapping[tuple[str, str], Computed] = field(default_factory=_empty)
    acknowledged: frozenset[str] = frozenset()
    cache: CacheRule = NO_CACHE
    permissions: Mapping[tuple[str, str], Rules] = field(default_factory=_empty)
    functions: Functions = Functions()
    processing: Processing = NO_PROCESSING
    sources: Mapping[str, SourceRule] = field(default_factory=_empty)
    services: Mapping[str, ServiceRule] = field(default_factory=_empty)
    documents: DocumentRules = NO_BOUNDS
    graphql: GraphqlNaming | None = None
    inherited: Mapping[str, tuple[str, ...]] = field(default_factory=_empty)
    document: Document | None = field(default=None, repr=False, compare=False)
    named: frozenset[str] = field(default=frozenset(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", frozenset(self.roles()))

    def rules(self, role: str, resource_name: str) -> Rules:
        """What a role may do with a resource: ``admin`` everything, a role or resource that is not named nothing.

        A narrowed role (`contracts.identity.narrowed`) may do what the plain one may, with the resources it names.
        """
        name, scope = unnarrowed(role)
        found = EVERYTHING if name == ADMIN_ROLE else self.permissions.get((self._known(name), resource_name), NOTHING)
        if scope is None or resource_name in scope:
            return found
        return Rules(select=found.select) if resource_name + READ_ONLY in scope else NOTHING

    def call(self, role: str, function: str) -> CallRule | None:
        """How a role may call a function, None where it may not: ``admin`` may, others by a written line.

        A narrowed role needs the function among its resources, as ``rpc/name``.
        """
        name, scope = unnarrowed(role)
        if scope is not None and SCOPED + function not in scope:
            return None
        if name == ADMIN_ROLE:
            return MAY_CALL
        calls, name = self.functions.calls, self._known(name)
        found = [call for one in (name, *self.inherited.get(name, ())) if (call := calls.get((one, function)))]
        return next((call for call in found if call.returned), found[0]) if found else None

    def _known(self, name: str) -> str:
        """The role itself; of one for servers that has no lines of its own, that of their users."""
        return name if name in self.named or name in self.inherited else name.removesuffix(BACKEND)

    def roles(self) -> tuple[str, ...]:
        """The roles that the file names, in its order."""
        return tuple(dict.fromkeys(role for role, _ in (*self.permissions, *self.functions.calls)))


NOTHING_OPEN = Policies()
