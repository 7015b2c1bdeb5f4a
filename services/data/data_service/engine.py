"""The engine: operation, plan, statement, rows, answer; the `Data` protocol in-process."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import msgspec
from chassis.hub.loop import blocking, pause
from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE, Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Problem
from contracts.results import Basis, Explanation, Result, Stream

from data_service.beneath import Beneath
from data_service.discretion import scrub
from data_service.execute.database import Answering, Database
from data_service.execute.foreign import ForeignCalls
from data_service.execute.planning import PlanningDatabase
from data_service.execute.refused import all_faults
from data_service.execute.run import Held, run
from data_service.execute.shape import PreparedShape
from data_service.execute.trouble import Lost, Undone, is_stale
from data_service.execute.undoing import Ending, UndoingDatabase
from data_service.explain import deeds_of, explain, roots_of
from data_service.operations.project import Project
from data_service.operations.work import Desk, Work
from data_service.plan.writes import plan_operation
from data_service.present import Present, State, too_early
from data_service.privileges import RoleAccess
from data_service.processing.assembly import NOTHING, Processes
from data_service.processing.inward import BrokenRows
from data_service.processing.setting import NO_MEANS, Means
from data_service.processing.stages import Occasion
from data_service.resealing import Resealed, resealed
from data_service.role_catalog import without_cells
from data_service.shaping import Shaping
from data_service.sql.statements import Arguments, Caps
from data_service.streams import Room, StreamShape, flow
from data_service.versioning import Versioning

T_co = TypeVar("T_co", covariant=True)
NO_CAPS = Caps()
_PAUSE = (0.01, 0.05)  # seconds, at least and at most, before what the database has undone is tried again


class Attempt(Protocol[T_co]):
    """One attempt to answer an operation in a state."""

    def __call__(self, state: State, text: bytes, values: Sequence[Value], caller: Caller, /) -> T_co:
        """The answer. Raises `Problem`."""
        ...


class Engine:
    """Answers operations on one database under one configuration; reads both again when they change.

    ``caps`` bound the rows of reads; ``anonymous_limit`` is the seconds that a statement of an anonymous caller may
    take, where that is less than the database's own limit. ``announce`` is told each new version. With ``versioning``
    writes are counted, and answers may say what they stand on. ``means`` are what rules work with, ``project`` is the
    folder of the project's own Python. So many ``streams`` may be under way. With ``access`` all is done as roles of
    the database (access mode `database`); with ``ending`` transactions may be rolled back although they went well.
    ``safe_update``: updates and deletes without any filter are refused. ``plans``: the database's plans may be seen.
    """

    def __init__(
        self,
        database: Database,
        *,
        config: Path | None = None,
        caps: Caps = NO_CAPS,
        anonymous_limit: float | None = None,
        announce: Callable[[str], None] = lambda version: None,
        versioning: Versioning | None = None,
        means: Means = NO_MEANS,
        project: Project | None = None,
        streams: int = 2,
        access: RoleAccess | None = None,
        ending: Ending | None = None,
        safe_update: bool = True,
        plans: bool = False,
    ) -> None:
        self._database = database
        self._access = access
        self._ending = ending
        self._anonymous_limit = anonymous_limit
        self._present = Present(
            database, config, repr(caps), announce, versioning, means=means, project=project, access=access
        )
        self._versioning = versioning
        self._means = means
        self._shaping = Shaping(database, caps, means, counts=versioning is not None, safe_update=safe_update)
        self._desk = Desk(database, versioning, means.foreign, self._shaping.of)
        self._room = Room(streams)
        self._plans = plans
        self._plain = access is None and ending is None and not plans

    # --- the Data protocol -----------------------------------------------------------------------------------------

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`."""
        return self.execute_text(encode(operation), values, caller)

    def execute_text(self, text: bytes, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation, given as its canonical text (`contracts.operations.encode`). Raises `Problem`.

        A text that was asked before is not even decoded.
        """
        return self._tried(self._answer, text, values, caller)

    def stream(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read of shape ``many``, however many there are. Raises `Problem`."""
        return self.stream_text(encode(operation), values, caller)

    def stream_text(self, text: bytes, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read, given as its canonical text; see `stream`. Raises `Problem`."""
        return self._tried(self._streamed, text, values, caller)

    def _tried(self, attempt: Attempt[T_co], text: bytes, values: Sequence[Value], caller: Caller) -> T_co:
        """What ``attempt`` gives; tried again where something has come between that is over by then."""
        failures = 0
        while True:
            state = self._present.state or self._waited(caller)
            try:
                return attempt(state, text, values, caller)
            except Problem as problem:
                failures += 1
                if failures > self._further_tries(problem, state, text, caller):
                    if is_stale(problem) and self._present.overdue:
                        raise too_early() from problem
                    raise
                if isinstance(problem, Undone):
                    pause(failures * random.uniform(*_PAUSE))  # noqa: S311  (so that rivals don't meet again)

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it, without the database's own expressions."""
        state = self._now(caller)
        shown = state.protections.shown(state.shown_to(state.role_of(caller)))
        return without_cells(shown) if state.policies.inherited else shown

    def explain(self, operation: Operation, caller: Caller) -> Explanation:
        """What is behind the answer to this operation. It tells of fields and rules that the caller may not see."""
        state = self._now(caller)
        role = state.role_of(caller)
        try:
            plan = plan_operation(operation, state.seen_by(role), state.catalog)
            shape = self._shaping.of(state, role, encode(operation))
        except Problem:
            return explain(None, roots_of(operation), state.policies, role)
        # in database access mode no rule of the configuration decides
        return explain(shape.program, deeds_of(plan) if state.roles is None else [], state.policies, role)

    # --- its life --------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True once there is a catalog."""
        return self._present.state is not None

    @property
    def version(self) -> str:
        """The version of what is served now; empty before the first catalog."""
        return self._present.state.catalog.version if self._present.state else ""

    def refresh(self, *, force: bool = False) -> bool:
        """Read database and configuration again where they have changed; True where something new is served.

        The last good state serves on where reading fails. Raises `Problem` where there is none yet.
        """
        return self._present.refresh(force=force)

    def follow(self, version: str) -> None:
        """Another process serves this version: look whether it is newer than ours."""
        if version != self.version:
            self._present.refresh()

    def watch(self, seconds: float) -> None:
        """Look for changes when the database announces them and every so often, in a thread of its own."""
        self._present.watch(seconds)

    def beneath(self) -> Beneath:
        """What the database holds, past policies and protection: for maintenance alone. Raises `Problem` PGRST002."""
        state = self._present.require()
        return Beneath(self._database, state.protections.stored(state.catalog))

    def resealed(self) -> tuple[list[Resealed], list[str]]:
        """The tables with values that are kept otherwise than they are, and those where none can be kept anew."""
        state = self._present.require()
        return resealed(state.catalog, state.protections)

    def close(self) -> None:
        """End the watching, and close the database's connections."""
        self._present.close()
        if self._versioning is not None:
            self._versioning.close()
        if self._means.remote is not None:
            self._means.remote.close()
        self._database.close()

    def _now(self, caller: Caller) -> State:
        return self._present.state or self._waited(caller)

    def _waited(self, caller: Caller) -> State:
        """The first state, waited for a moment. Raises `Problem` PGRST002."""
        left = None if caller.deadline is None else caller.deadline - time.monotonic()
        return blocking(self._present.require) if left is None else blocking(self._present.require, left)

    def _further_tries(self, problem: Problem, state: State, text: bytes, caller: Caller) -> int:
        """How often to try again: where the database undid all, a read's connection is gone, or the catalog was old."""
        stale = is_stale(problem)
        if not (stale or isinstance(problem, Undone | Lost)):
            return 0
        role, zoned = state.role_of(caller), caller.timezone is not None
        kept = self._shaping.known(state, role, text, zoned=zoned)
        if kept is not None and kept.processes is not None and kept.processes.worked:
            if stale:
                blocking(self._present.renewed, state)
            return 0  # what the project's code has done beside the database would be done twice
        if isinstance(problem, Undone):
            return 2
        if isinstance(problem, Lost):
            return int(not self._shaping.of(state, role, text, zoned=zoned).writes)
        return 3 if blocking(self._present.renewed, state) else 0  # a further change may come between

    def _for(self, state: State, caller: Caller, role: str, shape: PreparedShape | StreamShape) -> Answering:
        """The database as this request asks it: as its role, and undoing what it writes where that is wished."""
        database: Answering = self._database
        if self._access is not None and state.roles is not None:
            database = self._access.acting(caller, role, state.roles, state.catalog, shape.schema)
        if self._plans and caller.around is not None and caller.around.plan:
            if state.roles is None and role != ADMIN_ROLE:
                details = "A plan tells of rules, fields and rows that policies hide: it is shown to admin alone."
                raise Problem("42501", "permission denied for plans", details=details)
            return PlanningDatabase(database, caller.around.plan)
        writes = isinstance(shape, PreparedShape) and shape.writes
        if writes and self._ending is not None and self._ending.undoes(caller.around):
            return UndoingDatabase(database)
        return database

    # --- one answer ------------------------------------------------------------------------------------------------

    def _answer(self, state: State, text: bytes, values: Sequence[Value], caller: Caller) -> Result:
        start = time.perf_counter()
        role = state.role_of(caller)
        zone = caller.timezone
        shape = self._shaping.of(state, role, text, zoned=zone is not None)
        planned = time.perf_counter()
        principal = caller.principal
        limit = self._anonymous_limit if principal.anonymous else None
        database = self._database if self._plain else self._for(state, caller, role, shape)
        try:
            arguments = Arguments(values, principal.session, zone=zone)
            if shape.processes is None:
                result, basis = self._asked(state, database, shape, arguments, caller)
            else:
                at_work = self._at_work(state, database, caller, role, writes=shape.writes, limit=limit)
                if shape.processes.worked:
                    result, basis = at_work(lambda work: work.perform(shape, values, role, zone)), None
                else:
                    occasion = Occasion(caller, role, at_work=at_work)
                    result, basis = self._processed(database, shape, arguments, occasion, limit)
        except Problem as problem:
            given = (*values, *principal.session.values())
            raise scrub(problem, state.seen_by(role), given) from problem.__cause__
        if self._ending is not None:
            result = self._ending.told(result, caller.around)
        timings = {"plan": _micros(planned - start), "execute": _micros(time.perf_counter() - planned)}
        return msgspec.structs.replace(result, catalog_version=state.catalog.version, timings=timings, basis=basis)

    def _asked(
        self,
        state: State,
        database: Answering,
        shape: PreparedShape,
        arguments: Arguments,
        caller: Caller,
    ) -> tuple[Result, Basis | None]:
        """What the database answers, and what that stands on."""
        deadline, limit = caller.deadline, self._anonymous_limit if caller.principal.anonymous else None
        answer, versioning, reading = database.answer, self._versioning, shape.reading
        if versioning is None or not (shape.touches or reading):
            return answer(shape, arguments, deadline=deadline, limit=limit), None
        if reading is None:
            with versioning.writing(shape.touches):
                return answer(shape, arguments, deadline=deadline, limit=limit), None
        versions = versioning.copy(reading.words)
        result = answer(shape, arguments, deadline=deadline, limit=limit)
        # what is served now may have come before the versions were copied
        return result, versioning.basis(reading, versions, arguments) if self._present.state is state else None

    def _processed(
        self,
        database: Answering,
        shape: PreparedShape,
        arguments: Arguments,
        occasion: Occasion,
        limit: float | None,
    ) -> tuple[Result, None]:
        """The answer to a shape whose rows go through steps and stages; nothing can be said of how long it is true.

        A write's stages run in its transaction: where one fails, nothing is written.
        """
        processes = shape.processes or NOTHING
        outward, deadline = processes.outward, occasion.caller.deadline
        try:
            arguments = _gone_in(processes, arguments, occasion)
        except BrokenRows as broken:
            trial = partial(database.within, deadline=deadline, limit=limit, zone=arguments.zone)
            raise all_faults(broken, shape, arguments, occasion, trial) from None
        arguments.foreign = ForeignCalls(self._means.foreign, occasion.caller)

        def finish(result: Result) -> Result:
            if outward is None:
                return result
            body = outward(result.body, occasion)
            return msgspec.structs.replace(result, body=body, warnings=tuple(dict.fromkeys(occasion.warnings)))

        def answer() -> Result:
            if not shape.writes:
                return finish(database.answer(shape, arguments, deadline=deadline, limit=limit))
            if outward is None:
                return database.answer(shape, arguments, deadline=deadline, limit=limit)
            return database.within(
                lambda session: finish(run(shape.program, Held(session), arguments)),
                deadline=deadline,
                limit=limit,
                zone=arguments.zone,
            )

        if self._versioning is None or not shape.touches:
            return answer(), None
        with self._versioning.writing(shape.touches):
            return answer(), None

    def _streamed(self, state: State, text: bytes, values: Sequence[Value], caller: Caller) -> Stream:
        role = state.role_of(caller)
        shape = self._shaping.of_stream(state, role, text, zoned=caller.timezone is not None)
        versioning, reading, session = self._versioning, shape.reading, caller.principal.session
        versions = versioning.copy(reading.words) if versioning is not None and reading is not None else None
        arguments = Arguments(values, session, zone=caller.timezone)
        given = (*values, *session.values())
        database = self._database if self._plain else self._for(state, caller, role, shape)
        at_work = self._at_work(state, database, caller, role, writes=False, limit=None)
        occasion = Occasion(caller, role, at_work=at_work)
        rows = self._rows(database, shape, arguments, occasion)
        try:
            head = next(rows)
        except Problem as problem:
            raise scrub(problem, state.seen_by(role), given) from problem.__cause__
        basis = None
        if versioning is not None and reading is not None and versions is not None and self._present.state is state:
            basis = versioning.basis(reading, versions, arguments)

        def parts() -> Iterator[bytes]:
            try:
                yield from rows  # type: ignore[misc]  # (the head came first, and alone)
            except Problem as problem:
                raise scrub(problem, state.seen_by(role), given) from problem.__cause__

        head = cast("Result", head)
        told = msgspec.structs.replace(
            head if self._ending is None else self._ending.told(head, caller.around),
            catalog_version=state.catalog.version,
            basis=basis,
            warnings=tuple(dict.fromkeys(occasion.warnings)),
        )
        return Stream(told, parts(), rows.close)

    def _rows(
        self, database: Answering, shape: StreamShape, arguments: Arguments, occasion: Occasion
    ) -> Generator[Result | bytes, None, None]:
        processes, outward = shape.processes, None
        if processes is not None:
            arguments = _gone_in(processes, arguments, occasion)
            if processes.outward is not None:
                outward = partial(processes.outward, occasion=occasion)
            if processes.hooks is not None:
                before = processes.hooks.reads
                occasion.at_work(lambda work: work.before_reads(before))
        principal, deadline = occasion.caller.principal, occasion.caller.deadline
        limit = self._anonymous_limit if principal.anonymous else None
        with (
            self._room.taken(),
            database.snapshot(deadline=deadline, limit=limit, zone=arguments.zone) as snapshot,
        ):
            yield from flow(snapshot, shape.statement, arguments, outward)

    def _at_work(
        self, state: State, database: Answering, caller: Caller, role: str, *, writes: bool, limit: float | None
    ) -> Callable[[Callable[[Work], Any]], Any]:
        """The way to a piece of work in which the project's Python takes part."""

        def at_work(doing: Callable[[Work], Any]) -> Any:
            python = state.python
            if python is None:
                raise AssertionError("no Python is loaded that could take part")
            work = Work(replace(self._desk, database=database), state, python, caller, role, writes=writes, limit=limit)
            return python.aside(lambda: work.done(doing), deadline=caller.deadline, stop=work.stop)

        return at_work


def _gone_in(processes: Processes, arguments: Arguments, occasion: Occasion) -> Arguments:
    """The arguments after the steps on the way in."""
    for inward in (processes.inward, processes.late):
        if inward is not None:
            arguments = Arguments(inward(arguments.values, occasion), arguments.session, zone=arguments.zone)
    return arguments


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)
