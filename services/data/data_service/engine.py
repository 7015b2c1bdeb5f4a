"""The engine: operation, plan, statement, rows, answer; the `Data` protocol in-process."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from chassis.hub.loop import blocking, pause
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Problem
from contracts.results import Explanation, Result, Stream

from data_service.answering import Answers
from data_service.beneath import Beneath
from data_service.execute.database import Database
from data_service.execute.trouble import Lost, Undone, is_stale
from data_service.execute.undoing import Ending
from data_service.explain import deeds_of, explain, roots_of
from data_service.operations.project import Project
from data_service.operations.work import Desk
from data_service.plan.writes import plan_operation
from data_service.present import Present, too_early
from data_service.privileges import RoleAccess
from data_service.processing.setting import NO_MEANS, Means
from data_service.resealing import Resealed, resealed
from data_service.role_catalog import without_cells
from data_service.shaping import Shaping
from data_service.sql.statements import Caps
from data_service.state import State
from data_service.streaming import Streams
from data_service.streams import Room
from data_service.versioning import Versioning
from data_service.ways import Ways

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
        self._means = means
        self._versioning = versioning
        self._present = Present(
            database, config, repr(caps), announce, versioning, means=means, project=project, access=access
        )
        self._shaping = Shaping(database, caps, means, counts=versioning is not None, safe_update=safe_update)
        desk = Desk(database, versioning, means.foreign, self._shaping.of)
        ways = Ways(database, desk, access, ending, plans, anonymous_limit)
        self._answers = Answers(self._present, self._shaping, ways, versioning, means.foreign)
        self._streams = Streams(self._present, self._shaping, ways, versioning, Room(streams))

    # --- the Data protocol -----------------------------------------------------------------------------------------

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`."""
        return self.execute_text(encode(operation), values, caller)

    def execute_text(self, text: bytes, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation, given as its canonical text (`contracts.operations.encode`). Raises `Problem`.

        A text that was asked before is not even decoded.
        """
        return self._tried(self._answers.answer, text, values, caller)

    def stream(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read of shape ``many``, however many there are. Raises `Problem`."""
        return self.stream_text(encode(operation), values, caller)

    def stream_text(self, text: bytes, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read, given as its canonical text; see `stream`. Raises `Problem`."""
        return self._tried(self._streams.stream, text, values, caller)

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
