"""supabase-js's auth, unmodified, through the gateway: sign-in, refresh, user, update, second factor, sign-out."""

from collections.abc import Callable
from typing import Any

import pytest
from auth_service import accounts, store

from tests.clients.rest.conftest import Store

EMAIL, PASSWORD = "careful@example.com", "three brown foxes at noon"
FINE: dict[str, Any] = {"error": None}


def refused(status: int, code: str) -> dict[str, Any]:
    return {"error": {"status": status, "code": code}}


@pytest.fixture(scope="module")
def seen(demo: Store, run_script: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What the client made of the answers, with an account of the test's own."""
    opened = store.open(f"sqlite:///{demo.suite.state}/demo/accounts.db")
    accounts.add(opened, EMAIL, PASSWORD, "customer", session={"x-hasura-customer-id": "1"})
    opened.close()
    return run_script("supabase_auth", {"EMAIL": EMAIL, "PASSWORD": PASSWORD, "SUITE_URL": demo.suite.base_url})


def test_sessions_and_the_own_account(seen: dict[str, Any]) -> None:
    assert seen["sign up"] == refused(422, "signup_disabled")
    assert seen["sign in"] == seen["user"] == {"email": EMAIL}
    assert seen["refresh"] == {"other": True}
    assert seen["update"] == {"nickname": "C"}
    weak = seen["weak password"]
    assert (weak["name"], weak["code"], weak["reasons"]) == ("AuthWeakPasswordError", "weak_password", ["strength"])
    assert seen["new password"] == FINE
    assert seen["old password"] == refused(401, "invalid_credentials")


def test_the_second_factor(seen: dict[str, Any]) -> None:
    assert seen["level before"] == {"current": "aal1", "next": "aal1"}
    assert seen["enroll"] == {"type": "totp", "picture": "data:image/svg+xml;utf-8,<svg", "secret": 32}
    assert seen["wrong code"] == refused(422, "mfa_verification_failed")
    assert seen["right code"] == {"error": None, "codes": 10}
    assert seen["level after"] == {"current": "aal2", "next": "aal2"}
    assert seen["factors"] == [{"friendly_name": "phone", "status": "verified"}]


def test_a_login_without_its_second_factor_reads_nothing(seen: dict[str, Any]) -> None:
    assert seen["another login"] == FINE
    assert seen["its level"] == {"current": "aal1", "next": "aal2"}
    assert seen["what it may read"] == {"status": 401, "code": "PGRST303"}
    assert seen["its code"] == FINE
    assert seen["what it may read then"] == {"status": 200}
    assert seen["refreshed level"] == {"current": "aal2", "next": "aal2"}


def test_leaving(seen: dict[str, Any]) -> None:
    assert seen["unenroll"] == FINE
    assert seen["password back"] == {"code": None, "data": {}}
    assert seen["sign out"] == FINE
    assert seen["after it"] == {"error": "AuthSessionMissingError"}  # it takes session_not_found for that
