"""The graphql service: GraphQL in Hasura's dialect."""

from chassis import examples
from chassis.app import create_app as create_service
from chassis.events import connect
from chassis.facade import Gate, face
from chassis.settings import load
from contracts.data import Data
from flask import Flask

from graphql_service import routes
from graphql_service.door import GraphqlDoor
from graphql_service.examples import write as write_example
from graphql_service.executor import Executor
from graphql_service.limits import Limits
from graphql_service.persisted import PersistedDocuments
from graphql_service.settings import GraphqlSettings
from graphql_service.trusted import read_trusted


def create_app(settings: GraphqlSettings | None = None, data: Data | None = None, edge: Gate | None = None) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their tokens)."""
    settings = settings or load(GraphqlSettings)
    facade = face(settings, data, edge)
    trusted = read_trusted(settings.graphql_documents)
    persisted = PersistedDocuments(trusted, connect(settings.redis_url), open=settings.graphql_persisted)
    allowed = trusted if settings.graphql_only_documents else None
    executor = Executor(facade.data, _limits(settings), persisted, allowed, stringify=settings.graphql_stringify)
    door = GraphqlDoor(executor, facade.gate, settings.body_limit, facade.results)
    app = create_service("graphql", settings, routes.render, door=door, needs=facade.needs, wishes=facade.wishes)
    examples.install(app, facade.data, facade.gate, write_example)
    routes.install(app, executor, facade.gate)
    return app


def _limits(settings: GraphqlSettings) -> Limits:
    return Limits(
        depth=settings.graphql_depth,
        nodes=settings.graphql_nodes,
        aliases=settings.graphql_aliases,
        cost=settings.graphql_cost,
        tokens=settings.graphql_tokens,
        bytes=settings.graphql_bytes,
        batch=settings.graphql_batch,
        introspection=settings.graphql_introspection,
    )
