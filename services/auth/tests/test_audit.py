"""The audit log: a line for each login, refusal, lockout and revocation, and no secret in any line of the log."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from auth_service import accounts, self_service
from auth_service.routes import EXTENSION
from chassis.observe import JsonLines
from flask import Flask

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
WRONG, STRONG, TYPED = "a wrong secret", "three brown foxes at noon", "secret typed as the name"


@pytest.fixture
def listen(make_app: Callable[..., Flask]) -> Iterator[Callable[..., tuple[Flask, io.StringIO]]]:
    """A function that makes an app, and a text that grows by all that it logs."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines("auth"))

    def make(**changes: Any) -> tuple[Flask, io.StringIO]:
        app = make_app(**changes)  # which begins its log anew
        logging.getLogger("trivet").addHandler(handler)
        return app, text

    yield make
    logging.getLogger("trivet").removeHandler(handler)


def audited(log: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["message"] == "audit"]


class Client:
    """Calls auth as from one address, and remembers every secret that it sent or got."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()
        self.secrets: set[str] = set()
        self.token = ""

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"X-Real-Ip": "192.0.2.1", "X-Request-Id": "the-request", "Authorization": f"Bearer {self.token}"}
        answer = self._client.open(path, method=method, json=body, headers=headers)
        found = answer.get_json(silent=True) or {}
        for name, value in [*found.items(), *(body or {}).items(), *found.get("totp", {}).items()]:
            if name in ("access_token", "refresh_token", "password", "secret", "uri", "code", "token_hash", "key"):
                self.secrets |= {value} if answer.status_code < 400 or name in (body or {}) else set()
            if name == "recovery_codes":
                self.secrets |= set(value)
        self.token = found.get("access_token") or self.token
        return found

    def sign_in(self, password: str = PASSWORD, email: str = EMAIL) -> Any:
        return self("POST", "/auth/v1/token?grant_type=password", {"email": email, "password": password})


def test_each_event_has_its_line_and_no_secret_is_in_any(
    listen: Callable[..., tuple[Flask, io.StringIO]], account_id: str
) -> None:
    app, log = listen(log_level="debug", login_attempts=4)
    call = Client(app)
    call.secrets |= {TYPED}
    first = call.sign_in()
    call.sign_in(WRONG)
    call.sign_in(WRONG, TYPED)
    call("POST", "/-/exchange", {"username": EMAIL, "password": PASSWORD, "address": "192.0.2.3"})
    for _ in range(3):
        call("POST", "/-/exchange", {"username": EMAIL, "password": WRONG, "address": "192.0.2.4"})
    call("POST", "/auth/v1/token?grant_type=refresh_token", {"refresh_token": first["refresh_token"]})
    call("PUT", "/auth/v1/user", {"password": STRONG})
    made = call("POST", "/auth/v1/factors", {"factor_type": "totp"})
    for code in ("000000", pyotp.TOTP(made["totp"]["secret"]).at(time.time())):
        challenge = call("POST", f"/auth/v1/factors/{made['id']}/challenge")
        call("POST", f"/auth/v1/factors/{made['id']}/verify", {"challenge_id": challenge["id"], "code": code})
    call.secrets.discard("000000")
    opened = app.extensions[EXTENSION].store
    account = accounts.by_id(opened, account_id)
    assert account is not None
    token = self_service.issue_reset(opened, account, 600)
    call("POST", "/auth/v1/verify", {"type": "recovery", "token_hash": token})
    call("POST", "/auth/v1/verify", {"type": "recovery", "token_hash": token})
    call("POST", "/auth/v1/logout?scope=local")

    lines = audited(log)
    assert [(line["audit"], line["outcome"]) for line in lines] == [
        ("login", "granted"),
        ("login", "refused"),
        ("login", "refused"),
        ("exchange", "granted"),
        ("exchange", "refused"),
        ("exchange", "refused"),
        ("exchange", "locked out"),
        ("password changed", "done"),
        ("factor enrolled", "done"),
        ("second factor", "refused"),
        ("second factor", "granted"),
        ("recovery token", "granted"),
        ("login", "granted"),
        ("recovery token", "refused"),
        ("logout", "done"),
    ]
    assert all(line["request_id"] == "the-request" for line in lines)
    assert [line["address"] for line in lines[:4]] == ["192.0.2.1"] * 3 + ["192.0.2.3"]
    assert {line["who"] for index, line in enumerate(lines) if index not in (2, 6, 13)} == {account_id}
    assert lines[2]["who"].startswith("unknown:")
    assert len(call.secrets) > 20
    for secret in call.secrets:
        assert secret not in log.getvalue()


def test_a_spent_refresh_token_is_audited(listen: Callable[..., tuple[Flask, io.StringIO]], account_id: str) -> None:
    app, log = listen(refresh_grace_seconds=0)
    call = Client(app)
    session = call.sign_in()
    for _ in range(2):
        call("POST", "/auth/v1/token?grant_type=refresh_token", {"refresh_token": session["refresh_token"]})
    assert audited(log)[-1]["audit"] == "refresh token reused"


def test_audit_is_written_at_every_log_level(listen: Callable[..., tuple[Flask, io.StringIO]], account_id: str) -> None:
    app, log = listen(log_level="error")
    Client(app).sign_in()
    assert [line["audit"] for line in audited(log)] == ["login"]
