"""What Flask answers for soap: the WSDL, and the page for people."""

import hashlib

from chassis import express
from chassis.bounded import Bounded
from chassis.facade import Gate
from flask import Flask, Response, request

from soap_service import listing, profiles, wsdl
from soap_service.door import PATHS, SoapDoor, needs_login
from soap_service.port_type import PortType
from soap_service.ports import Ports
from soap_service.settings import SoapSettings

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def install(app: Flask, door: SoapDoor, documents: "Documents") -> None:
    """Serve ``/soap/v1``; what is posted there is answered by the door, in which it seldom comes past the other."""

    def converse() -> Response:
        return express.to_flask(door.converse(express.Request(request.environ)))

    for path in PATHS:
        app.add_url_rule(path, f"post {path}", converse, methods=["POST"])
        app.add_url_rule(path, f"get {path}", documents.describe, methods=["GET"])
    app.add_url_rule("/soap/v1.wsdl", "wsdl", documents.document, methods=["GET"])


class Documents:
    """Writes the WSDL and the page; keeps each document until its role's catalog changes."""

    def __init__(self, settings: SoapSettings, gate: Gate, ports: Ports) -> None:
        self._settings = settings
        self._gate = gate
        self._ports = ports
        self._documents: Bounded[tuple[int, str], tuple[bytes, str]] = Bounded(16)

    def describe(self) -> Response:
        """The WSDL where it is asked for, else the page for people."""
        if {name.lower() for name in request.args} & {"wsdl", "singlewsdl"}:
            return self.document()
        port = self._ports.of(self._gate.caller(), profiles.of_query(request.args))
        page = listing.write(port, self._settings.address)
        headers = {"Content-Security-Policy": _POLICY, "Vary": "Authorization", "Cache-Control": "private, no-cache"}
        return Response(page, content_type="text/html; charset=utf-8", headers=headers)

    def document(self) -> Response:
        """The WSDL of what the caller may do. Raises `Problem` PGRST302 where that is nothing without a login."""
        caller = self._gate.caller()
        port = self._ports.of(caller, profiles.of_query(request.args))
        if not port.operations and caller.principal.anonymous:
            raise needs_login()
        version = request.args.get("soap", "")
        text, tag = self._wsdl(port, version if version in wsdl.BINDINGS else "")
        answer = Response(text, content_type="text/xml; charset=utf-8")
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Vary"] = "Authorization"
        answer.set_etag(tag)
        answer.make_conditional(request)
        return answer

    def _wsdl(self, port: PortType, version: str) -> tuple[bytes, str]:
        key = (port.serial, version)
        kept = self._documents.get(key)
        if kept is None:
            versions = (version,) if version else tuple(wsdl.BINDINGS)
            text = wsdl.write(
                port, namespace=self._settings.soap_namespace, address=self._settings.address, versions=versions
            )
            kept = (text, hashlib.sha256(text).hexdigest()[:32])
            self._documents.put(key, kept)
        return kept
