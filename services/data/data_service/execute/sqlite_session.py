"""Statements on one SQLite connection: run, bounded in time, their errors told as problems."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import apsw
from chassis.zones import zone_of
from contracts.catalog import Catalog, Resource
from contracts.problems import Problem

from data_service.execute.database import Written
from data_service.execute.row_inserts import insert_rows
from data_service.execute.sqlite_trouble import problem_of
from data_service.sql.dialect import Dialect
from data_service.sql.statements import Arguments, RowInsert, Statement


class Limit:
    """How long statements may run: ``seconds`` from when they begin, and no longer than until ``end``."""

    __slots__ = ("end", "seconds", "stopped")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = float("inf")
        self.stopped = False

    def begin(self, deadline: float | None) -> None:
        """Count from now on; ``deadline`` is in monotonic seconds."""
        end = time.monotonic() + self.seconds
        self.end = end if deadline is None else min(end, deadline)

    def stop(self) -> None:
        """Break off what is running. From any thread."""
        self.stopped = True

    def over(self) -> bool:
        """True where the time is over."""
        return self.stopped or time.monotonic() > self.end


FREE = Limit(float("inf"))


class Clock:
    """A connection's progress handler: interrupts its statement when the limit at hand is over.

    ``zone`` is the time zone that the session at hand wants times in.
    """

    __slots__ = ("limit", "zone")

    def __init__(self) -> None:
        self.limit = FREE
        self.zone: str | None = None

    def __call__(self) -> bool:
        return self.limit.over()

    def in_zone(self, moment: Any) -> Any:
        """A time with an offset as it is in the zone, in PostgreSQL's form; what is no such time as it is."""
        if self.zone is None or not isinstance(moment, str):
            return moment
        try:
            found = datetime.fromisoformat(moment)
            if found.tzinfo is None:
                return moment
            told = found.astimezone(zone_of(self.zone))
            text = told.isoformat()
            return f"{text[:-6].rstrip('0')}{text[-6:]}" if told.microsecond else text
        except (ValueError, OverflowError):
            return moment


class Open(NamedTuple):
    """A connection, its clock, and which file it was opened on."""

    connection: apsw.Connection
    clock: Clock
    file: tuple[int, int]


class Known:
    """What is known of the file's schema: the catalog as it was last read."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._catalog: Catalog | None = None
        self._tables: dict[str, Resource] = {}

    def learn(self, catalog: Catalog) -> None:
        """This is the catalog now."""
        self._tables = {self._dialect.table(resource): resource for resource in catalog.resources}
        self._catalog = catalog

    def full(self, table: str) -> Resource:
        """The resource of a table's qualified name. Raises `Problem` PGRST002 where it is not known."""
        if table not in self._tables:
            raise Problem("PGRST002", "Could not query the database for the schema cache. Retrying.")
        return self._tables[table]

    def problem_of(self, error: apsw.Error) -> Problem:
        """The problem that an error stands for."""
        return problem_of(error, self._catalog)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """SQLite's errors as problems."""
        try:
            yield
        except apsw.Error as error:
            raise self.problem_of(error) from error


class SqliteSession:
    """`data_service.execute.database.Session` on one connection."""

    __slots__ = ("_connection", "_known")

    def __init__(self, connection: apsw.Connection, known: Known) -> None:
        self._connection = connection
        self._known = known

    def last(self) -> None:
        """Nothing is gained by knowing."""

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        try:
            # the cursor goes at once, and with it the statement's hold on what the file was then
            return self._connection.execute(statement.sql, statement.arguments(arguments)).fetchone()
        except apsw.Error as error:
            raise self._known.problem_of(error) from error

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        with self._known.translated():
            if isinstance(change, RowInsert):
                return insert_rows(self._connection, change, arguments, key, self._known.full(change.table))
            if not back:
                self._connection.execute(change.sql, change.arguments(arguments))
                return Written(None, self._connection.changes())
            rows = self._connection.execute(change.sql, change.arguments(arguments)).fetchall()
            return Written(rows, len(rows))

    def settle(self) -> None:
        """Nothing: what waits for the end of a transaction SQLite looks at when that comes."""

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        row = self.fetch(Statement(f"select count(*) from ({statement.sql})", statement.binds), arguments)  # noqa: S608
        return int(row[0]) if row else 0
