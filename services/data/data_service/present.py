"""What is served now: catalog and configuration, read again when either has changed, the last good ones until then."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
from chassis.bounded import Bounded
from contracts.catalog import Catalog, Relation
from contracts.identity import ANONYMOUS_ROLE, Caller
from contracts.problems import Problem

from data_service import policies as configuration
from data_service.access import Allowed
from data_service.enum_tables import read_enum_tables, with_enums
from data_service.execute.database import Database
from data_service.execute.shape import PreparedShape
from data_service.operations.project import Project, with_functions, with_roles
from data_service.operations.python import Python
from data_service.policies import Policies
from data_service.policy_rules import NO_CACHE, CacheRule
from data_service.privileges import Opened, RoleAccess
from data_service.processing.keyring import KeyringError
from data_service.processing.made_fields import with_made_fields
from data_service.processing.misfits import Asked, misfits
from data_service.processing.protection import NO_PROTECTIONS, Protections, needs_keys, protections_of, wanted
from data_service.processing.remote_sources import with_remote, with_undescribed
from data_service.processing.setting import NO_MEANS, Means
from data_service.reflect.effects import NO_EFFECTS, Effects
from data_service.reflect.lineage import NO_LINEAGE, Lineage
from data_service.reflect.options import Exposure, ExposureError
from data_service.reflect.postgres_roles import Roles
from data_service.role_catalog import limit_catalog
from data_service.streams import StreamShape
from data_service.versioning import Versioning

log = logging.getLogger("trivet.engine")

_ROLES = 256
_SHAPES = 4096
_STREAMS = 256
_SOON = 1.0  # seconds until the next look where the last one failed
_FIRST = 3.0  # seconds that a request waits for the first look to be over
_FAULTS = (Problem, configuration.ConfigurationError, ExposureError, OSError)


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


class Present:
    """Keeps the present state. ``salt`` stands for whatever else changes an answer; ``announce`` gets new versions.

    ``remote`` has the configuration's sources open.

    With ``versioning`` it counts as written to whenever it becomes another, or the database says that it may have
    changed. ``functions`` are those that can compute fields where there is no
    ``project``, which is the folder of the project's own Python.
    """

    def __init__(
        self,
        database: Database,
        config: Path | None,
        salt: str,
        announce: Callable[[str], None],
        versioning: Versioning | None = None,
        *,
        means: Means = NO_MEANS,
        project: Project | None = None,
        access: RoleAccess | None = None,
    ) -> None:
        self._access = access
        self._means = means
        self._database = database
        self._asked = Asked(database.dialect, database.refusal, means.computers.functions)
        self._project = project
        self._versioning = versioning
        self._config = config
        self._salt = salt
        self._announce = announce
        self.state: State | None = None  # the present one; none before the first catalog
        self._reading = threading.Lock()
        self._looked = float("-inf")  # when the last look began
        self._failed = False
        self._first = threading.Event()
        self._over = threading.Event()

    @property
    def overdue(self) -> bool:
        """True where the last look failed, so that what is served may be older than the database."""
        return self._failed

    def require(self, patience: float = _FIRST) -> State:
        """The present state, waited for a moment. Raises `Problem` PGRST002."""
        if self.state is None:
            self._first.wait(max(min(patience, _FIRST), 0.0))
        if self.state is None:
            raise too_early()
        return self.state

    def refresh(self, *, force: bool = False) -> bool:
        """Read database and configuration again where they have changed; True where something new is served.

        The last good state serves on where reading fails. Raises `Problem` where there is none yet.
        """
        with self._reading:
            return self._look(force)

    def renewed(self, state: State) -> bool:
        """Whether something newer than ``state`` is served, after a look that began no earlier than now.

        Many may ask at once: one looks, and the others wait for what it finds.
        """
        since = time.monotonic()
        with self._reading:
            if self.state is state and self._looked < since:
                self._look(force=False)
            return self.state is not state

    def watch(self, seconds: float) -> None:
        """Look for changes when the database announces them and every so often, in a thread of its own."""
        threading.Thread(target=self._watch, args=(seconds,), name="trivet-catalog", daemon=True).start()

    def close(self) -> None:
        """End the watching, and the project's processes."""
        self._over.set()
        if self.state is not None and self.state.python is not None:
            self.state.python.retire()

    def _watch(self, seconds: float) -> None:
        while not self._over.is_set():
            try:
                self.refresh()
            except Exception as fault:  # noqa: BLE001  (the next look may succeed)
                log.warning("there is no catalog yet: %s", fault)
            if self._failed:
                self._over.wait(min(seconds, _SOON))
            else:
                told = self._database.wait(seconds)
                if told and self._versioning is not None:
                    with self._versioning.changing():
                        pass

    def _look(self, force: bool) -> bool:
        self._looked = time.monotonic()
        self._failed = True
        try:
            changed = self._read(force)
        except _FAULTS as fault:
            log.error("catalog not read: %s", fault)
            if self.state is None:
                raise
            return False
        finally:
            self._first.set()
        self._failed = False
        return changed

    def _read(self, force: bool) -> bool:
        text = self._config.read_bytes() if self._config else b""
        policies = configuration.load(self._config)
        exposure = Exposure(
            schemas=policies.schemas,
            resource_names=policies.resource_names,
            relation_names=policies.relation_names,
            definers=policies.functions.definers,
            computed=policies.computed,
            sessions=policies.functions.sessions,
            by_grants=self._access is not None,
        )
        roles = self._access.database.roles() if self._access is not None else None
        written = self._project.fingerprint() if self._project is not None else ""
        lineage = self._database.lineage() if wanted(policies.processing) else NO_LINEAGE
        base = sha256(text + lineage.text).hexdigest() + written + self._database.fingerprint(exposure)
        base += roles.mark if roles is not None else ""
        known = self.state
        if known is not None and not force and known.mark == base + self._remote_mark() + self._enum_mark(known):
            return False
        python = self._loaded(written)
        try:
            return self._renew(policies, exposure, (base, lineage, roles), python, force=force)
        finally:
            served = self.state.python if self.state is not None else None
            for left in (python, known.python if known is not None else None):
                if left is not None and left is not served:
                    left.retire()

    def _loaded(self, written: str) -> Python | None:
        """The project's Python as it is written now; what is loaded already where that is so still, or this is faulty.

        Raises `ConfigurationError` where nothing is served yet.
        """
        if self._project is None:
            return None
        known = self.state.python if self.state is not None else None
        if known is not None and known.fingerprint == written:
            return known
        try:
            return self._project.load(written)
        except configuration.ConfigurationError as fault:
            if self.state is None:
                raise
            _log_kept(fault.faults)
            return known

    def _renew(
        self,
        policies: Policies,
        exposure: Exposure,
        seen: tuple[str, Lineage, Roles | None],
        python: Python | None,
        *,
        force: bool,
    ) -> bool:
        """Serve what the database, these policies and this Python make together; True where it is something new.

        ``seen`` is the mark of what was looked at, the lineage of protected columns, and the roles that may act.
        """
        known = self.state
        base, lineage, roles = seen
        effects, cache = self._effects(policies)
        catalog = with_made_fields(
            self._guarded(self._database.reflect(exposure), exposure, policies), policies.processing
        )
        python = self._fitting(catalog, python)
        asked = self._asked
        if python is not None:
            catalog, policies = with_functions(catalog, python.declared), with_roles(policies, python.declared)
            asked = replace(asked, functions=python.declared.computes)
        faults = configuration.check_processing(policies, catalog)
        faults = faults or misfits(policies.processing, catalog, asked)
        faults = faults or (python.declared.misfits(catalog) if python is not None else [])
        if faults:  # served without its rules, data would come in and go out as nobody wants it
            raise configuration.ConfigurationError(faults)
        protections = self._protections(catalog, policies, lineage)
        catalog = protections.kept(catalog)
        if self._means.remote is not None:
            if force:
                self._means.remote.reread()
            catalog = with_remote(catalog, policies, self._means.remote)
        enums = read_enum_tables(self._database, policies.graphql, catalog, protections.by_field)
        catalog = with_enums(catalog, enums)
        mark = base + self._remote_mark() + enums.mark
        loaded = python.fingerprint if python is not None else ""
        named = f"{catalog.version} {policies.version} {self._salt} {self._remote_mark()} {loaded}{enums.mark}"
        named += roles.mark if roles is not None else ""
        version = sha256(named.encode() + lineage.text).hexdigest()[:16]
        if known is not None and known.catalog.version == version and not force:
            same = (known.effects, known.cache, known.python) == (effects, cache, python)
            old = known.protections
            kept = (known.shapes, known.streams) if same else ()
            state = State(known.catalog, policies, mark, effects, cache, python, known.catalogs, old, *kept)
            self._serve(replace(state, roles=roles, opened=known.opened, access=self._access, shown=known.shown))
            return False
        catalog = msgspec.structs.replace(catalog, version=version)
        opened = self._access.opened(policies, catalog) if self._access is not None else None
        state = State(catalog, policies, mark, effects, cache, python, protections=protections)
        self._serve(replace(state, roles=roles, opened=opened, access=self._access))
        for tale in (*protections.told(policies.processing), *enums.tales):
            log.warning("%s", tale)
        for fault in configuration.check_against(policies, with_undescribed(catalog, self._means.remote)):
            log.warning("%s:%s: %s", fault.file, fault.line, fault.message)
        log.info("catalog %s: %s resources", version, len(catalog.resources))
        self._announce(version)
        return True

    def _fitting(self, catalog: Catalog, python: Python | None) -> Python | None:
        """This Python, or what is served where only that fits the catalog."""
        if python is None or self.state is None or python is self.state.python:
            return python
        faults = python.declared.misfits(with_functions(catalog, python.declared))
        if not faults:
            return python
        _log_kept(faults)
        return self.state.python

    def _remote_mark(self) -> str:
        """What stands for the operations of remote sources that are known now."""
        return self._means.remote.mark() if self._means.remote is not None else ""

    def _enum_mark(self, state: State) -> str:
        """What stands for the rows that the tables declared as enums have now."""
        found = read_enum_tables(self._database, state.policies.graphql, state.catalog, state.protections.by_field)
        return found.mark

    def _protections(self, catalog: Catalog, policies: Policies, lineage: Lineage) -> Protections:
        """What is protected. Raises `ConfigurationError` where that takes keys and there are none."""
        if not wanted(policies.processing):
            return NO_PROTECTIONS
        secrets = self._means.secrets
        if needs_keys(policies.processing):
            try:
                if secrets is None:
                    raise KeyringError("there is no place for the keys of protected fields")
                secrets.ring.current  # noqa: B018  (to see whether it can be read)
            except KeyringError as fault:
                file = policies.document.file if policies.document else ""
                raise configuration.ConfigurationError([configuration.Fault(file, 1, str(fault))]) from None
        return protections_of(catalog, policies.processing, lineage, secrets)

    def _serve(self, state: State) -> None:
        first = self.state is None
        with self._versioning.changing() if self._versioning is not None else nullcontext():
            self.state = state
        if first and self._versioning is not None:
            self._versioning.start()

    def _effects(self, policies: Policies) -> tuple[Effects, CacheRule]:
        """What reads and writes are about, and the rule for keeping answers; nothing where nobody counts writes."""
        if self._versioning is None:
            return NO_EFFECTS, NO_CACHE
        cache = policies.cache
        if cache.only_writer and not self._database.is_direct():
            log.warning("a pooler stands before the database, so that `only_writer` counts for nothing")
            cache = CacheRule(max_age=cache.max_age)
        return self._database.effects(), cache

    def _guarded(self, catalog: Catalog, exposure: Exposure, policies: Policies) -> Catalog:
        """The catalog without the tables whose row-level security we would bypass and nobody has acknowledged."""
        if self._access is not None:
            return catalog  # nothing is done as our login
        refused = set(self._database.unguarded(exposure)) - policies.acknowledged
        if not refused:
            return catalog
        for name in sorted(refused):
            log.warning("%s is not served: its row-level security would be bypassed by our login", name)
        gone = {r.name for r in catalog.resources if f"{r.schema}.{r.table}" in refused}
        kept = tuple(
            msgspec.structs.replace(
                resource,
                relations=tuple(_leading_elsewhere(resource.relations, gone)),
                inherited=tuple(_leading_elsewhere(resource.inherited, gone)),
                row_functions=tuple(
                    one for one in resource.row_functions if one.relation is None or one.relation.target not in gone
                ),
            )
            for resource in catalog.resources
            if resource.name not in gone
        )
        version = f"{catalog.version}-{sha256(' '.join(sorted(gone)).encode()).hexdigest()[:8]}"
        return msgspec.structs.replace(catalog, resources=kept, version=version)


def _log_kept(faults: Iterable[configuration.Fault]) -> None:
    log.error("operations not read, the last good ones serve on: %s", "\n".join(map(str, faults)))


def _leading_elsewhere(relations: Iterable[Relation], gone: set[str]) -> Iterator[Relation]:
    """The relations that neither lead to resources that are gone nor pass them."""
    for relation in relations:
        if relation.target not in gone and (relation.junction is None or relation.junction.resource not in gone):
            yield relation


def too_early() -> Problem:
    """There is no catalog yet that is true of the database."""
    message = "Could not query the database for the schema cache. Retrying."
    return Problem("PGRST002", message, headers={"Retry-After": "1"})
