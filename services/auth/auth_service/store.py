"""The accounts store: how SQLite or PostgreSQL is opened, brought up to date, and spoken to."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import command
from contracts.problems import Problem
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from auth_service import schema_versions
from auth_service.schema_versions import Version

SCHEMA = "trivet_auth"  # on PostgreSQL, where the accounts may share a database with what is served
_LOCK = 0x7472_6976  # any number, the same in every process
_OURS = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.NotSupportedError)  # not outages
log = logging.getLogger("trivet.store")


class StoreError(Exception):
    """The store can't be used as it is; the message says what to do."""


class Migration(NamedTuple):
    """What bringing the tables up to date did: their version before (None: there were none), and now."""

    before: str | None
    after: str | None

    @property
    def newer(self) -> bool:
        """True where the tables are newer than this release's, and were left alone."""
        return self.after is not None and self.after > schema_versions.head()


class Store:
    """An open accounts store. Thread-safe; every use is one short transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(trivet_writes=True)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads. Raises `Problem` TRV203 where the store does not answer."""
        with _outages_told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes, kept whole or not at all. Raises `Problem` TRV203 as `read` does."""
        with _outages_told(), self._writer.begin() as connection:
            yield connection

    def reachable(self) -> bool:
        """True where the store answers and has tables that this release works on. Raises `Problem` TRV203."""
        return self.version().usable

    def version(self) -> Version:
        """The version of the store's tables. Raises `Problem` TRV203."""
        with self.read() as connection:
            return schema_versions.read(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A transaction that reads everything as it stood at one moment. Raises `Problem` TRV203."""
        engine = self._engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with _outages_told(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL statement_timeout TO 0"))
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open(url: str) -> Store:  # (as in `store.open(url)`)
    """A store by its address (`sqlite:///…` or `postgresql://…`). Connects later. Raises `StoreError`."""
    return Store(_engine(_parse(url)))


def migrate(url: str) -> Migration:
    """Make or update the tables; whoever comes at the same time waits.

    Newer tables are left alone where this release works on them. Raises `StoreError` where it does not, or where the
    address is none; `Problem` TRV203.
    """
    make_place(url)
    engine = _engine(_parse(url))
    try:
        with _outages_told(), engine.execution_options(trivet_writes=True).begin() as connection:
            take_turn(connection)
            return upgrade(connection)
    finally:
        engine.dispose()


def make_place(url: str) -> None:
    """Make the file of a store in SQLite; PostgreSQL needs nothing. Raises `StoreError`."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_file(Path(parsed.database or ""))


def upgrade(connection: sa.Connection) -> Migration:
    """Make or update the tables within the transaction at hand, whose turn it is. Raises `StoreError`."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
    before = schema_versions.read(connection)
    if before.newer:
        if not before.bearable:
            raise StoreError(schema_versions.refusal(before))
        return Migration(before.revision, before.revision)
    command.upgrade(schema_versions.config(connection), "head")
    schema_versions.note(connection)
    return Migration(before.revision, schema_versions.head())


def take_turn(connection: sa.Connection) -> None:
    """Wait until nobody else changes tables or keys, and hold that until the transaction ends."""
    if connection.dialect.name == "postgresql":  # in SQLite every writer is alone
        connection.execute(sa.text("SET LOCAL statement_timeout TO '60s'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def require_migrated(store: Store) -> None:
    """Raise `StoreError` where this release can't work on the tables, `Problem` TRV203 where nobody answers."""
    why = schema_versions.refusal(store.version())
    if why is not None:
        raise StoreError(why)


def require_current(store: Store) -> None:
    """Raise `StoreError` where the tables are not exactly this release's, `Problem` TRV203 where nobody answers."""
    require_migrated(store)
    found = store.version()
    if found.newer:
        raise StoreError(
            f"the accounts store has version {found.revision}, newer than this release's, which works on it"
        )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError("the accounts' address is not one of a database") from None
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    raise StoreError(f"accounts can be kept in a SQLite file or PostgreSQL, not in {parsed.drivername}")


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": 10, "check_same_thread": False}, pool_timeout=5)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {"connect_timeout": 3, "application_name": "trivet-auth"}
    engine = sa.create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_timeout=5)
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("trivet_writes")
    # a writer that began as a reader could not wait for another writer
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgres(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET search_path TO {SCHEMA}")
    connection.execute("SET statement_timeout TO '10s'")
    connection.autocommit = False


def _make_file(path: Path) -> None:
    """Make the file for its owner only, and let readers and a writer work side by side in it from then on."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a change of the journal does not wait for another, as all else does
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(path, timeout=10)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(f"the accounts can't be kept in {path}: {fault}") from None


@contextmanager
def _outages_told() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DataError, UnicodeEncodeError):  # (psycopg's for NUL, sqlite3's for half a character)
        raise Problem("TRV109", "There is something in it that is no text") from None
    except _OURS:
        raise
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as fault:
        log.warning("the accounts store failed: %s", type(fault).__name__)
        raise Problem("TRV203", "Accounts can't be reached at present", headers={"Retry-After": "1"}) from None
