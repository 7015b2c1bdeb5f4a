"""What mail opens: logins, new addresses, fresh logins for a new password; by link and by code, over SMTP."""

from collections.abc import Callable
from queue import Empty
from typing import Any

import pytest
from auth_service import accounts, resets, self_service
from auth_service.routes import EXTENSION
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fixtures.mail_server import Letter, MailServer

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it
STRONG = "three brown foxes at noon"
NEW = "new@example.com"


@pytest.fixture
def app(make_app: Callable[..., Flask], account_id: str, mail_server: MailServer) -> Flask:
    """An app with mail and all that it opens."""
    return make_app(smtp_url=mail_server.url, mail_login=True, site_url="https://shop.example/in?from=mail")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, path: str, body: Any, address: str = "192.0.2.1") -> TestResponse:
    return client.post(f"/auth/v1{path}", json=body, headers={"X-Real-Ip": address})


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL) -> dict[str, str]:
    answer = post(client, "/token?grant_type=password", {"email": email, "password": password})
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def change(client: FlaskClient, headers: dict[str, str], **body: Any) -> TestResponse:
    return client.put("/auth/v1/user", json=body, headers=headers)


def word(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def by_link(letter: Letter, kind: str) -> dict[str, str]:
    return {"type": kind, "token_hash": letter.token}


def by_code(letter: Letter, kind: str, email: str = EMAIL) -> dict[str, str]:
    return {"type": kind, "token": letter.code, "email": email}


def no_letter(server: MailServer) -> None:
    with pytest.raises(Empty):
        server.letters.get(timeout=0.3)


# -- a login by mail


@pytest.mark.parametrize("proof", [by_link, by_code])
@pytest.mark.parametrize("kind", ["magiclink", "email"])
def test_a_login_by_mail(
    client: FlaskClient, mail_server: MailServer, proof: Callable[[Letter, str], dict[str, str]], kind: str
) -> None:
    assert post(client, "/otp", {"email": "Clerk@Example.com"}).get_json() == {}
    letter = mail_server.letter()
    assert letter.recipients == (EMAIL,)
    assert f"https://shop.example/in?from=mail&token_hash={letter.token}&type=magiclink" in letter.text
    assert word(post(client, "/verify", proof(letter, "recovery"))) == (403, "otp_expired")
    session = post(client, "/verify", proof(letter, kind)).get_json()
    assert session["user"]["email"] == EMAIL
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    assert client.get("/auth/v1/user", headers=headers).status_code == 200
    assert word(post(client, "/verify", proof(letter, kind))) == (403, "otp_expired")  # good once


def test_a_login_by_mail_is_off_unless_asked_for(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer
) -> None:
    with_mail, with_nothing = make_app(smtp_url=mail_server.url).test_client(), make_app(mail_login=True).test_client()
    for client in (with_mail, with_nothing):
        for path in ("/otp", "/magiclink"):
            assert word(post(client, path, {"email": EMAIL})) == (422, "email_provider_disabled")
    for path, body in (("/recover", {}), ("/resend", {"type": "signup"})):
        assert word(post(with_nothing, path, {"email": EMAIL, **body})) == (422, "email_provider_disabled")
    headers = sign_in(with_nothing)
    again = with_nothing.get("/auth/v1/reauthenticate", headers=headers)
    assert word(again) == (422, "email_provider_disabled")
    no_letter(mail_server)


def test_a_first_login_by_mail_where_one_may_sign_up(make_app: Callable[..., Flask], mail_server: MailServer) -> None:
    client = make_app(smtp_url=mail_server.url, mail_login=True, signup=True, signup_role="customer").test_client()
    assert post(client, "/otp", {"email": NEW, "create_user": False}).status_code == 200
    no_letter(mail_server)
    assert post(client, "/otp", {"email": NEW, "data": {"name": "N"}}, "192.0.2.2").status_code == 200
    letter = mail_server.letter()
    user = post(client, "/verify", by_code(letter, "email", NEW)).get_json()["user"]
    assert (user["email"], user["role"], user["user_metadata"]) == (NEW, "customer", {"name": "N"})
    assert user["email_confirmed_at"]


def test_no_login_by_mail_without_an_account_or_for_a_disabled_one(
    app: Flask, client: FlaskClient, account_id: str, mail_server: MailServer
) -> None:
    opened = app.extensions[EXTENSION].store
    assert post(client, "/otp", {"email": NEW}).get_json() == {}  # signing up is off
    accounts.disable(opened, account_id)
    for path, body in (("/otp", {}), ("/recover", {}), ("/resend", {"type": "signup"})):
        assert post(client, path, {"email": EMAIL, **body}).get_json() == {}
    no_letter(mail_server)


def test_codes_are_guessed_at_as_slowly_as_passwords(client: FlaskClient, mail_server: MailServer) -> None:
    post(client, "/otp", {"email": EMAIL})
    letter = mail_server.letter()
    wrong = f"{(int(letter.code) + 1) % 10**resets.CODE_DIGITS:0{resets.CODE_DIGITS}}"
    guess = {"type": "email", "token": wrong, "email": EMAIL}
    answers = [post(client, "/verify", guess).status_code for _ in range(4)]
    assert answers == [403, 403, 429, 429]  # without Redis, half as many are free
    unknown = [post(client, "/verify", {**guess, "email": "nobody@example.com"}).status_code for _ in range(4)]
    assert unknown == answers
    assert post(client, "/verify", by_code(letter, "email"), "192.0.2.7").status_code == 200  # nobody else is held up


def test_a_code_is_its_account_s(app: Flask, client: FlaskClient, mail_server: MailServer) -> None:
    accounts.add(app.extensions[EXTENSION].store, "eve@example.com", STRONG, "clerk")
    post(client, "/otp", {"email": EMAIL})
    letter = mail_server.letter()
    for email in ("eve@example.com", "nobody@example.com", ""):
        assert post(client, "/verify", by_code(letter, "email", email)).status_code == 403
    assert word(post(client, "/verify", {**by_link(letter, "email"), "email": "eve@example.com"}))[0] == 403


def test_one_mail_a_minute_for_each_purpose(client: FlaskClient, mail_server: MailServer) -> None:
    for path in ("/otp", "/otp", "/recover", "/recover"):
        assert post(client, path, {"email": EMAIL}).status_code == 200
    assert {mail_server.letter().message["Subject"] for _ in range(2)} == {"Log in", "Reset your password"}
    no_letter(mail_server)


# -- another address


def test_an_address_changes_once_both_confirm_it(client: FlaskClient, mail_server: MailServer) -> None:
    mine = sign_in(client)
    user = change(client, mine, email="New@Example.com", data={"a": 1}).get_json()
    assert (user["email"], user["new_email"], user["user_metadata"]) == (EMAIL, NEW, {"a": 1})
    assert user["email_change_sent_at"]
    assert client.get("/auth/v1/user", headers=mine).get_json()["new_email"] == NEW
    letters = {letter.recipients[0]: letter for letter in (mail_server.letter(), mail_server.letter())}
    first = post(client, "/verify", by_link(letters[NEW], "email_change"))
    assert first.status_code == 200
    assert "access_token" not in first.get_json()
    assert "other email" in first.get_json()["msg"]
    assert word(post(client, "/verify", by_link(letters[NEW], "email_change"))) == (403, "otp_expired")
    assert client.get("/auth/v1/user", headers=mine).get_json()["email"] == EMAIL
    second = post(client, "/verify", by_code(letters[EMAIL], "email_change")).get_json()
    assert second["user"]["email"] == NEW
    user = client.get("/auth/v1/user", headers=mine).get_json()
    assert (user["email"], user.get("new_email")) == (NEW, None)
    assert sign_in(client, email=NEW)
    refused = post(client, "/token?grant_type=password", {"email": EMAIL, "password": PASSWORD})
    assert refused.status_code == 401


def test_the_old_address_alone_changes_nothing(client: FlaskClient, mail_server: MailServer) -> None:
    mine = sign_in(client)
    change(client, mine, email=NEW)
    letters = {letter.recipients[0]: letter for letter in (mail_server.letter(), mail_server.letter())}
    assert "msg" in post(client, "/verify", by_link(letters[EMAIL], "email_change")).get_json()
    assert client.get("/auth/v1/user", headers=mine).get_json()["email"] == EMAIL
    done = post(client, "/verify", by_code(letters[NEW], "email_change", NEW)).get_json()
    assert done["user"]["email"] == NEW


def test_the_new_address_alone_where_that_is_set(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer
) -> None:
    client = make_app(smtp_url=mail_server.url, mail_change_both=False).test_client()
    change(client, sign_in(client), email=NEW)
    letter = mail_server.letter()
    assert letter.recipients == (NEW,)
    assert post(client, "/verify", by_code(letter, "email_change", NEW)).get_json()["user"]["email"] == NEW
    no_letter(mail_server)


def test_nobody_learns_by_a_change_who_has_an_account(app: Flask, client: FlaskClient, mail_server: MailServer) -> None:
    accounts.add(app.extensions[EXTENSION].store, "eve@example.com", STRONG, "clerk")
    taken = change(client, sign_in(client), email="eve@example.com")
    free = change(client, sign_in(client, STRONG, "eve@example.com"), email="free@example.com")
    assert taken.status_code == free.status_code == 200
    assert taken.get_json().keys() == free.get_json().keys()
    assert {mail_server.letter().recipients[0] for _ in range(3)} == {EMAIL, "eve@example.com", "free@example.com"}
    no_letter(mail_server)


def test_an_address_that_was_taken_in_between(app: Flask, client: FlaskClient, mail_server: MailServer) -> None:
    change(client, sign_in(client), email=NEW)
    letters = [mail_server.letter(), mail_server.letter()]
    accounts.add(app.extensions[EXTENSION].store, NEW, STRONG, "clerk")
    assert post(client, "/verify", by_link(letters[0], "email_change")).status_code == 200
    assert word(post(client, "/verify", by_link(letters[1], "email_change"))) == (422, "email_exists")
    assert sign_in(client)


def test_a_change_is_asked_again_and_not_at_once(client: FlaskClient, mail_server: MailServer) -> None:
    mine = sign_in(client)
    change(client, mine, email=NEW)
    assert word(change(client, mine, email=NEW)) == (429, "over_email_send_rate_limit")
    assert post(client, "/resend", {"type": "email_change", "email": EMAIL}).get_json() == {}
    assert {mail_server.letter().recipients[0] for _ in range(2)} == {NEW, EMAIL}
    no_letter(mail_server)


def test_both_letters_come_again_after_a_minute(
    client: FlaskClient, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(client, sign_in(client), email=NEW)
    first = [mail_server.letter(), mail_server.letter()]
    monkeypatch.setattr(resets, "_APART", 0.0)
    for named in (EMAIL, NEW):
        post(client, "/resend", {"type": "email_change", "email": named})
        again = [mail_server.letter(), mail_server.letter()]
        assert {letter.recipients[0] for letter in again} == {NEW, EMAIL}
    assert post(client, "/verify", by_link(first[0], "email_change")).status_code == 403


def test_a_new_password_ends_a_change_that_waits(client: FlaskClient, mail_server: MailServer) -> None:
    mine = sign_in(client)
    change(client, mine, email=NEW)
    letter = mail_server.letter()
    assert change(client, mine, password=STRONG).status_code == 200
    assert post(client, "/verify", by_link(letter, "email_change")).status_code == 403
    assert "new_email" not in client.get("/auth/v1/user", headers=mine).get_json()


def test_what_is_no_address_is_refused(client: FlaskClient, mail_server: MailServer) -> None:
    mine = sign_in(client)
    for email in (
        "nobody",
        "a b@example.com",
        "a@example.com,b@example.com",
        "x,root@example.com",
        "a@b\r\nBcc: c@d.e",
    ):
        assert word(change(client, mine, email=email)) == (422, "validation_failed"), email
    assert word(change(client, mine, phone="+4711")) == (422, "phone_provider_disabled")
    no_letter(mail_server)


# -- a sign-up's mail again


def test_the_mail_of_a_sign_up_comes_again(
    make_app: Callable[..., Flask], account_id: str, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(smtp_url=mail_server.url, signup=True)
    client = app.test_client()
    post(client, "/signup", {"email": NEW, "password": STRONG})
    first = mail_server.letter()
    monkeypatch.setattr(resets, "_APART", 0.0)
    assert post(client, "/resend", {"type": "signup", "email": NEW}).get_json() == {}
    second = mail_server.letter()
    assert post(client, "/resend", {"type": "signup", "email": EMAIL}).get_json() == {}  # is no sign-up any more
    no_letter(mail_server)
    assert post(client, "/verify", by_link(first, "signup")).status_code == 403
    assert post(client, "/verify", by_code(second, "email", NEW)).status_code == 200


def test_who_was_shut_out_can_t_confirm_themselves_in(
    make_app: Callable[..., Flask], mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither who was disabled before the address was confirmed, nor who was afterwards."""
    app = make_app(smtp_url=mail_server.url, signup=True)
    client, opened = app.test_client(), app.extensions[EXTENSION].store
    monkeypatch.setattr(resets, "_APART", 0.0)
    post(client, "/signup", {"email": NEW, "password": STRONG})
    letter = mail_server.letter()
    accounts.disable(opened, accounts.require(opened, NEW).id)
    assert post(client, "/verify", by_link(letter, "signup")).status_code == 403
    post(client, "/resend", {"type": "signup", "email": NEW})
    no_letter(mail_server)


# -- a fresh login by mail


def test_a_nonce_stands_for_a_fresh_login(
    client: FlaskClient, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = sign_in(client)
    monkeypatch.setattr(self_service, "_FRESH", -1.0)
    assert word(change(client, mine, password=STRONG)) == (422, "reauthentication_needed")
    assert client.get("/auth/v1/reauthenticate", headers=mine).get_json() == {}
    letter = mail_server.letter()
    assert "token_hash" not in letter.text
    again = client.get("/auth/v1/reauthenticate", headers=mine)
    assert word(again) == (429, "over_email_send_rate_limit")
    wrong = f"{(int(letter.code) + 1) % 10**8:08}"
    refused = change(client, mine, password=STRONG, nonce=wrong)
    assert word(refused) == (422, "reauthentication_not_valid")
    assert word(post(client, "/verify", by_code(letter, "email"))) == (403, "otp_expired")  # it opens nothing else
    assert change(client, mine, password=STRONG, nonce=letter.code).status_code == 200
    assert sign_in(client, STRONG)


def test_reauthentication_needs_a_login(client: FlaskClient) -> None:
    assert client.get("/auth/v1/reauthenticate").status_code == 401


def test_the_old_password_is_no_new_one(client: FlaskClient) -> None:
    assert word(change(client, sign_in(client), password=PASSWORD)) == (422, "same_password")


# -- what is not here


@pytest.mark.parametrize(
    "method, path, body, expected",
    [
        ("GET", "/authorize?provider=github&redirect_to=https://evil.example", None, (400, "validation_failed")),
        ("POST", "/sso", {"domain": "example.com"}, (404, "saml_provider_disabled")),
        ("GET", "/user/identities/authorize?provider=github", None, (404, "manual_linking_disabled")),
        ("DELETE", "/user/identities/1", None, (404, "manual_linking_disabled")),
        ("POST", "/signup", {"data": {}}, (422, "anonymous_provider_disabled")),
        ("POST", "/signup", {"phone": "+4711", "password": STRONG}, (422, "phone_provider_disabled")),
        ("POST", "/signup", {"email": EMAIL}, (400, "validation_failed")),
        ("POST", "/otp", {"phone": "+4711"}, (422, "phone_provider_disabled")),
        ("POST", "/otp", {}, (400, "validation_failed")),
        ("POST", "/token?grant_type=password", {"phone": "+4711", "password": "x"}, (422, "phone_provider_disabled")),
        ("POST", "/token?grant_type=pkce", {"auth_code": "x"}, (400, "unsupported_grant_type")),
        ("POST", "/token?grant_type=id_token", {"id_token": "x"}, (400, "unsupported_grant_type")),
        ("POST", "/verify", {"type": "sms", "token": "1", "phone": "+4711"}, (422, "phone_provider_disabled")),
        ("POST", "/verify", {"type": "invite", "token_hash": "x"}, (403, "otp_expired")),
        ("POST", "/verify", {"type": "odd", "token_hash": "x"}, (400, "validation_failed")),
        ("POST", "/verify", {"type": "email"}, (400, "validation_failed")),
        ("POST", "/resend", {"type": "sms", "phone": "+4711"}, (422, "phone_provider_disabled")),
        ("POST", "/resend", {"type": "odd", "email": EMAIL}, (400, "validation_failed")),
        ("POST", "/resend", {"type": "signup"}, (400, "validation_failed")),
    ],
)
def test_what_is_not_here_says_so(
    client: FlaskClient, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    answer = client.open(f"/auth/v1{path}", method=method, json=body)
    assert word(answer) == expected
    assert answer.get_json()["msg"]
    assert "Location" not in answer.headers


def test_settings_tell_what_can_be_done(client: FlaskClient, make_app: Callable[..., Flask]) -> None:
    found = client.get("/auth/v1/settings").get_json()
    assert found["external"] == {"email": True, "phone": False, "anonymous_users": False}
    assert (found["disable_signup"], found["mailer_autoconfirm"]) == (True, False)
    other = make_app(signup=True).test_client().get("/auth/v1/settings").get_json()
    assert (other["disable_signup"], other["mailer_autoconfirm"]) == (False, True)
