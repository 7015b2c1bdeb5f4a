"""One answer: an operation's shape run with its values, past the rules of processing, and what it stands on."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from contracts.identity import Caller
from contracts.operations import Value
from contracts.problems import Problem
from contracts.results import Basis, Result

from data_service.discretion import scrub
from data_service.execute.database import Answering
from data_service.execute.foreign import Foreign, ForeignCalls
from data_service.execute.refused import all_faults
from data_service.execute.run import Held, run
from data_service.execute.shape import PreparedShape
from data_service.present import Present
from data_service.processing.assembly import NOTHING, Processes
from data_service.processing.inward import BrokenRows
from data_service.processing.stages import Occasion
from data_service.shaping import Shaping
from data_service.sql.statements import Arguments
from data_service.state import State
from data_service.versioning import Versioning
from data_service.ways import Ways


class Answers:
    """Answers operations in a state. With ``versioning`` writes are counted, and answers may say what they stand on.

    ``foreign`` are functions that are not the database's.
    """

    def __init__(
        self,
        present: Present,
        shaping: Shaping,
        ways: Ways,
        versioning: Versioning | None,
        foreign: Mapping[str, Foreign],
    ) -> None:
        self._present = present
        self._shaping = shaping
        self._ways = ways
        self._only = ways.only
        self._ending = ways.ending
        self._versioning = versioning
        self._foreign = foreign

    def answer(self, state: State, text: bytes, values: Sequence[Value], caller: Caller) -> Result:
        """The answer to an operation's canonical text. Raises `Problem`."""
        start = time.perf_counter()
        role = state.role_of(caller)
        zone = caller.timezone
        shape = self._shaping.of(state, role, text, zoned=zone is not None)
        planned = time.perf_counter()
        principal = caller.principal
        limit = self._ways.limit_of(caller)
        database = self._only or self._ways.of(state, caller, role, shape)
        try:
            arguments = Arguments(values, principal.session, zone=zone)
            if shape.processes is None:
                result, basis = self._asked(state, database, shape, arguments, deadline=caller.deadline, limit=limit)
            else:
                at_work = self._ways.at_work(state, database, caller, role, writes=shape.writes, limit=limit)
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
        *,
        deadline: float | None,
        limit: float | None,
    ) -> tuple[Result, Basis | None]:
        """What the database answers, and what that stands on."""
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
            arguments = gone_in(processes, arguments, occasion)
        except BrokenRows as broken:
            trial = partial(database.within, deadline=deadline, limit=limit, zone=arguments.zone)
            raise all_faults(broken, shape, arguments, occasion, trial) from None
        arguments.foreign = ForeignCalls(self._foreign, occasion.caller)

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


def gone_in(processes: Processes, arguments: Arguments, occasion: Occasion) -> Arguments:
    """The arguments after the steps on the way in. Raises `Problem` or `BrokenRows`."""
    for inward in (processes.inward, processes.late):
        if inward is not None:
            arguments = Arguments(inward(arguments.values, occasion), arguments.session, zone=arguments.zone)
    return arguments


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)
