"""What nobody sends by accident, at auth's own routes: a clean refusal in auth's form, no crash, and no work done for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import zxcvbn
from auth_service import accounts, passwords, upgrade
from auth_service.app import create_app
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from flask import Flask
from flask.testing import FlaskClient

from tests.fixtures.mail_server import MailServer

EMAIL, PASSWORD = "known@example.com", "three brown foxes at noon"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def module_mail() -> Iterator[MailServer]:
    """A mail server."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, module_mail: MailServer
) -> Iterator[Flask]:
    """auth with all that it can do, over either kind of store, with one account that is an administrator's."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database("hostile")
    folder = tmp_path_factory.mktemp("hostile")
    settings = AuthSettings(state_dir=str(folder), accounts_url=url, login_attempts=10_000)
    settings = replace(settings, signup=True, mail_login=True, smtp_url=module_mail.url)
    upgrade.prepare(settings)
    made = create_app(settings)
    login = made.extensions[EXTENSION]
    accounts.add(login.store, EMAIL, PASSWORD, "admin")
    yield made
    login.upkeep.stop()
    login.store.close()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def mine(client: FlaskClient) -> dict[str, str]:
    """The headers of a session."""
    answer = client.post("/auth/v1/token?grant_type=password", json={"email": EMAIL, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def check(answer: Any, *statuses: int) -> dict[str, Any]:
    """A refusal in auth's form (or an answer that says nothing)."""
    assert answer.status_code in statuses, (answer.status_code, answer.get_data(as_text=True))
    found = json.loads(answer.get_data(), parse_constant=lambda word: pytest.fail(word))
    if answer.status_code >= 400:
        assert found["code"] == found["error_code"]
        assert "Traceback" not in found["msg"]
    return dict(found)


TEXTS = {
    "NUL": "a\x00b@example.com",
    "half a character": "\ud800@example.com",
    "the other half": "a\udfff@example.com",
    "not a character": "\ufffe\uffff@example.com",
    "direction changed": "a\u202eb@example.com",
    "a line feed": "a@example.com\nBcc: victim@example.com",
    "a carriage return": "a@example.com\r\nSubject: x",
    "a line separator": "a@example.com\u2028x",
    "two addresses": "a@example.com,b@example.com",
    "a local mailbox before it": "root,x@example.com",
    "a name before it": "Root <root@example.com>",
    "a comment": "root(x)@example.com",
    "a quoted local part": '"root"@example.com',
    "SQL": "x'; DROP TABLE accounts; --@example.com",
    "a wildcard": "%@example.com",
    "a filter of a directory": "*)(uid=*))(|(uid=*",
    "nothing but blanks": "   ",
    "very long": "a" * 300 + "@example.com",
}
FIELDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "the name at a login": ("POST", "/token?grant_type=password", "email", {"password": "x"}),
    "the password at a login": ("POST", "/token?grant_type=password", "password", {"email": EMAIL}),
    "a refresh token": ("POST", "/token?grant_type=refresh_token", "refresh_token", {}),
    "the address at a sign-up": ("POST", "/signup", "email", {"password": PASSWORD}),
    "the address of a reset": ("POST", "/recover", "email", {}),
    "the address of a mail login": ("POST", "/otp", "email", {}),
    "the address to send to again": ("POST", "/resend", "email", {"type": "signup"}),
    "a token's hash": ("POST", "/verify", "token_hash", {"type": "recovery"}),
    "the address of a code": ("POST", "/verify", "email", {"type": "email", "token": "12345678"}),
    "a code": ("POST", "/verify", "token", {"type": "email", "email": EMAIL}),
    "the type of a token": ("POST", "/verify", "type", {"token_hash": "x"}),
    "an address to be": ("PUT", "/user", "email", {}),
    "a nonce": ("PUT", "/user", "nonce", {"password": "four brown foxes at noon"}),
    "the own password": ("PUT", "/user", "current_password", {"password": "four brown foxes at noon"}),
    "a factor's name": ("POST", "/factors", "friendly_name", {"factor_type": "totp"}),
    "a factor's kind": ("POST", "/factors", "factor_type", {}),
    "an address by an administrator": ("POST", "/admin/users", "email", {"password": PASSWORD}),
    "a role by an administrator": ("POST", "/admin/users", "role", {"email": "new@example.com"}),
    "an API key's name": ("POST", "/admin/api-keys", "name", {"role": "clerk"}),
}


@pytest.mark.parametrize("place", FIELDS)
def test_hostile_texts(client: FlaskClient, mine: dict[str, str], place: str) -> None:
    """In every field that takes a text: an answer or a refusal, on both kinds of store."""
    method, path, name, rest = FIELDS[place]
    for text in TEXTS.values():
        body = json.dumps({**rest, name: text})
        check(client.open(f"/auth/v1{path}", method=method, data=body, headers={**JSON, **mine}), *range(200, 430))


PATHS = ("/sessions/{}", "/factors/{}", "/admin/users/{}", "/user/identities/{}", "/admin/api-keys/{}")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "%FF%FE", "..%2F..%2Fx", "a%0D%0Ab", "'%20OR%201=1", "x" * 3000])
def test_a_hostile_id(client: FlaskClient, mine: dict[str, str], path: str, text: str) -> None:
    """In the path of what is one's own, and of what is an administrator's."""
    check(client.delete(f"/auth/v1{path.format(text)}", headers=mine), 400, 404)


BODIES = {
    "nested beyond sense": b'{"data": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "objects beyond sense": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "no number": b'{"data": {"x": NaN}}',
    "beyond numbers": b'{"data": {"x": Infinity}}',
    "half a character": b'{"data": {"x": "\\ud800"}}',
    "not UTF-8": b'{"data": {"x": "\xff\xfe"}}',
    "UTF-16": '{"data": {}}'.encode("utf-16"),
    "a list": b"[1]",
    "a text": b'"x"',
    "nothing": b"",
    "null": b"null",
    "cut off": b'{"data": {',
    "two documents": b"{}{}",
    "fields of other types": b'{"email": 1, "password": [], "data": "x", "type": {}, "token": true, "role": 5, "name": 1}',
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "place", ["POST /token?grant_type=password", "POST /signup", "PUT /user", "POST /verify", "POST /otp"]
)
def test_a_hostile_body(client: FlaskClient, mine: dict[str, str], place: str, body: str) -> None:
    """What is no JSON, or more of it than anybody means, is a malformed request."""
    method, path = place.split(" ")
    answer = client.open(f"/auth/v1{path}", method=method, data=BODIES[body], headers={**JSON, **mine})
    check(answer, *([200] if body == "nothing" else []), 400, 413, 422)


@pytest.mark.parametrize("body", [b'{"username": ' + b"[" * 30_000, b"{}", b"[]", b'{"username": 1}', b"\xff", b""])
def test_a_hostile_exchange(client: FlaskClient, body: bytes) -> None:
    """The same at the door for the other services."""
    answer = client.post("/-/exchange", data=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.get_json()["code"] == "TRV109"


@pytest.mark.parametrize("name", list(TEXTS))
def test_hostile_names_and_passwords_for_the_other_services(client: FlaskClient, name: str) -> None:
    """What comes by Basic or UsernameToken is refused as a wrong password is."""
    if "half" in name:
        pytest.skip("JSON between services can't say it")
    for username, password in ((TEXTS[name], "x"), (EMAIL, TEXTS[name])):
        answer = client.post("/-/exchange", json={"username": username, "password": password})
        assert (answer.status_code, answer.get_json()["code"]) == (401, "TRV201")


def test_what_one_says_of_oneself_stays_small(client: FlaskClient, mine: dict[str, str]) -> None:
    """Little by little as well as at once; it is in every answer that shows the account."""
    for number in range(20):
        answer = client.put("/auth/v1/user", json={"data": {f"part {number}": "x" * 4000}}, headers=mine)
        if answer.status_code != 200:
            break
    assert check(answer, 422)["code"] == "validation_failed"
    assert number < 17
    assert len(client.get("/auth/v1/user", headers=mine).get_data()) < 70_000
    signed_up = {"email": "new@example.com", "password": PASSWORD, "data": {"x": "y" * 60_000}}
    assert check(client.post("/auth/v1/signup", json=signed_up), 422)["code"] == "validation_failed"


@pytest.mark.parametrize("length", [1025, 60_000])
def test_a_long_password_is_not_hashed(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """Longer than any password: refused before any work, whoever's it is said to be."""
    monkeypatch.setattr(passwords, "_hasher", None)
    long = "é" * length
    for email in (EMAIL, "nobody@example.com"):
        check(client.post("/auth/v1/token?grant_type=password", json={"email": email, "password": long}), 400, 413)
        check(client.post("/auth/v1/signup", json={"email": email, "password": long}), 400, 413)
        refused = client.post("/-/exchange", json={"username": email, "password": long})
        assert refused.status_code in (401, 413)


def test_only_the_beginning_of_a_password_is_looked_at_closely(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """zxcvbn tries every reading of letters written as digits and signs: their number grows beyond all bounds."""
    seen: list[int] = []
    judge: Callable[..., Any] = zxcvbn.zxcvbn

    def judged(password: str, **options: Any) -> Any:
        seen.append(len(password))
        return judge(password, **options)

    monkeypatch.setattr(zxcvbn, "zxcvbn", judged)
    body = {"email": "new@example.com", "password": "1|7!4@8({[<369$50+%2xyz" * 40}
    check(client.post("/auth/v1/signup", json=body), 200, 422)
    assert seen
    assert max(seen) <= 24


def test_sign_ups_are_few_before_anything_is_looked_at(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A weak password counts as well: judging it is the dearest thing that a stranger can ask for."""
    login = app.extensions[EXTENSION]
    limits = replace(login.attempts._limits, free=4)
    monkeypatch.setattr(login.attempts, "_limits", limits)
    body = {"email": "new@example.com", "password": "password1"}
    here = {"X-Real-Ip": "192.0.2.77"}
    answers = [client.post("/auth/v1/signup", json=body, headers=here).status_code for _ in range(5)]
    assert answers == [422, 422, 429, 429, 429]
