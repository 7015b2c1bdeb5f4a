"""The shapes of operations: planned, held to the role's rules, written as SQL, with what their rows go through."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec
from contracts.filters import And
from contracts.operations import Delete, Document, Operation, Update, decode
from contracts.problems import Problem

from data_service.access import restrict
from data_service.dependencies import of_write, reading_of
from data_service.execute.database import Database
from data_service.execute.shape import PreparedShape, calls, calls_foreign, is_write
from data_service.operations.hooks import Maker, hooks_of
from data_service.plan.nodes import ReadPlan
from data_service.plan.plans import CallPlan, Plan
from data_service.plan.writes import plan_operation
from data_service.processing.assembly import NOTHING, Processes, assemble
from data_service.processing.refusals import refuse_handlers
from data_service.processing.setting import Means
from data_service.returned import returning_wanted
from data_service.sql.dialect import Dialect
from data_service.sql.programs import Program, write_program, write_stream
from data_service.sql.statements import Caps
from data_service.state import State
from data_service.streams import StreamShape

T = TypeVar("T", bound=msgspec.Struct)
_ZONED = b" zoned"  # after the text of an operation: its shape where times are told in the caller's zone
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # a NUL in JSON text


class Shaping:
    """Makes the shapes of operations by their text and role, and keeps them in the state that they are made in.

    ``safe_update``: updates and deletes without any filter are refused. ``counts``: writes are counted, so that shapes
    know what they read and touch. ``zoned`` asks for one that tells
    times in the caller's zone, where that takes another statement.
    """

    def __init__(self, database: Database, caps: Caps, means: Means, *, counts: bool, safe_update: bool = True) -> None:
        self._safe_update = safe_update
        self._database = database
        self._caps = caps
        self._means = means
        self._counts = counts

    def of(self, state: State, role: str, text: bytes, *, zoned: bool = False) -> PreparedShape:
        """The shape of an operation. Raises `Problem`."""
        dialect = self._dialect(zoned=zoned)
        key = self._key(role, text, dialect)
        kept = state.shapes.get(key)
        if kept is not None:
            return kept
        plan, processes = self._planned(state, role, text)
        if state.roles is not None and processes is None and state.python is None:
            plan = returning_wanted(plan)
        in_steps = processes is not None or state.python is not None
        program = write_program(plan, dialect, state.catalog, self._caps, in_steps=in_steps)
        processes = self._with_python(state, plan, program, processes)
        if in_steps and processes is None:
            program = write_program(plan, dialect, state.catalog, self._caps)
        if processes is None and calls_foreign(program):  # whoever calls them is told there
            processes = NOTHING
        if not self._counts:
            made = PreparedShape(program, processes=processes)
        elif is_write(program):
            made = PreparedShape(program, touches=of_write(plan, state.effects), processes=processes)
        elif processes is not None:
            made = PreparedShape(program, processes=processes)
        else:
            made = PreparedShape(program, reading_of(plan, state.effects, state.catalog, state.cache))
        if state.roles is not None:
            made.schema, made.settings = schema_of(text), settings_of(plan)
        state.shapes.put(key, made)
        return made

    def known(self, state: State, role: str, text: bytes, *, zoned: bool = False) -> PreparedShape | None:
        """The shape, if it was made before."""
        return state.shapes.get(self._key(role, text, self._dialect(zoned=zoned)))

    def of_stream(self, state: State, role: str, text: bytes, *, zoned: bool) -> StreamShape:
        """The shape of a streamed read. Raises `Problem`, PGRST127 for what is none."""
        dialect = self._dialect(zoned=zoned)
        key = self._key(role, text, dialect)
        kept = state.streams.get(key)
        if kept is not None:
            return kept
        plan, processes = self._planned(state, role, text)
        if not isinstance(plan, ReadPlan) or plan.shape != "many":
            raise Problem("PGRST127", "Feature not implemented", details="Only reads of many rows can be streamed.")
        processes = self._with_python(state, plan, None, processes)
        statement = write_stream(plan, dialect, state.catalog, self._caps)
        is_kept = self._counts and processes is None
        reading = reading_of(plan, state.effects, state.catalog, state.cache) if is_kept else None
        made = StreamShape(statement, processes, reading)
        if state.roles is not None:
            made = msgspec.structs.replace(made, schema=schema_of(text), settings=settings_of(plan))
        state.streams.put(key, made)
        return made

    def _dialect(self, *, zoned: bool) -> Dialect:
        return (self._database.zoned if zoned else None) or self._database.dialect

    def _key(self, role: str, text: bytes, dialect: Dialect) -> tuple[str, bytes]:
        return (role, text) if dialect is self._database.dialect else (role, text + _ZONED)

    def _planned(self, state: State, role: str, text: bytes) -> tuple[Plan, Processes | None]:
        """The plan of an operation with the role's rules at every node, and what its rows go through."""
        if _NUL.search(text):  # no SQL can hold it, be it in a key, a path or an alias
            raise Problem("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
        operation = _decoded(text) if self._safe_update else filtered(_decoded(text))
        plan = plan_operation(operation, state.seen_by(role), state.catalog)
        restricted = restrict(plan, state.catalog, state.allowed, role)
        rules, protections, python = state.policies.processing, state.protections, state.python
        means = self._means if python is None else replace(self._means, computers=python, python=python)
        planned, processes = assemble(restricted, rules, state.catalog, role, means, protections=protections)
        if processes is not None and processes.outward is not None:
            refuse_handlers(planned)
        return planned, processes

    def _with_python(
        self, state: State, plan: Plan, program: Program | None, processes: Processes | None
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


def filtered(operation: Operation) -> Operation:
    """The operation, whose updates and deletes without a filter say expressly that they mean all rows."""
    if isinstance(operation, Document):
        members = [
            msgspec.structs.replace(member, operation=_filtered(member.operation)) for member in operation.members
        ]
        return msgspec.structs.replace(operation, members=tuple(members))
    return _filtered(operation)


def _filtered(operation: T) -> T:
    if isinstance(operation, Update | Delete) and operation.filter is None:
        return msgspec.structs.replace(operation, filter=And())
    return operation


def settings_of(plan: Plan) -> Mapping[str, str] | None:
    """The settings of the one function that a plan calls, None where it has none."""
    read = plan.read if isinstance(plan, CallPlan) else plan
    call = read.scan.call if isinstance(read, ReadPlan) else None
    return call.function.settings or None if call is not None else None


def schema_of(text: bytes) -> str | None:
    """The schema that an operation asks for expressly."""
    found: str | None = getattr(_decoded(text), "schema", None)
    return found


def _decoded(text: bytes) -> Operation:
    try:
        return decode(text)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem("PGRST100", f"the operation is not understood: {fault}"[:300]) from None
