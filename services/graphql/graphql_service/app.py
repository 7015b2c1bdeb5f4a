"""The graphql service: GraphQL in Hasura's dialect."""

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

from graphql_service import routes
from graphql_service.executor import Executor
from graphql_service.limits import Limits
from graphql_service.settings import GraphqlSettings

_DOWN = (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL)


def create_app(
    settings: GraphqlSettings | None = None, data: Data | None = None, edge: routes.Gate | None = None
) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their tokens)."""
    settings = settings or load(GraphqlSettings)
    wishes: dict[str, Check] = {}
    if data is None or edge is None:
        client = DataClient(Hop(settings.data_url), timeout=settings.request_timeout)
        data = data or client
        if edge is None:
            edge = own = Edge(settings, exchanges=True, data=client)
            wishes = own.wishes()
            own.start()
    app = create_service("graphql", settings, routes.render, needs={"data": lambda: _answers(data)}, wishes=wishes)
    executor = Executor(data, Limits(settings.graphql_depth, settings.graphql_nodes))
    routes.install(app, executor, edge, batch_limit=settings.graphql_batch)
    return app


def _answers(data: Data) -> bool:
    try:
        data.catalog(ANONYMOUS)
    except Problem as problem:
        return problem.kind not in _DOWN  # refusing the anonymous principal is an answer too
    return True
