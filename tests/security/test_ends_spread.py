"""What is ended at auth is over at every service: at once through Redis, without it by the services' own looks.

How long it takes is printed, not asserted.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import jwt
import pytest
import redis
from auth_service import accounts, api_keys, sessions
from auth_service.api_keys import Wanted

from tests.fixtures.suite import ROOT, Suite
from tests.security.house import SERVICES, House, is_answered, is_refused

EMAIL = "clerk@example.com"
FACADES = ("rest", "graphql", "soap")
_PATIENCE = 60.0  # seconds, twice what the services' own looks may take


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite."""
    with Suite() as suite:
        yield House(suite)


def bearer(house: House, email: str = EMAIL) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.log_in(email)['access_token']}"}


def claims(headers: Mapping[str, str]) -> dict[str, str]:
    token = headers["Authorization"].removeprefix("Bearer ")
    found: dict[str, str] = jwt.decode(token, options={"verify_signature": False})
    return found


def as_admin(house: House, method: str, path: str, body: object = None) -> None:
    """Do what an administrator may do, through the gateway."""
    headers = {**bearer(house, "admin@example.com"), "Content-Type": "application/json"}
    reply = house.send("nginx", method, f"/auth/v1/admin{path}", headers, "" if body is None else json.dumps(body))
    assert reply.status in (200, 204), reply.text


def by_command(house: House, *words: str) -> None:
    """Do it at the command line."""
    environment = {
        **os.environ,
        "TRIVET_STATE_DIR": house.settings.state_dir,
        "TRIVET_REDIS_URL": house.settings.redis_url,
    }
    command = [sys.executable, "-m", "trivet_cli", *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def end_the_token(house: House, headers: Mapping[str, str]) -> None:
    as_admin(house, "POST", "/revocations", {"jti": claims(headers)["jti"]})


def end_the_session(house: House, headers: Mapping[str, str]) -> None:
    as_admin(house, "POST", "/revocations", {"session_id": claims(headers)["sid"]})


def disable_the_user(house: House, headers: Mapping[str, str]) -> None:
    as_admin(house, "PUT", f"/users/{claims(headers)['sub']}", {"ban_duration": "876000h"})


def disable_the_user_by_command(house: House, _: Mapping[str, str]) -> None:
    by_command(house, "user", "disable", EMAIL)


ENDS: dict[str, Callable[[House, Mapping[str, str]], None]] = {
    "a token": end_the_token,
    "a session": end_the_session,
    "a user": disable_the_user,
    "a user, by a command": disable_the_user_by_command,
}


@pytest.fixture(autouse=True)
def enabled(house: House) -> Iterator[None]:
    """Whom a test disables is let in again."""
    yield
    accounts.enable(house.store, accounts.require(house.store, EMAIL).id)
    time.sleep(1.1)  # new tokens are dated after the second of an account's end


@pytest.mark.parametrize("what", ENDS)
def test_what_ends_is_over_everywhere(house: House, what: str) -> None:
    """Through Redis: asked of all five at the same time, until each refuses."""
    headers = bearer(house)
    assert all(is_answered(service, house.ask(service, headers)) for service in SERVICES)
    ENDS[what](house, headers)
    show(what, refused_everywhere(house, headers))


def test_a_revoked_key_is_over_everywhere(house: House) -> None:
    key, text = api_keys.add(house.store, Wanted("spread", "clerk"))
    headers = {"X-API-Key": text}
    assert all(is_answered(service, house.ask(service, headers)) for service in FACADES)
    as_admin(house, "DELETE", f"/api-keys/{key.id}")
    show("a key", refused_everywhere(house, headers, FACADES))


def test_without_redis_the_services_look_by_themselves(house: House) -> None:
    """Auth, which has the rows, refuses at once; the others at their next look, long before the token would end."""
    headers = bearer(house)
    assert all(is_answered(service, house.ask(service, headers)) for service in SERVICES)
    with redis_away(house):
        end_the_session(house, headers)
        assert is_refused("auth", house.ask("auth", headers))
        took = refused_everywhere(house, headers)
        assert all(is_answered(service, house.ask(service, bearer(house))) for service in SERVICES)
    show("a session, without Redis", took)


def test_what_was_not_heard_is_caught_up_with_when_redis_is_back(house: House) -> None:
    """Nobody announces it: a row that was written while nobody listened."""
    headers = bearer(house)
    assert all(is_answered(service, house.ask(service, headers)) for service in SERVICES)
    with redis_away(house), house.store.write() as connection:
        sessions.end(connection, claims(headers)["sid"])
    show("a session, by the cursor after a reconnection", refused_everywhere(house, headers))


@pytest.mark.parametrize("service", ["rest", "graphql", "soap", "data"])
def test_a_service_that_starts_knows_before_it_answers(house: House, service: str) -> None:
    """The first answer of a new process, Redis away, to a token that was ended before it began."""
    headers, good = bearer(house), bearer(house)
    assert is_answered(service, house.ask(service, headers))
    with redis_away(house):
        end_the_session(house, headers)
        before = house.suite.process_id(service)
        os.kill(before, signal.SIGKILL)
        until(lambda: house.suite.process_id(service) != before)
        first = until_there(house, service, headers)
        assert is_refused(service, first), first
        until(lambda: is_answered(service, house.ask(service, good)))


def refused_everywhere(
    house: House, headers: Mapping[str, str], services: tuple[str, ...] = SERVICES
) -> dict[str, float]:
    """The seconds after which each service refuses, asked all at the same time; each stays with it."""
    began = time.monotonic()

    def seconds(service: str) -> float:
        until(lambda: is_refused(service, house.ask(service, headers)))
        return time.monotonic() - began

    with ThreadPoolExecutor(len(services)) as pool:
        took = dict(zip(services, pool.map(seconds, services), strict=True))
    assert all(is_refused(service, house.ask(service, headers)) for service in services)
    return took


def until_there(house: House, service: str, headers: Mapping[str, str]) -> object:
    """The first answer of a service that is about to come back."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            return house.ask(service, headers)
        except OSError:
            time.sleep(0.01)
    raise AssertionError(f"{service} did not come back")


@contextmanager
def redis_away(house: House) -> Iterator[None]:
    """No connection to Redis, neither those that are open nor new ones."""
    path = house.settings.redis_url.removeprefix("unix://")
    control = redis.Redis.from_url(house.settings.redis_url)
    control.ping()
    os.rename(path, f"{path}.away")
    try:
        for kind in ("pubsub", "normal"):
            control.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        yield
    finally:
        os.rename(f"{path}.away", path)
        control.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def show(what: str, took: Mapping[str, float]) -> None:
    print(f"\n{what}: " + ", ".join(f"{service} {seconds:.2f} s" for service, seconds in took.items()))
