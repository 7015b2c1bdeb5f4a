"""A database all of whose answers are given as one actor, with what their transactions leave behind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec
from contracts.results import Result

from data_service.execute.acting import Actor, aside_of
from data_service.execute.database import Session, Snapshot
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.run import run
from data_service.execute.shape import PreparedShape
from data_service.execute.undoing import RolledBack
from data_service.sql.programs import DocumentStatement, Program
from data_service.sql.statements import Arguments, CallStatement, ReadStatement


class ActingSession(Session, Protocol):
    """A session as a role, which knows afterwards what it ``left`` behind (`LEFT_BEHIND`'s row)."""

    left: tuple[Any, ...] | None


class ActingDatabase:
    """What `data_service.execute.database.Database` answers by, all of it as one actor."""

    def __init__(self, database: PostgresDatabase, actor: Actor) -> None:
        self._database = database
        self._actor = actor

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The answer to a shape."""
        with self.session(writes=shape.writes, deadline=deadline, limit=limit, zone=arguments.zone) as session:
            if not shape.writes and _is_single(shape.program):
                session.last()
            result = run(shape.program, session, arguments)
        return _with_aside(result, session)

    def within(
        self,
        work: Callable[[Session], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """What ``work`` gives, done in one transaction."""
        with self.session(writes=True, deadline=deadline, limit=limit, zone=zone) as session:
            try:
                result = work(session)
            except RolledBack as found:
                raise RolledBack(_with_aside(found.result, session)) from None
        return _with_aside(result, session)

    def session(
        self, *, writes: bool, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Any]:
        """A transaction."""
        return self._database.session(writes=writes, deadline=deadline, limit=limit, zone=zone, actor=self._actor)

    def snapshot(
        self, *, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Snapshot]:
        """A transaction for rows that are taken one by one."""
        return self._database.snapshot(deadline=deadline, limit=limit, zone=zone, actor=self._actor)


def _with_aside(result: Result, session: ActingSession) -> Result:
    aside = aside_of(session.left)
    return result if aside is None else msgspec.structs.replace(result, aside=aside)


def _is_single(program: Program) -> bool:
    """Whether a program that reads is one statement."""
    if isinstance(program, CallStatement):
        return program.foreign is None and program.read is not None and program.read.estimate is None
    return isinstance(program, DocumentStatement) or (isinstance(program, ReadStatement) and program.estimate is None)
