"""Every error of auth in one form, whatever its source; an outage is 503, never 500."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from auth_service import login as flows
from auth_service.app import create_app
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from auth_service.store import StoreError
from chassis.inner_problems import PROBLEM_TYPE, decode_problem
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it

TOKEN = "/auth/v1/token?grant_type=password"


def check(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Supabase-Api-Version"] == "2024-01-01"
    body: dict[str, Any] = json.loads(answer.data)
    assert set(body) == {"code", "error_code", "msg"}
    assert body["code"] == body["error_code"] == code
    assert body["msg"]
    return body


@pytest.mark.parametrize(
    "path, body, code, says",
    [
        (TOKEN, b"{", "bad_json", "JSON"),
        (TOKEN, b"\xff\xfe", "bad_json", "JSON"),
        (TOKEN, b"[]", "validation_failed", "type"),
        (TOKEN, b"null", "validation_failed", "type"),
        (TOKEN, b"{}", "validation_failed", "email"),
        (TOKEN, b'{"email": "a@b.c"}', "validation_failed", "password"),
        (TOKEN, b'{"email": 1, "password": "x"}', "validation_failed", "email"),
        (TOKEN, b'{"email": "a@b.c", "password": "' + b"x" * 1025 + b'"}', "validation_failed", "password"),
        ("/auth/v1/token?grant_type=refresh_token", b"{}", "validation_failed", "refresh_token"),
        ("/auth/v1/token?grant_type=magic", b"{}", "unsupported_grant_type", "magic"),
        ("/auth/v1/token", b"{}", "validation_failed", "grant_type"),
        ("/auth/v1/logout?scope=mine", b"{}", "validation_failed", "scope"),
    ],
)
def test_malformed_requests_say_what_is_wrong(
    client: FlaskClient, path: str, body: bytes, code: str, says: str
) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert says in check(answer, 400, code)["msg"]


@pytest.mark.parametrize(
    "email, password",
    [("a\x00@b.c", "x"), (EMAIL, "x\x00"), ("' OR 1=1 --", "x")],
)
def test_odd_credentials_are_merely_wrong(client: FlaskClient, email: str, password: str) -> None:
    answer = client.post(
        TOKEN, data=json.dumps({"email": email, "password": password}), content_type="application/json"
    )
    check(answer, 401, "invalid_credentials")


@pytest.mark.parametrize("name", ["email", "password", "refresh_token"])
def test_half_a_character_is_no_json(client: FlaskClient, name: str) -> None:
    body = json.dumps({"email": EMAIL, "password": "x", name: "\ud800"})
    check(client.post(TOKEN, data=body, content_type="application/json"), 400, "bad_json")


def test_an_odd_refresh_token_is_merely_unknown(client: FlaskClient) -> None:
    for token in ("x\x00", "é"):
        text = json.dumps({"refresh_token": token})
        answer = client.post("/auth/v1/token?grant_type=refresh_token", data=text, content_type="application/json")
        check(answer, 401, "refresh_token_not_found")


def test_other_media_types_unknown_routes_and_methods(client: FlaskClient) -> None:
    check(client.post(TOKEN, data="<a/>", content_type="application/xml"), 415, "unsupported_media_type")
    check(
        client.post(TOKEN, data="email=a", content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    )
    for path in ("/auth/v1/nothing", "/auth/v1/otp/x", "/", "/auth/v1/"):
        check(client.get(path), 404, "not_found")
    answer = client.get("/auth/v1/token")
    check(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    body = b'{"email": "' + b"x" * 70_000 + b'"}'
    check(client.post(TOKEN, data=body, content_type="application/json"), 413, "request_too_large")


@pytest.mark.parametrize(
    "header, code",
    [
        (None, "no_authorization"),
        ("", "no_authorization"),
        ("Bearer", "no_authorization"),
        ("Basic YTpi", "no_authorization"),
        ("Bearer x", "bad_jwt"),
        ("Bearer a.b.c", "bad_jwt"),
        ("Bearer é.é.é", "bad_jwt"),
        ("Bearer " + jwt.encode({"sub": "x"}, "k" * 32, algorithm="HS256"), "bad_jwt"),
        ("Bearer " + jwt.encode({"sub": "x"}, "k" * 32, algorithm="HS256", headers={"kid": "?"}), "bad_jwt"),
        ("Bearer " + jwt.encode({"sub": "x"}, None, algorithm="none"), "bad_jwt"),
    ],
)
@pytest.mark.parametrize("method, path", [("GET", "/auth/v1/user"), ("POST", "/auth/v1/logout")])
def test_bad_tokens_are_refused(client: FlaskClient, header: str | None, code: str, method: str, path: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = client.open(path, method=method, headers=headers)
    check(answer, 401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_our_own_tokens_are_refused_where_their_claims_dont_hold(app: Flask, client: FlaskClient) -> None:
    key = app.extensions[EXTENSION + "_keys"].current()
    good = {"sub": "x", "iss": "trivet", "aud": "trivet", "iat": time.time(), "exp": time.time() + 60}
    wrong = [{"aud": "other"}, {"iss": "other"}, {"exp": time.time() - 60}, {"iat": time.time() + 600}, {"sub": None}]
    for change in wrong:
        claims = {name: value for name, value in {**good, **change}.items() if value is not None}
        token = jwt.encode(claims, key.private, algorithm="ES256", headers={"kid": key.key_id})
        check(client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"}), 401, "bad_jwt")
    token = jwt.encode(good, key.private, algorithm="ES256", headers={"kid": key.key_id})
    check(client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"}), 401, "session_not_found")


def test_a_crash_says_nothing_of_itself(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("secret detail in /some/path")

    monkeypatch.setattr(flows, "sign_in", crash)
    answer = client.post(TOKEN, json={"email": EMAIL, "password": PASSWORD})
    body = check(answer, 500, "unexpected_failure")
    assert "secret" not in body["msg"]
    monkeypatch.setattr(flows, "exchange", crash)
    inner = client.post("/-/exchange", json={"username": EMAIL, "password": PASSWORD})
    assert (inner.status_code, inner.headers["Content-Type"]) == (500, PROBLEM_TYPE)
    assert b"secret" not in inner.data


@pytest.fixture
def away(settings: AuthSettings, tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """An app whose store does not answer."""
    return make_app(accounts_url="postgresql://nobody@/nothing?host=/nonexistent")


def test_a_store_that_is_away_is_503_everywhere(app: Flask, away: Flask) -> None:
    token = app.test_client().post(TOKEN, json={"email": EMAIL, "password": PASSWORD}).get_json()["access_token"]
    client = away.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    answers = [
        client.post(TOKEN, json={"email": EMAIL, "password": PASSWORD}),
        client.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": "x"}),
        client.get("/auth/v1/user", headers=headers),
        client.post("/auth/v1/logout", headers=headers),
    ]
    for answer in answers:
        check(answer, 503, "service_unavailable")
        assert answer.headers["Retry-After"] == "1"
    inner = client.post("/-/exchange", json={"username": EMAIL, "password": PASSWORD})
    assert (inner.status_code, decode_problem(inner.data).code) == (503, "TRV203")
    assert client.get("/readyz").get_json()["failing"] == ["accounts"]
    # a process that has seen the keys publishes them on (test_signing_keys.py); this one never could
    check(client.get("/auth/v1/.well-known/jwks.json"), 503, "service_unavailable")


def test_a_broken_store_is_503_too(settings: AuthSettings, app: Flask) -> None:
    file = Path(settings.state_dir) / "accounts.db"
    app.extensions[EXTENSION].store.close()
    for path in (file, file.with_name("accounts.db-wal"), file.with_name("accounts.db-shm")):
        path.unlink(missing_ok=True)
    file.write_bytes(b"this is no database at all" * 100)
    check(app.test_client().post(TOKEN, json={"email": EMAIL, "password": PASSWORD}), 503, "service_unavailable")


def test_an_unmigrated_store_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(StoreError, match="no tables yet"):
        create_app(AuthSettings(state_dir=str(tmp_path / "state")))
