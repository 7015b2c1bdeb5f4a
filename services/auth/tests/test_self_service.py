"""Signing up, changing and resetting a password (with mail over SMTP, and without), and one's own sessions."""

from collections.abc import Callable
from queue import Empty
from typing import Any

import pytest
from auth_service import accounts, self_service
from auth_service.routes import EXTENSION
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fixtures.mail_server import MailServer

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
STRONG = "three brown foxes at noon"


def post(client: FlaskClient, path: str, body: Any, address: str = "192.0.2.1") -> TestResponse:
    return client.post(f"/auth/v1{path}", json=body, headers={"X-Real-Ip": address})


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL) -> TestResponse:
    return post(client, "/token?grant_type=password", {"email": email, "password": password})


def bearer(session: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {session.get_json()['access_token']}", "User-Agent": "test/1"}


def word(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_sign_up_is_off(client: FlaskClient) -> None:
    answer = post(client, "/signup", {"email": "new@example.com", "password": STRONG})
    assert word(answer) == (422, "signup_disabled")


def test_sign_up_without_mail_begins_a_session(make_app: Callable[..., Flask], account_id: str) -> None:
    client = make_app(signup=True, signup_role="customer").test_client()
    body = {"email": "New@Example.com", "password": STRONG, "data": {"name": "N", "role": "admin"}, "role": "admin"}
    answer = post(client, "/signup", body)
    assert answer.status_code == 200
    user = answer.get_json()["user"]
    assert (user["email"], user["role"], user["app_metadata"]["roles"]) == ("new@example.com", "customer", ["customer"])
    assert user["user_metadata"] == {"name": "N", "role": "admin"}
    assert client.get("/auth/v1/user", headers=bearer(answer)).status_code == 200
    assert word(post(client, "/signup", body, "192.0.2.2")) == (422, "user_already_exists")
    weak = post(client, "/signup", {"email": "x@example.com", "password": "password1"}, "192.0.2.3")
    assert word(weak) == (422, "weak_password")
    assert weak.get_json()["weak_password"]["reasons"]
    assert word(post(client, "/signup", {"email": "nobody", "password": STRONG}, "192.0.2.4")) == (
        422,
        "validation_failed",
    )


def test_sign_up_with_mail_waits_for_the_address(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer
) -> None:
    client = make_app(signup=True, smtp_url=mail_server.url, site_url="https://shop.example/in").test_client()
    body = {"email": "new@example.com", "password": STRONG}
    answer, taken = post(client, "/signup", body), post(client, "/signup", {"email": EMAIL, "password": STRONG})
    assert answer.status_code == taken.status_code == 200
    assert answer.get_json().keys() == taken.get_json().keys()  # nobody learns who has an account
    assert word(sign_in(client, STRONG, "new@example.com")) == (401, "invalid_credentials")
    letter = mail_server.letter()
    assert (letter.recipients, letter.message["To"]) == (("new@example.com",), "new@example.com")
    assert "https://shop.example/in?token_hash=" in letter.text
    token = {"type": "signup", "token_hash": letter.token}
    assert word(post(client, "/verify", token | {"type": "recovery"})) == (403, "otp_expired")
    session = post(client, "/verify", token)
    assert session.get_json()["user"]["email_confirmed_at"]
    assert sign_in(client, STRONG, "new@example.com").status_code == 200
    assert word(post(client, "/verify", token)) == (403, "otp_expired")
    with pytest.raises(Empty):
        mail_server.letters.get(timeout=0.2)


def test_sign_ups_from_one_address_are_few(make_app: Callable[..., Flask]) -> None:
    client = make_app(signup=True).test_client()
    answers = [
        post(client, "/signup", {"email": f"n{number}@example.com", "password": STRONG}).status_code
        for number in range(4)
    ]
    assert answers == [200, 200, 429, 429]
    assert post(client, "/signup", {"email": "z@example.com", "password": STRONG}, "192.0.2.9").status_code == 200


def test_a_changed_password_ends_the_other_sessions(client: FlaskClient) -> None:
    mine, other = sign_in(client), sign_in(client)
    answer = client.put("/auth/v1/user", json={"password": STRONG}, headers=bearer(mine))
    assert answer.status_code == 200
    assert client.get("/auth/v1/user", headers=bearer(mine)).status_code == 200
    assert client.get("/auth/v1/user", headers=bearer(other)).status_code == 401
    assert sign_in(client).status_code == 401
    assert sign_in(client, STRONG).status_code == 200
    revoked = client.get("/-/revocations").get_json()["revoked"]
    assert len(revoked) == 2  # the other session, and the word that lets services forget the old password


def test_a_weak_password_is_refused(client: FlaskClient) -> None:
    mine = sign_in(client)
    for password in ("short", "password123", "clerk@example.com", "x" * 1024 + "y"):
        answer = client.put("/auth/v1/user", json={"password": password}, headers=bearer(mine))
        assert answer.status_code in (400, 422), password
    assert sign_in(client).status_code == 200


def test_an_old_login_needs_the_old_password(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = sign_in(client)
    monkeypatch.setattr(self_service, "_FRESH", -1.0)
    change = {"password": STRONG}
    assert word(client.put("/auth/v1/user", json=change, headers=bearer(mine))) == (422, "reauthentication_needed")
    wrong = client.put("/auth/v1/user", json=change | {"current_password": "wrong"}, headers=bearer(mine))
    assert word(wrong) == (401, "invalid_credentials")
    right = client.put("/auth/v1/user", json=change | {"current_password": PASSWORD}, headers=bearer(mine))
    assert right.status_code == 200


def test_metadata_is_merged_and_roles_are_not_the_owner_s_to_change(client: FlaskClient) -> None:
    mine = bearer(sign_in(client))
    client.put("/auth/v1/user", json={"data": {"a": 1, "b": 2}}, headers=mine)
    body = {"data": {"b": None, "c": 3}, "role": "admin", "app_metadata": {"roles": ["admin"]}}
    user = client.put("/auth/v1/user", json=body, headers=mine).get_json()
    assert user["user_metadata"] == {"a": 1, "c": 3}
    assert (user["role"], user["app_metadata"]["roles"]) == ("clerk", ["clerk", "reader"])
    changed = client.put("/auth/v1/user", json={"email": "other@example.com"}, headers=mine)
    assert word(changed) == (422, "email_provider_disabled")  # nobody could confirm it


def test_a_forgotten_password_is_reset_by_mail(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer
) -> None:
    client = make_app(smtp_url=mail_server.url).test_client()
    known, unknown = (post(client, "/recover", {"email": email}) for email in (EMAIL, "nobody@example.com"))
    assert (known.status_code, known.get_data()) == (unknown.status_code, unknown.get_data()) == (200, b"{}\n")
    token = {"type": "recovery", "token_hash": mail_server.letter().token}
    session = post(client, "/verify", token)
    assert session.status_code == 200
    assert post(client, "/verify", token).status_code == 403
    answer = client.put("/auth/v1/user", json={"password": STRONG}, headers=bearer(session))
    assert answer.status_code == 200
    assert sign_in(client, STRONG).status_code == 200
    with pytest.raises(Empty):
        mail_server.letters.get(timeout=0.2)


def test_without_mail_an_operator_resets(app: Flask, client: FlaskClient, account_id: str) -> None:
    assert word(post(client, "/recover", {"email": EMAIL})) == (422, "email_provider_disabled")
    opened = app.extensions[EXTENSION].store
    account = accounts.by_id(opened, account_id)
    assert account is not None
    old, new = (self_service.issue_reset(opened, account, 600) for _ in range(2))
    assert post(client, "/verify", {"type": "recovery", "token_hash": old}).status_code == 403
    late = self_service.issue_reset(opened, account, -1)
    assert post(client, "/verify", {"type": "recovery", "token_hash": late}).status_code == 403
    new = self_service.issue_reset(opened, account, 600)
    accounts.disable(opened, account_id)
    accounts.enable(opened, account_id)
    assert post(client, "/verify", {"type": "recovery", "token_hash": new}).status_code == 403


def test_a_disabled_account_gets_no_reset(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer
) -> None:
    app = make_app(smtp_url=mail_server.url)
    accounts.disable(app.extensions[EXTENSION].store, account_id)
    assert post(app.test_client(), "/recover", {"email": EMAIL}).status_code == 200
    with pytest.raises(Empty):
        mail_server.letters.get(timeout=0.5)


def test_own_sessions_are_listed_and_ended(client: FlaskClient) -> None:
    mine, other = sign_in(client), sign_in(client)
    listed = client.get("/auth/v1/sessions", headers=bearer(mine)).get_json()
    assert [session["current"] for session in listed].count(True) == 1
    assert {(session["ip"], session["aal"]) for session in listed} == {("192.0.2.1", "aal1")}
    (away,) = [session["id"] for session in listed if not session["current"]]
    assert client.delete(f"/auth/v1/sessions/{away}", headers=bearer(mine)).status_code == 204
    assert client.get("/auth/v1/user", headers=bearer(other)).status_code == 401
    assert client.delete(f"/auth/v1/sessions/{away}", headers=bearer(mine)).status_code == 404


def test_a_stranger_s_session_can_t_be_ended(app: Flask, client: FlaskClient) -> None:
    accounts.add(app.extensions[EXTENSION].store, "eve@example.com", STRONG, "clerk")
    mine, eve = sign_in(client), sign_in(client, STRONG, "eve@example.com")
    (listed,) = client.get("/auth/v1/sessions", headers=bearer(mine)).get_json()
    assert client.delete(f"/auth/v1/sessions/{listed['id']}", headers=bearer(eve)).status_code == 404
    assert client.get("/auth/v1/user", headers=bearer(mine)).status_code == 200
