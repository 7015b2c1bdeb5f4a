"""Work that is done to see what comes of it, and then rolled back (``Prefer: tx=rollback``)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from contracts.identity import Around
from contracts.results import Aside, Result

from data_service.execute.database import Answering, Session
from data_service.execute.run import Held, run
from data_service.execute.shape import PreparedShape
from data_service.sql.statements import Arguments


class RolledBack(Exception):
    """A transaction is rolled back although it went well; this is what came of it."""

    def __init__(self, result: Result) -> None:
        super().__init__("rolled back")
        self.result = result


@dataclass(frozen=True)
class Ending:
    """How transactions end that went well: each ``rolls_back``, unless a client may ``override`` that and does."""

    rolls_back: bool
    overrides: bool

    def undoes(self, around: Around | None) -> bool:
        """Whether what a request writes is rolled back."""
        wish = around.tx if around is not None and self.overrides else None
        return self.rolls_back if wish is None else wish == "rollback"

    def told(self, result: Result, around: Around | None) -> Result:
        """The result, with what came of the client's wish."""
        if around is None or around.tx is None or not self.overrides:
            return result
        return msgspec.structs.replace(result, aside=msgspec.structs.replace(result.aside or Aside(), tx=around.tx))


class UndoingDatabase:
    """A database all of whose writes are rolled back, after constraints that wait for the end were looked at."""

    def __init__(self, database: Answering) -> None:
        self._database = database
        self.snapshot = database.snapshot

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The answer to a shape."""
        if not shape.writes:
            return self._database.answer(shape, arguments, deadline=deadline, limit=limit)
        return self.within(
            lambda session: run(shape.program, session, arguments), deadline=deadline, limit=limit, zone=arguments.zone
        )

    def within(
        self,
        work: Callable[[Session], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """What ``work`` gives."""

        def undone(session: Session) -> Result:
            result = work(Held(session))
            session.settle()
            raise RolledBack(result)

        try:
            return self._database.within(undone, deadline=deadline, limit=limit, zone=zone)
        except RolledBack as found:
            return found.result

    @contextmanager
    def session(
        self, *, writes: bool, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> Iterator[Any]:
        """A transaction."""
        try:
            with self._database.session(writes=writes, deadline=deadline, limit=limit, zone=zone) as session:
                yield Held(session)
                if writes:
                    session.settle()
                    raise RolledBack(Result())
        except RolledBack:
            pass
