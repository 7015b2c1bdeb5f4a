"""Rest's express lane: reads and writes of resources below the mount, by the names that need no decoding."""

from chassis import express, trace
from chassis.express import Request
from chassis.facade import Gate
from contracts.identity import ANONYMOUS_ROLE, Caller
from contracts.problems import Problem

from rest_service import response
from rest_service.request import Incoming
from rest_service.response import Answer
from rest_service.tables import Tables

PREFIX = "/rest/v1"
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE"})
_BEFORE = f"{PREFIX}/"


class RestDoor:
    """Answers ``/rest/v1/{resource}``; every other address is Flask's."""

    def __init__(self, tables: Tables, gate: Gate, *, body_limit: int) -> None:
        self._tables = tables
        self._gate = gate
        self._body_limit = body_limit

    def answer(self, request: Request) -> express.Answer | None:
        """The answer to a read or a write of a resource. Raises `Problem`."""
        path = request.target.partition("?")[0]
        name = path[len(_BEFORE) :]
        # letters, digits and "_" only: no segments, nothing encoded
        if not (path.startswith(_BEFORE) and name.isidentifier() and name.isascii() and request.method in _METHODS):
            return None
        caller = self._gate.caller()
        note(caller)
        incoming = Incoming(request.method, name, request.query, request.headers, request.body(self._body_limit))
        return _sent(self._tables.answer(incoming, caller))

    def refuse(self, problem: Problem) -> express.Answer:
        """A problem in PostgREST's form."""
        return _sent(refusal(problem))


def note(caller: Caller) -> None:
    """Remember whether the caller acts as nobody: a right that it lacks is then a login that it lacks (401).

    A token that names no role acts as nobody, too.
    """
    if (current := trace.current()) is not None:
        current.anonymous = caller.principal.anonymous or caller.principal.role == ANONYMOUS_ROLE


def refusal(problem: Problem) -> Answer:
    """The answer to the request at hand that a problem becomes, wherever it arose."""
    current = trace.current()
    if current is None:
        return response.of_problem(problem, anonymous=True)
    return response.of_problem(problem, anonymous=current.anonymous, accept=current.environ.get("HTTP_ACCEPT"))


def _sent(answer: Answer) -> express.Answer:
    return express.Answer(answer.status, [*answer.headers.items(), *answer.more], answer.body)
