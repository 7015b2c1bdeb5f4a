"""The soap service: every table and view in SOAP 1.1 and 1.2."""

from chassis.app import Edge
from chassis.app import create_app as create_service
from chassis.data_client import DataClient
from chassis.health import Check
from chassis.hop import Hop
from chassis.settings import load
from contracts.data import Data
from contracts.identity import ANONYMOUS
from contracts.problems import Kind, Problem
from flask import Flask

from soap_service import routes
from soap_service.settings import SoapSettings

_DOWN = (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL)


def create_app(
    settings: SoapSettings | None = None, data: Data | None = None, edge: routes.Gate | None = None
) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their credentials)."""
    settings = settings or load(SoapSettings)
    wishes: dict[str, Check] = {}
    if data is None or edge is None:
        client = DataClient(Hop(settings.data_url), timeout=settings.request_timeout)
        data = data or client
        if edge is None:
            edge = gate = Edge(settings, exchanges=True, data=client)
            wishes = gate.wishes()
            gate.start()
    needs = {"data": lambda: _answers(data)}
    app = create_service("soap", settings, routes.renderer(settings), needs=needs, wishes=wishes)
    routes.install(app, settings, data, edge)
    return app


def _answers(data: Data) -> bool:
    try:
        data.catalog(ANONYMOUS)
    except Problem as problem:
        return problem.kind not in _DOWN  # that nothing is open to the anonymous is an answer too
    return True
