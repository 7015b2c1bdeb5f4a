"""A directory's people at every door of the running suite: let in, refused, and not to be told while it is away."""

import base64
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.fixtures.certificates import Authority
from tests.fixtures.ldap_people import PASSWORD, PEOPLE
from tests.fixtures.slapd import Slapd, ldap_settings
from tests.fixtures.suite import Suite

Ask = Callable[[str, str, str], int]
_ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<ListOrders xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
)
_REQUESTS = {
    "rest": ("/rest/v1/orders?limit=1", None, {}),
    "graphql": ("/graphql", b'{"query": "{ __typename }"}', {"Content-Type": "application/json"}),
    "soap": ("/soap/v1", _ENVELOPE.encode(), {"Content-Type": "text/xml", "SOAPAction": '""'}),
}


_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def with_token(envelope: str, name: str, password: str) -> bytes:
    """A message that says itself who sends it, as WS-Security has it."""
    token = f"<w:UsernameToken><w:Username>{name}</w:Username><w:Password>{password}</w:Password></w:UsernameToken>"
    header = f'<s:Header><w:Security xmlns:w="{_WSSE}" s:mustUnderstand="1">{token}</w:Security></s:Header><s:Body>'
    return envelope.replace("<s:Body>", header, 1).encode()


@pytest.fixture(scope="module")
def directory(authority: Authority) -> Iterator[Slapd]:
    with Slapd(PEOPLE, authority) as server:
        yield server


@pytest.fixture(scope="module")
def ask(directory: Slapd) -> Iterator[Ask]:
    """A function that asks a facade as somebody, by HTTP Basic or by a message of WS-Security, and gives the status."""
    values = ldap_settings(directory, ldap_default_role="clerk", ldap_roles="")
    texts = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in values.items()}
    with Suite(settings={f"TRIVET_{name.upper()}": text for name, text in texts.items()}) as suite:

        def status(facade: str, name: str, password: str) -> int:
            path, body, headers = _REQUESTS["soap" if facade == "WS-Security" else facade]
            if facade == "WS-Security":
                body = with_token(_ENVELOPE, name, password)
            else:
                basic = base64.b64encode(f"{name}:{password}".encode()).decode()
                headers = {**headers, "Authorization": f"Basic {basic}"}
            request = urllib.request.Request(suite.base_url + path, data=body, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=20) as response:
                    return int(response.status)
            except urllib.error.HTTPError as refusal:
                return refusal.code

        yield status


@pytest.mark.parametrize("facade", [*_REQUESTS, "WS-Security"])
def test_a_person_of_the_directory_is_let_in(ask: Ask, facade: str) -> None:
    assert ask(facade, "jonas", PASSWORD) == 200


@pytest.mark.parametrize("facade", list(_REQUESTS))
@pytest.mark.parametrize(("name", "password"), [("ines", "wrong"), ("nobody", PASSWORD), ("ines", ""), ("*", PASSWORD)])
def test_who_is_nobody_is_refused(ask: Ask, facade: str, name: str, password: str) -> None:
    assert ask(facade, name, password) == 401


def test_who_is_nobody_is_refused_by_ws_security_s_own_fault(ask: Ask) -> None:
    assert ask("WS-Security", "ines", "wrong") == 500


@pytest.mark.parametrize("facade", [*_REQUESTS, "WS-Security"])
def test_while_it_is_away_nobody_can_tell(ask: Ask, directory: Slapd, facade: str) -> None:
    directory.stop()
    try:
        assert ask(facade, "ada", PASSWORD) == 503
    finally:
        directory.start()
