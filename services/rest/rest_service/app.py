"""The rest service: REST in PostgREST's dialect."""

from chassis import examples
from chassis.app import create_app as create_service
from chassis.facade import Gate, face
from chassis.settings import load
from contracts.data import Data
from flask import Flask

from rest_service import routes
from rest_service.door import PREFIX, RestDoor
from rest_service.examples import write as write_example
from rest_service.settings import Settings
from rest_service.tables import Tables


def create_app(settings: Settings | None = None, data: Data | None = None, edge: Gate | None = None) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their tokens)."""
    settings = settings or load(Settings)
    facade = face(settings, data, edge)
    base = settings.public_url.rstrip("/") + PREFIX if settings.absolute_location else ""
    tables = Tables(facade.data, base, facade.results, shows_plans=settings.plan)
    door = RestDoor(tables, facade.gate, body_limit=settings.body_limit)
    app = create_service("rest", settings, routes.render, door=door, needs=facade.needs, wishes=facade.wishes)
    examples.install(app, facade.data, facade.gate, write_example)
    routes.install(app, routes.Rest(facade.data, facade.gate, tables, settings))
    return app
