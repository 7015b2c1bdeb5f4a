"""Transactions on connections of a pool, each in the thread that has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from chassis.zones import posix_of
from contracts.problems import Problem
from contracts.results import Aside

from data_service.execute import terms
from data_service.execute.acting import JUDGED, Actor, aside_of, judge
from data_service.execute.batches import OPENING, batches
from data_service.execute.connections import translated
from data_service.execute.pool import Connection, Held, Pool
from data_service.execute.sessions import PostgresSession
from data_service.execute.trouble import Lost, Undone
from data_service.sql.statements import Arguments, Statement


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
            run_text(self._connection, actor.pre_request)

    def settle(self) -> None:
        """Hold deferred constraints against what was written, and see what is left behind."""
        super().settle()
        if self._prepare is False:
            self.look()

    def look(self) -> None:
        """See what the transaction leaves behind."""
        try:
            self.left = self.fetch(Statement(JUDGED), Arguments((), {}))
        except Problem as problem:
            judge(problem)


class PooledSnapshot(PooledSession):
    """`data_service.execute.database.Snapshot` on one connection, in the thread that has it."""

    def batches(self, statement: Statement, arguments: Arguments) -> Iterator[list[bytes]]:
        with translated():
            run_text(self._connection, terms.WHOLE)
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


class Pooled:
    """Transactions on the connections of ``pool``.

    ``prepare``: a connection is ours for longer than a transaction, so that what it is told stays. The server's
    processes behind connections that are lost in the midst of a write are entered in ``adrift``. Time limits are in
    milliseconds; a connection is waited for ``left`` seconds at most.
    """

    def __init__(self, pool: Pool, adrift: set[int], *, prepare: bool) -> None:
        self._pool = pool
        self._adrift = adrift
        self._prepare = prepare

    @contextmanager
    def transaction(
        self, milliseconds: int, left: float, *, writes: bool, zone: str | None, actor: Actor | None
    ) -> Iterator[PooledSession]:
        """A transaction, as ``actor`` where there is one: committed at its end, rolled back by an exception.

        Raises `Problem`.
        """
        with self._pool.connection(milliseconds, left) as held:
            backend = held.connection.info.backend_pid
            try:
                with translated(), self._begun(held, milliseconds, writes=writes, zone=zone, actor=actor):
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
                    self._adrift.add(backend)

    @contextmanager
    def snapshot(
        self, milliseconds: int, left: float, *, zone: str | None, actor: Actor | None
    ) -> Iterator[PooledSnapshot]:
        """A transaction for rows that are taken one by one. Raises `Problem`."""
        opening = terms.beginning(milliseconds, writes=False, snapshot=True)
        with self._pool.connection(milliseconds, left) as held, translated(), _block(held.connection, opening):
            if zone is not None:
                _enter_zone(held.connection, zone)
            session = PooledSnapshot(held.connection)
            if actor is not None:
                session.act(actor, zone)
            yield session

    @contextmanager
    def _begun(
        self, held: Held, milliseconds: int, *, writes: bool, zone: str | None, actor: Actor | None
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
                run_text(held.connection, terms.limits(milliseconds))
                held.limit = milliseconds
            if not writes:
                yield
                return
            with _block(held.connection, "begin read write"):
                yield
            return
        with _block(held.connection, terms.beginning(milliseconds, writes=writes)):
            yield


def run_text(connection: Connection, text: str) -> None:
    """Run statements without values, which nothing is wanted of. Raises `psycopg.Error`."""
    connection.execute(cast(Any, text), prepare=False)


def _enter_zone(connection: Connection, zone: str) -> None:
    """Have times told in a zone, for the rest of the transaction."""
    connection.execute(cast(Any, terms.ZONE), [posix_of(zone)], prepare=False)


@contextmanager
def _block(connection: Connection, opening: str) -> Iterator[None]:
    """A transaction: committed at its end, rolled back by an exception."""
    run_text(connection, opening)
    try:
        yield
    except BaseException:
        if not connection.closed:
            run_text(connection, "rollback")
        raise
    run_text(connection, "commit")
