"""The directory behind auth's routes: 200, 401 and 503, at the public door and at the one for the facades."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.fixtures.ldap_people import PASSWORD
from tests.fixtures.slapd import Slapd, ldap_settings

EMAIL, OWN_PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it


def public(app: Flask, name: str, password: str) -> Any:
    body = {"email": name, "password": password}
    return app.test_client().post("/auth/v1/token?grant_type=password", json=body)


def inner(app: Flask, name: str, password: str) -> Any:
    body = {"username": name, "password": password, "address": "192.0.2.1"}
    return app.test_client().post("/-/exchange", json=body)


@pytest.mark.parametrize("door", [public, inner])
def test_right_wrong_and_away(
    make_app: Callable[..., Flask], account_id: str, make_slapd: Callable[..., Slapd], door: Callable[..., Any]
) -> None:
    server = make_slapd()
    app = make_app(**ldap_settings(server))
    assert door(app, "jonas", PASSWORD).status_code == 200
    assert door(app, "jonas", "wrong").status_code == 401
    assert door(app, EMAIL, OWN_PASSWORD).status_code == 200  # who has an account here needs no directory
    server.stop()
    away = door(app, "jonas", PASSWORD)
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    assert door(app, EMAIL, OWN_PASSWORD).status_code == 200


def test_a_session_of_the_directorys_goes_on_and_says_who_it_is(
    make_app: Callable[..., Flask], slapd: Slapd, settings: Any
) -> None:
    app = make_app(**ldap_settings(slapd))
    client = app.test_client()
    session = public(app, "ines", PASSWORD).get_json()
    user = client.get("/auth/v1/user", headers={"Authorization": f"Bearer {session['access_token']}"}).get_json()
    assert (user["email"], user["role"]) == ("ines@trivet.example", "admin")
    body = {"refresh_token": session["refresh_token"]}
    assert client.post("/auth/v1/token?grant_type=refresh_token", json=body).status_code == 200
