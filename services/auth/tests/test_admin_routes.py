"""Administrators look after other people's accounts; nobody else does."""

from typing import Any

import pytest
from auth_service import accounts
from auth_service.routes import EXTENSION
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
STRONG = "three brown foxes at noon"


def session(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
    return client.post("/auth/v1/token?grant_type=password", json={"email": email, "password": password})


@pytest.fixture
def admin(app: Flask, client: FlaskClient) -> dict[str, str]:
    """An administrator's headers."""
    accounts.add(app.extensions[EXTENSION].store, "root@example.com", STRONG, "admin")
    return bearer(session(client, "root@example.com", STRONG))


def bearer(answer: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def call(client: FlaskClient, headers: dict[str, str], method: str, path: str, body: Any = None) -> TestResponse:
    return client.open(f"/auth/v1/admin{path}", method=method, headers=headers, json=body)


def test_others_are_refused(client: FlaskClient, account_id: str) -> None:
    mine = bearer(session(client))
    for method, path in [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", f"/users/{account_id}"),
        ("PUT", f"/users/{account_id}"),
        ("DELETE", f"/users/{account_id}"),
        ("POST", f"/users/{account_id}/logout"),
        ("GET", f"/users/{account_id}/factors"),
        ("DELETE", f"/users/{account_id}/factors/x"),
    ]:
        answer = call(client, mine, method, path, {})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "not_admin"), (method, path)
        assert call(client, {}, method, path, {}).status_code == 401


def test_accounts_are_made_listed_changed_and_forgotten(client: FlaskClient, admin: dict[str, str]) -> None:
    body = {"email": "new@example.com", "password": STRONG, "role": "clerk", "app_metadata": {"roles": ["reader"]}}
    made = call(client, admin, "POST", "/users", body).get_json()
    assert (made["role"], made["app_metadata"]["roles"]) == ("clerk", ["clerk", "reader"])
    again = call(client, admin, "POST", "/users", body)
    assert (again.status_code, again.get_json()["code"]) == (422, "email_exists")
    listed = call(client, admin, "GET", "/users?page=2&per_page=2")
    assert [user["email"] for user in listed.get_json()["users"]] == ["new@example.com"]
    assert listed.headers["X-Total-Count"] == "3"
    path = f"/users/{made['id']}"
    theirs = session(client, "new@example.com", STRONG)
    changed = call(client, admin, "PUT", path, {"email": "newer@example.com", "app_metadata": {"roles": ["reader"]}})
    assert (changed.get_json()["role"], changed.get_json()["email"]) == ("reader", "newer@example.com")
    assert client.get("/auth/v1/user", headers=bearer(theirs)).status_code == 401  # it said what no longer holds
    assert session(client, "newer@example.com", STRONG).status_code == 200
    assert call(client, admin, "PUT", path, {"ban_duration": "24h"}).status_code == 200
    assert session(client, "newer@example.com", STRONG).status_code == 401
    assert call(client, admin, "PUT", path, {"ban_duration": "none"}).status_code == 200
    theirs = session(client, "newer@example.com", STRONG)
    assert call(client, admin, "POST", f"{path}/logout").status_code == 204
    assert client.get("/auth/v1/user", headers=bearer(theirs)).status_code == 401
    assert call(client, admin, "DELETE", path).status_code == 200
    assert call(client, admin, "GET", path).get_json()["code"] == "user_not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"password": "password1"},
        {"role": "a,b"},
        {"app_metadata": {"roles": "admin"}},
        {"app_metadata": {"session": {"x-hasura-role": "admin"}}},
        {"email": "nobody"},
        {"email": "root@example.com"},
    ],
)
def test_what_can_t_be_is_refused(
    client: FlaskClient, admin: dict[str, str], account_id: str, body: dict[str, Any]
) -> None:
    before = call(client, admin, "GET", f"/users/{account_id}").get_json()
    assert call(client, admin, "PUT", f"/users/{account_id}", body).status_code == 422
    assert call(client, admin, "GET", f"/users/{account_id}").get_json() == before


def test_a_session_that_an_administrator_ends_goes_on_nowhere(client: FlaskClient, admin: dict[str, str]) -> None:
    """Neither by its access token nor by its refresh token; the account's other session does."""
    ended, other = session(client), session(client)
    (named,) = [
        one["id"]
        for one in client.get("/auth/v1/sessions", headers=bearer(ended)).get_json()
        if one["current"]
    ]  # fmt: skip
    assert call(client, admin, "POST", "/revocations", {"session_id": named}).status_code == 204
    assert client.get("/auth/v1/user", headers=bearer(ended)).status_code == 401
    for one, status in ((ended, 401), (other, 200)):
        body = {"refresh_token": one.get_json()["refresh_token"]}
        assert client.post("/auth/v1/token?grant_type=refresh_token", json=body).status_code == status
