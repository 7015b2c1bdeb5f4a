"""The ways to the database: which one a request takes, and how the project's Python takes part in its work."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from contracts.identity import ADMIN_ROLE, Caller
from contracts.problems import Problem

from data_service.execute.database import Answering, Database
from data_service.execute.planning import PlanningDatabase
from data_service.execute.shape import PreparedShape
from data_service.execute.undoing import Ending, UndoingDatabase
from data_service.operations.work import Desk, Work
from data_service.privileges import RoleAccess
from data_service.state import State
from data_service.streams import StreamShape

AtWork = Callable[[Callable[[Work], Any]], Any]


@dataclass(frozen=True)
class Ways:
    """The ways to ``database``.

    With ``access`` all is done as roles of the database (access mode `database`); with ``ending`` transactions may be
    rolled back although they went well. ``plans``: the database's plans may be seen. ``anonymous_limit`` is the seconds
    that a statement of an anonymous caller may take. ``desk`` is what work is done with in which Python takes part.
    """

    database: Database
    desk: Desk
    access: RoleAccess | None
    ending: Ending | None
    plans: bool
    anonymous_limit: float | None

    @property
    def only(self) -> Answering | None:
        """The database itself, where no request takes any other way."""
        return self.database if self.access is None and self.ending is None and not self.plans else None

    def of(self, state: State, caller: Caller, role: str, shape: PreparedShape | StreamShape) -> Answering:
        """The database as this request asks it: as its role, and undoing what it writes where that is wished.

        Raises `Problem` 42501 where a plan is wished for by who may not see it.
        """
        database: Answering = self.database
        if self.access is not None and state.roles is not None:
            acting = self.access.acting
            database = acting(caller, role, state.roles, state.catalog, shape.schema, settings=shape.settings)
        if self.plans and caller.around is not None and caller.around.plan:
            if state.roles is None and role != ADMIN_ROLE:
                details = "A plan tells of rules, fields and rows that policies hide: it is shown to admin alone."
                raise Problem("42501", "permission denied for plans", details=details)
            return PlanningDatabase(database, caller.around.plan)
        writes = isinstance(shape, PreparedShape) and shape.writes
        if writes and self.ending is not None and self.ending.undoes(caller.around):
            return UndoingDatabase(database)
        return database

    def limit_of(self, caller: Caller) -> float | None:
        """The seconds that a statement of this caller may take, where that is less than the database's own limit."""
        return self.anonymous_limit if caller.principal.anonymous else None

    def at_work(
        self, state: State, database: Answering, caller: Caller, role: str, *, writes: bool, limit: float | None
    ) -> AtWork:
        """The way to a piece of work in which the project's Python takes part."""

        def at_work(doing: Callable[[Work], Any]) -> Any:
            python = state.python
            if python is None:
                raise AssertionError("no Python is loaded that could take part")
            work = Work(replace(self.desk, database=database), state, python, caller, role, writes=writes, limit=limit)
            return python.aside(lambda: work.done(doing), deadline=caller.deadline, stop=work.stop)

        return at_work
