"""The inner routes of data: execute, catalog, reload. Nothing of it is reachable through the gateway."""

import json
import time
from functools import partial

import msgspec
from chassis import explanations
from chassis.app import Edge
from chassis.data_client import PROBLEM_TYPE, decode_values, encode_problem
from chassis.hub.loop import blocking
from chassis.observe import add_timings
from contracts import catalog as catalogs
from contracts import operations
from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE, Caller
from contracts.problems import Problem
from contracts.results import Result
from flask import Blueprint, Response, request

from data_service.engine import Engine


class _Request(msgspec.Struct):
    operation: operations.Operation
    values: msgspec.Raw


_decoder = msgspec.json.Decoder(_Request)


def render(problem: Problem) -> Response:
    """A problem as it travels between services."""
    return Response(encode_problem(problem), status=problem.status, content_type=PROBLEM_TYPE)


def blueprint(engine: Engine, edge: Edge, *, show_statements: bool) -> Blueprint:
    """The routes over an engine. ``show_statements``: not only admins may know what is behind an answer."""
    routes = Blueprint("data", __name__)

    @routes.after_request
    def tell_version(response: Response) -> Response:
        response.headers.setdefault("X-Trivet-Catalog", engine.version)  # with a problem, too
        return response

    @routes.post("/execute")
    def execute() -> Response:
        caller = _caller(edge)
        operation, values = _parse(request.get_data())
        if caller.explain and (show_statements or caller.principal.role == ADMIN_ROLE):
            explanations.note(explanations.encode(blocking(engine.explain, operation, caller)))
        return _answer(blocking(engine.execute, operation, values, caller))

    @routes.get("/catalog")
    def catalog() -> Response:
        found = blocking(engine.catalog, _caller(edge))
        if request.headers.get("If-None-Match") == f'"{found.version}"':
            return Response(status=304)
        return Response(
            catalogs.encode(_shown(found)), content_type="application/json", headers={"ETag": f'"{found.version}"'}
        )

    @routes.post("/reload")
    def reload() -> Response:
        blocking(partial(engine.refresh, force=True))
        return Response(msgspec.json.encode({"version": engine.version}), content_type="application/json")

    return routes


def _caller(edge: Edge) -> Caller:
    """The caller, verified here again; the time that is left to it comes from the calling service."""
    caller = edge.caller()
    left = request.headers.get("X-Trivet-Deadline", type=float)
    return caller if left is None else msgspec.structs.replace(caller, deadline=time.monotonic() + left)


def _parse(body: bytes) -> tuple[operations.Operation, list[operations.Value]]:
    try:
        found = _decoder.decode(body)
        return found.operation, decode_values(bytes(found.values))
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem("PGRST100", f"the operation is not understood: {fault}"[:300]) from None


def _answer(result: Result) -> Response:
    add_timings(result.timings)
    response = Response(result.body, content_type="application/json")
    headers = response.headers
    headers["X-Trivet-Catalog"] = result.catalog_version
    for name in ("rows", "total", "affected", "inserted"):
        if (value := getattr(result, name)) is not None:
            headers[f"X-Trivet-{name}"] = str(value)
    if result.location is not None:
        headers["X-Trivet-Location"] = json.dumps(result.location)  # a header is ASCII
    return response


def _shown(catalog: Catalog) -> Catalog:
    """The catalog for facades: without default expressions, which are the database's own business."""
    resources = tuple(
        msgspec.structs.replace(
            resource, fields=tuple(msgspec.structs.replace(f, default=None) for f in resource.fields)
        )
        for resource in catalog.resources
    )
    return msgspec.structs.replace(catalog, resources=resources)
