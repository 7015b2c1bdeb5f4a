"""The addresses of the rest service: generic routes for resources and functions, and the documents about them."""

from urllib.parse import quote, unquote_to_bytes, urlsplit

from chassis import express
from chassis.facade import Gate
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Problem
from flask import Flask, Response, request
from werkzeug.routing import Rule

from rest_service import media, openapi, resources
from rest_service.door import PREFIX, note, refusal
from rest_service.functions import Functions
from rest_service.request import KINDS, Incoming
from rest_service.response import Answer
from rest_service.settings import Settings
from rest_service.tables import Tables

DOCUMENT = "openapi.json"


class Rest:
    """The views: the same below `PREFIX` and at the root, so that clients of either kind find them."""

    def __init__(self, data: Data, gate: Gate, tables: Tables, settings: Settings) -> None:
        self._data = data
        self._gate = gate
        self._tables = tables
        self._functions = Functions(data, shows_plans=settings.plan)
        self._documented = settings.openapi_mode != "disabled"
        self._documents = openapi.Documents(settings.rest_title, settings.public_url.rstrip("/") + PREFIX)

    def serve(self, path: str = "") -> Response:
        """Answer any request below the mount. Raises `Problem`."""
        caller = self._gate.caller()
        note(caller)
        segments = _segments()
        if segments in ([], [DOCUMENT]):
            return self._document(caller, root=not segments)
        if segments[0] == "rpc" and len(segments) == 2:
            return _flask(self._function(segments[1], caller))
        if len(segments) > 1 or not segments[0]:
            raise Problem("PGRST125", "Invalid path specified in request URL")
        return _flask(self._table(segments[0], caller))

    def _table(self, name: str, caller: Caller) -> Answer:
        method = request.method
        if method == "OPTIONS":
            return Answer(200, {"Allow": self._allowed(name, caller)})
        if method not in KINDS:
            raise _unsupported(method)
        return self._tables.answer(_incoming(name), caller)

    def _allowed(self, name: str, caller: Caller) -> str:
        catalog = self._data.catalog(caller)
        return ",".join(resources.methods(resources.find(catalog, name, request.headers.get("Accept-Profile"))))

    def _function(self, name: str, caller: Caller) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, {"Allow": self._functions.allowed(name, request.headers.get("Accept-Profile"), caller)})
        if request.method not in ("GET", "HEAD", "POST"):
            raise Problem("PGRST101", f"Cannot use the {request.method} method on RPC")
        return self._functions.answer(_incoming(name), caller)

    def _document(self, caller: Caller, *, root: bool) -> Response:
        if not self._documented:
            raise Problem("PGRST126", "Root endpoint metadata is disabled")
        if request.method == "OPTIONS":
            return _flask(Answer(200, {"Allow": "OPTIONS,GET,HEAD"}))
        if request.method not in ("GET", "HEAD"):
            raise _unsupported(request.method)
        media_type, catalog = media.JSON.type, self._data.catalog(caller)
        schema = None
        if root:  # clients of PostgREST read the schema there, whatever type they ask for
            media_type = media.choose_document(request.headers.get("Accept"))
            schema = resources.negotiate(catalog, request.headers.get("Accept-Profile"))
        document = self._documents.get(catalog, "2.0" if root else "3.1", schema)
        headers = {
            "Content-Type": f"{media_type}; charset=utf-8",
            "Vary": "Accept, Accept-Profile, Authorization, apikey" if schema else "Accept, Authorization, apikey",
            "Cache-Control": "no-cache",
            "ETag": f'"{document.etag}"',
            **({"Content-Profile": schema} if schema else {}),
        }
        fresh = request.if_none_match.contains_weak(document.etag)
        return _flask(Answer(304, headers) if fresh else Answer(200, headers, document.body))


def install(app: Flask, rest: Rest) -> None:
    """Serve ``rest`` for every method and path that no other route of ``app`` has."""
    app.url_map.merge_slashes = False
    app.view_functions["rest"] = rest.serve
    for rule in (f"{PREFIX}/<path:path>", PREFIX, f"{PREFIX}/", "/<path:path>", "/"):
        app.url_map.add(Rule(rule, endpoint="rest", strict_slashes=True))


def render(problem: Problem) -> Response:
    """The response that a problem becomes, wherever it arose."""
    return _flask(refusal(problem))


def _segments() -> list[str]:
    """The decoded segments of the path below the mount; an encoded slash does not part them."""
    raw = request.environ.get("RAW_URI")  # the address as it was sent: WSGI's own path has its slashes decoded
    path = quote(request.path) if raw is None else urlsplit(raw).path if "://" in raw else raw.partition("?")[0]
    if path == PREFIX or path.startswith(PREFIX + "/"):
        path = path[len(PREFIX) :]
    path = path.removeprefix("/")
    return [_decoded(segment) for segment in path.split("/")] if path else []


def _decoded(segment: str) -> str:
    # WSGI hands bytes over as Latin-1 text; some clients send their UTF-8 without encoding it
    return unquote_to_bytes(segment.encode("latin-1", "replace")).decode("utf-8", "replace")


def _incoming(name: str) -> Incoming:
    query = request.query_string.decode("utf-8", "replace")
    return Incoming(request.method, name, query, request.headers, express.body_at_hand())


def _unsupported(method: str) -> Problem:
    return Problem("PGRST117", f"Unsupported HTTP method: {method}")


def _flask(answer: Answer) -> Response:
    bare = request.method == "HEAD" or answer.status in (204, 304)
    found = Response(b"" if bare else answer.body, status=answer.status, headers=answer.headers)
    for name, value in answer.more:
        found.headers.add(name, value)
    if "Content-Type" not in answer.headers:
        del found.headers["Content-Type"]
    if bare:
        found.automatically_set_content_length = False
        del found.headers["Content-Length"]
    return found
