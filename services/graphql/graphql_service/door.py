"""The express lane: a POST of one GraphQL request is answered before Flask sees it."""

from collections.abc import Hashable
from time import monotonic

from chassis import zones
from chassis.bounded import Bounded
from chassis.express import Answer as HttpAnswer
from chassis.express import Request
from chassis.facade import Gate
from chassis.observe import step
from chassis.results_cache import ResultsCache
from chassis.trace import current
from contracts.identity import Caller
from contracts.problems import Problem
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from graphql_service.executor import Executor
from graphql_service.media import JSON, accepted, prefers_strict
from graphql_service.payload import single_request
from graphql_service.response import Answer, refusal_answer, sent

PATHS = ("/graphql", "/v1/graphql")
_JSON_TYPES = frozenset({JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=utf-8"})  # as nearly all clients write it
_ACCEPTS = 256
_LONGEST = 16_384  # bytes of a request whose answer may be kept


class GraphqlDoor:
    """Answers what `routes.View` would: the same request, the same executor, the same answer.

    Whatever is not plainly one request in JSON, or is refused before it is one, is left to the view. Answers to queries
    are kept in ``results`` where there are any, and given again while they are true.
    """

    def __init__(
        self, executor: Executor, gate: Gate, body_limit: int, results: ResultsCache[Answer] | None = None
    ) -> None:
        self._executor = executor
        self._gate = gate
        self._body_limit = body_limit
        self._results = results
        self._accepts: Bounded[str, bool] = Bounded(_ACCEPTS)

    def answer(self, request: Request) -> HttpAnswer | None:
        """The answer to a POST of one request, None for all else. Raises `Problem` for a bad credential."""
        environ = request.environ
        if request.method != "POST" or environ["PATH_INFO"] not in PATHS:
            return None
        if environ.get("CONTENT_TYPE", "").lower() not in _JSON_TYPES:
            return None
        accept = environ.get("HTTP_ACCEPT")
        strict = False if not accept else self._strict(accept)
        if strict is None:
            return None
        zones.refuse_unknown(environ.get("HTTP_PREFER"))
        caller = self._gate.caller()
        body = request.body(self._body_limit)
        kept = self._kept(body, caller) if self._results else None
        if kept is not None:
            return sent(kept, strict=strict)
        asked = single_request(body)
        if asked is None:
            return None
        begun = monotonic()
        answer = self._executor.answer(asked, caller, strict=strict, writes=True)
        if answer.basis is not None and self._results is not None and len(body) <= _LONGEST:
            size = len(body) + len(answer.body)
            self._results.keep(caller.principal, _question(body, caller), answer.basis, answer, size=size, asked=begun)
        return sent(answer, strict=strict)

    def _kept(self, body: bytes, caller: Caller) -> Answer | None:
        """The answer that this request's bytes had, where it is true still."""
        if self._results is None or caller.explain or len(body) > _LONGEST:
            return None
        with step("cache"):
            return self._results.find(caller.principal, _question(body, caller))

    def refuse(self, problem: Problem) -> HttpAnswer:
        """A problem that no GraphQL request can be blamed for, in the dialect's form all the same."""
        at_hand = current()
        accept = at_hand.environ.get("HTTP_ACCEPT", "") if at_hand is not None else ""
        strict = prefers_strict(parse_accept_header(accept, MIMEAccept))
        return sent(refusal_answer(problem, strict=strict), strict=strict)

    def _strict(self, accept: str) -> bool | None:
        """Whether this ``Accept`` prefers the strict media type, None where it takes neither."""
        strict = self._accepts.get(accept)
        if strict is None:
            try:
                strict = accepted(parse_accept_header(accept, MIMEAccept))
            except Problem:
                return None
            self._accepts.put(accept, strict)
        return strict


def _question(body: bytes, caller: Caller) -> Hashable:
    """All of a request that its answer is made from, but for who calls."""
    return body if caller.timezone is None else (body, caller.timezone)
