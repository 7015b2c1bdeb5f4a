"""Supabase's own auth client for Python, unmodified, against auth."""

import threading
from collections.abc import Iterator

import pytest
from auth_service.routes import EXTENSION
from contracts.problems import Problem
from flask import Flask
from supabase_auth import SyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthRetryableError
from werkzeug.serving import make_server

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/auth/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def supabase(url: str) -> Iterator[SyncGoTrueClient]:
    client = SyncGoTrueClient(url=url, headers={"apikey": "anon"}, auto_refresh_token=False, persist_session=True)
    yield client
    client.close()


def test_sign_in_refresh_user_and_sign_out(supabase: SyncGoTrueClient, account_id: str) -> None:
    signed_in = supabase.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert signed_in.session is not None
    assert signed_in.user is not None
    assert (signed_in.user.id, signed_in.user.role) == (account_id, "clerk")
    asked = supabase.get_user()
    assert asked is not None
    assert asked.user.email == EMAIL
    refreshed = supabase.refresh_session()
    assert refreshed.session is not None
    assert refreshed.session.refresh_token != signed_in.session.refresh_token
    claims = supabase.get_claims()
    assert claims is not None
    assert claims["claims"]["sub"] == account_id
    supabase.sign_out()
    assert supabase.get_session() is None
    with pytest.raises(AuthApiError) as caught:
        supabase.get_user(refreshed.session.access_token)
    assert (caught.value.status, caught.value.code) == (401, "session_not_found")


def test_a_wrong_password_has_its_code_and_message(supabase: SyncGoTrueClient) -> None:
    with pytest.raises(AuthApiError) as caught:
        supabase.sign_in_with_password({"email": EMAIL, "password": "wrong"})
    assert (caught.value.code, caught.value.message) == ("invalid_credentials", "Invalid login credentials")


def test_an_outage_is_retryable(app: Flask, supabase: SyncGoTrueClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise Problem("TRV203", "Accounts can't be reached at present")

    monkeypatch.setattr(app.extensions[EXTENSION].store, "read", away)
    with pytest.raises(AuthRetryableError) as caught:
        supabase.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert caught.value.status == 503
