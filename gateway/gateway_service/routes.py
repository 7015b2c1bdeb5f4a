"""The gateway's few addresses: the front page, its assets and the index for programs, with RFC 9457's problems."""

from pathlib import Path
from typing import Any

import msgspec
from chassis.app import Edge
from contracts.catalog import Catalog
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Kind, Problem
from flask import Blueprint, Response, make_response, render_template, request, send_from_directory

from gateway_service.examples import examples, sign_in
from gateway_service.settings import GatewaySettings

ASSETS = Path(__file__).parent / "assets"
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_AWAY = (Kind.UNAVAILABLE, Kind.TIMEOUT)


def blueprint(settings: GatewaySettings, data: Data, edge: Edge) -> Blueprint:
    """The gateway's routes."""
    routes = Blueprint("gateway", __name__)

    @routes.get("/")
    def front() -> Response:
        caller = edge.caller()
        index = describe(settings, _catalog(data, caller), caller)
        if _wants_json():
            response = _json(index)
        else:
            response = make_response(render_template("front.html", **index))
            response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept, Authorization"
        return response

    @routes.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(ASSETS, name, max_age=3600)

    return routes


def describe(settings: GatewaySettings, catalog: Catalog | None, caller: Caller) -> dict[str, Any]:
    """What is served, as the caller may see it. ``catalog`` is None while data does not answer."""
    resources = catalog.resources if catalog is not None else ()
    url = settings.public_url.rstrip("/")
    return {
        "name": "Trivet",
        "address": url,
        "role": caller.principal.role,
        "signed_in": not caller.principal.anonymous,
        "available": catalog is not None,
        "resources": len(resources),
        "apis": examples(catalog, url, settings.soap_namespace, token=not caller.principal.anonymous or not resources),
        "sign_in": sign_in(url, "you@example.com", "your password"),
        "auth": f"{url}/auth/v1",
        "health": f"{url}/readyz",
    }


def _catalog(data: Data, caller: Caller) -> Catalog | None:
    try:
        return data.catalog(caller)
    except Problem as problem:
        if problem.kind in _AWAY:
            return None
        raise


def _wants_json() -> bool:
    accept = request.accept_mimetypes
    return accept["application/json"] > accept["text/html"]


def render_problem(problem: Problem) -> Response:
    """A problem as `application/problem+json` (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": problem.message,
        "status": problem.status,
        "detail": problem.details,
        "code": problem.code,
    }
    response = _json(body, "application/problem+json")
    response.status_code = problem.status
    response.headers.extend(problem.headers)
    return response


def _json(body: Any, content_type: str = "application/json; charset=utf-8") -> Response:
    return Response(msgspec.json.encode(body), content_type=content_type)
