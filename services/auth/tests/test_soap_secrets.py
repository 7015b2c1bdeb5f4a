"""SOAP secrets: made, shown once and ended by their owner; digests of them proven once, and no oftener."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from auth_service import accounts, digests, soap_secrets, upgrade
from auth_service.routes import EXTENSION
from auth_service.sealing import MasterKey
from auth_service.settings import AuthSettings
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
PATH = "/auth/v1/soap-secret"


@pytest.fixture
def mine(client: FlaskClient) -> dict[str, str]:
    answer = client.post("/auth/v1/token?grant_type=password", json={"email": EMAIL, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


@pytest.fixture
def secret(client: FlaskClient, mine: dict[str, str]) -> str:
    return str(client.post(PATH, headers=mine).get_json()["secret"])


def proof(secret: str, nonce: bytes = b"", created: str = "", username: str = EMAIL) -> dict[str, str]:
    """The inner exchange's question for a digest."""
    nonce = nonce or secrets.token_bytes(16)
    created = created or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = hashlib.sha1(nonce + created.encode() + secret.encode(), usedforsecurity=False).digest()
    texts = {"digest": base64.b64encode(made).decode(), "nonce": base64.b64encode(nonce).decode()}
    return {"username": username, "created": created, "address": "192.0.2.1", **texts}


def ask(client: FlaskClient, question: Any) -> TestResponse:
    return client.post("/-/exchange", json=question)


def test_a_secret_is_shown_once(client: FlaskClient, mine: dict[str, str]) -> None:
    assert client.get(PATH, headers=mine).status_code == 404
    made = client.post(PATH, headers=mine)
    assert made.headers["Cache-Control"] == "no-store"
    assert len(made.get_json()["secret"]) == 32
    shown = client.get(PATH, headers=mine)
    assert shown.get_json().keys() == {"created_at"}
    assert ask(client, proof(made.get_json()["secret"])).status_code == 200
    assert client.delete(PATH, headers=mine).status_code == 204
    assert ask(client, proof(made.get_json()["secret"])).status_code == 401
    assert client.delete(PATH, headers=mine).get_json()["code"] == "soap_secret_not_found"
    assert client.post(PATH).status_code == 401


def test_a_secret_is_kept_sealed(app: Flask, secret: str, account_id: str) -> None:
    opened = app.extensions[EXTENSION].store
    with opened.read() as connection:
        (row,) = connection.execute(soap_secrets.soap_secrets.select()).all()
        assert secret.encode() not in row.sealed
        assert soap_secrets.secret_of(connection, account_id, app.extensions[EXTENSION].master) == secret.encode()


def test_a_digest_is_good_once(client: FlaskClient, secret: str, account_id: str) -> None:
    question = proof(secret)
    first = ask(client, question)
    headers = {"Authorization": f"Bearer {first.get_json()['access_token']}"}
    assert client.get("/auth/v1/user", headers=headers).get_json()["id"] == account_id
    again = ask(client, question)
    assert (again.status_code, again.get_json()["code"]) == (401, "TRV201")
    assert ask(client, proof(secret)).status_code == 200


def test_a_new_secret_ends_the_old_one(client: FlaskClient, mine: dict[str, str], secret: str) -> None:
    new = client.post(PATH, headers=mine).get_json()["secret"]
    assert [ask(client, proof(one)).status_code for one in (secret, new)] == [401, 200]


def test_a_repetition_that_splits_nonce_and_time_otherwise(client: FlaskClient, secret: str) -> None:
    """The digest is over nonce and time joined: the same bytes, cut elsewhere, are the same proof."""
    nonce, created = b"0123456789", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    question = proof(secret, nonce + b"2", created)
    assert ask(client, question).status_code == 200
    moved = {**question, "nonce": base64.b64encode(nonce).decode(), "created": "2" + created}
    assert ask(client, moved).status_code == 401
    padded = {**question, "digest": question["digest"] + "\n"}
    assert ask(client, padded).status_code == 401


@pytest.mark.parametrize("minutes, status", [(-70, 401), (-5, 200), (5, 200), (70, 401)])
def test_a_digest_is_good_for_a_while(client: FlaskClient, secret: str, minutes: int, status: int) -> None:
    created = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    assert ask(client, proof(secret, created=created)).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"digest": ""},
        {"digest": "no base64"},
        {"digest": base64.b64encode(bytes(20)).decode()},
        {"nonce": ""},
        {"nonce": "no base64"},
        {"created": ""},
        {"created": "2026-01-01"},
        {"created": "2026-01-01T00:00:00"},
        {"username": "nobody@example.com"},
        {"username": ""},
        {"username": "a\x00b"},
        {"username": "x" * 5000},
    ],
)
def test_what_is_no_good_proof(client: FlaskClient, secret: str, change: dict[str, str]) -> None:
    answer = ask(client, {**proof(secret), **change})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "TRV201")


def test_a_credential_is_of_one_kind(client: FlaskClient, secret: str) -> None:
    for more in ({"password": PASSWORD}, {"key": "tvk_x"}, {"token": "x"}):
        assert ask(client, {**proof(secret), **more}).status_code == 400


def test_the_password_makes_no_digest(client: FlaskClient, secret: str) -> None:
    assert ask(client, proof(PASSWORD)).status_code == 401
    hashed = hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest()  # as zeep's hash_password has it
    assert ask(client, proof(hashed)).status_code == 401


def test_a_disabled_account_has_no_proof(app: Flask, client: FlaskClient, secret: str, account_id: str) -> None:
    accounts.disable(app.extensions[EXTENSION].store, account_id)
    assert ask(client, proof(secret)).status_code == 401


def test_a_new_password_ends_the_secret(client: FlaskClient, mine: dict[str, str], secret: str) -> None:
    changed = client.put("/auth/v1/user", json={"password": "three brown foxes at noon"}, headers=mine)
    assert changed.status_code == 200
    assert ask(client, proof(secret)).status_code == 401
    assert client.get(PATH, headers=mine).status_code == 404


def test_wrong_digests_and_wrong_passwords_count_together(client: FlaskClient, secret: str) -> None:
    """Two tries are free without Redis, one of each; then both doors wait."""
    assert ask(client, proof("wrong")).status_code == 401
    password = {"username": EMAIL, "password": "wrong", "address": "192.0.2.1"}
    assert ask(client, password).status_code == 401
    assert ask(client, proof(secret)).status_code == 429
    assert ask(client, {**password, "password": PASSWORD}).status_code == 429


def test_a_second_factor_is_shown_when_the_secret_is_made(app: Flask, client: FlaskClient, account_id: str) -> None:
    def signed_in() -> dict[str, str]:
        answer = client.post("/auth/v1/token?grant_type=password", json={"email": EMAIL, "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    first = signed_in()
    factor = client.post("/auth/v1/factors", json={"factor_type": "totp"}, headers=first).get_json()
    challenge = client.post(f"/auth/v1/factors/{factor['id']}/challenge", headers=first).get_json()
    shown = client.post(
        f"/auth/v1/factors/{factor['id']}/verify",
        json={"challenge_id": challenge["id"], "code": pyotp.TOTP(factor["totp"]["secret"]).now()},
        headers=first,
    ).get_json()
    refused = client.post(PATH, headers=signed_in())
    assert (refused.status_code, refused.get_json()["code"]) == (403, "insufficient_aal")
    whole = {"Authorization": f"Bearer {shown['access_token']}"}
    made = client.post(PATH, headers=whole).get_json()["secret"]
    token = ask(client, proof(made)).get_json()["access_token"]
    assert client.get("/auth/v1/factors", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_one_of_many_at_once_is_taken(url: str, settings: AuthSettings, make_app: Callable[..., Flask]) -> None:
    """The same digest, sent by many at the same moment to two apps with one store: one gets in."""
    upgrade.prepare(replace(settings, accounts_url=url))
    apps = [make_app(accounts_url=url, login_attempts=1000) for _ in range(2)]
    login = apps[0].extensions[EXTENSION]
    account_id = accounts.add(login.store, EMAIL, PASSWORD, "clerk")
    with login.store.write() as connection:
        made = soap_secrets.make(connection, account_id, login.master)
    question, seen = proof(made), []

    def send(app: Flask) -> None:
        seen.append(ask(app.test_client(), question).status_code)

    threads = [threading.Thread(target=send, args=(apps[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [200, *[401] * 7]


def test_a_lost_master_key_is_no_wrong_secret(
    app: Flask, client: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = app.extensions[EXTENSION]
    monkeypatch.setitem(app.extensions, EXTENSION, replace(login, master=MasterKey(b"k" * 32)))
    answer = ask(client, proof(secret))
    assert (answer.status_code, answer.get_json()["code"]) == (503, "TRV203")


def test_old_digests_are_forgotten(app: Flask, client: FlaskClient, secret: str) -> None:
    ask(client, proof(secret))
    opened = app.extensions[EXTENSION].store
    with opened.write() as connection:
        soap_secrets.prune(connection)
        assert len(connection.execute(digests.soap_digests.select()).all()) == 1
        connection.execute(digests.soap_digests.update().values(expires=0.0))
        soap_secrets.prune(connection)
        assert connection.execute(digests.soap_digests.select()).all() == []
