"""The accounts store: how SQLite or PostgreSQL is opened, brought up to date, and spoken to."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from contracts.problems import Problem
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

SCHEMA = "trivet_auth"  # on PostgreSQL, where the accounts may share a database with what is served
_LOCK = 0x7472_6976  # any number, the same in every process
_OURS = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError, sa.exc.NotSupportedError)  # not outages
log = logging.getLogger("trivet.store")


class StoreError(Exception):
    """The store can't be used as it is; the message says what to do."""


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
        """True where the store answers and has the tables of this release. Raises `Problem` TRV203."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision() == _head()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open(url: str) -> Store:  # (as in `store.open(url)`)
    """A store by its address (`sqlite:///…` or `postgresql://…`). Connects later. Raises `StoreError`."""
    return Store(_engine(_parse(url)))


def migrate(url: str) -> None:
    """Make or update the tables; whoever comes at the same time waits. Raises `StoreError`, `Problem` TRV203."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_file(Path(parsed.database or ""))
    engine = _engine(parsed)
    try:
        with _outages_told(), engine.execution_options(trivet_writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def require_migrated(store: Store) -> None:
    """Raise `StoreError` where the tables are not those of this release, `Problem` TRV203 where nobody answers."""
    if not store.reachable():
        raise StoreError("the accounts store is not up to date: run `trivet up`, or any `trivet user` command, once")


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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


@contextmanager
def _outages_told() -> Iterator[None]:
    try:
        yield
    except _OURS:
        raise
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as fault:
        log.warning("the accounts store failed: %s", type(fault).__name__)
        raise Problem("TRV203", "Accounts can't be reached at present", headers={"Retry-After": "1"}) from None
