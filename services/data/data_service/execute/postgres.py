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
from contracts.problems import Problem
from contracts.results import Aside, Result
from psycopg import RawCursor
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Format

from data_service.execute import terms
from data_service.execute.acting import LEFT_BEHIND, Actor, aside_of, judge
from data_service.execute.acting_transactions import ActingStream, ActingTransaction
from data_service.execute.batches import OPENING, batches
from data_service.execute.database import Snapshot
from data_service.execute.lookout import Lookout
from data_service.execute.pipeline import Pipeline
from data_service.execute.pool import Connection, Held, Pool
from data_service.execute.run import run
from data_service.execute.sending import Terms
from data_service.execute.sessions import PostgresSession, SharedReads
from data_service.execute.shape import PreparedShape
from data_service.execute.slots import Slots
from data_service.execute.transactions import BEGIN, BEGIN_READING, StreamTransaction, Transaction
from data_service.execute.trouble import Lost, Undone, problem_of, read_only
from data_service.reflect import postgres as reflection
from data_service.reflect.effects import Effects
from data_service.reflect.lineage import Lineage
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_effects import read_effects
from data_service.reflect.postgres_lineage import read_lineage
from data_service.reflect.postgres_roles import Grants, Roles, read_grants, read_roles
from data_service.sql.postgres import PostgresDialect
from data_service.sql.statements import Arguments, Statement
from data_service.survey import postgres as surveys
from data_service.survey.facts import Survey

_JSON = frozenset({114, 3802})  # the types json and jsonb
_LEAST = 0.05  # seconds that a statement is given, however little is left
# a server that has vanished without a word is noticed in a minute
_CONNECTION = {
    "connect_timeout": "3", "application_name": "trivet", "client_encoding": "UTF8",
    "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
}  # fmt: skip


_CONNECTED = """
    select pid, application_name from pg_stat_activity
    where datname = current_database() and application_name is not null
"""


class _Untouched(Loader):
    """JSON as the bytes that the server sent."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class PooledSession(PostgresSession):
    """A session on one connection, in the thread that has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.left: tuple[Any, ...] | None = None  # behind, where it acts as a role
        self._prepare: bool | None = None  # as the connection does

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        with translated():
            cursor = self._connection.execute(
                cast(Any, statement.sql), statement.arguments(arguments), prepare=self._prepare
            )
            return cursor.fetchone() if cursor.description else None

    def column(self, statement: Statement, arguments: Arguments) -> list[Any]:
        """The first values of all rows."""
        with translated():
            found = self._connection.execute(
                cast(Any, statement.sql), statement.arguments(arguments), prepare=self._prepare
            )
            return [row[0] for row in found]

    def act(self, actor: Actor, zone: str | None) -> None:
        """Act as a role from here to the end of the transaction. What is prepared is the login's, and not used."""
        self._prepare = False
        sql, values = actor.setting(zone)
        self._connection.execute(cast(Any, sql), values, prepare=False)
        if actor.pre_request:
            _run(self._connection, actor.pre_request)

    def settle(self) -> None:
        """Hold deferred constraints against what was written, and see what is left behind."""
        super().settle()
        if self._prepare is False:
            self.look()

    def look(self) -> None:
        """See what the transaction leaves behind."""
        try:
            self.left = self.fetch(Statement(LEFT_BEHIND), Arguments((), {}))
        except Problem as problem:
            judge(problem)


class PooledSnapshot(PooledSession):
    """`data_service.execute.database.Snapshot` on one connection, in the thread that has it."""

    def batches(self, statement: Statement, arguments: Arguments) -> Iterator[list[bytes]]:
        with translated():
            _run(self._connection, terms.WHOLE)
            self._connection.execute(
                cast(Any, OPENING + statement.sql), statement.arguments(arguments), prepare=self._prepare
            )
        return batches(self._fetched)

    def said(self) -> Aside | None:
        """What is left behind by now, where it acts as a role."""
        if self._prepare is False:
            self.look()
        return aside_of(self.left)

    def _fetched(self, sql: str) -> list[bytes]:
        with translated():
            return [row[0] or b"null" for row in self._connection.execute(cast(Any, sql), prepare=False)]


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
        self._terms = Terms(limit=int(1000 * limit), patience=patience, prepare=prepare, queue=queue)
        self._pipeline: Pipeline | None = None
        # LISTEN does not pass a pooler, and would stay on a connection that is somebody else's next
        self._lookout = Lookout(self._connect_apart, listens=listens and (prepare or bool(direct_url)))

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
            return self._pooled(writes, deadline, limit, zone, actor)
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

    @contextmanager
    def _pooled(
        self, writes: bool, deadline: float | None, limit: float | None, zone: str | None, actor: Actor | None
    ) -> Iterator[PostgresSession]:
        left = self._left(deadline)
        milliseconds = self._milliseconds(limit, left)
        with self._pool.connection(milliseconds, left) as held:
            backend = held.connection.info.backend_pid
            try:
                with translated(), self._transaction(held, milliseconds, writes=writes, zone=zone, actor=actor):
                    session = PooledSession(held.connection)
                    if actor is None:
                        yield session
                    else:
                        session.act(actor, zone)
                        yield session
                        session.look()
            except Lost:
                self._pool.renew()  # the others were lost with it, most likely
                raise
            except Undone as problem:
                if problem.code not in ("40001", "40P01"):
                    self._pool.renew()  # none of what was prepared can be trusted
                raise
            finally:
                if writes and held.connection.closed:
                    self.adrift.add(backend)

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
        opening = terms.beginning(milliseconds, writes=False, snapshot=True)
        with self._pool.connection(milliseconds, left) as held, translated(), _block(held.connection, opening):
            if zone is not None:
                _enter_zone(held.connection, zone)
            session = PooledSnapshot(held.connection)
            if actor is not None:
                session.act(actor, zone)
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
            with psycopg.connect(**_parameters(self._url), autocommit=True, prepare_threshold=None) as connection:
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

    @contextmanager
    def _transaction(
        self, held: Held, milliseconds: int, *, writes: bool, zone: str | None = None, actor: Actor | None = None
    ) -> Iterator[None]:
        """What a session runs in: nothing that stays behind where others use the connection too."""
        if zone is not None or actor is not None:
            limit, begin = (
                (milliseconds, "") if actor is None else (actor.limit(milliseconds), actor.begin(writes=writes))
            )
            with _block(held.connection, terms.beginning(limit, writes=writes, begin=begin)):
                if zone is not None:
                    _enter_zone(held.connection, zone)
                yield
            return
        if self._prepare:
            if held.limit != milliseconds:
                _run(held.connection, terms.limits(milliseconds))
                held.limit = milliseconds
            if not writes:
                yield
                return
            with _block(held.connection, "begin read write"):
                yield
            return
        with _block(held.connection, terms.beginning(milliseconds, writes=writes)):
            yield

    def _connect(self) -> Connection:
        connection = psycopg.connect(
            **{**_parameters(self._url), **({"application_name": self._name} if self._name else {})},
            autocommit=True,
            cursor_factory=RawCursor,
            prepare_threshold=3 if self._prepare else None,
        )
        for name in ("json", "jsonb"):
            connection.adapters.register_loader(name, _Untouched)
        if self._prepare:
            _run(connection, terms.of_connection(int(1000 * self._limit)))
        return connection

    def _connect_apart(self) -> psycopg.Connection[Any]:
        parameters = {**_parameters(self._direct_url), "application_name": "trivet catalog"}
        return psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)


def _parameters(url: str) -> dict[str, Any]:
    return {**_CONNECTION, **conninfo_to_dict(url)}


def _run(connection: Connection, text: str) -> None:
    connection.execute(cast(Any, text), prepare=False)


def _enter_zone(connection: Connection, zone: str) -> None:
    """Have times told in a zone, for the rest of the transaction."""
    connection.execute(cast(Any, terms.ZONE), [posix_of(zone)], prepare=False)


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


class _Types:
    """How values of PostgreSQL's types become Python's, without a connection."""

    adapters = AdaptersMap(psycopg.adapters)
    connection = None


def loader_of(oid: int) -> Callable[[Any], Any] | None:
    """What makes a Python value of the text of this type, as a connection's cursors do; None for JSON."""
    return None if oid in _JSON else Transformer(_Types()).get_loader(oid, Format.TEXT).load


@contextmanager
def translated() -> Iterator[None]:
    """PostgreSQL's errors as problems."""
    try:
        yield
    except psycopg.Error as error:
        raise problem_of(error) from error
