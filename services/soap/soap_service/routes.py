"""What Flask answers for soap: the WSDL, and the page for people."""

import hashlib
import zlib
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from chassis import express
from chassis.bounded import Bounded
from chassis.facade import Gate
from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict

from soap_service import listing, profiles, wsdl
from soap_service.door import PATHS, SoapDoor, needs_login
from soap_service.port_type import PortType
from soap_service.ports import Ports
from soap_service.settings import SoapSettings

_KEPT = 16  # documents, packed: one of 400 tables has eleven megabytes, and a fortieth of that so
_QUICK = 1  # zlib's quickest level
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def install(app: Flask, door: SoapDoor, documents: "Documents") -> None:
    """Serve ``/soap/v1``; what is posted there is answered by the door, in which it seldom comes past the other."""

    def converse() -> Response:
        return express.to_flask(door.converse(express.Request(request.environ)))

    for path in PATHS:
        app.add_url_rule(path, f"post {path}", converse, methods=["POST"])
        app.add_url_rule(path, f"get {path}", documents.describe, methods=["GET"])
    app.add_url_rule("/soap/v1.wsdl", "wsdl", documents.document, methods=["GET"])


class Form(NamedTuple):
    """Which document it is: ``versions`` of SOAP it has bindings for, its types inline, beside it, or alone."""

    versions: tuple[str, ...]
    types: Literal["inline", "beside", "alone"]
    query: str  # what a document beside it is asked for with


class Documents:
    """Writes the WSDL and the page; keeps each document until its role's catalog changes."""

    def __init__(self, settings: SoapSettings, gate: Gate, ports: Ports) -> None:
        self._settings = settings
        self._gate = gate
        self._ports = ports
        self._documents: Bounded[tuple[int, Form], tuple[bytes, str]] = Bounded(_KEPT)

    def describe(self) -> Response:
        """The WSDL, or the schema of its types, where it is asked for, else the page for people."""
        if {name.lower() for name in request.args} & {"wsdl", "singlewsdl", "xsd"}:
            return self.document()
        port = self._ports.of(self._gate.caller(), profiles.of_query(request.args))
        page = listing.write(port, self._settings.address)
        headers = {"Content-Security-Policy": _POLICY, "Vary": "Authorization", "Cache-Control": "private, no-cache"}
        return Response(page, content_type="text/html; charset=utf-8", headers=headers)

    def document(self) -> Response:
        """The WSDL of what the caller may do. Raises `Problem` PGRST302 where that is nothing without a login."""
        caller = self._gate.caller()
        port = self._ports.of(caller, profiles.of_query(request.args), _tables(request.args))
        if port.empty and caller.principal.anonymous:
            raise needs_login()
        text, tag = self._written(port, _form(request.args, port))
        answer = Response(text, content_type="text/xml; charset=utf-8")
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Vary"] = "Authorization"
        answer.set_etag(tag)
        answer.make_conditional(request)
        return answer

    def _written(self, port: PortType, form: Form) -> tuple[bytes, str]:
        key = (port.serial, form)
        kept = self._documents.get(key)
        if kept is not None:
            packed, tag = kept
            return zlib.decompress(packed), tag
        text = self._write(port, form)
        tag = hashlib.sha256(text).hexdigest()[:32]
        self._documents.put(key, (zlib.compress(text, _QUICK), tag))
        return text, tag

    def _write(self, port: PortType, form: Form) -> bytes:
        namespace, address = self._settings.soap_namespace, self._settings.address
        if form.types == "alone":
            return wsdl.write_schema(port, namespace)
        beside = f"{address}?{form.query}" if form.types == "beside" else None
        return wsdl.write(port, namespace=namespace, address=address, versions=form.versions, schema_at=beside)


def _form(args: MultiDict[str, str], port: PortType) -> Form:
    """The form of the document that an address's query asks for: ``?wsdl&soap=11``, ``?wsdl=2``, ``?xsd=1``."""
    lower = {name.lower(): value for name, value in args.items()}
    version = lower.get("soap", "")
    versions = (version,) if version in wsdl.BINDINGS else tuple(wsdl.BINDINGS)
    if "xsd" in lower:
        return Form((), "alone", "")
    if lower.get("wsdl") != "2":
        return Form(versions, "inline", "")
    query = {"xsd": "1"} | ({"profile": port.profile.name} if port.profile is not profiles.NET else {})
    return Form(versions, "beside", urlencode(query | ({"tables": ",".join(port.only)} if port.only else {})))


def _tables(args: MultiDict[str, str]) -> tuple[str, ...]:
    """The resources that a part of the document is about; empty: all."""
    return tuple(sorted({name.strip() for name in args.get("tables", "").split(",") if name.strip()}))
