"""One streamed read: an operation's rows, taken from the database as the client takes them."""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import cast

import msgspec
from contracts.identity import Caller
from contracts.operations import Value
from contracts.problems import Problem
from contracts.results import Result, Stream

from data_service.answering import gone_in
from data_service.discretion import scrub
from data_service.execute.database import Answering
from data_service.present import Present
from data_service.processing.stages import Occasion
from data_service.shaping import Shaping
from data_service.sql.statements import Arguments
from data_service.state import State
from data_service.streams import Room, StreamShape, flow
from data_service.versioning import Versioning
from data_service.ways import Ways


class Streams:
    """Answers reads row by row; so many as there is ``room`` for may be under way."""

    def __init__(
        self, present: Present, shaping: Shaping, ways: Ways, versioning: Versioning | None, room: Room
    ) -> None:
        self._present = present
        self._shaping = shaping
        self._ways = ways
        self._only = ways.only
        self._versioning = versioning
        self._room = room

    def stream(self, state: State, text: bytes, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read of shape ``many``, given as its canonical text. Raises `Problem`."""
        role = state.role_of(caller)
        shape = self._shaping.of_stream(state, role, text, zoned=caller.timezone is not None)
        versioning, reading, session = self._versioning, shape.reading, caller.principal.session
        versions = versioning.copy(reading.words) if versioning is not None and reading is not None else None
        arguments = Arguments(values, session, zone=caller.timezone)
        given = (*values, *session.values())
        database = self._only or self._ways.of(state, caller, role, shape)
        at_work = self._ways.at_work(state, database, caller, role, writes=False, limit=None)
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
            head if self._ways.ending is None else self._ways.ending.told(head, caller.around),
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
            arguments = gone_in(processes, arguments, occasion)
            if processes.outward is not None:
                outward = partial(processes.outward, occasion=occasion)
            if processes.hooks is not None:
                before = processes.hooks.reads
                occasion.at_work(lambda work: work.before_reads(before))
        caller = occasion.caller
        limit = self._ways.limit_of(caller)
        with (
            self._room.taken(),
            database.snapshot(deadline=caller.deadline, limit=limit, zone=arguments.zone) as snapshot,
        ):
            yield from flow(snapshot, shape.statement, arguments, outward)
