"""supabase-js's auth, unmodified, through the gateway: sessions and their events, and all that mail opens."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from auth_service import accounts, store

from tests.fixtures.mail_server import MailServer
from tests.fixtures.suite import Suite

EMAIL, PASSWORD, NEW, GUEST = (
    "owner@example.com",
    "three brown foxes at noon",
    "renamed@example.com",
    "guest@example.com",
)
FINE: dict[str, Any] = {"error": None}


def refused(status: int, code: str) -> dict[str, Any]:
    return {"error": {"status": status, "code": code}}


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[MailServer, str]]:
    """A mail server, and the address at which a script reads what it took."""
    with MailServer() as server:
        taken: list[dict[str, Any]] = []

        class Reader(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                while not server.letters.empty():
                    letter = server.letters.get()
                    about = {"id": len(taken), "to": letter.recipients[0], "text": letter.text, "code": letter.code}
                    taken.append(about | ({"token": letter.token} if "token_hash" in letter.text else {}))
                body = json.dumps(taken).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Reader) as http:
            thread = threading.Thread(target=http.serve_forever, args=(0.02,))
            thread.start()
            yield server, f"http://127.0.0.1:{http.server_address[1]}"
            http.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def seen(mailbox: tuple[MailServer, str], run_script: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the client made of the answers of a suite that sends mail, with an account of the test's own."""
    server, address = mailbox
    settings = {"TRIVET_SMTP_URL": server.url, "TRIVET_MAIL_LOGIN": "1", "TRIVET_SIGNUP": "1"}
    with Suite(settings=settings) as suite:
        opened = store.open(f"sqlite:///{suite.state}/demo/accounts.db")
        accounts.add(opened, EMAIL, PASSWORD, "customer", session={"x-hasura-customer-id": "1"})
        opened.close()
        about = {"EMAIL": EMAIL, "PASSWORD": PASSWORD, "NEW": NEW, "GUEST": GUEST}
        yield run_script("supabase_account", about | {"SUITE_URL": suite.base_url, "MAILBOX": address})


def test_sessions_are_refreshed_and_handed_on(seen: dict[str, Any]) -> None:
    assert seen["sign in"] == {"email": EMAIL}
    assert seen["refresh"] == {"error": None, "other": True}
    assert seen["hand on"] == seen["hand on, out of date"] == {"error": None, "email": EMAIL}
    assert seen["a refresh token that is none"] == refused(401, "refresh_token_not_found")


def test_claims_are_checked_with_the_public_keys(seen: dict[str, Any]) -> None:
    assert seen["claims"] == {"email": EMAIL, "aal": "aal1", "alg": "ES256"}
    assert seen["claims of a forged token"]["error"]["code"] == "invalid_jwt"
    assert seen["claims without a key that is known"] == {"email": EMAIL}


def test_events_come_in_their_order(seen: dict[str, Any]) -> None:
    assert seen["listen"] == {"events": [["INITIAL_SESSION", None]]}
    expected = ["INITIAL_SESSION", "SIGNED_IN", "TOKEN_REFRESHED", *["USER_UPDATED"] * 3, "SIGNED_OUT"]
    assert seen["events"] == {"events": expected}


def test_what_is_not_here_says_so(seen: dict[str, Any]) -> None:
    assert seen["identities"] == [["email", EMAIL]]
    assert seen["link an identity"] == seen["unlink it"] == refused(404, "manual_linking_disabled")
    assert seen["a provider"] == {"status": 400, "code": "validation_failed"}
    assert seen["sso"] == refused(404, "saml_provider_disabled")
    assert seen["an id token"] == refused(400, "unsupported_grant_type")
    assert seen["anonymously"] == refused(422, "anonymous_provider_disabled")
    assert seen["by phone"] == seen["by a text message"] == refused(422, "phone_provider_disabled")
    assert seen["settings"]["external"] == {"email": True, "phone": False, "anonymous_users": False}
    assert (seen["settings"]["disable_signup"], seen["settings"]["mailer_autoconfirm"]) == (False, False)
    assert seen["health"] == {"status": 200}


def test_the_own_account_is_changed(seen: dict[str, Any]) -> None:
    assert seen["change data"] == {"nickname": "C"}
    assert seen["same password"] == refused(422, "same_password")
    assert seen["reauthenticate"] == seen["new password with a nonce"] == FINE
    assert seen["change address"] == {"error": None, "email": EMAIL, "waits": NEW}
    assert seen["confirm it"] == {"halfway": None, "error": None, "done": NEW}
    assert seen["is it"] == {"email": NEW, "waits": None}


def test_mail_opens_an_account(seen: dict[str, Any]) -> None:
    assert seen["mail login"] == FINE
    assert seen["its code"] == {"wrong": {"status": 403, "code": "otp_expired"}, "right": NEW}
    assert seen["forgotten"] == FINE
    assert seen["found again"] == {"error": None, "seen": ["PASSWORD_RECOVERY", "USER_UPDATED"], "elsewhere": False}
    assert seen["signed out by it"] == {"alive": False}


def test_a_sign_up_tells_nobody_who_has_an_account(seen: dict[str, Any]) -> None:
    assert seen["sign up"] == seen["sign up again"] == {"error": None, "session": None, "identities": 1}
    assert seen["ask again at once"] == FINE
    assert seen["confirm the sign-up"] == {"email": GUEST, "confirmed": True}


def test_sessions_end_here_elsewhere_and_everywhere(seen: dict[str, Any]) -> None:
    assert seen["ends of sessions"] == {
        "others": [True, False, False],
        "local": [True, False],
        "global": [False, False],
    }
