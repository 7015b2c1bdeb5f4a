"""The rest service: REST in PostgREST's dialect."""

import time

from chassis.app import Edge
from chassis.app import create_app as create_service
from chassis.data_client import DataClient
from chassis.health import Check
from chassis.hop import Hop
from chassis.settings import load
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Kind, Problem
from flask import Flask

from rest_service import routes
from rest_service.settings import Settings

_PATIENCE = 2.0  # seconds that `/readyz` waits for data
_DOWN = (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL)


def create_app(settings: Settings | None = None, data: Data | None = None, edge: routes.Gate | None = None) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their tokens)."""
    settings = settings or load(Settings)
    wishes: dict[str, Check] = {}
    if data is None or edge is None:
        client = DataClient(Hop(settings.data_url), timeout=settings.request_timeout)
        data = data or client
        if edge is None:
            edge = gate = Edge(settings, exchanges=True, data=client)
            wishes = gate.wishes()
            gate.start()
    app = create_service("rest", settings, routes.render, needs={"data": lambda: _answers(data)}, wishes=wishes)
    routes.install(app, routes.Rest(data, edge, settings))
    return app


def _answers(data: Data) -> bool:
    try:
        data.catalog(Caller(deadline=time.monotonic() + _PATIENCE))
    except Problem as problem:
        return problem.kind not in _DOWN  # refusing the anonymous principal is an answer too
    return True
