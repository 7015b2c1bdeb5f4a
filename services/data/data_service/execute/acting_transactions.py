"""Transactions as a role, of the greenlets of a hub."""

from typing import Any

from contracts.problems import Problem
from contracts.results import Aside

from data_service.execute.acting import JUDGED, LEFT_BEHIND, Actor, aside_of, judge
from data_service.execute.parameters import texts
from data_service.execute.pipeline import Pipeline
from data_service.execute.reads import outcome
from data_service.execute.transactions import StreamTransaction, Transaction
from data_service.execute.wire import Ask, Sync
from data_service.sql.statements import Arguments, Statement


class ActingTransaction(Transaction):
    """A transaction as ``actor``; all else as `Transaction`. ``left``: what it left behind, once it has ended well.

    Statements are prepared for each role apart: whether it may use a schema is looked at when they are.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        limit: int,
        patience: float,
        adrift: set[int],
        *,
        actor: Actor,
        writes: bool,
        zone: str | None,
    ) -> None:
        super().__init__(pipeline, actor.limit(limit), patience, adrift, opening=actor.begin(writes=writes), zone=zone)
        self._actor = actor
        self._left_behind = JUDGED if writes else LEFT_BEHIND
        self._looked: Ask | None = None
        self.left: tuple[Any, ...] | None = None

    def settle(self) -> None:
        """Hold deferred constraints against what was written, and see what is left behind."""
        super().settle()
        self._run([self._look()])
        self._note()

    def _begun(self) -> list[Ask]:
        return [*super()._begun(), *_acted(self, self._actor, self._zone)]

    def _asked(self, statement: Statement, arguments: Arguments) -> Ask:
        return _of_role(self._pipeline, self._actor, statement, arguments)

    def _ending(self) -> list[Ask]:
        return [self._look(), *super()._ending()]

    def _look(self) -> Ask:
        self._looked = self.ask(self._left_behind)
        return self._looked

    def _run(self, asks: list[Ask]) -> Sync:
        try:
            sync = super()._run(asks)
        except Problem as problem:
            if self._looked is not None and self._looked.error is not None:
                judge(problem)
            raise
        self._note()
        return sync

    def _is_plain(self) -> bool:
        return False

    def _note(self) -> None:
        if self._looked is not None and self._looked.result is not None:
            self.left = outcome(self._pipeline, self._looked)


class ActingStream(StreamTransaction):
    """Rows taken as ``actor``."""

    def __init__(self, pipeline: Pipeline, limit: int, patience: float, zone: str | None, actor: Actor) -> None:
        super().__init__(pipeline, actor.limit(limit), patience, zone)
        self._actor = actor

    def said(self) -> Aside | None:
        """What is left behind by now."""
        looked = self.ask(LEFT_BEHIND)
        try:
            self._run([looked])
        except Problem as problem:
            judge(problem)
        return aside_of(outcome(self._pipeline, looked))

    def _begun(self) -> list[Ask]:
        return [*super()._begun(), *_acted(self, self._actor, self._zone)]

    def _asked(self, statement: Statement, arguments: Arguments) -> Ask:
        return _of_role(self._pipeline, self._actor, statement, arguments)


def _acted(transaction: Transaction, actor: Actor, zone: str | None) -> list[Ask]:
    """How a transaction becomes the actor's."""
    asks = [transaction.ask(*actor.setting(zone))]
    if actor.pre_request:
        asks.append(transaction.ask(actor.pre_request))
    return asks


def _of_role(pipeline: Pipeline, actor: Actor, statement: Statement, arguments: Arguments) -> Ask:
    return Ask(pipeline.shape_of(statement.sql, actor.role), texts(statement.arguments(arguments)))
