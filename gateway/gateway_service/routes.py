"""The gateway's few addresses: pages, their assets, examples and the index for programs, with RFC 9457's problems."""

from pathlib import Path
from typing import Any

import msgspec
from chassis.app import Edge
from contracts.catalog import Catalog, Resource
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Kind, Problem
from flask import Blueprint, Response, abort, request, send_from_directory

from gateway_service import vendor
from gateway_service.accounts import DemoAccount
from gateway_service.commands import GENERIC, command, sign_in
from gateway_service.examples import Examples, Facades, pick
from gateway_service.settings import GatewaySettings

ASSETS = Path(__file__).parent / "assets"
PAGES = Path(__file__).parent / "pages"
_CLOSED = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_POLICY = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; {_CLOSED}"
# Swagger UI and GraphiQL set styles on elements and carry icons and fonts inside their own files; no script is inline
_WIDER = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    f"font-src 'self' data:; connect-src 'self'; {_CLOSED}"
)
_EXPLORERS = {"rest": "swagger.html", "graphql": "graphiql.html"}
_AWAY = (Kind.UNAVAILABLE, Kind.TIMEOUT)


def blueprint(
    settings: GatewaySettings, data: Data, edge: Edge, facades: Facades, accounts: list[DemoAccount]
) -> Blueprint:
    """The gateway's routes."""
    routes = Blueprint("gateway", __name__)

    @routes.get("/")
    def front() -> Response:
        if not _wants_json():
            return _page("front.html", _POLICY)
        caller = edge.caller()
        return _json(describe(settings, _catalog(data, caller), caller, facades))

    @routes.get("/explore/<api>")
    def explore(api: str) -> Response:
        return _page(_EXPLORERS[api], _WIDER) if api in _EXPLORERS else abort(404)

    @routes.get("/explore/examples")
    def examples() -> Response:
        caller = edge.caller()
        found = shown(data.catalog(caller), caller, facades, request.args.get("resource"))
        return _json({**found, "demo": accounts})

    @routes.get("/assets/<name>")
    def asset(name: str) -> Response:
        return _cached(send_from_directory(ASSETS, name), "no-cache")

    @routes.get("/assets/vendor/<name>")
    def vendored(name: str) -> Response:
        folder = vendor.folder_of(name)
        return _cached(send_from_directory(folder, name), "max-age=86400") if folder is not None else abort(404)

    return routes


def describe(settings: GatewaySettings, catalog: Catalog | None, caller: Caller, facades: Facades) -> dict[str, Any]:
    """What is served, as the caller may see it. ``catalog`` is None while data does not answer."""
    resources = catalog.resources if catalog is not None else ()
    url = settings.public_url.rstrip("/")
    token = not caller.principal.anonymous or not resources
    found = _examples(pick(resources), caller, facades)
    apis = [("REST", "rest", "/rest/v1"), ("GraphQL", "graphql", "/graphql"), ("SOAP", "soap", "/soap/v1")]
    documents = {"rest": "/rest/v1/openapi.json", "graphql": "/explore/graphql", "soap": "/soap/v1?wsdl"}
    return {
        "name": "Trivet",
        "address": url,
        "role": caller.principal.role,
        "signed_in": not caller.principal.anonymous,
        "available": catalog is not None,
        "resources": len(resources),
        "apis": [
            {
                "name": name,
                "address": url + path,
                "document": url + documents[facade],
                "command": command(found[facade], url, token=token),
            }
            for name, facade, path in apis
        ],
        "sign_in": sign_in(url, "you@example.com", "your password"),
        "auth": f"{url}/auth/v1",
        "health": f"{url}/readyz",
    }


def shown(catalog: Catalog, caller: Caller, facades: Facades, name: str | None) -> dict[str, Any]:
    """What the page shows a caller: its role, what it may read, and the requests for one resource of it.

    ``name`` is the resource asked for; the requests are None where the caller may not read that one, or any.
    """
    readable = [resource for resource in catalog.resources if resource.fields]
    chosen = catalog.by_name.get(name) if name else pick(readable)
    visible = chosen is not None and bool(chosen.fields)
    return {
        "role": caller.principal.role,
        "signed_in": not caller.principal.anonymous,
        "resources": [{"name": resource.name, "kind": resource.kind} for resource in readable],
        "resource": chosen.name if chosen is not None and visible else name,
        "requests": facades.examples(chosen.name, caller) if chosen is not None and visible else None,
    }


def _examples(resource: Resource | None, caller: Caller, facades: Facades) -> Examples:
    try:
        return facades.examples(resource.name, caller) if resource is not None else GENERIC
    except Problem:
        return GENERIC


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


def _page(name: str, policy: str) -> Response:
    response = _cached(send_from_directory(PAGES, name), "no-cache")
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept"
    return response


def _cached(response: Response, control: str) -> Response:
    response.headers["Cache-Control"] = control
    return response


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
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
    return Response(msgspec.json.encode(body), content_type=content_type, headers=headers)
