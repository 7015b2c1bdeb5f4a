"""The public routes: logging in, going on, asking who, logging out."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from auth_service import accounts, passwords
from auth_service.login import Login
from auth_service.routes import EXTENSION
from auth_service.tables import accounts as table
from chassis.authn import HASURA_CLAIMS, principal_of
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
    return client.post("/auth/v1/token?grant_type=password", json={"email": email, "password": password})


def go_on(client: FlaskClient, token: str) -> TestResponse:
    return client.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims_in(client: FlaskClient, token: str) -> dict[str, Any]:
    keys = {key["kid"]: key for key in client.get("/auth/v1/.well-known/jwks.json").get_json()["keys"]}
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "ES256"
    key = jwt.PyJWK.from_dict(keys[header["kid"]]).key
    return jwt.decode(token, key, algorithms=["ES256"], audience="trivet", issuer="trivet", leeway=2)


def this_login(app: Flask) -> Login:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Login)
    return found


def test_a_login_gives_tokens_and_the_user(client: FlaskClient, account_id: str) -> None:
    answer = sign_in(client, "Clerk@Example.com")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 600)
    assert 595 < body["expires_at"] - time.time() <= 600
    assert body["user"]["id"] == account_id
    assert (body["user"]["email"], body["user"]["role"], body["user"]["aud"]) == (EMAIL, "clerk", "trivet")
    assert body["user"]["app_metadata"]["roles"] == ["clerk", "reader"]
    assert body["user"]["last_sign_in_at"] is not None
    assert len(body["refresh_token"]) == 43


def test_the_access_token_has_the_claims_of_both_styles(client: FlaskClient, account_id: str) -> None:
    claims = claims_in(client, sign_in(client).get_json()["access_token"])
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["sub"], claims["email"], claims["role"]) == (account_id, EMAIL, "clerk")
    assert claims["jti"]
    assert claims["sid"]
    assert claims[HASURA_CLAIMS] == {
        "x-hasura-user-id": account_id,
        "x-hasura-customer-id": "7",
        "x-hasura-default-role": "clerk",
        "x-hasura-allowed-roles": ["clerk", "reader"],
    }
    principal = principal_of(claims)
    assert (principal.role, principal.roles, principal.session["x-hasura-customer-id"]) == (
        "clerk",
        ("clerk", "reader"),
        "7",
    )


def test_a_refresh_rotates_and_reuse_ends_the_session(client: FlaskClient) -> None:
    first = sign_in(client).get_json()
    second = go_on(client, first["refresh_token"])
    assert second.status_code == 200
    third = go_on(client, second.get_json()["refresh_token"])
    assert third.status_code == 200
    spent = go_on(client, first["refresh_token"])
    assert (spent.status_code, spent.get_json()["code"]) == (401, "refresh_token_already_used")
    after = go_on(client, third.get_json()["refresh_token"])
    assert (after.status_code, after.get_json()["code"]) == (401, "session_expired")
    who = client.get("/auth/v1/user", headers=bearer(third.get_json()["access_token"]))
    assert (who.status_code, who.get_json()["code"]) == (401, "session_not_found")


def test_a_repeated_refresh_gets_the_answer_that_was_lost(client: FlaskClient) -> None:
    first = sign_in(client).get_json()["refresh_token"]
    assert go_on(client, first).get_json()["refresh_token"] == go_on(client, first).get_json()["refresh_token"]


def test_without_a_grace_a_repeated_refresh_is_reuse(make_app: Callable[..., Flask], account_id: str) -> None:
    client = make_app(refresh_grace_seconds=0).test_client()
    first = sign_in(client).get_json()["refresh_token"]
    assert go_on(client, first).status_code == 200
    assert go_on(client, first).get_json()["code"] == "refresh_token_already_used"


def test_a_refresh_takes_over_what_changed(app: Flask, client: FlaskClient, account_id: str) -> None:
    body = sign_in(client).get_json()
    accounts.disable(this_login(app).store, account_id)
    assert go_on(client, body["refresh_token"]).get_json()["code"] == "session_not_found"


def test_user_is_the_tokens_owner(client: FlaskClient, account_id: str) -> None:
    token = sign_in(client).get_json()["access_token"]
    for scheme in ("Bearer", "bearer"):
        answer = client.get("/auth/v1/user", headers={"Authorization": f"{scheme} {token}"})
        assert (answer.status_code, answer.get_json()["id"]) == (200, account_id)


def test_unknown_name_and_wrong_password_are_answered_alike(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            hashed.append(kept)
            return verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    wrong, unknown = sign_in(client, password="wrong"), sign_in(client, email="nobody@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.get_json() == unknown.get_json()
    assert wrong.get_json()["code"] == "invalid_credentials"
    assert {key for key, _ in wrong.headers} == {key for key, _ in unknown.headers}
    assert len(hashed) == 2
    assert hashed[0].split("$")[:4] == hashed[1].split("$")[:4]


def test_a_disabled_account_is_refused_like_a_wrong_password(make_app: Callable[..., Flask], account_id: str) -> None:
    app = make_app(login_attempts=20)
    client = app.test_client()
    accounts.disable(this_login(app).store, account_id)
    assert sign_in(client).get_json() == sign_in(client, password="wrong").get_json()
    accounts.enable(this_login(app).store, account_id)
    assert sign_in(client).status_code == 200


def test_a_changed_password_ends_what_was_begun_and_lets_the_new_one_in_at_once(
    app: Flask, client: FlaskClient, account_id: str
) -> None:
    old = sign_in(client).get_json()
    accounts.set_password(this_login(app).store, account_id, "another horse")
    assert sign_in(client).status_code == 401
    assert go_on(client, old["refresh_token"]).status_code == 401
    assert client.get("/auth/v1/user", headers=bearer(old["access_token"])).status_code == 401
    new = sign_in(client, password="another horse").get_json()["access_token"]
    found = accounts.by_id(this_login(app).store, account_id)
    assert found is not None
    # whoever compares with what was revoked lets the new token pass, though it came within the same second
    assert claims_in(client, new)["iat"] >= found.tokens_after
    assert client.get("/auth/v1/user", headers=bearer(new)).status_code == 200


def test_a_password_changed_during_the_login_lets_nobody_in(
    app: Flask, client: FlaskClient, account_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = this_login(app)
    connector = login.connectors[0]
    verify = connector.verify

    def slowly(username: str, password: str) -> accounts.Account | None:
        found = verify(username, password)
        accounts.set_password(login.store, account_id, "another horse")
        return found

    monkeypatch.setattr(connector, "verify", slowly)
    assert sign_in(client).status_code == 401


def test_an_old_hash_is_replaced_at_login(app: Flask, client: FlaskClient, account_id: str) -> None:
    store = this_login(app).store
    with store.write() as connection:
        old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        connection.execute(sa.update(table).values(password_hash=old))
    assert sign_in(client).status_code == 200
    found = accounts.by_id(store, account_id)
    assert found is not None
    assert "m=19456" in (found.password_hash or "")
    assert sign_in(client).status_code == 200


@pytest.mark.parametrize(
    "scope, alive",
    [("local", [False, True]), ("others", [True, False]), ("global", [False, False]), (None, [False, False])],
)
def test_logout_ends_what_its_scope_says(client: FlaskClient, scope: str | None, alive: list[bool]) -> None:
    logins = [sign_in(client).get_json() for _ in range(2)]
    answer = client.post(
        "/auth/v1/logout" + (f"?scope={scope}" if scope else ""), headers=bearer(logins[0]["access_token"])
    )
    assert (answer.status_code, answer.data) == (204, b"")
    asked = [client.get("/auth/v1/user", headers=bearer(one["access_token"])).status_code == 200 for one in logins]
    refreshed = [go_on(client, one["refresh_token"]).status_code == 200 for one in logins]
    assert (asked, refreshed) == (alive, alive)


def test_keys_are_public_halves_with_a_time_to_keep_them(client: FlaskClient) -> None:
    answer = client.get("/auth/v1/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.get_json()["keys"]
    assert {name: key[name] for name in ("kty", "crv", "alg", "use")} == {
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
    }
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/auth/v1/health").get_json()["name"] == "trivet-auth"
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").get_json() == {"status": "ok", "failing": [], "degraded": []}
