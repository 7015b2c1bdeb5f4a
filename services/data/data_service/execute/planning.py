"""The database's own plan of a statement (EXPLAIN), in the place of its answer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.database import Answering, Session, Snapshot
from data_service.execute.shape import PreparedShape
from data_service.sql.programs import DocumentStatement, Program
from data_service.sql.statements import Arguments, CallStatement, ReadStatement, Statement, WriteStatement

_OPTIONS = ("analyze", "verbose", "settings", "buffers", "wal")
_FORMATS = ("json", "text")
_UTC = "UTC"


class PlanningDatabase:
    """A database that tells how it would answer: ``wish`` is a format, then options of EXPLAIN, with spaces between.

    What `analyze` runs is rolled back.
    """

    def __init__(self, database: Answering, wish: str) -> None:
        self._database = database
        format_, *options = wish.split(" ")
        if format_ not in _FORMATS or not set(options) <= set(_OPTIONS):
            raise Problem("PGRST107", "None of these plans are available")
        self._sql = f"explain ({', '.join([f'format {format_}', *options])}) "

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The plan of a shape's statement. Raises `Problem` PGRST127 where there are several."""
        statement = _statement_of(shape.program)
        if statement is None or shape.processes is not None:
            raise _unplanned()
        asked = Statement(self._sql + statement.sql, statement.binds)
        # a zone makes it a transaction of its own, which a read need not be
        zone = arguments.zone or _UTC
        try:
            with self._database.session(writes=shape.writes, deadline=deadline, limit=limit, zone=zone) as session:
                raise _Planned(_lines(session, asked, arguments))
        except _Planned as found:
            return Result(body=b"\n".join(found.lines), rows=len(found.lines))

    def within(
        self,
        work: Callable[[Session], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """Nothing: what is done in several steps has no plan. Raises `Problem` PGRST127."""
        raise _unplanned()

    def session(
        self, *, writes: bool, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Session]:
        """Nothing, as for `within`."""
        raise _unplanned()

    def snapshot(
        self, *, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Snapshot]:
        """Nothing, as for `within`."""
        raise _unplanned()


class _Planned(Exception):
    """The plan is there, and its transaction is over."""

    def __init__(self, lines: list[bytes]) -> None:
        super().__init__("planned")
        self.lines = lines


def _lines(session: Any, statement: Statement, arguments: Arguments) -> list[bytes]:
    column = getattr(session, "column", None)
    if column is None:
        raise _unplanned()
    return [line.encode() if isinstance(line, str) else bytes(line) for line in column(statement, arguments)]


def _statement_of(program: Program) -> Statement | None:
    match program:
        case ReadStatement() | DocumentStatement():
            return program.statement
        case CallStatement(read=ReadStatement() as read, foreign=None):
            return read.statement
        case WriteStatement(told=Statement() as told):
            return told
        case WriteStatement(change=Statement() as change):
            return change
    return None


def _unplanned() -> Problem:
    return Problem("PGRST127", "Feature not implemented", details="There is no plan of what is no single statement.")
