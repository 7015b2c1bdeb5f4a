"""SQLite: readers and one writer on a file, transactions with time limits."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import apsw
from chassis.hub.loop import Hub, current_hub
from contracts.catalog import Catalog
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute import functions
from data_service.execute.run import run
from data_service.execute.shape import PreparedShape
from data_service.execute.sqlite_file import connect, identity
from data_service.execute.sqlite_hub import OnHub
from data_service.execute.sqlite_session import FREE, Clock, Known, Limit, Open, SqliteSession
from data_service.execute.sqlite_snapshot import SqliteSnapshot
from data_service.execute.sqlite_trouble import busy
from data_service.execute.trouble import full, read_only
from data_service.reflect import sqlite as reflection
from data_service.reflect.effects import Effects
from data_service.reflect.lineage import Lineage
from data_service.reflect.options import Exposure
from data_service.reflect.sqlite_effects import read_effects
from data_service.reflect.sqlite_lineage import read_lineage
from data_service.sql.sqlite import SqliteDialect
from data_service.sql.statements import Arguments
from data_service.survey import sqlite as surveys
from data_service.survey.facts import Survey

_BUSY = 5.0  # seconds that a transaction waits for another's
_LEAST = 0.05  # seconds that are waited for a connection, however little time is left
_LOOK = 1.0  # seconds between two looks whether the file's schema has changed
_STEPS = 5000  # virtual machine steps between two looks at the clock
_FEW_STEPS = 2000  # the same where a read is in the way of others


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
        self.zoned = SqliteDialect(zoned=True)
        self._path = path
        self._limit = limit
        self._read_only = read_only or immutable
        self._immutable = immutable
        self._patience = patience
        self._size = size
        self._known = Known(self.dialect)
        self._on_hub: OnHub | None = None
        self._readers: queue.LifoQueue[Open] = queue.LifoQueue()
        self._free = threading.BoundedSemaphore(size)
        self._writing = threading.Lock()
        self._writer: Open | None = None
        self._file = identity(path)
        self._seen: object = None  # what the last look for changes was made on
        self._watcher: Open | None = None  # sees the writes of all others
        self.adrift: set[int] = set()  # a process that is gone leaves nothing behind

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The answer to a shape."""
        hub = current_hub()
        seconds = min(self._limit, limit) if limit else self._limit
        if hub is None:
            return self.answer_here(shape, arguments, deadline, Limit(seconds))
        return self._hub_way(hub).answer(shape, arguments, deadline, seconds)

    def _hub_way(self, hub: Hub) -> OnHub:
        on_hub = self._on_hub
        return self._enter(hub) if on_hub is None or on_hub.hub is not hub else on_hub

    def answer_here(self, shape: PreparedShape, arguments: Arguments, deadline: float | None, limit: Limit) -> Result:
        """The answer to a shape, in the calling thread."""
        with self._session(shape.writes, deadline, limit, arguments.zone) as session:
            begun = time.monotonic()
            result = run(shape.program, session, arguments)
            shape.took(time.monotonic() - begun)
            return result

    def within(
        self,
        work: Callable[[SqliteSession], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """What ``work`` gives, done in one transaction; on a hub in a thread beside it."""
        bound = Limit(min(self._limit, limit or self._limit))

        def here() -> Result:
            with self._session(True, deadline, bound, zone) as session:
                return work(session)

        hub = current_hub()
        return here() if hub is None else self._hub_way(hub).write(here, deadline, bound)

    @contextmanager
    def session(
        self, *, writes: bool, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> Iterator[SqliteSession]:
        """A transaction: readers see one snapshot each, writers wait for each other."""
        with self._session(writes, deadline, Limit(min(self._limit, limit or self._limit)), zone) as session:
            yield session

    @contextmanager
    def _session(
        self, writes: bool, deadline: float | None, limit: Limit, zone: str | None = None
    ) -> Iterator[SqliteSession]:
        with self._write(deadline) if writes else self._read(deadline) as held:
            limit.begin(deadline)
            held.clock.limit = limit
            held.clock.zone = zone
            try:
                yield SqliteSession(held.connection, self._known)
            finally:
                held.clock.limit = FREE

    @contextmanager
    def snapshot(
        self, *, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> Iterator[SqliteSnapshot]:
        """A transaction for rows that are taken one by one, on a connection that is opened for it."""
        hub = current_hub()
        way = None if hub is None else self._hub_way(hub)
        bound = Limit(min(self._limit, limit or self._limit))

        def step(work: Callable[[], Any], first: bool) -> Any:
            until = deadline if first else None

            def bounded() -> Any:
                bound.begin(until)
                return work()

            return bounded() if way is None else way.step(bounded, until, bound)

        held: Open = step(lambda: self._open(writes=False), True)
        held.clock.limit = bound
        held.clock.zone = zone
        try:
            with self._known.translated():
                held.connection.execute("begin")
            yield SqliteSnapshot(held, self._known, step)
        finally:
            held.connection.close()

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog as it is now."""
        with self._read(None) as held, self._known.translated():
            catalog = reflection.reflect(held.connection, exposure)
            self._known.learn(catalog)
            return catalog

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would."""
        self._seen = self._mark()
        with self._read(None) as held, self._known.translated():
            return reflection.fingerprint(held.connection)

    def unguarded(self, exposure: Exposure) -> tuple[str, ...]:
        """None: SQLite has no row-level security."""
        return ()

    def refusal(self, statement: str) -> str | None:
        """What SQLite says against a statement."""
        with self._read(None) as held:
            try:
                held.connection.execute("explain " + statement).fetchall()
            except apsw.SQLError as error:
                return str(error)
        return None

    def effects(self) -> Effects:
        """What reading and writing its tables and views depends on and touches."""
        with self._read(None) as held, self._known.translated():
            return read_effects(held.connection)

    def lineage(self) -> Lineage:
        """From which columns the columns of views and copies take their values."""
        with self._read(None) as held, self._known.translated():
            return read_lineage(held.connection)

    def connected(self) -> Mapping[int, str]:
        """Nobody that need be known."""
        return {}

    def is_direct(self) -> bool:
        """True: nobody stands between."""
        return True

    def written(self) -> object:
        """Which file there is, and its version (PRAGMA data_version). Of one thread only."""
        if self._immutable:
            return None
        if self._watcher is None or self._watcher.file != self._file:
            if self._watcher is not None:
                self._watcher.connection.close()
            self._watcher = self._open(writes=False)
        with self._known.translated():
            return self._watcher.file, self._watcher.connection.execute("pragma data_version").fetchone()

    def survey(self, exposure: Exposure) -> Survey:
        """What an operator should know of it."""
        with self._read(None) as held, self._known.translated():
            return surveys.survey(held.connection, self._path)

    def wait(self, seconds: float) -> bool:
        """Return when the file's schema is not what it was at the last look, or another file is there, or in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
            if self._mark() != self._seen:
                return True
        return False

    def close(self) -> None:
        """Close all connections that are not in use."""
        if self._on_hub is not None:
            self._on_hub.close()
            self._on_hub = None
        while not self._readers.empty():
            self._readers.get_nowait().connection.close()
        if self._writer is not None:
            self._writer.connection.close()
            self._writer = None

    def _mark(self) -> object:
        self._file = identity(self._path)
        try:
            with self._read(None) as held, self._known.translated():
                return self._file, held.connection.execute("pragma main.schema_version").fetchone()
        except Problem:
            return None

    @contextmanager
    def _read(self, deadline: float | None) -> Iterator[Open]:
        wait = self._patience if deadline is None else max(deadline - time.monotonic(), _LEAST)
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

    def _idle_reader(self) -> Open | None:
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
    def _write(self, deadline: float | None) -> Iterator[Open]:
        wait = _BUSY if deadline is None else max(deadline - time.monotonic(), _LEAST)
        if self._read_only:
            raise read_only()
        if not self._writing.acquire(timeout=min(wait, _BUSY)):
            raise busy()
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
        with self._known.translated():
            connection.execute("begin immediate")
        try:
            yield
            with self._known.translated():
                connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise

    def current(self, file: tuple[int, int]) -> bool:
        """Whether this is the file that is there now."""
        return file == self._file

    def open_quick(self) -> tuple[Open, SqliteSession]:
        """A connection for reads that waits for no lock, with a limit of its own."""
        held = self._open(writes=False, steps=_FEW_STEPS)
        held.connection.set_busy_timeout(0)
        held.clock.limit = Limit(self._limit)
        return held, SqliteSession(held.connection, self._known)

    def _enter(self, hub: Hub) -> OnHub:
        """The way of a hub's greenlets, which is the only hub from now on."""
        if self._on_hub is not None:
            self._on_hub.close()
        self._on_hub = OnHub(hub, self, readers=self._size, patience=self._patience, writing=_BUSY)
        return self._on_hub

    def _open(self, *, writes: bool, steps: int = _STEPS) -> Open:
        file, clock = self._file, Clock()
        with self._known.translated():
            connection = connect(self._path, patience=_BUSY, read_only=self._read_only, immutable=self._immutable)
            connection.set_progress_handler(clock, steps)
            functions.install(connection)
            connection.create_scalar_function("trivet_in_zone", cast("Any", clock.in_zone), 1)
            query_only = "off" if writes else "on"
            connection.execute(
                f"pragma case_sensitive_like = on; pragma foreign_keys = on; pragma query_only = {query_only}"
            )
            return Open(connection, clock, file)
