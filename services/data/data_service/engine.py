"""The engine: operation, plan, statement, rows, answer; the `Data` protocol in-process."""

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec
from chassis.bounded import Bounded
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Problem
from contracts.results import Result

from data_service import policies as configuration
from data_service.access import limit_catalog, restrict
from data_service.execute.database import Database
from data_service.execute.run import run, writes
from data_service.plan.writes import plan_operation
from data_service.policies import Policies
from data_service.reflect.options import Exposure, ExposureError
from data_service.sql.programs import Program, write_program
from data_service.sql.statements import Arguments

log = logging.getLogger("trivet.engine")

_STALE = frozenset({"42703", "42P01", "0A000"})  # a shape met a table that has changed
_SHAPES = 4096
_ROLES = 256


@dataclass(frozen=True)
class _State:
    """One version of everything that answers depend on."""

    catalog: Catalog
    policies: Policies
    mark: str
    catalogs: Bounded[str, Catalog] = field(default_factory=lambda: Bounded(_ROLES))
    programs: Bounded[tuple[str, bytes], Program] = field(default_factory=lambda: Bounded(_SHAPES))

    def seen_by(self, role: str) -> Catalog:
        """The catalog as a role may see it."""
        found = self.catalogs.get(role)
        if found is None:
            found = limit_catalog(self.catalog, self.policies, role)
            self.catalogs.put(role, found)
        return found


class Engine:
    """Answers operations on one database under one configuration; reads both again when they change."""

    def __init__(
        self,
        database: Database,
        *,
        config: Path | None = None,
        max_rows: int | None = None,
        announce: Callable[[str], None] = lambda version: None,
    ) -> None:
        self._database = database
        self._config = config
        self._max_rows = max_rows
        self._announce = announce
        self._state: _State | None = None
        self._reading = threading.Lock()

    # --- the Data protocol -----------------------------------------------------------------------------------------

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`."""
        state = self._now()
        try:
            return self._answer(state, operation, values, caller)
        except Problem as problem:
            if problem.code not in _STALE or problem.table is None or not self.refresh():
                raise
            return self._answer(self._now(), operation, values, caller)

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it, without the database's own expressions."""
        return self._now().seen_by(caller.principal.role)

    # --- its life --------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True once there is a catalog."""
        return self._state is not None

    @property
    def version(self) -> str:
        """The version of what is served now; empty before the first catalog."""
        return self._state.catalog.version if self._state else ""

    def refresh(self, *, force: bool = False) -> bool:
        """Read database and configuration again where they have changed; True where something new is served.

        The last good state serves on where reading fails. Raises `Problem` where there is none yet.
        """
        with self._reading:
            try:
                return self._refresh(force)
            except (Problem, configuration.ConfigurationError, ExposureError) as fault:
                log.error("catalog not read: %s", fault)
                if self._state is None:
                    raise
                return False

    def watch(self, seconds: float) -> None:
        """Look for changes every so often, in a thread of its own; sooner until there is a first catalog."""

        def look() -> None:
            while True:
                try:
                    self.refresh()
                except Exception:  # noqa: BLE001  (the next look may succeed)
                    log.warning("there is no catalog yet")
                time.sleep(seconds if self.ready else min(seconds, 1.0))

        threading.Thread(target=look, name="trivet-catalog", daemon=True).start()

    def _now(self) -> _State:
        if self._state is None:
            raise Problem(
                "PGRST002",
                "Could not query the database for the schema cache. Retrying.",
                headers={"Retry-After": "1"},
            )
        return self._state

    def _refresh(self, force: bool) -> bool:
        text = self._config.read_bytes() if self._config else b""
        policies = configuration.load(self._config)
        exposure = Exposure(
            schemas=policies.schemas,
            resource_names=policies.resource_names,
            relation_names=policies.relation_names,
        )
        mark = sha256(text).hexdigest() + self._database.fingerprint(exposure)
        if self._state is not None and self._state.mark == mark and not force:
            return False
        catalog = self._guarded(self._database.reflect(exposure), exposure, policies)
        version = sha256(f"{catalog.version} {policies.version} {self._max_rows}".encode()).hexdigest()[:16]
        if self._state is not None and self._state.catalog.version == version and not force:
            self._state = _State(self._state.catalog, policies, mark, self._state.catalogs, self._state.programs)
            return False
        self._state = _State(msgspec.structs.replace(catalog, version=version), policies, mark)
        for fault in configuration.check_against(policies, catalog):
            log.warning("%s:%s: %s", fault.file, fault.line, fault.message)
        log.info("catalog %s: %s resources", version, len(catalog.resources))
        self._announce(version)
        return True

    def _guarded(self, catalog: Catalog, exposure: Exposure, policies: Policies) -> Catalog:
        """The catalog without the tables whose row-level security we would bypass and nobody has acknowledged."""
        unguarded = getattr(self._database, "unguarded", None)
        refused = set(unguarded(exposure)) - policies.acknowledged if unguarded else set()
        if not refused:
            return catalog
        for name in sorted(refused):
            log.warning("%s is not served: its row-level security would be bypassed by our login", name)
        gone = {r.name for r in catalog.resources if f"{r.schema}.{r.table}" in refused}
        kept = tuple(
            msgspec.structs.replace(
                resource,
                relations=tuple(
                    relation
                    for relation in resource.relations
                    if relation.target not in gone
                    and (relation.junction is None or relation.junction.resource not in gone)
                ),
            )
            for resource in catalog.resources
            if resource.name not in gone
        )
        version = f"{catalog.version}-{sha256(' '.join(sorted(gone)).encode()).hexdigest()[:8]}"
        return msgspec.structs.replace(catalog, resources=kept, version=version)

    # --- one answer ------------------------------------------------------------------------------------------------

    def _answer(self, state: _State, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        start = time.perf_counter()
        role = caller.principal.role
        program = self._program(state, operation, role)
        planned = time.perf_counter()
        arguments = Arguments(values, caller.principal.session)
        try:
            with self._database.session(writes=writes(program), deadline=caller.deadline) as session:
                result = run(program, session, arguments)
        except Problem as problem:
            raise _scrubbed(problem, state.seen_by(role)) from problem.__cause__
        timings = {"plan": _micros(planned - start), "execute": _micros(time.perf_counter() - planned)}
        return msgspec.structs.replace(result, catalog_version=state.catalog.version, timings=timings)

    def _program(self, state: _State, operation: Operation, role: str) -> Program:
        key = (role, encode(operation))
        program = state.programs.get(key)
        if program is None:
            plan = plan_operation(operation, state.seen_by(role), state.catalog)
            restricted = restrict(plan, state.catalog, state.policies, role)
            program = write_program(restricted, self._database.dialect, state.catalog, self._max_rows)
            state.programs.put(key, program)
        return program


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _scrubbed(problem: Problem, seen: Catalog) -> Problem:
    """A database's problem without what the role may not see: a key's values stay only if all its fields may."""
    if problem.table is None or not isinstance(problem.details, str):
        return problem
    found = re.match(r"Key \((.*?)\)", problem.details)
    resource = seen.by_table.get(problem.table)
    names = [name.strip().strip('"') for name in found[1].split(",")] if found else []
    if resource is None or not names or not all(name in resource.by_name for name in names):
        problem.details = None
    return problem
