"""What a page of another site can make a visitor's browser send: nothing that does anything, whatever the browser keeps."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.fixtures.suite import Suite
from tests.security.house import House

LOGIN = "/auth/v1/token?grant_type=password"
EMAIL, PASSWORD = "clerk@example.com", "trivet-demo"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite, and an account that is known at this address."""
    with Suite() as suite:
        found = House(suite)
        found.log_in(EMAIL)
        yield found


def basic(name: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
_TARGETS: dict[str, tuple[str, str]] = {
    "login": (LOGIN, json.dumps({"email": "clerk@example.com", "password": "trivet-demo"})),
    "sign-up": ("/auth/v1/signup", json.dumps({"email": "new@example.com", "password": "three brown foxes"})),
    "graphql": ("/graphql", json.dumps({"query": "{ products(limit: 1) { id } }"})),
    "soap": (
        "/soap/v1",
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListProducts '
        'xmlns="urn:trivet:v1"/></s:Body></s:Envelope>',
    ),
}


@pytest.mark.parametrize("kind", SIMPLE)
@pytest.mark.parametrize("target", _TARGETS)
def test_what_a_foreign_page_may_send_unasked_is_no_request(house: House, target: str, kind: str) -> None:
    """A form of another site, sent with what a browser keeps for ours (HTTP Basic): the media type is refused."""
    path, body = _TARGETS[target]
    headers = {"Content-Type": kind, "Origin": "https://evil.example", **basic(EMAIL, PASSWORD)}
    reply = house.send("nginx", "POST", path, headers, body)
    assert reply.status in (400, 415)
    assert "Products>" not in reply.text
    assert '"id"' not in reply.text


@pytest.mark.parametrize("path", ["/rest/v1/orders", "/graphql", "/auth/v1/user"])
def test_no_browser_is_asked_for_a_password_that_it_would_keep(house: House, path: str) -> None:
    """REST, GraphQL and auth never ask for HTTP Basic: a browser would send it along for any page."""
    for headers in ({}, {"Authorization": "Bearer x"}, basic("clerk@example.com", "wrong")):
        reply = house.send("nginx", "GET", path, headers)
        assert "basic" not in reply.headers.get("www-authenticate", "").lower()


@pytest.mark.parametrize("target", ["/soap/v1", "/graphql"])
def test_the_same_with_its_own_type_is_one(house: House, target: str) -> None:
    """Else the refusals above would be for nothing; such a type is asked about beforehand (CORS's preflight)."""
    kind, body = (
        ("text/xml", _TARGETS["soap"][1]) if target == "/soap/v1" else ("application/json", _TARGETS["graphql"][1])
    )
    reply = house.send("nginx", "POST", target, {"Content-Type": kind, **basic(EMAIL, PASSWORD)}, body)
    assert reply.status == 200
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = house.send("nginx", "OPTIONS", target, {**asked, "Access-Control-Request-Headers": "content-type"})
    assert "access-control-allow-credentials" not in preflight.headers
    assert preflight.headers["access-control-allow-origin"] == "*"  # which browsers don't take with what they keep
