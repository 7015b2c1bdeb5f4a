"""SQLite: readers and one writer on a file, transactions with time limits, and its errors as problems."""

import queue
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from contracts.catalog import Catalog
from contracts.problems import Problem

from data_service.execute import functions
from data_service.execute.database import Written
from data_service.reflect import sqlite as reflection
from data_service.reflect.options import Exposure
from data_service.sql.sqlite import SqliteDialect, returning
from data_service.sql.statements import Arguments, RowInsert, Statement

_BUSY = 5.0  # seconds that a transaction waits for another's
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
                return self._insert(change, arguments, key)
            if not back:
                self._connection.execute(change.sql, change.arguments(arguments))
                return Written(None, self._connection.changes())
            rows = self._connection.execute(change.sql, change.arguments(arguments)).fetchall()
            return Written(rows, len(rows))

    def _insert(self, insert: RowInsert, arguments: Arguments, key: tuple[str, ...]) -> Written:
        resource = self._database.full(insert.table)
        presets = [(name, arguments.of(bind)) for name, bind in insert.presets]
        tail = returning(resource)
        rows = []
        for row in arguments.of(insert.rows):
            values = self._values(insert, row) + presets
            columns = ", ".join('"' + name.replace('"', '""') + '"' for name, _ in values)
            places = ", ".join("?" for _ in values)
            body = f"({columns}) values ({places})" if values else "default values"
            sql = f"insert into {insert.table} {body}{tail}"
            rows.extend(self._connection.execute(sql, [value for _, value in values]).fetchall())
        found = None
        if key and len(rows) == 1:
            names = [field.name for field in resource.fields]
            found = {name: rows[0][names.index(name)] for name in key}
        return Written(rows, len(rows), found)

    def _values(self, insert: RowInsert, row: dict[str, Any]) -> list[tuple[str, Any]]:
        left_out = insert.ragged and insert.defaults
        return [
            (given.field.name, given.encode(row.get(given.field.name)))
            for given in insert.given
            if given.field.name in row or not left_out
        ]

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        row = self.fetch(Statement(f"select count(*) from ({statement.sql})", statement.binds), arguments)  # noqa: S608
        return int(row[0]) if row else 0


class _Clock:
    """Interrupts its connection's statement when the time is over."""

    def __init__(self) -> None:
        self.end = float("inf")

    def __call__(self) -> bool:
        return time.monotonic() > self.end


class SqliteDatabase:
    """`data_service.execute.database.Database` on a file that exists. ``limit``: seconds for a statement."""

    def __init__(self, path: Path, *, size: int, limit: float, read_only: bool = False) -> None:
        self.dialect = SqliteDialect()
        self._path = path
        self._limit = limit
        self._read_only = read_only
        self._catalog: Catalog | None = None
        self._readers: queue.LifoQueue[tuple[apsw.Connection, _Clock]] = queue.LifoQueue()
        self._free = threading.BoundedSemaphore(size)
        self._writing = threading.Lock()
        self._writer: tuple[apsw.Connection, _Clock] | None = None

    def full(self, table: str) -> Any:
        """The resource of a table's qualified name, as it was last reflected."""
        if self._catalog is None:
            raise Problem("PGRST002", "Could not query the database for the schema cache. Retrying.")
        return next(r for r in self._catalog.resources if self.dialect.table(r) == table)

    @contextmanager
    def session(self, *, writes: bool, deadline: float | None) -> Iterator[SqliteSession]:
        """A transaction: readers see one snapshot each, writers wait for each other."""
        with self._write(deadline) if writes else self._read(deadline) as (connection, clock):
            clock.end = min(time.monotonic() + self._limit, deadline or float("inf"))
            try:
                yield SqliteSession(connection, self)
            finally:
                clock.end = float("inf")

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog as it is now."""
        with self._read(None) as (connection, _), self.translated():
            self._catalog = reflection.reflect(connection, exposure)
            return self._catalog

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would."""
        with self._read(None) as (connection, _), self.translated():
            return reflection.fingerprint(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        while not self._readers.empty():
            self._readers.get_nowait()[0].close()
        if self._writer is not None:
            self._writer[0].close()

    @contextmanager
    def _read(self, deadline: float | None) -> Iterator[tuple[apsw.Connection, _Clock]]:
        wait = _BUSY if deadline is None else max(deadline - time.monotonic(), 0.05)
        if not self._free.acquire(timeout=min(wait, _BUSY)):
            raise Problem("PGRST003", "Timed out acquiring connection from connection pool.")
        try:
            try:
                reader = self._readers.get_nowait()
            except queue.Empty:
                reader = self._open(writes=False)
            try:
                yield reader
            finally:
                self._readers.put(reader)
        finally:
            self._free.release()

    @contextmanager
    def _write(self, deadline: float | None) -> Iterator[tuple[apsw.Connection, _Clock]]:
        wait = _BUSY if deadline is None else max(deadline - time.monotonic(), 0.05)
        if self._read_only:
            raise Problem("25006", "cannot write in a read-only transaction")
        if not self._writing.acquire(timeout=wait):
            raise _busy()
        try:
            self._writer = self._writer or self._open(writes=True)
            connection = self._writer[0]
            with self.translated():
                connection.execute("begin immediate")
            try:
                yield self._writer
                with self.translated():
                    connection.execute("commit")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise
        finally:
            self._writing.release()

    def _open(self, *, writes: bool) -> tuple[apsw.Connection, _Clock]:
        flags = apsw.SQLITE_OPEN_READWRITE if not self._read_only else apsw.SQLITE_OPEN_READONLY
        with self.translated():
            connection = apsw.Connection(str(self._path), flags=flags)
            connection.set_busy_timeout(int(_BUSY * 1000))
            clock = _Clock()
            connection.set_progress_handler(clock, _STEPS)
            functions.install(connection)
            query_only = "off" if writes else "on"
            connection.execute(
                f"pragma case_sensitive_like = on; pragma foreign_keys = on; pragma query_only = {query_only}"
            )
            return connection, clock

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
        for kind, code, message in _ERRORS:
            if isinstance(error, kind):
                return Problem(code, message, headers={"Retry-After": "1"} if code in ("53300", "PGRST000") else {})
        found = re.match(r"no such (column|table): (.*)", str(error))
        if found:
            code = "42703" if found[1] == "column" else "42P01"
            return Problem(code, f"{'column' if code == '42703' else 'relation'} does not exist")
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
    (apsw.CantOpenError, "PGRST000", "Database connection error. Retrying the connection."),
    (apsw.IOError, "PGRST000", "Database connection error. Retrying the connection."),
    (apsw.TooBigError, "54000", "a value is too large"),
    (apsw.MismatchError, "22P02", "a value is not of its column's type"),
]
