"""PostgreSQL: transactions with time limits on connections of a pool, and looks at its catalog."""

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import psycopg
from contracts.catalog import Catalog
from psycopg import RawCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from data_service.execute.database import Written
from data_service.execute.lookout import Lookout
from data_service.execute.pool import Connection, Held, Pool
from data_service.execute.trouble import Lost, Undone, problem_of, read_only
from data_service.reflect import postgres as reflection
from data_service.reflect.options import Exposure
from data_service.sql.postgres import PostgresDialect
from data_service.sql.statements import Arguments, RowInsert, Statement
from data_service.survey import postgres as surveys
from data_service.survey.facts import Survey

_LEAST = 0.05  # seconds that a statement is given, however little is left
_LOCK = 0.75  # of the time limit: a lock that is waited for longer is told as such
# so that an answer is the same whatever the login's own settings are
_SETTINGS = {
    "timezone": "'UTC'", "datestyle": "'ISO, MDY'", "intervalstyle": "'postgres'", "extra_float_digits": "1",
    "bytea_output": "'hex'", "xmloption": "'content'",
}  # fmt: skip
# a server that has vanished without a word is noticed in a minute
_CONNECTION = {
    "connect_timeout": "3", "application_name": "trivet", "client_encoding": "UTF8",
    "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
}  # fmt: skip


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
        found, affected, *merged = row if row is not None else (None, 0)
        apart = [merged[0], *(rows.decode() if rows else None for rows in merged[1:])] if merged else []
        if back:
            rows = found or b"[]"
            return Written(rows.decode(), affected, _key_of(rows, key) if affected == 1 and key else None, *apart)
        return Written(None, affected, msgspec.json.decode(found) if key and found and affected == 1 else None, *apart)

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        plan = self.fetch(Statement("explain (format json) " + statement.sql, statement.binds), arguments)
        return int(msgspec.json.decode(plan[0])[0]["Plan"]["Plan Rows"]) if plan else 0


def _key_of(rows: bytes, key: tuple[str, ...]) -> dict[str, Any]:
    row = msgspec.json.decode(rows)[0]
    return {name: row[name] for name in key}


class PostgresDatabase:
    """`data_service.execute.database.Database` over a pool of ``size`` connections, waited for ``patience`` seconds.

    ``limit`` seconds is how long a statement may run. ``prepare`` False is for poolers in transaction mode: no named
    statements, and nothing that is set outlives its transaction. ``direct_url`` leads past a pooler.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int,
        limit: float,
        prepare: bool = True,
        read_only: bool = False,
        direct_url: str = "",
        listens: bool = True,
        patience: float = 1.0,
    ) -> None:
        self.dialect = PostgresDialect()
        self._url = url
        self._direct_url = direct_url or url
        self._limit = limit
        self._prepare = prepare
        self._read_only = read_only
        self._pool = Pool(self._connect, size=size, patience=patience)
        # LISTEN does not pass a pooler, and would stay on a connection that is somebody else's next
        self._lookout = Lookout(self._connect_apart, listens=listens and (prepare or bool(direct_url)))

    @contextmanager
    def session(self, *, writes: bool, deadline: float | None, limit: float | None = None) -> Iterator[PostgresSession]:
        """A transaction; a single read needs no BEGIN of its own."""
        if writes and self._read_only:
            raise read_only()
        left = None if deadline is None else max(deadline - time.monotonic(), _LEAST)
        milliseconds = int(1000 * min(self._limit, limit or self._limit, left or self._limit))
        with self._pool.connection(milliseconds, left) as held:
            try:
                with translated(), self._transaction(held, milliseconds, writes=writes):
                    yield PostgresSession(held.connection)
            except Lost:
                self._pool.renew()  # the others were lost with it, most likely
                raise
            except Undone as problem:
                if problem.code not in ("40001", "40P01"):
                    self._pool.renew()  # none of what was prepared can be trusted
                raise

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog as it is now."""
        with translated(), self._lookout.connection() as connection:
            return reflection.reflect(connection, exposure)

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would."""
        with translated(), self._lookout.connection() as connection:
            return reflection.fingerprint(connection, exposure)

    def unguarded(self, exposure: Exposure) -> tuple[str, ...]:
        """Tables whose row-level security our login bypasses."""
        with translated(), self._lookout.connection() as connection:
            return reflection.guarded(connection, exposure)

    def survey(self, exposure: Exposure) -> Survey:
        """What an operator should know of it."""
        with translated():
            with psycopg.connect(**_parameters(self._url), autocommit=True, prepare_threshold=None) as connection:
                pooled = surveys.is_pooled(connection)
            with self._lookout.connection() as connection:
                return dataclasses.replace(surveys.survey(connection, exposure), pooled=pooled)

    def wait(self, seconds: float) -> None:
        """Return when the database has announced a change (NOTIFY), or the time is over."""
        self._lookout.wait(seconds)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._lookout.close()

    @contextmanager
    def _transaction(self, held: Held, milliseconds: int, *, writes: bool) -> Iterator[None]:
        """What a session runs in: nothing that stays behind where others use the connection too."""
        if self._prepare:
            if held.limit != milliseconds:
                _run(held.connection, "; ".join(f"set {setting}" for setting in _limits(milliseconds)))
                held.limit = milliseconds
            if not writes:
                yield
                return
            with _block(held.connection, "begin read write"):
                yield
            return
        local = [f"set local {setting}" for setting in (*_limits(milliseconds), *_settings())]
        mode = "read write" if writes else "read only"
        with _block(held.connection, "; ".join([f"begin {mode}", *local])):
            yield

    def _connect(self) -> Connection:
        connection = psycopg.connect(
            **_parameters(self._url),
            autocommit=True,
            cursor_factory=RawCursor,
            prepare_threshold=3 if self._prepare else None,
        )
        for name in ("json", "jsonb"):
            connection.adapters.register_loader(name, _Untouched)
        if self._prepare:
            reads = "default_transaction_read_only = on"  # so that no view or function writes behind a read's back
            _run(connection, "; ".join(f"set {setting}" for setting in (*_settings(), reads)))
        return connection

    def _connect_apart(self) -> psycopg.Connection[Any]:
        parameters = {**_parameters(self._direct_url), "application_name": "trivet catalog"}
        return psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)


def _parameters(url: str) -> dict[str, Any]:
    return {**_CONNECTION, **conninfo_to_dict(url)}


def _settings() -> list[str]:
    return [f"{name} = {value}" for name, value in _SETTINGS.items()]


def _limits(milliseconds: int) -> tuple[str, ...]:
    return f"statement_timeout = {milliseconds}", f"lock_timeout = {max(int(milliseconds * _LOCK), 1)}"


def _run(connection: Connection, text: str) -> None:
    connection.execute(cast(Any, text), prepare=False)


@contextmanager
def _block(connection: Connection, opening: str) -> Iterator[None]:
    """A transaction: committed at its end, rolled back by an exception."""
    _run(connection, opening)
    try:
        yield
    except BaseException:
        if not connection.closed:
            _run(connection, "rollback")
        raise
    _run(connection, "commit")


@contextmanager
def translated() -> Iterator[None]:
    """PostgreSQL's errors as problems."""
    try:
        yield
    except psycopg.Error as error:
        raise problem_of(error) from error
