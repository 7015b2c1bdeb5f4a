"""The engine: operation, plan, statement, rows, answer; the `Data` protocol in-process."""

import random
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import msgspec
from chassis.hub.loop import blocking, pause
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, decode, encode
from contracts.problems import Problem
from contracts.results import Basis, Explanation, Result, Stream

from data_service.access import restrict
from data_service.beneath import Beneath
from data_service.dependencies import of_write, reading_of
from data_service.discretion import scrub
from data_service.execute.database import Database, Snapshot
from data_service.execute.foreign import ForeignCalls
from data_service.execute.run import Held, run
from data_service.execute.shape import PreparedShape, calls, calls_foreign, is_write
from data_service.execute.trouble import Lost, Undone, is_stale
from data_service.explain import deeds_of, explain, roots_of
from data_service.operations.hooks import Maker, hooks_of
from data_service.operations.project import Project
from data_service.operations.work import Desk, Work
from data_service.plan.nodes import Plan, ReadPlan
from data_service.plan.writes import plan_operation
from data_service.present import Present, State, too_early
from data_service.processing.assembly import NOTHING, Processes, assemble
from data_service.processing.outward import Outward
from data_service.processing.setting import NO_MEANS, Means
from data_service.processing.stages import Occasion
from data_service.resealing import Resealed, resealed
from data_service.sql.dialect import Dialect
from data_service.sql.programs import Program, write_program, write_stream
from data_service.sql.statements import Arguments, Caps
from data_service.streams import Room, StreamShape, flow
from data_service.versioning import Versioning

T_co = TypeVar("T_co", covariant=True)
NO_CAPS = Caps()
_PAUSE = (0.01, 0.05)  # seconds, at least and at most, before what the database has undone is tried again
_ZONED = b" zoned"  # after the text of an operation: its shape where times are told in the caller's zone
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # a NUL in JSON text


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
    folder of the project's own Python. So many ``streams`` may be under way.
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
    ) -> None:
        self._database = database
        self._caps = caps
        self._anonymous_limit = anonymous_limit
        self._present = Present(database, config, repr(caps), announce, versioning, means=means, project=project)
        self._versioning = versioning
        self._means = means
        self._desk = Desk(database, versioning, means.foreign, self._shape)
        self._room = Room(streams)

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
        return state.protections.shown(state.seen_by(state.role_of(caller)))

    def explain(self, operation: Operation, caller: Caller) -> Explanation:
        """What is behind the answer to this operation. It tells of fields and rules that the caller may not see."""
        state = self._now(caller)
        role = state.role_of(caller)
        try:
            plan = plan_operation(operation, state.seen_by(role), state.catalog)
            shape = self._shape(state, role, encode(operation))
        except Problem:
            return explain(None, roots_of(operation), state.policies, role)
        return explain(shape.program, deeds_of(plan), state.policies, role)

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
        kept = state.shapes.get((state.role_of(caller), text))
        if kept is not None and kept.processes is not None and kept.processes.worked:
            if stale:
                blocking(self._present.renewed, state)
            return 0  # what the project's code has done beside the database would be done twice
        if isinstance(problem, Undone):
            return 2
        if isinstance(problem, Lost):
            return int(not self._shape(state, state.role_of(caller), text).writes)
        return 3 if blocking(self._present.renewed, state) else 0  # a further change may come between

    # --- one answer ------------------------------------------------------------------------------------------------

    def _answer(self, state: State, text: bytes, values: Sequence[Value], caller: Caller) -> Result:
        start = time.perf_counter()
        role = state.role_of(caller)
        zone = caller.timezone
        shape = self._shape(state, role, text, None if zone is None else self._database.zoned)
        planned = time.perf_counter()
        principal = caller.principal
        limit = self._anonymous_limit if principal.anonymous else None
        try:
            arguments = Arguments(values, principal.session, zone=zone)
            if shape.processes is None:
                result, basis = self._asked(state, shape, arguments, caller.deadline, limit)
            else:
                at_work = self._at_work(state, caller, role, writes=shape.writes, limit=limit)
                if shape.processes.worked:
                    result, basis = at_work(lambda work: work.perform(shape, values, role, zone)), None
                else:
                    occasion = Occasion(caller, role, at_work=at_work)
                    result, basis = self._processed(shape, shape.processes, arguments, occasion, limit)
        except Problem as problem:
            given = (*values, *principal.session.values())
            raise scrub(problem, state.seen_by(role), given) from problem.__cause__
        timings = {"plan": _micros(planned - start), "execute": _micros(time.perf_counter() - planned)}
        return msgspec.structs.replace(result, catalog_version=state.catalog.version, timings=timings, basis=basis)

    def _asked(
        self, state: State, shape: PreparedShape, arguments: Arguments, deadline: float | None, limit: float | None
    ) -> tuple[Result, Basis | None]:
        """What the database answers, and what that stands on."""
        answer, versioning, reading = self._database.answer, self._versioning, shape.reading
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
        self, shape: PreparedShape, processes: Processes, arguments: Arguments, occasion: Occasion, limit: float | None
    ) -> tuple[Result, None]:
        """The answer to a shape whose rows go through steps and stages; nothing can be said of how long it is true.

        A write's stages run in its transaction: where one fails, nothing is written.
        """
        outward, deadline = processes.outward, occasion.caller.deadline
        for inward in (processes.inward, processes.late):
            if inward is not None:
                arguments = Arguments(inward(arguments.values, occasion), arguments.session, zone=arguments.zone)
        arguments.foreign = ForeignCalls(self._means.foreign, occasion.caller)

        def finish(result: Result) -> Result:
            if outward is None:
                return result
            body = outward(result.body, occasion)
            return msgspec.structs.replace(result, body=body, warnings=tuple(dict.fromkeys(occasion.warnings)))

        def answer() -> Result:
            if not shape.writes:
                return finish(self._database.answer(shape, arguments, deadline=deadline, limit=limit))
            if outward is None:
                return self._database.answer(shape, arguments, deadline=deadline, limit=limit)
            return self._database.within(
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
        shape = self._stream_shape(state, role, text, zoned=caller.timezone is not None)
        versioning, reading, session = self._versioning, shape.reading, caller.principal.session
        versions = versioning.copy(reading.words) if versioning is not None and reading is not None else None
        arguments = Arguments(values, session, zone=caller.timezone)
        given = (*values, *session.values())
        at_work = self._at_work(state, caller, role, writes=False, limit=None)
        occasion = Occasion(caller, role, at_work=at_work)
        rows = self._rows(shape, arguments, occasion)
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

        told = msgspec.structs.replace(
            cast("Result", head),
            catalog_version=state.catalog.version,
            basis=basis,
            warnings=tuple(dict.fromkeys(occasion.warnings)),
        )
        return Stream(told, parts(), rows.close)

    def _rows(
        self, shape: StreamShape, arguments: Arguments, occasion: Occasion
    ) -> Generator[Result | bytes, None, None]:
        processes, outward = shape.processes, None
        if processes is not None:
            for inward in (processes.inward, processes.late):
                if inward is not None:
                    arguments = Arguments(inward(arguments.values, occasion), arguments.session, zone=arguments.zone)
            if processes.outward is not None:
                outward = partial(_gone_out, processes.outward, occasion)
            if processes.hooks is not None:
                before = processes.hooks.reads
                occasion.at_work(lambda work: work.before_reads(before))
        principal, deadline = occasion.caller.principal, occasion.caller.deadline
        limit = self._anonymous_limit if principal.anonymous else None
        with self._room.taken(), self._snapshot(arguments, deadline, limit) as snapshot:
            yield from flow(snapshot, shape.statement, arguments, outward)

    def _snapshot(
        self, arguments: Arguments, deadline: float | None, limit: float | None
    ) -> AbstractContextManager[Snapshot]:
        return self._database.snapshot(deadline=deadline, limit=limit, zone=arguments.zone)

    def _stream_shape(self, state: State, role: str, text: bytes, *, zoned: bool) -> StreamShape:
        """The shape of a streamed read; made where it is not kept. Raises `Problem`, PGRST127 for what is none."""
        dialect = (self._database.zoned if zoned else None) or self._database.dialect
        key = (role, text) if dialect is self._database.dialect else (role, text + _ZONED)
        kept = state.streams.get(key)
        if kept is not None:
            return kept
        plan, processes = self._planned(state, role, text)
        if not isinstance(plan, ReadPlan) or plan.shape != "many":
            raise Problem("PGRST127", "Feature not implemented", details="Only reads of many rows can be streamed.")
        processes = self._with_python(state, plan, None, processes, role)
        statement = write_stream(plan, dialect, state.catalog, self._caps)
        is_kept = self._versioning is not None and processes is None
        reading = reading_of(plan, state.effects, state.catalog, state.cache) if is_kept else None
        made = StreamShape(statement, processes, reading)
        state.streams.put(key, made)
        return made

    def _planned(self, state: State, role: str, text: bytes) -> tuple[Plan, Processes | None]:
        """The plan of an operation with the role's rules at every node, and what its rows go through."""
        if _NUL.search(text):  # no SQL can hold it, be it in a key, a path or an alias
            raise Problem("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
        plan = plan_operation(_decoded(text), state.seen_by(role), state.catalog)
        restricted = restrict(plan, state.catalog, state.policies, role)
        rules, protections = state.policies.processing, state.protections
        return assemble(restricted, rules, state.catalog, role, self._means_of(state), protections=protections)

    def _at_work(
        self, state: State, caller: Caller, role: str, *, writes: bool, limit: float | None
    ) -> Callable[[Callable[[Work], Any]], Any]:
        """The way to a piece of work in which the project's Python takes part."""

        def at_work(doing: Callable[[Work], Any]) -> Any:
            python = state.python
            if python is None:
                raise AssertionError("no Python is loaded that could take part")
            work = Work(self._desk, state, python, caller, role, writes=writes, limit=limit)
            return python.aside(lambda: work.done(doing), deadline=caller.deadline, stop=work.stop)

        return at_work

    def _with_python(
        self, state: State, plan: Plan, program: Program | None, processes: Processes | None, role: str
    ) -> Processes | None:
        """The processes, with the project's hooks, and whether its Python takes part in the work itself."""
        if state.python is None:
            return processes
        found = processes or NOTHING
        maker = Maker(state.python.declared, state.catalog, self._database.dialect)
        hooks = hooks_of(found.unsealed or plan, program, maker)
        takes_part = hooks is not None or (program is not None and calls(program, "python"))
        worked = takes_part or (program is not None and is_write(program) and found.outward is not None)
        found = replace(found, hooks=hooks, worked=worked, unsealed=None)
        return None if found == NOTHING else found

    def _means_of(self, state: State) -> Means:
        python = state.python
        return self._means if python is None else replace(self._means, computers=python, python=python)

    def _shape(self, state: State, role: str, text: bytes, dialect: Dialect | None = None) -> PreparedShape:
        """The shape of an operation, in another ``dialect`` than usual; made where it is not kept. Raises `Problem`."""
        key = (role, text) if dialect is None else (role, text + _ZONED)
        kept = state.shapes.get(key)
        if kept is not None:
            return kept
        restricted, processes = self._planned(state, role, text)
        program = write_program(restricted, dialect or self._database.dialect, state.catalog, self._caps)
        processes = self._with_python(state, restricted, program, processes, role)
        if processes is None and calls_foreign(program):  # whoever calls them is told there
            processes = NOTHING
        if self._versioning is None:
            made = PreparedShape(program, processes=processes)
        elif is_write(program):
            made = PreparedShape(program, touches=of_write(restricted, state.effects), processes=processes)
        elif processes is not None:
            made = PreparedShape(program, processes=processes)
        else:
            made = PreparedShape(program, reading_of(restricted, state.effects, state.catalog, state.cache))
        state.shapes.put(key, made)
        return made


def _gone_out(outward: Outward, occasion: Occasion, body: bytes) -> bytes:
    return outward(body, occasion)


def _decoded(text: bytes) -> Operation:
    try:
        return decode(text)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem("PGRST100", f"the operation is not understood: {fault}"[:300]) from None


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)
