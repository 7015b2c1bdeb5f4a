"""The soap service: every table and view in SOAP 1.1 and 1.2."""

from chassis import examples
from chassis.app import create_app as create_service
from chassis.express import to_flask
from chassis.facade import Gate, face
from chassis.settings import load
from contracts.data import Data
from flask import Flask

from soap_service import promised_routes, routes
from soap_service.door import SoapDoor
from soap_service.examples import writer as example_writer
from soap_service.ports import Ports
from soap_service.promises import Promises
from soap_service.settings import SoapSettings


def create_app(settings: SoapSettings | None = None, data: Data | None = None, edge: Gate | None = None) -> Flask:
    """The service over ``data`` (else data's service), its callers found by ``edge`` (else by their credentials)."""
    settings = settings or load(SoapSettings)
    facade = face(settings, data, edge)
    ports = Ports(facade.data)
    door = SoapDoor(settings, facade.data, facade.gate, ports, facade.results)
    app = create_service(
        "soap",
        settings,
        lambda problem: to_flask(door.refuse(problem)),
        door=door,
        needs=facade.needs,
        wishes=facade.wishes,
    )
    examples.install(app, facade.data, facade.gate, example_writer(settings.soap_namespace))
    routes.install(app, door, routes.Documents(settings, facade.gate, ports))
    promised_routes.install(app, Promises(settings, facade.data, facade.gate, ports))
    return app
