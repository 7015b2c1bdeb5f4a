"""Who reaches a service past the gateway is nobody there either; what is revoked is so at every service; CORS."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator

import jwt
import pytest
from auth_service import accounts, api_keys, revocations
from auth_service.api_keys import Wanted
from chassis import events
from chassis.events import Publisher

from tests.fixtures.suite import ROOT, Suite
from tests.security.house import SERVICES, House, is_answered, is_refused

EMAIL = "clerk@example.com"
FACADES = ("rest", "graphql", "soap")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite."""
    with Suite() as suite:
        yield House(suite)


CLAIMED = {
    "X-Hasura-Role": "admin",
    "X-Trivet-Role": "admin",
    "X-Trivet-User": "admin",
    "X-Trivet-Principal": '{"role":"admin"}',
    "X-Internal-Role": "admin",
    "X-Internal-User": "1",
    "X-Internal-Token": "x",
    "X-Internal-Secret": "x",
    "X-Hasura-User-Id": "1",
    "X-Hasura-Admin-Secret": "secret",
    "X-Hasura-Allowed-Roles": "admin",
    "X-Forwarded-User": "admin",
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Remote-User": "admin",
    "Remote-User": "admin",
    "X-Original-URL": "/reload",
    "X-HTTP-Method-Override": "DELETE",
    "Cookie": "access_token=x; token=x; role=admin",
}
_PRIVATE = ("orders", "customers", "addresses")  # what nobody sees without a credential


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", CLAIMED)
def test_a_header_at_a_service_s_own_port_proves_nothing(house: House, name: str, service: str) -> None:
    """Every header by which some suite or other believes its callers."""
    reply = house.ask(service, {name: CLAIMED[name]})
    if service == "data" and reply.status == 200:
        shown = {resource["name"] for resource in json.loads(reply.text)["resources"]}
        assert not shown & set(_PRIVATE)
    else:
        assert not is_answered(service, reply)


@pytest.mark.parametrize(
    "path", ["/execute", "/batch", "/catalog", "/reload", "/-/exchange", "/-/revocations", "/metrics"]
)
def test_what_services_say_to_each_other_is_not_routed(house: House, path: str) -> None:
    """Inner addresses do not exist at the gateway."""
    assert house.send("nginx", "POST", path, {}).status == 404


ORIGINS = ["https://evil.example", "null", "http://localhost:8080.evil.example", "file://"]
APIS = ["/rest/v1/orders", "/graphql", "/soap/v1", "/auth/v1/user"]


@pytest.mark.parametrize("path", APIS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_no_origin_may_send_credentials_that_a_browser_keeps(house: House, origin: str, path: str) -> None:
    """Any page may ask, and none is helped by who its visitor is: no cookie, no reflected origin, no credentials."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    for reply in (house.send("nginx", "OPTIONS", path, asked), house.send("nginx", "GET", path, {"Origin": origin})):
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in reply.headers
        assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_front_page_is_its_own_origin_s_alone(house: House, origin: str) -> None:
    """What stands beside the APIs is for no other page to read."""
    assert "access-control-allow-origin" not in house.send("nginx", "GET", "/", {"Origin": origin}).headers


# --- ended before its time


def _told(house: House, event: dict[str, object]) -> None:
    """Announce as auth does."""
    assert Publisher(events.connect(house.settings.redis_url)).publish(events.REVOKED, event)


def _log_out(house: House, token: str) -> None:
    reply = house.send("nginx", "POST", "/auth/v1/logout?scope=local", {"Authorization": f"Bearer {token}"})
    assert reply.status == 204


def _end_the_token(house: House, token: str) -> None:
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    with house.store.write() as connection:
        event = revocations.record(connection, {"session": jti})
    _told(house, event)


def _end_the_account_s(house: House, token: str) -> None:
    subject = jwt.decode(token, options={"verify_signature": False})["sub"]
    with house.store.write() as connection:
        accounts.lock(connection, subject)
        event = accounts.end_all(connection, subject)
    _told(house, event)


ENDS: dict[str, Callable[[House, str], None]] = {
    "the session by its owner": _log_out,
    "the token": _end_the_token,
    "all of the account": _end_the_account_s,
}


@pytest.mark.parametrize("how", ENDS)
def test_what_was_ended_can_t_be_sent_again(house: House, how: str) -> None:
    """A token that was just good is good at no service any more, soon after its end."""
    headers = {"Authorization": f"Bearer {house.log_in(EMAIL)['access_token']}"}
    assert all(is_answered(service, house.ask(service, headers)) for service in SERVICES)
    ENDS[how](house, headers["Authorization"].removeprefix("Bearer "))
    for service in SERVICES:
        until(lambda service=service: is_refused(service, house.ask(service, headers)))
    time.sleep(1.1)  # an account's new tokens are dated after the second of its end
    again = {"Authorization": f"Bearer {house.log_in(EMAIL)['access_token']}"}
    assert all(is_answered(service, house.ask(service, again)) for service in SERVICES)


def test_a_spent_refresh_token_ends_its_family(house: House) -> None:
    """Who replays one loses the session, and so does who holds it."""
    session = house.log_in(EMAIL)
    first = refresh(house, session["refresh_token"])
    second = refresh(house, first["refresh_token"])
    time.sleep(float(house.settings.refresh_grace_seconds) + 1)
    assert refresh(house, session["refresh_token"])["code"] == "refresh_token_already_used"
    assert "access_token" not in refresh(house, second["refresh_token"])
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    for service in SERVICES:
        until(lambda service=service: is_refused(service, house.ask(service, headers)))


@pytest.mark.parametrize("way", ["X-API-Key", "apikey", "Bearer", "Basic"])
def test_a_revoked_key_is_good_nowhere(house: House, way: str) -> None:
    """However it is sent; at data and auth it never was."""
    key, text = api_keys.add(house.store, Wanted(f"by {way}", "clerk"))
    sent = {
        "Bearer": {"Authorization": f"Bearer {text}"},
        "Basic": {"Authorization": "Basic " + b64encode(f"key:{text}".encode()).decode()},
    }.get(way, {way: text})
    assert all(is_answered(service, house.ask(service, sent)) for service in FACADES)
    assert not any(is_answered(service, house.ask(service, sent)) for service in ("data", "auth"))
    _told(house, api_keys.revoke(house.store, key.id))
    for service in FACADES:
        until(lambda service=service: is_refused(service, house.ask(service, sent)))


def test_a_key_is_held_to_its_resources_at_every_service(house: House) -> None:
    """A clerk's key for products sees no orders, be they asked for or embedded, and writes nothing it may only read."""
    _, text = api_keys.add(house.store, Wanted("products", "clerk", resources=["products:read"]))
    headers = {"X-API-Key": text}
    read = house.send("rest", "GET", "/rest/v1/products?select=id&limit=1", headers)
    assert (read.status, len(json.loads(read.text))) == (200, 1)
    for path in ("orders", "customers", "products?select=id,order_items(*)"):
        assert house.send("rest", "GET", f"/rest/v1/{path}", headers).status in (400, 401, 403, 404)
    body = {**headers, "Content-Type": "application/json"}
    for method, path in (("POST", "products"), ("PATCH", "products?id=eq.1"), ("DELETE", "products?id=eq.1")):
        assert house.send("rest", method, f"/rest/v1/{path}", body, '{"name": "x"}').status in (401, 403, 404)
    assert not is_answered("graphql", house.ask("graphql", headers))
    assert not is_answered("soap", house.ask("soap", headers))
    names = "{ __schema { queryType { fields { name } } } }"
    shown = house.send("graphql", "POST", "/graphql", body, json.dumps({"query": names})).text
    assert "products" in shown
    assert "orders" not in shown
    assert "ListOrders" not in house.send("soap", "GET", "/soap/v1?wsdl", headers).text


def test_an_admin_s_narrow_key_is_no_admin(house: House) -> None:
    """A role that sees everything is narrowed like any other, and whoever asks for it by name gets no more."""
    _, text = api_keys.add(house.store, Wanted("narrow", "admin", ["clerk"], ["products"]))
    for headers in ({}, {"X-Hasura-Role": "admin"}, {"X-Hasura-Role": "clerk"}):
        sent = {"X-API-Key": text, **headers}
        assert house.send("rest", "GET", "/rest/v1/products?limit=1", sent).status == 200
        assert not any(is_answered(service, house.ask(service, sent)) for service in FACADES)


def test_keys_rotate_without_a_failed_request(house: House) -> None:
    """Old and new tokens are good at every service all the while, from before the new key signs until after."""
    old = house.log_in(EMAIL)["access_token"]
    environment = {"TRIVET_STATE_DIR": house.settings.state_dir, "TRIVET_REDIS_URL": house.settings.redis_url}
    words = [sys.executable, "-m", "trivet_cli", "keys", "rotate", "--now"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, asked, rotated = jwt.get_unverified_header(old)["kid"], 0, 0.0
    until_when = time.monotonic() + 60
    while not rotated or time.monotonic() < rotated + 3:
        assert time.monotonic() < until_when, "the new key never signed"
        new = house.log_in(EMAIL)["access_token"]
        for token in (old, new):
            for service in SERVICES:
                assert is_answered(service, house.ask(service, {"Authorization": f"Bearer {token}"})), (service, asked)
                asked += 1
        if not rotated and jwt.get_unverified_header(new)["kid"] != before:
            rotated = time.monotonic()
    assert asked > 50


def refresh(house: House, token: str) -> dict[str, str]:
    body = json.dumps({"refresh_token": token})
    path = "/auth/v1/token?grant_type=refresh_token"
    found: dict[str, str] = json.loads(
        house.send("nginx", "POST", path, {"Content-Type": "application/json"}, body).text
    )
    return found


def until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")
