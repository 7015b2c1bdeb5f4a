"""PostgreSQL: transactions with time limits on connections of a pool, and looks at its catalog."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from chassis.hub.loop import Hub, current_hub
from chassis.zones import posix_of
from contracts.catalog import Catalog
from contracts.results import Result

from data_service.execute import terms
from data_service.execute.acting import Actor
from data_service.execute.acting_transactions import ActingStream, ActingTransaction
from data_service.execute.connections import connect, connect_apart, loader_of, translated
from data_service.execute.database import Snapshot
from data_service.execute.lookout import Lookout
from data_service.execute.pipeline import Pipeline
from data_service.execute.pool import Connection, Pool
from data_service.execute.pooled import Pooled, run_text
from data_service.execute.run import run
from data_service.execute.sending import Terms
from data_service.execute.sessions import PostgresSession, SharedReads
from data_service.execute.shape import PreparedShape
from data_service.execute.slots import Slots
from data_service.execute.transactions import BEGIN, BEGIN_READING, StreamTransaction, Transaction
from data_service.execute.trouble import read_only
from data_service.reflect import postgres as reflection
from data_service.reflect.effects import Effects
from data_service.reflect.lineage import Lineage
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_effects import read_effects
from data_service.reflect.postgres_lineage import read_lineage
from data_service.reflect.postgres_roles import Grants, Roles, read_grants, read_roles
from data_service.sql.postgres import PostgresDialect
from data_service.sql.statements import Arguments
from data_service.survey import postgres as surveys
from data_service.survey.facts import Survey

_LEAST = 0.05  # seconds that a statement is given, however little is left
_CONNECTED = """
    select pid, application_name from pg_stat_activity
    where datname = current_database() and application_name is not null
"""


class PostgresDatabase:
    """`data_service.execute.database.Database` over ``size`` connections, waited for ``patience`` seconds
    by ``queue`` requests at most.

    ``limit`` seconds is how long a statement may run. ``prepare`` False is for poolers in transaction mode: no named
    statements, and nothing that is set outlives its transaction. ``direct_url`` leads past a pooler. On a hub, requests
    share connections (`data_service.execute.pipeline`); else each thread has one of a pool for itself. All processes
    with the same ``slots_dir``, about ``sharers`` of them, share the ``size``. ``name``: what the server shall know
    the connections by, whatever ``url`` says.
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
        slots_dir: Path | None = None,
        sharers: int = 1,
        queue: int = 1000,
        name: str = "",
    ) -> None:
        self.adrift: set[int] = set()
        self._name = name
        self.dialect = PostgresDialect()
        self.zoned = None  # the server has a zone for each session
        self._url = url
        self._direct_url = direct_url or url
        self._limit = limit
        self._prepare = prepare
        self._read_only = read_only
        self._slots = Slots(size, slots_dir, sharers)
        self._pool = Pool(self._connect, slots=self._slots, patience=patience)
        self._pooled = Pooled(self._pool, self.adrift, prepare=prepare)
        self._terms = Terms(limit=int(1000 * limit), patience=patience, prepare=prepare, queue=queue)
        self._pipeline: Pipeline | None = None
        # LISTEN does not pass a pooler, and would stay on a connection that is somebody else's next
        self._lookout = Lookout(self._look, listens=listens and (prepare or bool(direct_url)))

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The answer to a shape."""
        zone = arguments.zone
        with self.session(writes=shape.writes, deadline=deadline, limit=limit, zone=zone) as session:
            return run(shape.program, session, arguments)

    def within(
        self,
        work: Callable[[PostgresSession], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """What ``work`` gives, done in one transaction."""
        with self.session(writes=True, deadline=deadline, limit=limit, zone=zone) as session:
            return work(session)

    def session(
        self,
        *,
        writes: bool,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
        actor: Actor | None = None,
    ) -> AbstractContextManager[PostgresSession]:
        """A transaction, as ``actor`` where there is one; a single read needs no BEGIN of its own."""
        if writes and self._read_only:
            raise read_only()
        hub = current_hub()
        if hub is None:
            left = self._left(deadline)
            milliseconds = self._milliseconds(limit, left)
            return self._pooled.transaction(milliseconds, left, writes=writes, zone=zone, actor=actor)
        pipeline = self._piped(hub)
        if not writes and zone is None and actor is None:
            end = float("inf") if deadline is None else max(deadline, time.monotonic() + _LEAST)
            return SharedReads(pipeline, self._terms.limit if limit is None else self._milliseconds(limit), end)
        left = self._left(deadline)
        opening = BEGIN if writes else BEGIN_READING
        milliseconds, zone = self._milliseconds(limit, left), zone and posix_of(zone)
        if actor is not None:
            return ActingTransaction(pipeline, milliseconds, left, self.adrift, actor=actor, writes=writes, zone=zone)
        return Transaction(pipeline, milliseconds, left, self.adrift, opening=opening, zone=zone)

    def _piped(self, hub: Hub) -> Pipeline:
        """The pipeline of a hub, which is the only one from now on."""
        pipeline = self._pipeline
        if pipeline is None or pipeline.hub is not hub:
            pipeline = self._pipeline = Pipeline(hub, self._connect, self._slots, self._terms, loader_of)
        return pipeline

    def _left(self, deadline: float | None) -> float:
        return float("inf") if deadline is None else max(deadline - time.monotonic(), _LEAST)

    def _milliseconds(self, limit: float | None, left: float = float("inf")) -> int:
        return int(1000 * min(self._limit, limit or self._limit, left))

    @contextmanager
    def snapshot(
        self,
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
        actor: Actor | None = None,
    ) -> Iterator[Snapshot]:
        """A transaction for rows that are taken one by one."""
        hub = current_hub()
        left = self._left(deadline)
        milliseconds = self._milliseconds(limit)
        if hub is not None:
            place = self._piped(hub), milliseconds, left, zone and posix_of(zone)
            transaction = StreamTransaction(*place) if actor is None else ActingStream(*place, actor)
            with transaction:
                yield transaction
            return
        with self._pooled.snapshot(milliseconds, left, zone=zone, actor=actor) as session:
            yield session

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

    def refusal(self, statement: str) -> str | None:
        """What the server says against a statement."""
        with translated(), self._lookout.connection() as connection:
            try:
                connection.execute(cast(Any, "explain " + statement), prepare=False)
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                return error.diag.message_primary or "it is not understood"
        return None

    def roles(self) -> Roles:
        """The roles that our login may act as."""
        with translated(), self._lookout.connection() as connection:
            return read_roles(connection)

    def grants(self, exposure: Exposure, role: str) -> Grants:
        """What a role may do."""
        with translated(), self._lookout.connection() as connection:
            return read_grants(connection, exposure, role)

    def effects(self) -> Effects:
        """What reading and writing its tables and views depends on and touches."""
        with translated(), self._lookout.connection() as connection:
            return read_effects(connection)

    def lineage(self) -> Lineage:
        """From which columns the columns of views and copies take their values."""
        with translated(), self._lookout.connection() as connection:
            return read_lineage(connection)

    def connected(self) -> Mapping[int, str]:
        """The names of all connections to the database, by the server's process."""
        if not self._prepare:
            return {}
        with translated(), self._lookout.connection() as connection:
            return dict(connection.execute(_CONNECTED, prepare=False).fetchall())

    def is_direct(self) -> bool:
        """Whether no pooler stands between."""
        if not self._prepare:
            return False
        with translated(), closing(self._connect()) as connection:
            return not surveys.is_pooled(connection)

    def written(self) -> object:
        """None: the server doesn't tell."""
        return None

    def survey(self, exposure: Exposure) -> Survey:
        """What an operator should know of it."""
        with translated():
            with connect_apart(self._url) as connection:
                pooled = surveys.is_pooled(connection)
            with self._lookout.connection() as connection:
                return dataclasses.replace(surveys.survey(connection, exposure), pooled=pooled)

    def wait(self, seconds: float) -> bool:
        """Return when the database has announced a change (NOTIFY), or the time is over."""
        return self._lookout.wait(seconds)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        if self._pipeline is not None:
            self._pipeline.close()
        self._lookout.close()

    def _connect(self) -> Connection:
        connection = connect(self._url, name=self._name, prepare=self._prepare)
        if self._prepare:
            run_text(connection, terms.of_connection(int(1000 * self._limit)))
        return connection

    def _look(self) -> psycopg.Connection[Any]:
        return connect_apart(self._direct_url, "trivet catalog")
