"""What the other services get from auth, through the chassis and over HTTP: keys, exchange, revocations, events."""

import queue
import threading
from collections.abc import Callable, Iterator

import pytest
import redis
from auth_service import accounts
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from chassis import events
from chassis.app import Edge
from chassis.authn import Authenticator
from chassis.exchange import Exchange
from chassis.hop import Hop
from chassis.keys import KeySet
from chassis.revocations import Revocations
from contracts.problems import Problem
from flask import Flask
from werkzeug.serving import make_server

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it


@pytest.fixture
def redis_emptied(redis_url: str) -> str:
    redis.Redis.from_url(redis_url).flushall()
    return redis_url


@pytest.fixture
def live(make_app: Callable[..., Flask], account_id: str, redis_emptied: str) -> Iterator[tuple[Flask, str]]:
    """auth on a port of its own, with Redis; the app and its address."""
    app = make_app(redis_url=redis_emptied)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Reader:
    """A service's way to know who calls."""

    def __init__(self, url: str) -> None:
        hop = Hop(url)
        self.revocations = Revocations(hop)
        self.exchange = Exchange(hop)
        keys = KeySet(hop)
        self.authenticator = Authenticator(keys, self.revocations, self.exchange, issuer="trivet", audience="trivet")


def sign_in(app: Flask) -> dict[str, str]:
    body = {"email": EMAIL, "password": PASSWORD}
    found: dict[str, str] = app.test_client().post("/auth/v1/token?grant_type=password", json=body).get_json()
    return found


def test_a_token_is_known_until_its_session_ends(live: tuple[Flask, str], account_id: str) -> None:
    app, url = live
    reader, token = Reader(url), sign_in(app)["access_token"]
    principal = reader.authenticator.verify(token)
    assert (principal.subject, principal.role) == (account_id, "clerk")
    app.test_client().post("/auth/v1/logout?scope=local", headers={"Authorization": f"Bearer {token}"})
    reader.revocations.fetch()
    assert reader.revocations.current
    with pytest.raises(Problem, match="revoked"):
        reader.authenticator.verify(token)
    assert reader.authenticator.verify(sign_in(app)["access_token"]).subject == account_id


def test_a_password_is_exchanged_for_a_token(live: tuple[Flask, str], account_id: str) -> None:
    app, url = live
    reader = Reader(url)
    token = reader.exchange.password(EMAIL, PASSWORD, "192.0.2.1")
    principal = reader.authenticator.verify(token)
    assert (principal.subject, principal.session["x-hasura-customer-id"]) == (account_id, "7")
    who = app.test_client().get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"})
    assert who.get_json()["email"] == EMAIL
    local = app.test_client().post("/auth/v1/logout?scope=local", headers={"Authorization": f"Bearer {token}"})
    assert (local.status_code, local.get_json()["code"]) == (401, "session_not_found")


def test_a_wrong_password_is_refused_and_then_delayed(live: tuple[Flask, str]) -> None:
    reader, codes = Reader(live[1]), []
    for _ in range(6):
        with pytest.raises(Problem) as caught:
            reader.exchange.password(EMAIL, "wrong", "192.0.2.1")
        codes.append((caught.value.code, caught.value.status))
    assert codes == [("TRV201", 401)] * 5 + [("TRV105", 429)]
    assert int(caught.value.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"username": 1, "password": "x"}', b"\xff"])
def test_what_is_no_credential_is_malformed(live: tuple[Flask, str], body: bytes) -> None:
    answer = live[0].test_client().post("/-/exchange", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, "TRV109")


def test_a_disabled_account_loses_its_tokens_everywhere(live: tuple[Flask, str], account_id: str) -> None:
    app, url = live
    reader = Reader(url)
    tokens = [reader.exchange.password(EMAIL, PASSWORD, ""), sign_in(app)["access_token"]]
    accounts.disable(app.extensions[EXTENSION].store, account_id)
    reader.revocations.fetch()
    for token in tokens:
        with pytest.raises(Problem, match="revoked"):
            reader.authenticator.verify(token)
    accounts.enable(app.extensions[EXTENSION].store, account_id)
    assert reader.authenticator.verify(sign_in(app)["access_token"]).subject == account_id


def test_an_end_is_announced_to_a_services_edge(live: tuple[Flask, str], redis_emptied: str) -> None:
    app, url = live
    heard: queue.Queue[dict[str, object]] = queue.Queue()
    ready = threading.Event()
    listener = events.Subscriber(redis_emptied, [events.REVOKED], lambda _, event: heard.put(event), ready.set)
    edge = Edge(AuthSettings(auth_url=url, redis_url=redis_emptied), exchanges=False)
    listener.start()
    edge.start()
    assert ready.wait(10)
    _until(lambda: edge.wishes()["redis"]() and edge.wishes()["auth"]())
    token = sign_in(app)["access_token"]
    subject = edge.authenticator.verify(token).subject
    app.test_client().post("/auth/v1/logout", headers={"Authorization": f"Bearer {token}"})
    event = heard.get(timeout=10)
    assert event["subject"] == subject
    _until(lambda: _refused(edge, token))
    listener.stop()


def test_what_redis_missed_is_announced_when_it_is_back(
    live: tuple[Flask, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep = live[0].extensions[EXTENSION].upkeep
    said: list[object] = []
    answers = iter([False, False, True, True])

    def publish(_: str, message: object) -> bool:
        said.append(message)
        return next(answers)

    monkeypatch.setattr(upkeep, "_publisher", type("Flaky", (), {"publish": staticmethod(publish)}))
    upkeep.stop()  # its thread must not take a turn meanwhile
    upkeep._unsent.extend([{"session": "one"}, {"session": "two"}])
    assert [upkeep.flush(), upkeep.flush(), upkeep.flush()] == [False, False, True]
    assert said == [{"session": "one"}] * 3 + [{"session": "two"}]


def test_readiness_says_that_redis_is_gone(make_app: Callable[..., Flask], redis_emptied: str) -> None:
    gone = make_app(redis_url="unix:///nonexistent.sock").test_client().get("/readyz")
    assert (gone.status_code, gone.get_json()["degraded"]) == (200, ["redis"])
    assert make_app(redis_url=redis_emptied).test_client().get("/readyz").get_json()["status"] == "ok"


def _refused(edge: Edge, token: str) -> bool:
    try:
        edge.authenticator.verify(token)
    except Problem as problem:
        return problem.message == "JWT revoked"
    return False


def _until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if holds():
            return
        pause.wait(0.02)
    raise AssertionError("it never came to be")


# --- sessions of other services' clients -----------------------------------------------------------------------------


def test_a_session_begins_and_ends_through_another_service(
    live: tuple[Flask, str], account_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, url = live
    reader = Reader(url)
    token, seconds = reader.authenticator.login(EMAIL, PASSWORD, "192.0.2.1", "a toolkit")
    assert seconds == app.extensions[EXTENSION].settings.access_token_seconds
    assert reader.authenticator.verify(token).subject == account_id
    reader.authenticator.logout(token, "192.0.2.1")
    reader.revocations.fetch()
    with pytest.raises(Problem, match="revoked"):
        reader.authenticator.verify(token)
    with pytest.raises(Problem) as ended:
        reader.authenticator.logout(token, "192.0.2.1")
    assert ended.value.code in ("TRV202", "PGRST303")


def test_wrong_logins_of_another_service_are_counted_with_all_others(live: tuple[Flask, str]) -> None:
    _, url = live
    reader = Reader(url)
    codes = []
    for _ in range(12):
        with pytest.raises(Problem) as refused:
            reader.authenticator.login(EMAIL, "wrong", "192.0.2.9", "")
        codes.append(refused.value.code)
    assert codes[0] == "TRV201"
    assert codes[-1] == "TRV105"
    with pytest.raises(Problem) as locked:
        reader.exchange.password(EMAIL, PASSWORD, "192.0.2.9")
    assert locked.value.code == "TRV105"


def test_what_is_no_login_is_refused(live: tuple[Flask, str]) -> None:
    app, _ = live
    client = app.test_client()
    assert client.post("/-/login", json={"username": EMAIL}).status_code == 400
    assert client.post("/-/login", data="{}", content_type="text/plain").status_code == 415
    assert client.post("/-/logout", json={}).status_code == 401
