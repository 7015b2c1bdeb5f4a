"""API keys: what they prove, how they end, and how an administrator and the other services work with them."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import jwt
import pytest
from auth_service import accounts, api_keys, store
from auth_service.api_keys import ApiKeyError, Wanted
from auth_service.roles import RoleError
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from chassis.authn import HASURA_CLAIMS, Authenticator
from chassis.exchange import Exchange
from chassis.hop import Hop
from chassis.keys import KeySet
from chassis.revocations import Revocations
from contracts.identity import narrowed
from contracts.problems import Problem
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
LIFE = 600


def refused(opened: store.Store, text: str) -> bool:
    with pytest.raises(Problem) as caught:
        api_keys.prove(opened, text, LIFE)
    return (caught.value.code, caught.value.status) == ("TRV201", 401)


def test_a_key_proves_its_roles_and_resources(opened: store.Store) -> None:
    wanted = Wanted("nightly", "clerk", ["reader"], ["orders", "products:read"], {"X-Hasura-Shop": "3"})
    key, text = api_keys.add(opened, wanted)
    assert text.startswith(f"{key.prefix}_")
    proven = api_keys.prove(opened, text, LIFE)
    assert (proven.subject, proven.seconds, proven.claims["sid"]) == (key.id, LIFE, key.id)
    assert proven.claims["resources"] == ["orders", "products:read"]
    assert proven.claims[HASURA_CLAIMS] == {
        "x-hasura-user-id": key.id,
        "x-hasura-shop": "3",
        "x-hasura-default-role": "clerk",
        "x-hasura-allowed-roles": ["clerk", "reader"],
    }
    assert "resources" not in api_keys.prove(opened, api_keys.add(opened, Wanted("all", "clerk"))[1], LIFE).claims


def test_the_secret_is_kept_nowhere(opened: store.Store) -> None:
    key, text = api_keys.add(opened, Wanted("nightly", "clerk"))
    secret = text.removeprefix(f"{key.prefix}_")
    assert secret not in repr(key)
    with opened.read() as connection:
        kept = connection.exec_driver_sql("select * from api_keys").all()
    assert len(kept) == 1
    assert secret not in repr(kept)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.upper(),
        lambda text: text + "\n",
        lambda text: "tvk_000000000000" + text[16:],
        lambda text: text.replace("tvk_", ""),
        lambda text: text.partition("_")[0],
        lambda text: "tvk_' or 1=1 --_" + text[17:],
        lambda _: "tvk_",
        lambda _: "",
    ],
)
def test_another_text_is_no_key(opened: store.Store, change: Callable[[str], str]) -> None:
    _, text = api_keys.add(opened, Wanted("nightly", "clerk"))
    assert refused(opened, change(text))


def test_a_key_ends_by_time_and_its_tokens_with_it(opened: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = api_keys.add(opened, Wanted("short", "clerk", seconds=100))
    assert api_keys.prove(opened, text, LIFE).seconds <= 101
    later = time.time() + 101
    monkeypatch.setattr("auth_service.api_keys.time.time", lambda: later)
    assert refused(opened, text)


def test_use_is_noted_once_a_minute(opened: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key, text = api_keys.add(opened, Wanted("nightly", "clerk"))
    now = time.time()
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        monkeypatch.setattr("auth_service.api_keys.time.time", lambda at=now + seconds: at)
        api_keys.prove(opened, text, LIFE)
        assert api_keys.require(opened, key.prefix).last_used == pytest.approx(now + noted)


def test_rotation_leaves_both_good_for_a_while(opened: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted("nightly", "clerk", ["reader"], ["orders"], {"x-hasura-shop": "3"}, seconds=1000)
    old, old_text = api_keys.add(opened, wanted)
    new, new_text = api_keys.rotate(opened, old.id, 60)
    same = ("name", "role", "roles", "resources", "session", "account_id")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.replaces, new.expires) == (old.id, pytest.approx(time.time() + 1000, abs=5))
    for text in (old_text, new_text):
        assert api_keys.prove(opened, text, LIFE).claims["resources"] == ["orders"]
    later = time.time() + 61
    monkeypatch.setattr("auth_service.api_keys.time.time", lambda: later)
    assert refused(opened, old_text)
    assert api_keys.prove(opened, new_text, LIFE).subject == new.id
    with pytest.raises(ApiKeyError, match="no longer good"):
        api_keys.rotate(opened, old.id)


def test_a_rotation_never_makes_a_key_live_longer(opened: store.Store) -> None:
    old, _ = api_keys.add(opened, Wanted("short", "clerk", seconds=100))
    api_keys.rotate(opened, old.id, 1_000_000)
    assert api_keys.require(opened, old.id).expires == pytest.approx(old.expires)


def test_a_revoked_key_proves_nothing(opened: store.Store) -> None:
    key, text = api_keys.add(opened, Wanted("nightly", "clerk"))
    assert api_keys.revoke(opened, key.id) == {"session": key.id}
    assert refused(opened, text)
    assert api_keys.require(opened, key.id).revoked is not None


def test_an_account_s_key_may_no_more_than_the_account(opened: store.Store) -> None:
    owner = accounts.add(opened, "ada@example.com", PASSWORD, "clerk", ["reader"], {"x-hasura-shop": "3"})
    with pytest.raises(ApiKeyError, match="does not have the role admin"):
        api_keys.add(opened, Wanted("mine", "clerk", ["admin"], account_id=owner))
    _, text = api_keys.add(opened, Wanted("mine", "clerk", ["reader"], account_id=owner))
    proven = api_keys.prove(opened, text, LIFE)
    assert (proven.subject, proven.claims[HASURA_CLAIMS]["x-hasura-shop"]) == (owner, "3")
    accounts.disable(opened, owner)
    assert refused(opened, text)
    accounts.enable(opened, owner)
    assert api_keys.prove(opened, text, LIFE).issued >= accounts.require(opened, "ada@example.com").tokens_after


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("", "clerk"),
        Wanted("a\nb", "clerk"),
        Wanted("x" * 201, "clerk"),
        Wanted("x", "clerk", resources=[":read"]),
        Wanted("x", "clerk", resources=[""]),
        Wanted("x", "clerk", seconds=0),
        Wanted("x", "clerk", seconds=float("nan")),
        Wanted("x", "clerk", account_id="nobody"),
        Wanted("x", 'clerk ["orders"]'),
        Wanted("x", "clerk", session={"x-hasura-role": "admin"}),
    ],
)
def test_what_can_t_be_a_key(opened: store.Store, wanted: Wanted) -> None:
    with pytest.raises((ApiKeyError, RoleError)):
        api_keys.add(opened, wanted)
    assert api_keys.everyone(opened) == []


class Live:
    """auth on a port of its own, and a service's way to know who calls."""

    def __init__(self, app: Flask, url: str) -> None:
        self.store: store.Store = app.extensions[EXTENSION].store
        hop = Hop(url)
        self.revocations = Revocations(hop)
        self.exchange = Exchange(hop)
        keys = KeySet(hop)
        self.authenticator = Authenticator(keys, self.revocations, self.exchange, issuer="trivet", audience="trivet")

    def role(self, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.authenticator.caller(named, request_id="r", timeout=5, address="192.0.2.1").principal.role


@pytest.fixture
def live(app: Flask) -> Iterator[Live]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Live(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_way_to_send_a_key(live: Live) -> None:
    _, text = api_keys.add(live.store, Wanted("nightly", "clerk", ["reader"], ["orders"]))
    expected = narrowed("clerk", ["orders"])
    ways: list[dict[str, str]] = [
        {"X_API_Key": text},
        {"apikey": text},
        {"Authorization": f"Bearer {text}"},
        {"Authorization": f"bearer {text}", "apikey": "something else"},
        {"Authorization": "Basic " + b64encode(f"{text}:".encode()).decode()},
        {"Authorization": "Basic " + b64encode(f"anything:{text}".encode()).decode()},
    ]
    assert [live.role(**way) for way in ways] == [expected] * len(ways)
    assert live.role(X_API_Key=text, X_Hasura_Role="reader") == narrowed("reader", ["orders"])
    with pytest.raises(Problem, match="not in allowed roles"):
        live.role(X_API_Key=text, X_Hasura_Role="admin")
    with pytest.raises(Problem, match="not in allowed roles"):
        live.role(X_API_Key=text, X_Hasura_Role=expected)


def test_a_revoked_key_s_remembered_token_is_refused(live: Live) -> None:
    key, text = api_keys.add(live.store, Wanted("nightly", "clerk"))
    assert live.role(X_API_Key=text) == "clerk"
    live.revocations.note(api_keys.revoke(live.store, key.id))  # as the event brings it
    with pytest.raises(Problem, match="revoked"):
        live.role(X_API_Key=text)
    live.exchange.forget()
    with pytest.raises(Problem, match="Invalid API key"):
        live.role(X_API_Key=text)


def test_a_key_s_token_can_t_change_an_account(live: Live, account_id: str, client: FlaskClient) -> None:
    _, text = api_keys.add(live.store, Wanted("mine", "clerk", account_id=account_id))
    token = live.exchange.key(text, "")
    answer = client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "session_not_found")


@pytest.fixture
def admin(app: Flask, client: FlaskClient) -> Callable[..., Any]:
    accounts.add(app.extensions[EXTENSION].store, "root@example.com", PASSWORD, "admin")
    token = _token(client, "root@example.com")

    def send(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return client.open(f"/auth/v1/admin/{path}", method=method, json=body, headers=headers)

    return send


def _token(client: FlaskClient, email: str) -> str:
    body = {"email": email, "password": PASSWORD}
    return str(client.post("/auth/v1/token?grant_type=password", json=body).get_json()["access_token"])


def test_an_administrator_makes_rotates_and_revokes(admin: Callable[..., Any], live: Live) -> None:
    made = admin("POST", "api-keys", {"name": "nightly", "role": "clerk", "resources": ["orders:read"]})
    assert made.status_code == 201
    text = made.get_json()["key"]
    assert live.role(X_API_Key=text) == narrowed("clerk", ["orders:read"])
    rotated = admin("POST", f"api-keys/{made.get_json()['id']}/rotate", {"overlap": 60})
    assert rotated.status_code == 201
    assert rotated.get_json()["replaces"] == made.get_json()["id"]
    listed = admin("GET", "api-keys")
    assert [key["prefix"] for key in listed.get_json()] == [text[:16], rotated.get_json()["key"][:16]]
    assert text[17:] not in listed.text
    assert admin("DELETE", f"api-keys/{made.get_json()['id']}").status_code == 204
    assert refused(live.store, text)
    assert admin("DELETE", "api-keys/00000000-0000-0000-0000-000000000000").status_code == 404


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("GET", "api-keys", None),
        ("POST", "api-keys", {"name": "x", "role": "admin"}),
        ("POST", "api-keys/00000000-0000-0000-0000-000000000000/rotate", {}),
        ("DELETE", "api-keys/00000000-0000-0000-0000-000000000000", None),
        ("POST", "revocations", {"jti": "00000000-0000-0000-0000-000000000000"}),
    ],
)
def test_nobody_else_may(app: Flask, client: FlaskClient, method: str, path: str, body: Any) -> None:
    without = client.open(f"/auth/v1/admin/{path}", method=method, json=body)
    headers = {"Authorization": f"Bearer {_token(client, EMAIL)}", "X-Hasura-Role": "admin"}
    with_one = client.open(f"/auth/v1/admin/{path}", method=method, json=body, headers=headers)
    assert (without.status_code, with_one.status_code) == (401, 403)
    assert api_keys.everyone(app.extensions[EXTENSION].store) == []


def test_one_token_is_ended(
    admin: Callable[..., Any], app: Flask, client: FlaskClient, live: Live, settings: AuthSettings
) -> None:
    token, other = _token(client, EMAIL), _token(client, EMAIL)
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    assert live.role(Authorization=f"Bearer {token}") == "clerk"
    assert admin("POST", "revocations", {"jti": jti}).status_code == 204
    live.revocations.fetch()
    with pytest.raises(Problem, match="revoked"):
        live.role(Authorization=f"Bearer {token}")
    assert live.role(Authorization=f"Bearer {other}") == "clerk"
    said = client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"})
    assert (said.status_code, said.get_json()["code"]) == (401, "bad_jwt")
    assert client.get("/auth/v1/user", headers={"Authorization": f"Bearer {other}"}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"jti": "x"}, {"user_id": "00000000-0000-0000-0000-000000000000"}])
def test_a_revocation_names_one_thing(admin: Callable[..., Any], body: dict[str, str]) -> None:
    assert admin("POST", "revocations", body).status_code in (400, 404)
