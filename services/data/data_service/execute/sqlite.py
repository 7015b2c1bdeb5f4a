"""SQLite: readers and one writer on a file, transactions with time limits, and its errors as problems."""

import logging
import queue
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import apsw
from contracts.catalog import Catalog
from contracts.problems import Problem

from data_service.execute import functions
from data_service.execute.database import Written
from data_service.execute.row_inserts import insert_rows
from data_service.execute.sqlite_file import connect, identity
from data_service.execute.trouble import down, full, read_only
from data_service.reflect import sqlite as reflection
from data_service.reflect.options import Exposure
from data_service.sql.sqlite import SqliteDialect
from data_service.sql.statements import Arguments, RowInsert, Statement
from data_service.survey import sqlite as surveys
from data_service.survey.facts import Survey

log = logging.getLogger("trivet.database")

_BUSY = 5.0  # seconds that a transaction waits for another's
_LOOK = 1.0  # seconds between two looks whether the file's schema has changed
_STEPS = 5000  # virtual machine steps between two looks at the clock


class SqliteSession:
    """`data_service.execute.database.Session` on one connection."""

    def __init__(self, connection: apsw.Connection, database: "SqliteDatabase") -> None:
        self._connection = connection
        self._database = database

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        with self._database.translated():
            return self._connection.execute(statement.sql, statement.arguments(arguments)).fetchone()

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        with self._database.translated():
            if isinstance(change, RowInsert):
                return insert_rows(self._connection, change, arguments, key, self._database.full(change.table))
            if not back:
                self._connection.execute(change.sql, change.arguments(arguments))
                return Written(None, self._connection.changes())
            rows = self._connection.execute(change.sql, change.arguments(arguments)).fetchall()
            return Written(rows, len(rows))

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        row = self.fetch(Statement(f"select count(*) from ({statement.sql})", statement.binds), arguments)  # noqa: S608
        return int(row[0]) if row else 0


class _Clock:
    """Interrupts its connection's statement when the time is over."""

    def __init__(self) -> None:
        self.end = float("inf")

    def __call__(self) -> bool:
        return time.monotonic() > self.end


class _Open(NamedTuple):
    """A connection, its clock, and which file it was opened on."""

    connection: apsw.Connection
    clock: _Clock
    file: tuple[int, int]


class SqliteDatabase:
    """`data_service.execute.database.Database` on a file that exists, with ``size`` readers and one writer.

    ``limit``: seconds for a statement; ``patience``: seconds that a read waits for a connection. ``immutable``: nobody
    changes the file while it is served.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: int,
        limit: float,
        read_only: bool = False,
        immutable: bool = False,
        patience: float = 1.0,
    ) -> None:
        self.dialect = SqliteDialect()
        self._path = path
        self._limit = limit
        self._read_only = read_only or immutable
        self._immutable = immutable
        self._patience = patience
        self._catalog: Catalog | None = None
        self._readers: queue.LifoQueue[_Open] = queue.LifoQueue()
        self._free = threading.BoundedSemaphore(size)
        self._writing = threading.Lock()
        self._writer: _Open | None = None
        self._file = identity(path)
        self._seen: object = None  # what the last look for changes was made on

    def full(self, table: str) -> Any:
        """The resource of a table's qualified name, as it was last reflected."""
        if self._catalog is None:
            raise Problem("PGRST002", "Could not query the database for the schema cache. Retrying.")
        return next(r for r in self._catalog.resources if self.dialect.table(r) == table)

    @contextmanager
    def session(self, *, writes: bool, deadline: float | None, limit: float | None = None) -> Iterator[SqliteSession]:
        """A transaction: readers see one snapshot each, writers wait for each other."""
        with self._write(deadline) if writes else self._read(deadline) as held:
            held.clock.end = min(time.monotonic() + min(self._limit, limit or self._limit), deadline or float("inf"))
            try:
                yield SqliteSession(held.connection, self)
            finally:
                held.clock.end = float("inf")

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog as it is now."""
        with self._read(None) as held, self.translated():
            self._catalog = reflection.reflect(held.connection, exposure)
            return self._catalog

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would."""
        self._seen = self._mark()
        with self._read(None) as held, self.translated():
            return reflection.fingerprint(held.connection)

    def unguarded(self, exposure: Exposure) -> tuple[str, ...]:
        """None: SQLite has no row-level security."""
        return ()

    def survey(self, exposure: Exposure) -> Survey:
        """What an operator should know of it."""
        with self._read(None) as held, self.translated():
            return surveys.survey(held.connection, self._path)

    def wait(self, seconds: float) -> None:
        """Return when the file's schema is not what it was at the last look, or another file is there, or in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
            if self._mark() != self._seen:
                return

    def close(self) -> None:
        """Close all connections that are not in use."""
        while not self._readers.empty():
            self._readers.get_nowait().connection.close()
        if self._writer is not None:
            self._writer.connection.close()
            self._writer = None

    def _mark(self) -> object:
        self._file = identity(self._path)
        try:
            with self._read(None) as held, self.translated():
                return self._file, held.connection.execute("pragma main.schema_version").fetchone()
        except Problem:
            return None

    @contextmanager
    def _read(self, deadline: float | None) -> Iterator[_Open]:
        wait = self._patience if deadline is None else max(deadline - time.monotonic(), 0.05)
        if not self._free.acquire(timeout=min(wait, self._patience)):
            raise full()
        try:
            reader = self._idle_reader() or self._open(writes=False)
            try:
                yield reader
            finally:
                self._readers.put(reader)
        finally:
            self._free.release()

    def _idle_reader(self) -> _Open | None:
        """A reader of the file that is there now."""
        while True:
            try:
                reader = self._readers.get_nowait()
            except queue.Empty:
                return None
            if reader.file == self._file:
                return reader
            reader.connection.close()

    @contextmanager
    def _write(self, deadline: float | None) -> Iterator[_Open]:
        wait = _BUSY if deadline is None else max(deadline - time.monotonic(), 0.05)
        if self._read_only:
            raise read_only()
        if not self._writing.acquire(timeout=min(wait, _BUSY)):
            raise _busy()
        try:
            if self._writer is not None and self._writer.file != self._file:
                self._writer.connection.close()
                self._writer = None
            self._writer = self._writer or self._open(writes=True)
            with self._transaction(self._writer.connection):
                yield self._writer
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, connection: apsw.Connection) -> Iterator[None]:
        with self.translated():
            connection.execute("begin immediate")
        try:
            yield
            with self.translated():
                connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise

    def _open(self, *, writes: bool) -> _Open:
        file, clock = self._file, _Clock()
        with self.translated():
            connection = connect(self._path, patience=_BUSY, read_only=self._read_only, immutable=self._immutable)
            connection.set_progress_handler(clock, _STEPS)
            functions.install(connection)
            query_only = "off" if writes else "on"
            connection.execute(
                f"pragma case_sensitive_like = on; pragma foreign_keys = on; pragma query_only = {query_only}"
            )
            return _Open(connection, clock, file)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """SQLite's errors as problems."""
        try:
            yield
        except apsw.Error as error:
            raise self._problem_of(error) from error

    def _problem_of(self, error: apsw.Error) -> Problem:
        if isinstance(error, apsw.ConstraintError):
            return self._constraint(error)
        if isinstance(error, apsw.CantOpenError | apsw.IOError):
            return down()
        for kind, code, message in _ERRORS:
            if isinstance(error, kind):
                return Problem(code, message, headers={"Retry-After": "1"} if code == "53300" else {})
        text = str(error)
        if text == "integer overflow":  # of a sum
            return Problem("22003", "bigint out of range")
        if "no such table" in text:
            return Problem("42P01", "relation does not exist", table=("main", ""))
        if "no such column" in text or "has no column named" in text:
            return Problem("42703", "column does not exist", table=("main", ""))
        if "ON CONFLICT clause does not match" in text:
            message = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
            return Problem("42P10", message)
        log.error("sqlite: %s", text)
        return Problem("XX000", "An internal error occurred")

    def _constraint(self, error: apsw.ConstraintError) -> Problem:
        """The SQLSTATE and the words that PostgreSQL would use."""
        code, text = getattr(error, "extendedresult", 0), str(error).partition("failed: ")[2]
        table, fields = _named(text)
        if code in (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID):
            shown = ", ".join(fields)
            return Problem(
                "23505",
                f'duplicate key value violates unique constraint "{self._unique(table, fields)}"',
                details=f"Key ({shown}) already exists." if shown else None,
                table=("main", table),
            )
        if code == apsw.SQLITE_CONSTRAINT_NOTNULL:
            column = fields[0] if fields else ""
            message = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
            return Problem("23502", message, table=("main", table))
        if code == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
            return Problem("23503", "insert, update or delete violates a foreign key constraint")
        if code == apsw.SQLITE_CONSTRAINT_CHECK:
            name = text if re.fullmatch(r"\w+", text) else "check"
            return Problem("23514", f'new row violates check constraint "{name}"')
        if code == apsw.SQLITE_CONSTRAINT_TRIGGER:
            return Problem("P0001", str(error).removeprefix("ConstraintError: "))
        if code == apsw.SQLITE_CONSTRAINT_DATATYPE:
            return Problem("42804", "a value is not of its column's type")
        return Problem("23000", "a constraint does not hold")

    def _unique(self, table: str, fields: list[str]) -> str:
        resource = self._catalog.by_table.get(("main", table)) if self._catalog else None
        for unique in resource.uniques if resource else ():
            if set(unique.fields) == set(fields):
                return unique.name
        return f"{table}_{'_'.join(fields)}_key"


def _named(text: str) -> tuple[str, list[str]]:
    """Table and columns in ``t.a, t.b``."""
    parts = [part.rpartition(".") for part in text.split(", ") if "." in part]
    return (parts[0][0] if parts else ""), [part[2] for part in parts]


def _busy() -> Problem:
    return Problem("53300", "the database is busy with other writes", headers={"Retry-After": "1"})


_ERRORS: list[tuple[type[apsw.Error], str, str]] = [
    (apsw.InterruptError, "57014", "canceling statement due to statement timeout"),
    (apsw.BusyError, "53300", "the database is busy with other writes"),
    (apsw.LockedError, "53300", "the database is busy with other writes"),
    (apsw.ReadOnlyError, "25006", "cannot write in a read-only transaction"),
    (apsw.FullError, "53100", "could not extend the database file: no space left"),
    (apsw.TooBigError, "54000", "a value is too large"),
    (apsw.MismatchError, "22P02", "a value is not of its column's type"),
]
