"""States made anew: database, configuration and the project's Python are read and held against each other."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
from contracts.catalog import Catalog

from data_service import policies as configuration
from data_service.enum_tables import EnumTables, read_enum_tables, with_enums
from data_service.execute.database import Database
from data_service.operations.project import Project, with_functions, with_roles
from data_service.operations.python import Python
from data_service.policies import Policies
from data_service.policy_rules import NO_CACHE, CacheRule
from data_service.privileges import RoleAccess
from data_service.processing.keyring import KeyringError
from data_service.processing.made_fields import with_made_fields
from data_service.processing.misfits import Asked, misfits
from data_service.processing.protection import NO_PROTECTIONS, Protections, needs_keys, protections_of, wanted
from data_service.processing.remote_sources import with_remote, with_undescribed
from data_service.processing.setting import Means
from data_service.reflect.effects import NO_EFFECTS, Effects
from data_service.reflect.lineage import NO_LINEAGE, Lineage
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_roles import Roles
from data_service.row_security import without_tables
from data_service.state import State

log = logging.getLogger("trivet.engine")


@dataclass(frozen=True)
class Look:
    """What one look at everything has found: enough to tell whether any of it is another than before.

    ``mark`` stands for all of it but enum tables and remote sources; ``written`` for the project's Python.
    """

    policies: Policies
    exposure: Exposure
    mark: str
    lineage: Lineage
    roles: Roles | None
    written: str


class Made(NamedTuple):
    """A state, whether its catalog is a ``new`` one, and what an operator should know of it then."""

    state: State
    new: bool
    tales: Sequence[str] = ()


class Renewal:
    """Reads what states are made of. ``salt`` stands for whatever else changes an answer.

    ``counts``: writes are counted, so that it has to be known what they touch. ``project`` is the folder of the
    project's own Python; where there is none, the functions of ``means`` compute fields.
    """

    def __init__(
        self,
        database: Database,
        config: Path | None,
        salt: str,
        *,
        counts: bool,
        means: Means,
        project: Project | None,
        access: RoleAccess | None,
    ) -> None:
        self._database = database
        self._config = config
        self._salt = salt
        self._means = means
        self._project = project
        self._access = access
        self._counts = counts
        self._asked = Asked(database.dialect, database.refusal, means.computers.functions)

    # --- looks -----------------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """What is there now. Raises `Problem`, `ConfigurationError`, `ExposureError` or `OSError`, as all here does."""
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
        mark = sha256(text + lineage.text).hexdigest() + written + self._database.fingerprint(exposure)
        return Look(policies, exposure, mark + (roles.mark if roles is not None else ""), lineage, roles, written)

    def is_known(self, look: Look, known: State) -> bool:
        """Whether ``known`` was made of just what there is now."""
        enums = read_enum_tables(self._database, known.policies.graphql, known.catalog, known.protections.by_field)
        return known.mark == look.mark + self._remote_mark() + enums.mark

    def loaded(self, look: Look, known: State | None) -> Python | None:
        """The project's Python as it is written now; what is loaded already where that is so still, or this is faulty.

        Raises `ConfigurationError` where nothing is served yet.
        """
        if self._project is None:
            return None
        served = known.python if known is not None else None
        if served is not None and served.fingerprint == look.written:
            return served
        try:
            return self._project.load(look.written)
        except configuration.ConfigurationError as fault:
            if known is None:
                raise
            _log_kept(fault.faults)
            return served

    # --- states ----------------------------------------------------------------------------------------------------

    def made(self, look: Look, known: State | None, python: Python | None, *, force: bool) -> Made:
        """The state that what was looked at and this Python make together; ``known`` is the one before.

        Unless ``force`` says otherwise, what was worked out for that one is kept where its catalog is the same.
        """
        effects, cache = self._effects(look.policies)
        reflected = self._reflected(look)
        python = _fitting(reflected, python, known)
        catalog, policies = self._held_together(reflected, look.policies, python)
        protections = self._protections(catalog, policies, look.lineage)
        catalog = self._with_remote(protections.kept(catalog), policies, force=force)
        enums = read_enum_tables(self._database, policies.graphql, catalog, protections.by_field)
        catalog = with_enums(catalog, enums)
        mark = look.mark + self._remote_mark() + enums.mark
        version = self._version(catalog, policies, look, python, enums)
        if known is not None and known.catalog.version == version and not force:
            same = (known.effects, known.cache, known.python) == (effects, cache, python)
            kept = (known.shapes, known.streams) if same else ()
            old = known.protections
            state = State(known.catalog, policies, mark, effects, cache, python, known.catalogs, old, *kept)
            state = replace(state, roles=look.roles, opened=known.opened, access=self._access, shown=known.shown)
            return Made(state, new=False)
        catalog = msgspec.structs.replace(catalog, version=version)
        opened = self._access.opened(policies, catalog) if self._access is not None else None
        state = State(catalog, policies, mark, effects, cache, python, protections=protections)
        state = replace(state, roles=look.roles, opened=opened, access=self._access)
        faults = configuration.check_against(policies, with_undescribed(catalog, self._means.remote))
        return Made(state, True, (*protections.told(policies.processing), *enums.tales, *map(str, faults)))

    def _reflected(self, look: Look) -> Catalog:
        """The database's catalog with the fields that rules make, without tables that nobody may be shown."""
        catalog = self._guarded(self._database.reflect(look.exposure), look.exposure, look.policies)
        return with_made_fields(catalog, look.policies.processing)

    def _held_together(self, catalog: Catalog, policies: Policies, python: Python | None) -> tuple[Catalog, Policies]:
        """Catalog and policies with what the project declares. Raises `ConfigurationError` where they don't fit."""
        asked = self._asked
        if python is not None:
            catalog, policies = with_functions(catalog, python.declared), with_roles(policies, python.declared)
            asked = replace(asked, functions=python.declared.computes)
        faults = configuration.check_processing(policies, catalog)
        faults = faults or misfits(policies.processing, catalog, asked)
        faults = faults or (python.declared.misfits(catalog) if python is not None else [])
        if faults:  # served without its rules, data would come in and go out as nobody wants it
            raise configuration.ConfigurationError(faults)
        return catalog, policies

    def _with_remote(self, catalog: Catalog, policies: Policies, *, force: bool) -> Catalog:
        """The catalog with the operations of remote sources, whose descriptions are read again by ``force``."""
        if self._means.remote is None:
            return catalog
        if force:
            self._means.remote.reread()
        return with_remote(catalog, policies, self._means.remote)

    def _version(
        self, catalog: Catalog, policies: Policies, look: Look, python: Python | None, enums: EnumTables
    ) -> str:
        """What stands for everything that changes an answer."""
        loaded = python.fingerprint if python is not None else ""
        named = f"{catalog.version} {policies.version} {self._salt} {self._remote_mark()} {loaded}{enums.mark}"
        named += look.roles.mark if look.roles is not None else ""
        return sha256(named.encode() + look.lineage.text).hexdigest()[:16]

    def _remote_mark(self) -> str:
        """What stands for the operations of remote sources that are known now."""
        return self._means.remote.mark() if self._means.remote is not None else ""

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

    def _effects(self, policies: Policies) -> tuple[Effects, CacheRule]:
        """What reads and writes are about, and the rule for keeping answers; nothing where nobody counts writes."""
        if not self._counts:
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
        return without_tables(catalog, refused)


def _fitting(catalog: Catalog, python: Python | None, known: State | None) -> Python | None:
    """This Python, or what is served where only that fits the catalog."""
    if python is None or known is None or python is known.python:
        return python
    faults = python.declared.misfits(with_functions(catalog, python.declared))
    if not faults:
        return python
    _log_kept(faults)
    return known.python


def _log_kept(faults: Iterable[configuration.Fault]) -> None:
    log.error("operations not read, the last good ones serve on: %s", "\n".join(map(str, faults)))
