"""The inner routes of data: catalog and reload. Nothing of it is reachable through the gateway.

Operations come through `data_service.door`.
"""

import time
from functools import partial

import msgspec
from chassis.app import Edge
from chassis.hub.loop import blocking
from chassis.inner_problems import PROBLEM_TYPE, encode_problem
from contracts import catalog as catalogs
from contracts.catalog import Argument, Catalog, RowFunction
from contracts.fields import Field
from contracts.identity import Caller
from contracts.problems import Problem
from flask import Blueprint, Response, request

from data_service.engine import Engine


def render(problem: Problem) -> Response:
    """A problem as it travels between services."""
    return Response(encode_problem(problem), status=problem.status, content_type=PROBLEM_TYPE)


def blueprint(engine: Engine, edge: Edge) -> Blueprint:
    """The routes over an engine."""
    routes = Blueprint("data", __name__)

    @routes.after_request
    def tell_version(response: Response) -> Response:
        response.headers.setdefault("X-Trivet-Catalog", engine.version)  # with a problem, too
        return response

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


def _shown(catalog: Catalog) -> Catalog:
    """The catalog for facades: without what is data's business: expressions of defaults and fields."""
    replace = msgspec.structs.replace
    resources = tuple(
        replace(
            resource,
            fields=_bare(resource.fields),
            row_functions=tuple(_bare_function(one) for one in resource.row_functions),
        )
        for resource in catalog.resources
    )
    functions = tuple(
        replace(
            function,
            settings={},
            arguments=_bare_arguments(function.arguments),
            returns=replace(function.returns, fields=_bare(function.returns.fields)),
        )
        for function in catalog.functions
    )
    return replace(catalog, resources=resources, functions=functions)


def _bare_function(one: RowFunction) -> RowFunction:
    field = None if one.field is None else _bare((one.field,))[0]
    relation = None if one.relation is None else msgspec.structs.replace(one.relation, expression=())
    return msgspec.structs.replace(one, field=field, relation=relation, arguments=_bare_arguments(one.arguments))


def _bare_arguments(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(msgspec.structs.replace(argument, representation=None) for argument in arguments)


def _bare(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(msgspec.structs.replace(field, default=None, expression=(), representation=None) for field in fields)
