"""The addresses of promised services: each answers messages, and gives its WSDL and its page."""

from chassis import express
from flask import Flask, Response, request

from soap_service.promises import Promises

_WSDL = ".wsdl"


def install(app: Flask, promised: Promises) -> None:
    """Serve each promised service below ``/soap/v1/``."""

    def converse(service: str) -> Response:
        door = promised.door(service)
        return express.to_flask(door.converse(express.Request(request.environ)))

    def describe(service: str) -> Response:
        if service.endswith(_WSDL):
            return promised.door(service.removesuffix(_WSDL)).documents.document()
        return promised.door(service).documents.describe()

    app.add_url_rule("/soap/v1/<service>", "post service", converse, methods=["POST"])
    app.add_url_rule("/soap/v1/<service>", "get service", describe, methods=["GET"])
