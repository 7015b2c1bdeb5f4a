"""The express lane: a POST of one GraphQL request is answered before Flask sees it."""

from chassis.bounded import Bounded
from chassis.express import Answer, Request
from chassis.facade import Gate
from chassis.trace import current
from contracts.problems import Problem
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from graphql_service.executor import Executor
from graphql_service.media import JSON, accepted, prefers_strict
from graphql_service.payload import single_request
from graphql_service.response import refusal_answer, sent

PATHS = ("/graphql", "/v1/graphql")
_JSON_TYPES = frozenset({JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=utf-8"})  # as nearly all clients write it
_ACCEPTS = 256


class GraphqlDoor:
    """Answers what `routes.View` would: the same request, the same executor, the same answer.

    Whatever is not plainly one request in JSON, or is refused before it is one, is left to the view.
    """

    def __init__(self, executor: Executor, gate: Gate, body_limit: int) -> None:
        self._executor = executor
        self._gate = gate
        self._body_limit = body_limit
        self._accepts: Bounded[str, bool] = Bounded(_ACCEPTS)

    def answer(self, request: Request) -> Answer | None:
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
        caller = self._gate.caller()
        asked = single_request(request.body(self._body_limit))
        if asked is None:
            return None
        return sent(self._executor.answer(asked, caller, strict=strict, writes=True), strict=strict)

    def refuse(self, problem: Problem) -> Answer:
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
