"""PostgreSQL: a pool of connections, transactions with time limits, and its errors as problems."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import psycopg
from contracts.catalog import Catalog
from contracts.problems import Problem
from psycopg import RawCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg_pool import ConnectionPool, PoolTimeout

from data_service.execute.database import Written
from data_service.reflect import postgres as reflection
from data_service.reflect.options import Exposure
from data_service.sql.postgres import PostgresDialect
from data_service.sql.statements import Arguments, RowInsert, Statement

Connection = psycopg.Connection[tuple[Any, ...]]
_DOWN = {"Retry-After": "2"}
_WAIT = 5.0  # seconds for a connection of the pool, at most


class _Untouched(Loader):
    """JSON as the bytes that the server sent."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class PostgresSession:
    """`data_service.execute.database.Session` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        with translated():
            return self._connection.execute(cast(Any, statement.sql), statement.arguments(arguments)).fetchone()

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        if isinstance(change, RowInsert):
            raise TypeError("rows are inserted by one statement here")
        row = self.fetch(change, arguments)
        found, affected = row if row is not None else (None, 0)
        if back:
            rows = found or b"[]"
            return Written(rows.decode(), affected, _key_of(rows, key) if affected == 1 and key else None)
        return Written(None, affected, msgspec.json.decode(found) if key and found and affected == 1 else None)

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        plan = self.fetch(Statement("explain (format json) " + statement.sql, statement.binds), arguments)
        return int(msgspec.json.decode(plan[0])[0]["Plan"]["Plan Rows"]) if plan else 0


def _key_of(rows: bytes, key: tuple[str, ...]) -> dict[str, Any]:
    row = msgspec.json.decode(rows)[0]
    return {name: row[name] for name in key}


class PostgresDatabase:
    """`data_service.execute.database.Database` over a pool.

    ``limit`` seconds is how long a statement may run; ``prepare`` False uses no named statements (poolers).
    """

    def __init__(self, url: str, *, size: int, limit: float, prepare: bool = True, read_only: bool = False) -> None:
        self.dialect = PostgresDialect()
        self._url = url
        self._limit = limit
        self._read_only = read_only
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=_WAIT,
            reconnect_timeout=5.0,
            configure=self._configure,
            kwargs={
                "autocommit": True,
                "cursor_factory": RawCursor,
                "prepare_threshold": 3 if prepare else None,
                "connect_timeout": 3,
                "application_name": "trivet",
            },
        )
        self._pool.open(wait=False)

    @contextmanager
    def session(self, *, writes: bool, deadline: float | None) -> Iterator[PostgresSession]:
        """A transaction; a single read needs no BEGIN of its own."""
        with self._connection(deadline) as connection:
            if not writes:
                yield PostgresSession(connection)
                return
            with translated(), connection.transaction():
                milliseconds = int(1000 * min(self._limit, _left(deadline, self._limit)))
                connection.execute(f"set local statement_timeout = {milliseconds}")
                yield PostgresSession(connection)

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog as it is now."""
        with translated(), self._apart() as connection:
            return reflection.reflect(connection, exposure)

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would."""
        with translated(), self._apart() as connection:
            return reflection.fingerprint(connection, exposure)

    def unguarded(self, exposure: Exposure) -> tuple[str, ...]:
        """Tables whose row-level security our login bypasses."""
        with translated(), self._apart() as connection:
            return reflection.guarded(connection, exposure)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close(timeout=1.0)

    def _configure(self, connection: Connection) -> None:
        for name in ("json", "jsonb"):
            connection.adapters.register_loader(name, _Untouched)
        read_only = "on" if self._read_only else "off"
        connection.execute(
            f"set statement_timeout = {int(self._limit * 1000)}; set timezone = 'UTC'; set client_encoding = 'UTF8'; "
            f"set default_transaction_read_only = {read_only}; set extra_float_digits = 1"
        )

    def _apart(self) -> psycopg.Connection[Any]:
        """A connection of its own for a look at the catalog, which must not wait for the pool."""
        return psycopg.connect(self._url, connect_timeout=3, application_name="trivet catalog")

    @contextmanager
    def _connection(self, deadline: float | None) -> Iterator[Connection]:
        wait = min(_WAIT, _left(deadline, _WAIT))
        try:
            connection = self._pool.getconn(timeout=wait)
        except PoolTimeout:
            raise self._why_none() from None
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def _why_none(self) -> Problem:
        try:
            psycopg.connect(self._url, connect_timeout=1).close()
        except psycopg.Error:
            return down()
        return Problem("PGRST003", "Timed out acquiring connection from connection pool.", headers={"Retry-After": "1"})


def _left(deadline: float | None, otherwise: float) -> float:
    return otherwise if deadline is None else max(deadline - time.monotonic(), 0.05)


def down() -> Problem:
    """The database does not answer."""
    return Problem("PGRST000", "Database connection error. Retrying the connection.", headers=_DOWN)


@contextmanager
def translated() -> Iterator[None]:
    """PostgreSQL's errors as problems."""
    try:
        yield
    except psycopg.Error as error:
        raise problem_of(error) from error


def problem_of(error: psycopg.Error) -> Problem:
    """The problem that an error of the server or the connection stands for; rows' values are left out."""
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return down()
        if isinstance(error, psycopg.DataError):  # the driver's own: a NUL in a text
            return Problem("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
        return Problem("XX000", "An internal error occurred")
    diagnosis = error.diag
    details = diagnosis.message_detail
    if details is not None and not details.startswith("Key ("):
        details = None if state[:2] in ("22", "23") else details
    headers = _DOWN if state[:2] in ("08", "53") or state.startswith("57P") else {}
    if state == "57014":
        return Problem(state, "canceling statement due to statement timeout")
    if state[:2] == "XX" or state == "42601":
        return Problem("XX000", "An internal error occurred")
    return Problem(
        state,
        diagnosis.message_primary or "The database refused",
        details=details,
        hint=diagnosis.message_hint,
        headers=headers,
        table=(diagnosis.schema_name or "", diagnosis.table_name or ""),
    )
