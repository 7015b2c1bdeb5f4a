"""The HTTP side of GraphQL: graphql-server's view as the shell, with our own executor (graphql.md §1)."""

from typing import Any, ClassVar, cast

from chassis import express, zones
from chassis.conditional import etag, matches
from chassis.express import to_flask
from chassis.facade import Gate
from contracts.identity import Caller
from contracts.problems import Problem
from flask import Flask, Request, Response, jsonify, request
from flask.typing import ResponseReturnValue
from graphql import ExecutionResult, GraphQLSchema, OperationType
from graphql_server.flask.views import FlaskHTTPRequestAdapter, GraphQLView
from graphql_server.http import GraphQLHTTPResponse, GraphQLRequestData
from graphql_server.http.exceptions import HTTPException
from graphql_server.http.sync_base_view import SyncHTTPRequestAdapter
from graphql_server.http.types import HTTPMethod

from graphql_service.door import PATHS
from graphql_service.executor import Executor
from graphql_service.media import JSON, accepted, prefers_strict
from graphql_service.payload import parse_json, request_in, request_of
from graphql_service.response import Answer, batch_answer, error_answer, refusal_answer, sent

VERSION = "v2.48.0"  # the version of Hasura whose conventions are kept


class Asked(GraphQLRequestData):
    """One HTTP request's GraphQL requests, as JSON values that nobody has looked into yet."""

    def __init__(self, values: list[Any], *, batch: bool, strict: bool) -> None:
        super().__init__(None, None, None, None, None, "http-strict" if strict else "http")
        self.values = values
        self.batch = batch


class Executed(ExecutionResult):
    """An answer on its way through the shell."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Adapter(FlaskHTTPRequestAdapter):
    """A request as the shell sees it: a HEAD is a GET, whose answer goes without its body (RFC 9110 §9.3.2)."""

    @property
    def method(self) -> HTTPMethod:
        """The method whose rules hold."""
        return "GET" if self.request.method == "HEAD" else super().method


class View(GraphQLView):
    """The shell: what it would parse, execute and write is ours; the rules of HTTP stay its own."""

    init_every_request: ClassVar[bool] = False
    request_adapter_class = Adapter

    def __init__(self, executor: Executor, gate: Gate) -> None:
        super().__init__(schema=GraphQLSchema(), graphql_ide=None)
        self._executor = executor
        self._gate = gate

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request. Raises `Problem` for what HTTP itself refuses."""
        zones.refuse_unknown(request.headers.get("Prefer"))
        try:
            return self.run(request=request, context=cast("Any", self._gate.caller()))
        except HTTPException as fault:
            # the shell would show the text of a crash: let it come out as what it is
            message, headers = (
                f"The method {request.method} is not supported here",
                {"Allow": "GET, HEAD, OPTIONS, POST"},
            )
            raise fault.__cause__ or Problem("TRV101", message, headers=headers) from None

    def parse_http_body(self, adapter: SyncHTTPRequestAdapter, context: Any) -> GraphQLRequestData:
        """The requests of a body or a query string. Raises `Problem` TRV100, TRV102, TRV106."""
        strict = accepted(request.accept_mimetypes)
        if adapter.method == "GET":
            return Asked([request_in(request.args)], batch=False, strict=strict)
        if request.mimetype != JSON or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
            raise Problem("TRV102", f"A request's body has to be {JSON} in UTF-8", headers={"Accept-Post": JSON})
        body = parse_json(express.body_at_hand())
        if not isinstance(body, list):
            return Asked([body], batch=False, strict=strict)
        self._executor.limits(context).hold("batch", len(body))
        return Asked(body, batch=True, strict=strict)

    def execute_operation(
        self,
        request_adapter: SyncHTTPRequestAdapter,
        request_data: GraphQLRequestData,
        context: Any,
        root_value: Any,
        allowed_operation_types: set[OperationType],
    ) -> ExecutionResult:
        """Answer each request for the caller in ``context``."""
        asked = cast("Asked", request_data)
        writes = OperationType.MUTATION in allowed_operation_types
        strict = asked.protocol == "http-strict"
        answers = [self._answer(value, context, strict=strict, writes=writes) for value in asked.values]
        if not asked.batch:
            return Executed(answers[0])
        return Executed(batch_answer(answers, self._executor.limits(context)))

    def process_result(self, request: Request, result: ExecutionResult, strict: bool = False) -> GraphQLHTTPResponse:
        """Nothing is left to do: the answer's text is finished."""
        return cast("GraphQLHTTPResponse", result)

    def create_response(self, response_data: Any, sub_response: Response, is_strict: bool) -> Response:
        """The answer as a response of Flask's."""
        answer = sent(response_data.answer, strict=is_strict)
        return to_flask(conditional(answer) if request.method in ("GET", "HEAD") else answer)

    def _answer(self, value: Any, caller: Caller, *, strict: bool, writes: bool) -> Answer:
        try:
            asked = request_of(value)
        except Problem as problem:
            return error_answer(problem, strict=strict)
        return self._executor.answer(asked, caller, strict=strict, writes=writes)


def render(problem: Problem) -> Response:
    """A problem that no GraphQL request can be blamed for, in the dialect's form all the same."""
    strict = prefers_strict(request.accept_mimetypes)
    return to_flask(sent(refusal_answer(problem, strict=strict), strict=strict))


def conditional(answer: express.Answer) -> express.Answer:
    """An answer to a GET with its entity tag, which a client may ask with again: 304 where it has the same already."""
    status, headers, body = answer
    if status != 200 or not isinstance(body, bytes):
        return answer
    tag = etag(body, dict(headers)["Content-Type"])
    headers = [*headers, ("ETag", tag), ("Cache-Control", "private, no-cache")]
    if matches(request.headers.get("If-None-Match", ""), tag):
        return express.Answer(304, [header for header in headers if header[0] != "Content-Type"])
    return express.Answer(status, headers, body)


def install(app: Flask, executor: Executor, gate: Gate) -> None:
    """Serve GraphQL at both addresses, and what Hasura's clients look for beside it."""
    view = View.as_view("graphql", executor, gate)
    for path in PATHS:
        app.add_url_rule(path, view_func=view)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("OK", content_type="text/plain; charset=utf-8")

    @app.get("/v1/version")
    def version() -> Response:
        return jsonify(version=VERSION)
