"""PasswordDigest of WS-Security through the gateway, with zeep and with messages of an attacker's own."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import zeep
from zeep.wsse.username import UsernameToken

from tests.fixtures.suite import DEMO_PASSWORD, Suite
from tests.security.house import House, Reply

EMAIL = "clerk@example.com"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite."""
    with Suite() as suite:
        yield House(suite)


@pytest.fixture(scope="module")
def secret(house: House) -> str:
    """The clerk's SOAP secret."""
    headers = {"Authorization": f"Bearer {house.log_in(EMAIL)['access_token']}"}
    made = house.send("nginx", "POST", "/auth/v1/soap-secret", headers)
    return str(json.loads(made.text)["secret"])


def token(secret: str, username: str = EMAIL, minutes: float = 0, **change: str) -> str:
    """A UsernameToken as a toolkit makes it; ``change`` says otherwise of its ``digest``, ``nonce`` or ``created``."""
    nonce = secrets.token_bytes(16)
    created = change.get("created") or (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = hashlib.sha1(nonce + created.encode() + secret.encode(), usedforsecurity=False).digest()
    digest, nonce_text = (base64.b64encode(part).decode() for part in (made, nonce))
    return (
        f"<w:UsernameToken><w:Username>{username}</w:Username>"
        f'<w:Password Type="{_WSS}username-token-profile-1.0#PasswordDigest">{change.get("digest", digest)}</w:Password>'
        f"<w:Nonce>{change.get('nonce', nonce_text)}</w:Nonce><u:Created>{created}</u:Created></w:UsernameToken>"
    )


def send(house: House, inner: str) -> Reply:
    """The orders, asked for with this in the Security block."""
    message = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<w:Security xmlns:w="{_WSS}wssecurity-secext-1.0.xsd" xmlns:u="{_WSS}wssecurity-utility-1.0.xsd" '
        f's:mustUnderstand="1">{inner}</w:Security></s:Header>'
        '<s:Body><ListOrders xmlns="urn:trivet:v1"><page><limit>2</limit></page></ListOrders></s:Body></s:Envelope>'
    )
    return house.send("nginx", "POST", "/soap/v1", {"Content-Type": "text/xml"}, message)


def failed(reply: Reply) -> bool:
    return reply.status == 500 and "wsse:FailedAuthentication" in reply.text and "ListOrdersResponse" not in reply.text


def zeeps(house: House, wsse: UsernameToken) -> Any:
    """zeep, with the clerk's WSDL: what a WSDL shows is what its reader may do."""
    transport = zeep.Transport()
    transport.session.headers["Authorization"] = f"Bearer {house.log_in(EMAIL)['access_token']}"
    found = zeep.Client(f"{house.suite.base_url}/soap/v1?wsdl", transport=transport, wsse=wsse)
    del transport.session.headers["Authorization"]
    return found.service


@pytest.mark.parametrize("zulu", [True, False])
def test_zeep_logs_in_by_digest(house: House, secret: str, zulu: bool) -> None:
    """With either way to write the time; each call has a nonce of its own."""
    service = zeeps(house, UsernameToken(EMAIL, secret, use_digest=True, zulu_timestamp=zulu))
    for _ in range(3):
        assert len(service.ListOrders(page={"limit": 2})["items"]["Orders"]) == 2


@pytest.mark.parametrize("way", ["the password", "a hash of the secret"])
def test_zeep_with_another_secret_is_refused(house: House, secret: str, way: str) -> None:
    """The account's password is none, and neither is a hash of the secret."""
    hashed = way == "a hash of the secret"
    password = secret if hashed else DEMO_PASSWORD
    service = zeeps(house, UsernameToken(EMAIL, password, use_digest=True, hash_password=hashed))
    with pytest.raises(zeep.exceptions.Fault) as caught:
        service.ListOrders(page={"limit": 2})
    assert "FailedAuthentication" in str(caught.value.code)


def test_a_message_sent_again_is_refused(house: House, secret: str) -> None:
    """Whole, or its token in another message."""
    sent = token(secret)
    first = send(house, sent)
    assert (first.status, "ListOrdersResponse" in first.text) == (200, True)
    assert failed(send(house, sent))
    assert failed(send(house, sent + "<u:Timestamp/>"))
    assert send(house, token(secret)).status == 200


def test_one_of_many_at_once_gets_in(house: House, secret: str) -> None:
    """Several copies of a message at the same moment, over all the workers there are."""
    sent, seen = token(secret), list[Reply]()
    threads = [threading.Thread(target=lambda: seen.append(send(house, sent))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("ListOrdersResponse" in reply.text for reply in seen) == 1
    assert send(house, token(secret)).status == 200


FORGED = {
    "the password as secret": lambda secret: token(DEMO_PASSWORD, "a1@example.com"),
    "nobody's name": lambda secret: token(secret, "nobody@example.com"),
    "a digest of zeros": lambda secret: token(secret, "a2@example.com", digest=base64.b64encode(bytes(20)).decode()),
    "another nonce": lambda secret: token(secret, "a3@example.com", nonce="AAECAwQFBgcICQ=="),
    "an account without a secret": lambda secret: token("", "customer@example.com"),
}


@pytest.mark.parametrize("way", FORGED)
def test_a_digest_of_one_s_own_making(house: House, secret: str, way: str) -> None:
    """All of them get the one answer of a failed login."""
    assert failed(send(house, FORGED[way](secret)))


STALE = {"old": -6, "from the future": 6}


@pytest.mark.parametrize("way", STALE)
def test_a_digest_out_of_its_time(house: House, secret: str, way: str) -> None:
    """Good for five minutes to either side, whoever made it."""
    reply = send(house, token(secret, minutes=STALE[way]))
    assert reply.status == 500
    assert "ListOrdersResponse" not in reply.text
    assert "wsu:MessageExpired" in reply.text or "wsse:InvalidSecurityToken" in reply.text


def test_wrong_digests_hold_up_the_password_too(house: House, secret: str) -> None:
    """One lockout for all doors: SOAP's digests, SOAP's passwords, REST's Basic and the login itself."""
    name = "locked@example.com"
    answers = [send(house, token("wrong", name)).status for _ in range(7)]
    assert answers[:5] == [500] * 5
    assert answers[-1] == 429
    body = json.dumps({"email": name, "password": "x"})
    login = house.send(
        "nginx", "POST", "/auth/v1/token?grant_type=password", {"Content-Type": "application/json"}, body
    )
    assert login.status == 429
    basic = base64.b64encode(f"{name}:x".encode()).decode()
    rest = house.send("nginx", "GET", "/rest/v1/products?limit=1", {"Authorization": f"Basic {basic}"})
    assert rest.status == 429
    text = f"<w:UsernameToken><w:Username>{name}</w:Username><w:Password>x</w:Password></w:UsernameToken>"
    assert send(house, text).status == 429
