"""Soap's express lane: a message in, a message out."""

import dataclasses
import logging
import sys
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

from chassis import trace, zones
from chassis.express import Answer, Request
from chassis.facade import Gate
from chassis.hop import Hop
from chassis.observe import add_timings, request_id, step
from chassis.results_cache import ResultsCache
from contracts.data import Data
from contracts.identity import Caller
from contracts.operations import Operation, Value
from contracts.problems import Kind, Problem
from lxml import etree
from werkzeug.http import parse_options_header

from soap_service import faults, profiles, reply, wsse
from soap_service.faults import Fault
from soap_service.general import General
from soap_service.namespaces import WSA
from soap_service.port_type import PortType
from soap_service.ports import Ports
from soap_service.profiles import Profile
from soap_service.receiving import Received, Receiver
from soap_service.reply import Reply
from soap_service.resource_type import Verb
from soap_service.response import ListWriter
from soap_service.rest_client import RestClient
from soap_service.settings import SoapSettings
from soap_service.shapes import Prepared
from soap_service.split import Pieces
from soap_service.streaming import Lengths, Parts, Rows, content_of
from soap_service.versions import SOAP_1_1, by_media_type

T = TypeVar("T")
Ask = Callable[[Operation, list[Value], Caller], T]
log = logging.getLogger("trivet")
PATHS = ("/soap/v1", "/soap/v1/")
NAMESPACE = "trivet.soap.namespace"  # the service's own, in the request's environ, where it is not the usual one
_REPLY = "trivet.soap.reply"  # what is known of the answer, in the request's environ
_CHANGES = 3  # of the database, at most, that one message outlives
_BASIC = 'Basic realm="trivet", charset="UTF-8"'


class Kept(NamedTuple):
    """An answer that was kept: the response element, and which operation was called."""

    content: str
    called: str


class SoapDoor:
    """Answers messages. Answers to reads are kept in ``results`` where there are any, and given again while true."""

    def __init__(
        self, settings: SoapSettings, data: Data, gate: Gate, ports: Ports, results: ResultsCache[Kept] | None = None
    ) -> None:
        self._settings = settings
        self._data = data
        self._gate = gate
        self._ports = ports
        self._results = results
        self._receiver = Receiver(settings)
        self._lengths = Lengths()
        rest = RestClient(Hop(settings.rest_url), timeout=settings.request_timeout)
        self._general = General(settings.soap_namespace, gate, rest)

    def answer(self, request: Request) -> Answer | None:
        """The answer to a message; None for all else."""
        if request.method != "POST" or request.environ["PATH_INFO"] not in PATHS:
            return None
        return self.converse(request)

    def converse(self, request: Request) -> Answer:
        """The answer to a message. Raises `Problem`."""
        environ = request.environ

        def note(found: Reply) -> None:
            environ[_REPLY] = found

        with step("parse"):
            received = self._receiver.receive(request, note)
        zones.refuse_unknown(environ.get("HTTP_PREFER"))
        caller = self._caller(received)
        kept = self._kept(received, request, caller) if self._results else None
        if kept is not None:
            _note_action(request, kept.called)
            content: str | Rows = kept.content
        else:
            content = self._answered(received, request, caller)
        current: Reply = environ[_REPLY]
        if current.unanswered:
            if not isinstance(content, str):
                content.close()
            return Answer(202, [], b"")
        headers = [("Content-Type", current.content_type)]
        if isinstance(content, str):
            return Answer(200, headers, reply.write(current, content))
        return Answer(200, [*headers, ("X-Accel-Buffering", "no")], Parts(current, content))

    def refuse(self, problem: Problem) -> Answer:
        """A problem as a fault in the request's version, as far as that is known."""
        at_hand = trace.current()
        environ = at_hand.environ if at_hand is not None else {}
        current: Reply = environ.get(_REPLY) or Reply(by_media_type(environ.get("CONTENT_TYPE") or ""))
        blocks, action = "", reply.FAULT_ACTION
        if isinstance(problem, Fault):
            if problem.name == "VersionMismatch":  # a client of another version may know this one
                current = dataclasses.replace(current, version=SOAP_1_1)
            blocks = faults.blocks(problem, current.version)
            if problem.namespace == WSA:
                action = reply.ADDRESSING_FAULT_ACTION
        namespace = environ.get(NAMESPACE, self._settings.soap_namespace)
        body = faults.body(problem, current.version, namespace=namespace, request_id=request_id())
        status = faults.status(problem, current.version)
        headers = [("Content-Type", current.content_type)]
        if status == 401:
            headers.append(("WWW-Authenticate", _BASIC))
        headers += problem.headers.items()
        if current.untold:  # the status alone still says it
            return Answer(status, headers[1:], b"")
        return Answer(status, headers, reply.write(current, body, blocks=blocks, fault=action))

    def _caller(self, received: Received) -> Caller:
        """Who calls: by HTTP's credential, else by the message's UsernameToken, else by its AuthToken."""
        security = received.security
        caller = self._gate.caller()
        if not caller.principal.anonymous or (security.username is None and security.token is None):
            return caller
        authenticator, address = self._gate.authenticator, self._gate.address()
        try:
            if security.username is None:
                caller = authenticator.token(security.token or "", caller, address)
            elif security.proof is not None:
                caller = authenticator.digest(security.username, security.proof, caller, address)
            else:
                caller = authenticator.password(security.username, security.password, caller, address)
        except Problem as problem:
            if problem.kind is Kind.UNAUTHENTICATED and security.username is not None:
                raise wsse.failed() from None
            if problem.kind is Kind.UNAUTHENTICATED and self._logs_in(received):
                return caller  # who logs in anew may still have the token of before in every header
            raise
        if (current := trace.current()) is not None:
            current.role, current.anonymous = caller.principal.role, False
        return caller

    def _logs_in(self, received: Received) -> bool:
        return bool(etree.QName(self._receiver.body(received)).localname == Verb.LOGIN.value)

    def _kept(self, received: Received, request: Request, caller: Caller) -> Kept | None:
        """The answer that such a message had, where it is true still."""
        if self._results is None or received.pieces is None or caller.explain:
            return None
        with step("cache"):
            return self._results.find(caller.principal, _question(received.pieces, request, caller))

    def _answered(self, received: Received, request: Request, caller: Caller) -> str | Rows:
        """The response element; asked for again where a message was read by operations older than the database."""
        profile = _profile(request)
        port = self._ports.of(caller, profile)
        for _ in range(_CHANGES):
            try:
                return self._called(received, request, port, caller)
            except Problem as problem:
                known, port = port, self._ports.of(caller, profile)
                if problem.kind is not Kind.UNKNOWN_NAME or port is known:
                    raise
        return self._called(received, request, port, caller)

    def _called(self, received: Received, request: Request, port: PortType, caller: Caller) -> str | Rows:
        with step("request"):
            known = self._receiver.known(received, port)
            body = self._receiver.body(received) if known is None else None
            general = body is not None and self._general.answers(body, port)
            if not general:
                prepared, values = known or self._read(received, port, caller)
                _note_action(request, prepared.called.name)
        if body is not None and general:
            _note_action(request, etree.QName(body).localname)
            return self._general.answer(body, port, caller)
        if self._lengths.is_long(prepared, values):
            stream = self._asked(self._data.stream, prepared.operation, values, caller)
            return content_of(stream, cast("ListWriter", prepared.write))
        begun = monotonic()
        result = self._asked(self._data.execute, prepared.operation, values, caller)
        add_timings(result.timings)
        self._lengths.note(prepared, result)
        with step("response"):
            content = prepared.write(result)
        results, basis, pieces = self._results, result.basis, received.pieces
        # what was understood by another catalog than data's might be understood in another way now
        same = result.catalog_version == port.catalog.version
        if basis is not None and results is not None and pieces is not None and same:
            answer = Kept(content, prepared.called.name)
            size = sys.getsizeof(content) + len(received.text)
            results.keep(caller.principal, _question(pieces, request, caller), basis, answer, size=size, asked=begun)
        return content

    def _read(self, received: Received, port: PortType, caller: Caller) -> tuple[Prepared, list[Any]]:
        name = etree.QName(self._receiver.body(received)).localname
        # challenge the anonymous where a login may help; many toolkits send their credential only then
        if caller.principal.anonymous and name not in port.operations:
            raise needs_login()
        return self._receiver.read(received, port, caller.principal.role)

    def _asked(
        self,
        ask: Callable[[Operation, list[Value], Caller], T],
        operation: Operation,
        values: list[Value],
        caller: Caller,
    ) -> T:
        try:
            return ask(operation, values, caller)
        except Problem as problem:
            if problem.kind is Kind.FORBIDDEN and caller.principal.anonymous:
                problem.status = 401
            raise


def needs_login() -> Problem:
    """What an anonymous caller is told where nothing is open without a login."""
    return Problem(
        "PGRST302", "A login is needed", hint="Send HTTP Basic, a bearer token or a WS-Security UsernameToken"
    )


def _question(pieces: Pieces, request: Request, caller: Caller) -> Hashable:
    """All of a message that its answer is made from, but for who calls: whatever its header says."""
    return pieces.markup, tuple(pieces.texts), request.query, caller.timezone


def _profile(request: Request) -> Profile:
    query = request.query
    # the first of a name counts, as it does for Flask
    return profiles.of_query(dict(reversed(parse_qsl(query)))) if query else profiles.NET


def _note_action(request: Request, called: str) -> None:
    """Log an action that names another operation than the body: harmless here, but perhaps meant to deceive."""
    action = request.headers.get("SOAPAction")
    if not action:
        content_type = request.headers.get("Content-Type") or ""
        action = parse_options_header(content_type)[1].get("action", "") if "action" in content_type else ""
    action = action.strip().strip('"')
    if action and not action.endswith(called):
        log.info("action differs", extra={"fields": {"action": action[:200], "operation": called}})
