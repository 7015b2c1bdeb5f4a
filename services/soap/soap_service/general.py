"""The operations that belong to no resource: Login, Logout, GetVersion and Query."""

from collections.abc import Callable
from urllib.parse import quote

from chassis import trace
from chassis.facade import Gate
from contracts.identity import Caller
from contracts.problems import Kind, Problem
from lxml import etree

from soap_service import __version__, literals
from soap_service.elements import is_nil, members, near, place, text_of, value_of
from soap_service.envelope import Element
from soap_service.markup import attribute, content
from soap_service.port_type import PortType
from soap_service.resource_type import GENERAL
from soap_service.rest_client import RestClient

_NAMES = frozenset(verb.value for verb in GENERAL)
_IN_QUERIES = "/?:@!$&'()*+,;=%-._~\"{}[]|<>"  # what a query may hold as it stands: its author has encoded the rest
Answer = Callable[[Element, PortType, Caller], str]


class General:
    """Answers them: logins by auth, queries by rest."""

    def __init__(self, namespace: str, gate: Gate, rest: RestClient) -> None:
        self._namespace = namespace
        self._gate = gate
        self._rest = rest
        self._answers: dict[str, Answer] = {
            "Login": self._login, "Logout": self._logout, "GetVersion": self._version, "Query": self._query,
        }  # fmt: skip

    def answers(self, body: Element, port: PortType) -> bool:
        """Whether a body's element is one of these operations, and is offered."""
        name = etree.QName(body)
        known = name.localname in _NAMES and name.localname in port.operations
        return known and name.namespace in (None, self._namespace)

    def answer(self, body: Element, port: PortType, caller: Caller) -> str:
        """The response element. Raises `Problem`."""
        name = etree.QName(body).localname
        inner = self._answers[name](body, port, caller)
        return f'<{name}Response xmlns="{attribute(self._namespace)}">{inner}</{name}Response>'

    def _login(self, body: Element, _: PortType, caller: Caller) -> str:
        found = members(body, self._namespace, ("username", "password"))
        username, password = (_required(body, found, name) for name in ("username", "password"))
        at_hand = trace.current()
        agent = str(at_hand.environ.get("HTTP_USER_AGENT") or "") if at_hand is not None else ""
        try:
            token, seconds = self._gate.authenticator.login(username, password, self._gate.address(), agent)
        except Problem as problem:
            if problem.kind is Kind.UNAUTHENTICATED:
                problem.kind = Kind.FORBIDDEN  # it is no credential of HTTP's: 401 would hide the fault from toolkits
                problem.status = 403
            raise
        return f"<token>{content(token)}</token><expiresIn>{seconds}</expiresIn>"

    def _logout(self, body: Element, _: PortType, caller: Caller) -> str:
        members(body, self._namespace, ())
        if caller.token is None:
            raise Problem("PGRST302", "Nobody is logged in", hint="Send the token as AuthToken, or as HTTP's bearer")
        self._gate.authenticator.logout(caller.token, self._gate.address())
        return ""

    def _version(self, body: Element, port: PortType, _: Caller) -> str:
        members(body, self._namespace, ())
        version = content(port.catalog.version)
        return f"<product>Trivet</product><version>{__version__}</version><catalogVersion>{version}</catalogVersion>"

    def _query(self, body: Element, port: PortType, caller: Caller) -> str:
        found = members(body, self._namespace, ("table", "restQuery"))
        table = _required(body, found, "table").strip()
        name = next((each.resource.name for each in port.types if table in (each.resource.name, each.name)), None)
        if name is None:
            known = [each.resource.name for each in port.types]
            raise Problem("PGRST205", f"There is no table {table}", hint=near(table, known))
        given = "restQuery" in found and not is_nil(found["restQuery"][0])
        query = quote(text_of(found["restQuery"][0]).strip().lstrip("?") if given else "", safe=_IN_QUERIES)
        rows = self._rest.read(name, query, caller, self._gate.address())
        items = "".join(f"<Row>{''.join(_member(key, value) for key, value in row.items())}</Row>" for row in rows)
        return f"<items>{items}</items>"


def _required(body: Element, found: dict[str, list[Element]], name: str) -> str:
    if name not in found or is_nil(found[name][0]):
        raise Problem("PGRST102", f"{place(body)} needs a value for {name}")
    return str(value_of(found[name][0], "string", literals.string))


def _member(name: str, value: str | None) -> str:
    text = "" if value is None else f"<value>{content(value)}</value>"
    return f"<field><name>{content(name)}</name>{text}</field>"
