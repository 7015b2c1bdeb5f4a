"""Transactions of the greenlets of a hub, each on a connection that it has alone."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import psycopg
from chassis.hub.lanes import shielded
from contracts.results import Aside
from greenlet import getcurrent, greenlet
from psycopg.pq import TransactionStatus

from data_service.execute import terms
from data_service.execute.batches import OPENING, batches
from data_service.execute.parameters import texts
from data_service.execute.pipeline import Pipeline
from data_service.execute.reads import outcome
from data_service.execute.sessions import PostgresSession
from data_service.execute.trouble import down, problem_of
from data_service.execute.wire import Ask, Sync, Wire
from data_service.sql.statements import Arguments, Statement

_SNAPSHOT = "begin read only, isolation level repeatable read"
BEGIN, BEGIN_READING = "begin read write", "begin read only"
_COMMIT, _ROLLBACK = "commit", "rollback"


class Transaction(PostgresSession):
    """`data_service.execute.database.Session`, as the context in which it runs. It begins with its first statement.

    ``opening`` is the statement that begins it. ``limit`` is the time that a statement may take, in milliseconds;
    ``patience`` the seconds to wait for a connection. Where the connection is lost, its process of the server is added
    to ``adrift``. ``zone`` is its time zone, as PostgreSQL has it (None: UTC).
    """

    def __init__(
        self,
        pipeline: Pipeline,
        limit: int,
        patience: float,
        adrift: set[int],
        *,
        opening: str = BEGIN,
        zone: str | None = None,
    ) -> None:
        self._zone = zone
        self._pipeline = pipeline
        self._limit = limit
        self._patience = patience
        self._adrift = adrift
        self._opening = opening
        self._wire: Wire | None = None
        self._lane: greenlet | None = None
        self._ends = False  # with the next statement
        self._committed = False

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        wire = self._wire
        if wire is None:
            return
        try:
            if kind is None and not self._committed:
                self._run(self._ending())
        finally:
            self._wire = None
            self._leave(wire)

    def last(self) -> None:
        """What comes next is the last statement: it may be committed together with it."""
        self._ends = True

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row, None where there is none; JSON comes as bytes."""
        ask = self._asked(statement, arguments)
        if self._ends and self._wire is None and self._is_plain():
            self._run_alone(ask)
            return outcome(self._pipeline, ask)
        asks = [ask] if self._wire is not None else [*self._begun(), ask]
        if self._ends:
            asks += self._ending()
        self._run(asks)
        self._committed = self._ends
        return outcome(self._pipeline, ask)

    def _is_plain(self) -> bool:
        """Whether the transaction begins with nothing but BEGIN: one statement is a transaction then by itself."""
        common = self._pipeline.terms
        return self._opening == BEGIN and self._zone is None and common.prepare and self._limit == common.limit

    def _run_alone(self, ask: Ask) -> None:
        """Run the only statement of the transaction: the server commits what it did when it comes to the Sync."""
        self._wire = wire = self._pipeline.claim(self._patience)
        if not wire.writes:
            try:
                wire.turn(self.ask(terms.WRITES), writes=True)
            except psycopg.Error as error:
                wire.lose()
                raise down() from error
        sync = self._run([ask])
        if sync.error is not None:
            raise problem_of(sync.error) from sync.error
        if not sync.passed:  # the connection was lost before the commit was told
            raise down()
        self._committed = True

    def column(self, statement: Statement, arguments: Arguments) -> list[bytes]:
        """The first values of all rows, as text."""
        ask = self._asked(statement, arguments)
        self._run([ask] if self._wire is not None else [*self._begun(), ask])
        result = ask.result
        return [] if result is None else [result.get_value(row, 0) or b"" for row in range(result.ntuples)]

    def ask(self, sql: str, values: Any = ()) -> Ask:
        """A statement of ours with its values, not sent yet."""
        return Ask(self._pipeline.shape_of(sql), texts(values))

    def _asked(self, statement: Statement, arguments: Arguments) -> Ask:
        """A statement of the caller's."""
        return self.ask(statement.sql, statement.arguments(arguments))

    def _ending(self) -> list[Ask]:
        """What the transaction ends with."""
        return [self.ask(_COMMIT)]

    def _begun(self) -> list[Ask]:
        """A connection taken, and what its transaction begins with."""
        self._wire = self._pipeline.claim(self._patience)
        return [self.ask(self._opening), *self._settings()]

    def _settings(self) -> list[Ask]:
        common = self._pipeline.terms
        zone = [self.ask(terms.ZONE, [self._zone])] if self._zone is not None else []
        if common.prepare and self._limit == common.limit:
            return zone
        text = terms.LIMITS if common.prepare else terms.of_transaction(writes=True)
        return [self.ask(text, terms.limit_values(self._limit)), *zone]

    def _run(self, asks: list[Ask]) -> Sync:
        """Send statements, and wait for all of them. Raises `Problem`: the first one's, with which the others fail."""
        wire = self._wire
        if wire is None or wire.closed:
            raise down()
        try:
            for ask in asks:
                wire.ask(ask)
            sync = wire.sync(self._resume)
        except psycopg.Error as error:
            wire.lose()
            raise down() from error
        self._wait(wire)
        for ask in asks:
            if ask.error is not None:
                outcome(self._pipeline, ask)
        if asks[-1].result is None:  # the connection was lost on the way
            raise down()
        return sync

    def _wait(self, wire: Wire) -> None:
        """Wait for what was sent. Where nobody wants it any more it is cancelled; but what came of it must be known."""
        self._lane = getcurrent()
        try:
            self._pipeline.hub.park()
        except BaseException:
            self._pipeline.wires.cancel(wire)
            with shielded():
                while self._lane is not None:
                    self._pipeline.hub.park()
            raise

    def _resume(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.switch(True)

    def _leave(self, wire: Wire) -> None:
        """Give the connection back; what is open on it is rolled back first, without waiting for that."""
        if wire.closed:
            self._adrift.add(wire.backend)
        if wire.closed or wire.transaction == TransactionStatus.IDLE:
            self._pipeline.release(wire)
            return
        try:
            wire.ask(self.ask(_ROLLBACK))
            wire.sync(lambda: self._pipeline.release(wire))
        except psycopg.Error:
            self._adrift.add(wire.backend)
            wire.lose()
            self._pipeline.release(wire)


class StreamTransaction(Transaction):
    """`data_service.execute.database.Snapshot` on a hub: a transaction whose rows are taken through a cursor."""

    def __init__(self, pipeline: Pipeline, limit: int, patience: float, zone: str | None = None) -> None:
        super().__init__(pipeline, limit, patience, set(), opening=_SNAPSHOT, zone=zone)

    def batches(self, statement: Statement, arguments: Arguments) -> Iterator[list[bytes]]:
        opening = self._asked(Statement(OPENING + statement.sql, statement.binds), arguments)
        asks = [opening] if self._wire is not None else [*self._begun(), opening]
        self._run([*asks[:-1], self.ask(terms.WHOLE), opening])
        return batches(self._fetched)

    def said(self) -> Aside | None:
        """Nothing."""
        return None

    def _fetched(self, sql: str) -> list[bytes]:
        ask = self.ask(sql)
        self._run([ask])
        if ask.result is None:
            raise down()
        result = ask.result
        return [result.get_value(row, 0) or b"null" for row in range(result.ntuples)]
