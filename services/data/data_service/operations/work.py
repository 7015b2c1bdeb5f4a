"""A piece of work in which the project's code takes part: one transaction, one process, and their talk.

It is the session that the shape's program runs in, and where this calls functions in Python. All of it happens in one
thread, and none of it in a hub's.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from contracts.catalog import Function
from contracts.identity import ADMIN_ROLE, Caller
from contracts.operations import Value, encode
from contracts.problems import Problem
from contracts.results import Result
from trivet.running import frames

from data_service.discretion import scrub
from data_service.execute.database import Answering, Session, Written
from data_service.execute.foreign import Foreign, ForeignCalls
from data_service.execute.refused import all_faults
from data_service.execute.run import run
from data_service.execute.shape import PreparedShape
from data_service.execute.undoing import UndoingDatabase
from data_service.operations.asks import Asked
from data_service.operations.conversation import Conversation, failed
from data_service.operations.declared import Hook
from data_service.operations.hooks import HookedWrite, Hooks, Unfit, assigned
from data_service.operations.python import Python
from data_service.plan.write_nodes import CreatePlan, UpdatePlan
from data_service.processing.inward import BrokenRows
from data_service.processing.stages import Occasion
from data_service.sql.statements import Arguments, RowInsert, Statement
from data_service.state import State
from data_service.versioning import Versioning

log = logging.getLogger("trivet.operations")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the engine has that work is done with. ``prepared`` gives the shape of an operation's text for a role."""

    database: Answering
    versioning: Versioning | None
    foreign: Mapping[str, Foreign]
    prepared: Callable[[State, str, bytes], PreparedShape]


class Work:
    """One piece of work for a caller. The transaction begins with the first statement, the process with the first call.

    ``writes``: it may change rows, and all that it reads and writes is one transaction. ``limit``: seconds for a
    statement. As a context it commits at its end, and rolls back where something was raised.
    """

    def __init__(
        self,
        desk: Desk,
        state: State,
        python: Python,
        caller: Caller,
        role: str,
        *,
        writes: bool,
        limit: float | None = None,
    ) -> None:
        self._desk = desk
        self._state = state
        self._python = python
        self._caller = caller
        self._role = role
        self._writes = writes
        self._limit = limit
        self._conversation = Conversation(python.pool, caller)
        self._marks = ExitStack()  # of what is written, until it is known what became of it
        self._transaction = ExitStack()
        self._session: Session | None = None
        self._hooks: Hooks | None = None
        self._pending: list[tuple[Hook, Any, dict[str, str]]] = []
        self._later: list[tuple[Hook, Any, dict[str, str]]] = []
        self._doomed: Problem | None = None

    # --- its life ----------------------------------------------------------------------------------------------------

    def done(self, work: Callable[["Work"], Any]) -> Any:
        """What ``work`` gives, committed; then what waits for that is done. Raises `Problem`, with all undone."""
        try:
            found = self._committed(lambda: work(self))
            for hook, rows, types in self._later if not isinstance(self._desk.database, UndoingDatabase) else ():
                self._after_commit(hook, rows, types)
            return found
        finally:
            self._conversation.close()

    def stop(self) -> None:
        """Break off the process's work, and so all of it. From any thread."""
        self._conversation.stop()

    def _committed(self, work: Callable[[], Any]) -> Any:
        with self._marks, self._transaction:
            found = work()
            self._flush()
            if self._doomed is not None and self._writes:
                raise self._doomed
        self._session = None
        return found

    def _after_commit(self, hook: Hook, rows: Any, types: dict[str, str]) -> None:
        """Run a hook whose failure can't undo anything any more."""
        try:
            self._committed(lambda: self._run_hook(hook, [rows], types))
        except Problem as problem:
            log.error("the hook %s after the commit: %s %s", hook.name, problem.code, problem.message)
        finally:
            self._session = None

    # --- shapes ------------------------------------------------------------------------------------------------------

    def perform(self, shape: PreparedShape, values: Sequence[Value], role: str, zone: str | None = None) -> Result:
        """The answer to a shape, within this work; ``zone`` is the time zone of what it gives. Raises `Problem`."""
        if shape.writes and not self._writes:
            raise Problem(
                "25006", "cannot write in a read-only transaction", hint="The operation is declared reads_only"
            )
        occasion = Occasion(self._caller, role, at_work=self._at_work)
        processes = shape.processes
        arguments = Arguments(values, self._caller.principal.session, zone=zone)
        outer, self._hooks = self._hooks, None if processes is None else processes.hooks
        try:
            if processes is not None:
                late = None if processes.hooks is not None and processes.hooks.writes else processes.late
                try:
                    for inward in (processes.inward, late):
                        if inward is not None:
                            arguments = replace(arguments, values=inward(arguments.values, occasion))
                except BrokenRows as broken:  # all of this work is undone, and so what is tried of it
                    raise all_faults(broken, shape, arguments, occasion, lambda attempt: attempt(self)) from None
                if processes.hooks is not None:
                    self.before_reads(processes.hooks.reads)
            arguments.foreign = ForeignCalls({**self._desk.foreign, "python": self}, self._caller)
            if shape.touches and self._desk.versioning is not None:
                self._marks.enter_context(self._desk.versioning.writing(shape.touches))
            result = run(shape.program, self, arguments)
            if processes is not None and processes.outward is not None:
                body = processes.outward(result.body, occasion)
                warnings = tuple(dict.fromkeys(occasion.warnings))
                result = msgspec.structs.replace(result, body=body, warnings=warnings)
            return result
        finally:
            self._hooks = outer

    # --- the session -------------------------------------------------------------------------------------------------

    def last(self) -> None:
        """Nothing: hooks may follow."""

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row, None where there is none; JSON comes as bytes."""
        return self._opened().fetch(statement, arguments)

    def settle(self) -> None:
        """Look now at what is usually looked at when the transaction ends."""
        self._opened().settle()

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        """How many rows the database expects of a statement."""
        return self._opened().estimate(statement, arguments)

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        """Run a write, with the hooks on it."""
        self._flush()
        hooked = self._hooks.writes.get(id(change)) if self._hooks is not None else None
        if hooked is None:
            return self._opened().write(change, arguments, key, back=back)
        change, arguments = self._prepared(hooked, arguments)
        written = self._opened().write(change, arguments, key, back=True)
        if hooked.written is not None and written.affected:
            after = replace(arguments, rows=written.rows, affected=written.affected)
            row = self._opened().fetch(hooked.written, after)
            rows = _raw(row)
            self._pending += [(hook, rows, hooked.types) for hook in hooked.after]
            self._later += [(hook, rows, hooked.types) for hook in hooked.after_commit]
        return written

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._transaction.enter_context(
                self._desk.database.session(
                    writes=self._writes,
                    deadline=self._caller.deadline,
                    limit=self._limit,
                    zone=self._caller.timezone,
                )
            )
        return self._session

    # --- hooks -------------------------------------------------------------------------------------------------------

    def _prepared(self, hooked: HookedWrite, arguments: Arguments) -> tuple[Statement | RowInsert, Arguments]:
        """A write's statement and arguments after the hooks before it, and the steps that follow these."""
        plan, change, late = hooked.plan, hooked.change, hooked.late
        values = list(arguments.values)
        if hooked.before:
            if isinstance(plan, CreatePlan):
                names = self._before_create(hooked, plan, values)
            elif isinstance(plan, UpdatePlan):
                names, added = self._before_update(hooked, plan, values, arguments)
            else:
                names = self._before_delete(hooked, arguments)
            if names:
                wider = self._widened(hooked, names, len(values))
                change, late = wider.change, wider.late
                if isinstance(plan, UpdatePlan):
                    values += [added[name] for name in wider.names]
        if late is not None:
            values = late(values, Occasion(self._caller, self._role, at_work=self._at_work))
        return change, replace(arguments, values=values)

    def _before_create(self, hooked: HookedWrite, plan: CreatePlan, values: list[Any]) -> frozenset[str]:
        """Run the hooks on new rows; the names that these have beyond those that the client gave."""
        rows, number = values[plan.rows.what], len(values[plan.rows.what])
        for hook in hooked.before:
            rows = self._run_hook(hook, [rows], hooked.types)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) != number:
                raise _bad(hook, "must return as many rows as it got, or nothing")
        values[plan.rows.what] = rows
        return frozenset(name for row in rows for name in row) - {given.field.name for given in plan.given}

    def _before_update(
        self, hooked: HookedWrite, plan: UpdatePlan, values: list[Any], arguments: Arguments
    ) -> tuple[frozenset[str], dict[str, Any]]:
        """Run the hooks on the values to be set; those of fields that were not to be set come back."""
        given = assigned(plan, values)
        matched = self._matched(hooked, arguments)
        changes: Any = dict(given)
        for hook in hooked.before:
            rows = [changes, matched] if hook.takes_rows else [changes]
            changes = self._run_hook(hook, rows, hooked.types)
            if not isinstance(changes, dict) or not given.keys() <= changes.keys():
                raise _bad(hook, "must return all values to be set, or nothing")
        for c in plan.changes:
            if c.field.name in given and c.how == "value" and c.source.kind == "param":
                values[c.source.what] = changes[c.field.name]
        added = {name: value for name, value in changes.items() if name not in given}
        return frozenset(added), added

    def _before_delete(self, hooked: HookedWrite, arguments: Arguments) -> frozenset[str]:
        matched = self._matched(hooked, arguments)
        for hook in hooked.before:
            self._run_hook(hook, [matched], hooked.types)
        return frozenset()

    def _matched(self, hooked: HookedWrite, arguments: Arguments) -> Any:
        return None if hooked.matched is None else _raw(self._opened().fetch(hooked.matched, arguments))

    def _widened(self, hooked: HookedWrite, names: frozenset[str], number: int) -> Any:
        try:
            return hooked.widened(names, number)
        except Unfit as fault:
            raise _bad(hooked.before[-1], str(fault)) from None

    def _flush(self) -> None:
        """Run the hooks after the writes so far."""
        while self._pending:
            hook, rows, types = self._pending.pop(0)
            self._run_hook(hook, [rows], types)

    def _run_hook(self, hook: Hook, rows: list[Any], types: Mapping[str, str]) -> Any:
        content = {"rows": rows, "types": types}
        role = ADMIN_ROLE if hook.above_policies else self._role
        return frames.decode(self._called(hook.key, content, hook.timeout, role))

    # --- the project's code ------------------------------------------------------------------------------------------

    def call(
        self, function: Function, arguments: Mapping[str, Value], caller: Caller, session: Session, *, writes: bool
    ) -> Any:
        """What an operation of the project gives (`data_service.execute.foreign.Foreign`)."""
        operation = self._python.declared.operations[function.function]
        role = ADMIN_ROLE if operation.above_policies else self._role
        text = self._called(operation.key, {"arguments": arguments}, operation.timeout, role)
        return frames.decode(text)

    def before_reads(self, hooks: Sequence[Hook]) -> None:
        """Run hooks before what they are for is read. Raises `Problem`."""
        for hook in hooks:
            self._run_hook(hook, [hook.resource], {})

    def read_hook(self, hook: Hook, rows: list[dict[str, Any]], types: Mapping[str, str]) -> Any:
        """What a hook makes of rows that are read. Raises `Problem`."""
        return self._run_hook(hook, [rows], types)

    def compute(self, function: str, rows: list[dict[str, Any]], types: Mapping[str, str]) -> Any:
        """What a function of the project computes of a batch of rows. Raises `Problem`."""
        return frames.decode(self._called(f"compute {function}", {"rows": [rows], "types": types}, None, self._role))

    def _at_work(self, doing: Callable[["Work"], Any]) -> Any:
        return doing(self)

    def _called(self, key: str, content: dict[str, Any], timeout: float | None, role: str) -> bytes:
        until = self._python.until(timeout, self._caller.deadline)
        return self._conversation.call(key, content, until, partial(self._ask, role))

    def _ask(self, role: str, verb: str, content: dict[str, Any]) -> bytes:
        """What a statement of the project's code gives, as the process reads it. Raises `Problem`."""
        if self._doomed is not None and self._writes:
            raise self._doomed
        seen = self._state.seen_by(role)
        asked = Asked(verb, content, seen, self._state.catalog)
        try:
            shape = self._desk.prepared(self._state, role, encode(asked.operation))
            result = self.perform(shape, asked.values, role)
        except Problem as problem:
            self._doomed = scrub(problem, seen, (*asked.values, *self._caller.principal.session.values()))
            raise self._doomed from problem.__cause__
        if verb == "count":
            return frames.encode({"value": result.total, "types": {}})
        body = msgspec.Raw(result.body or b"null") if result.body or verb != "create" else content["rows"]
        return frames.encode({"value": body, "types": asked.types})


def _raw(row: tuple[Any, ...] | None) -> Any:
    """Rows as the database wrote them, to be handed on as they are."""
    body = row[0] if row is not None else None
    return msgspec.Raw(b"[]" if body is None else body.encode() if isinstance(body, str) else bytes(body))


def _bad(hook: Hook, said: str) -> Problem:
    log.error("the hook %s (%s:%s): %s", hook.name, *hook.place, said)
    return failed(hook.key)
