"""The routes of soap: a message in, a message out, and the WSDL."""

import dataclasses
import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from chassis import trace
from chassis.bounded import Bounded
from chassis.facade import Gate
from chassis.observe import add_timings, request_id, step
from contracts.data import Data
from contracts.identity import Caller
from contracts.operations import Operation, Value
from contracts.problems import Kind, Problem
from contracts.results import Result
from flask import Flask, Response, g, request
from lxml import etree

from soap_service import addressing, envelope, faults, listing, message, profiles, reply, response, wsdl, wsse
from soap_service import request as requests
from soap_service.envelope import Envelope
from soap_service.faults import Fault
from soap_service.port_type import PortType
from soap_service.reply import Reply
from soap_service.settings import SoapSettings
from soap_service.versions import SOAP_1_1, by_media_type

log = logging.getLogger("trivet")
_UNDERSTOOD = addressing.BLOCKS | {wsse.BLOCK}
_CHANGES = 3  # of the database, at most, that one message outlives
_BASIC = 'Basic realm="trivet", charset="UTF-8"'
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def install(app: Flask, service: "Service") -> None:
    """Serve ``/soap/v1``."""
    for path in ("/soap/v1", "/soap/v1/"):
        app.add_url_rule(path, f"post {path}", service.answer, methods=["POST"])
        app.add_url_rule(path, f"get {path}", service.describe, methods=["GET"])
    app.add_url_rule("/soap/v1.wsdl", "wsdl", service.document, methods=["GET"])


def renderer(settings: SoapSettings) -> Callable[[Problem], Response]:
    """The function that answers with a problem: a fault in the request's version, as far as that is known."""

    def render(problem: Problem) -> Response:
        current: Reply = g.get("reply") or Reply(by_media_type(request.content_type or ""))
        blocks = ""
        if isinstance(problem, Fault):
            blocks = problem.blocks
            if problem.name == "VersionMismatch":  # a client of another version may know this one
                current = dataclasses.replace(current, version=SOAP_1_1)
        body = faults.body(problem, current.version, namespace=settings.soap_namespace, request_id=request_id())
        status = faults.status(problem, current.version)
        answer = _message(current, reply.write(current, body, blocks=blocks, fault=True), status)
        if status == 401:
            answer.headers.add("WWW-Authenticate", _BASIC)
        for name, value in problem.headers.items():
            answer.headers.add(name, value)
        return answer

    return render


class Service:
    """Answers messages; keeps each role's operations and documents until its catalog changes."""

    def __init__(self, settings: SoapSettings, data: Data, edge: Gate) -> None:
        self._settings = settings
        self._data = data
        self._edge = edge
        self._ports: Bounded[tuple[str, str, str], PortType] = Bounded(64)
        self._documents: Bounded[tuple[str, str, str, str], tuple[bytes, str]] = Bounded(16)

    def answer(self) -> Response:
        """One message and its answer."""
        namespace = self._settings.soap_namespace
        with step("parse"):
            received, security = self._received()
        caller = self._caller(security)
        body = envelope.body_of(received)
        port, call, result = self._answered(body, caller)
        with step("response"):
            text = response.write(call, result, namespace, port)
            return _message(g.reply, reply.write(g.reply, text), 200)

    def describe(self) -> Response:
        """The WSDL where it is asked for, else the page for people."""
        if {name.lower() for name in request.args} & {"wsdl", "singlewsdl"}:
            return self.document()
        page = listing.write(self._port(self._edge.caller()), self._settings.address)
        headers = {"Content-Security-Policy": _POLICY, "Vary": "Authorization", "Cache-Control": "private, no-cache"}
        return Response(page, content_type="text/html; charset=utf-8", headers=headers)

    def document(self) -> Response:
        """The WSDL of what the caller may do. Raises `Problem` PGRST302 where that is nothing without a login."""
        caller = self._edge.caller()
        port = self._port(caller)
        if not port.operations and caller.principal.anonymous:
            raise _needs_login()
        version = request.args.get("soap", "")
        text, tag = self._wsdl(port, caller.principal.role, version if version in wsdl.BINDINGS else "")
        answer = Response(text, content_type="text/xml; charset=utf-8")
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Vary"] = "Authorization"
        answer.set_etag(tag)
        answer.make_conditional(request)
        return answer

    def _received(self) -> tuple[Envelope, wsse.Security]:
        """The envelope, once its header is understood; what an answer needs of it is noted as soon as it is known."""
        text = message.text_of(
            request.get_data(cache=False),
            content_type=request.content_type or "",
            encoding=request.headers.get("Content-Encoding", ""),
            limit=self._settings.body_limit,
        )
        limits = {"max_depth": self._settings.soap_max_depth, "max_elements": self._settings.soap_max_elements}
        received = envelope.opened(envelope.parse(text, **limits))
        g.reply = Reply(received.version)
        envelope.check_understood(received, _UNDERSTOOD)
        if (found := addressing.read(received)) is not None:
            g.reply = dataclasses.replace(g.reply, addressed=True, action=found.action, message_id=found.message_id)
        security = wsse.read(received, now=datetime.now(UTC), skew=self._settings.soap_clock_skew)
        g.reply = dataclasses.replace(g.reply, stamped=security.stamped, stamp_must=security.must)
        return received, security

    def _caller(self, security: wsse.Security) -> Caller:
        """Who calls: by HTTP's credential, else by the message's UsernameToken."""
        caller = self._edge.caller()
        if not caller.principal.anonymous or security.username is None:
            return caller
        try:
            caller = self._edge.authenticator.password(
                security.username, security.password, caller, self._edge.address()
            )
        except Problem as problem:
            if problem.kind is Kind.UNAUTHENTICATED:
                raise wsse.failed() from None
            raise
        if (current := trace.current()) is not None:
            current.role, current.anonymous = caller.principal.role, False
        return caller

    def _answered(self, body: envelope.Element, caller: Caller) -> tuple[PortType, requests.Call, Result]:
        """A message's call and its result; again, where it was read by operations that are older than the database."""
        port = self._port(caller)
        for _ in range(_CHANGES):
            try:
                return port, *self._call(body, port, caller)
            except Problem as problem:
                known, port = port, self._port(caller)
                if problem.kind is not Kind.UNKNOWN_NAME or port is known:
                    raise
        return port, *self._call(body, port, caller)

    def _call(self, body: envelope.Element, port: PortType, caller: Caller) -> tuple[requests.Call, Result]:
        with step("request"):
            self._check_offered(body, port, caller)
            call = requests.parse(body, self._settings.soap_namespace, port, role=caller.principal.role)
            _note_action(call.called.name)
        return call, self._execute(call.operation, call.values, caller)

    def _port(self, caller: Caller) -> PortType:
        profile = profiles.of_query(request.args)
        catalog = self._data.catalog(caller)
        key = (caller.principal.role, catalog.version, profile.name)
        port = self._ports.get(key)
        if port is None:
            port = PortType(catalog, profile)
            self._ports.put(key, port)
        return port

    def _wsdl(self, port: PortType, role: str, version: str) -> tuple[bytes, str]:
        key = (role, port.catalog.version, port.profile.name, version)
        kept = self._documents.get(key)
        if kept is None:
            versions = (version,) if version else tuple(wsdl.BINDINGS)
            text = wsdl.write(
                port, namespace=self._settings.soap_namespace, address=self._settings.address, versions=versions
            )
            kept = (text, hashlib.sha256(text).hexdigest()[:32])
            self._documents.put(key, kept)
        return kept

    def _check_offered(self, body: envelope.Element, port: PortType, caller: Caller) -> None:
        """Challenge the anonymous where a login may help; many toolkits send their credential only then."""
        if caller.principal.anonymous and etree.QName(body).localname not in port.operations:
            raise _needs_login()

    def _execute(self, operation: Operation, values: list[Value], caller: Caller) -> Result:
        try:
            result = self._data.execute(operation, values, caller)
        except Problem as problem:
            if problem.kind is Kind.FORBIDDEN and caller.principal.anonymous:
                problem.status = 401
            raise
        add_timings(result.timings)
        return result


def _message(current: Reply, text: bytes, status: int) -> Response:
    return Response(text, status, content_type=current.content_type)


def _needs_login() -> Problem:
    return Problem(
        "PGRST302", "A login is needed", hint="Send HTTP Basic, a bearer token or a WS-Security UsernameToken"
    )


def _note_action(called: str) -> None:
    """Log an action that names another operation than the body: harmless here, but perhaps meant to deceive."""
    action = request.headers.get("SOAPAction") or request.mimetype_params.get("action", "")
    action = action.strip().strip('"')
    if action and not action.endswith(called):
        log.info("action differs", extra={"fields": {"action": action[:200], "operation": called}})
