"""The second factor: enrolled, shown, asked for at the next login, recovered from, guessed at, taken away."""

import time
from typing import Any

import jwt
import pyotp
import pytest
from auth_service.routes import EXTENSION
from chassis.authn import Authenticator
from contracts.problems import Problem
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

EMAIL, PASSWORD = "clerk@example.com", "correct horse"  # as the conftest makes it


def sign_in(client: FlaskClient, address: str = "192.0.2.1") -> dict[str, Any]:
    body = {"email": EMAIL, "password": PASSWORD}
    answer = client.post("/auth/v1/token?grant_type=password", json=body, headers={"X-Real-Ip": address})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def ask(client: FlaskClient, method: str, path: str, session: dict[str, Any], **options: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {session['access_token']}", "X-Real-Ip": "192.0.2.1"}
    return client.open(f"/auth/v1{path}", method=method, headers=headers, **options)


def enroll(client: FlaskClient, session: dict[str, Any], name: str = "phone") -> dict[str, Any]:
    answer = ask(client, "POST", "/factors", session, json={"factor_type": "totp", "friendly_name": name})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def show(client: FlaskClient, session: dict[str, Any], factor_id: str, code: str) -> TestResponse:
    challenge = ask(client, "POST", f"/factors/{factor_id}/challenge", session).get_json()
    body = {"challenge_id": challenge["id"], "code": code}
    return ask(client, "POST", f"/factors/{factor_id}/verify", session, json=body)


def code(secret: str, steps: int = 0) -> str:
    """The app's code so many steps of 30 seconds from now."""
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


@pytest.fixture
def protected(client: FlaskClient) -> dict[str, Any]:
    """An account with a factor: its id, its secret, recovery codes, and the session that showed it."""
    session = sign_in(client)
    made = enroll(client, session)
    shown = show(client, session, made["id"], code(made["totp"]["secret"], -1))
    assert shown.status_code == 200, shown.text
    body = shown.get_json()
    return {"id": made["id"], "secret": made["totp"]["secret"], "codes": body["recovery_codes"], "session": body}


def claims(session: dict[str, Any]) -> dict[str, Any]:
    return dict(jwt.decode(session["access_token"], options={"verify_signature": False}))


def test_an_enrolled_factor_protects_nothing_before_it_was_shown(client: FlaskClient) -> None:
    made = enroll(client, sign_in(client))
    assert made["totp"]["qr_code"].startswith("<svg")
    assert made["totp"]["uri"].startswith("otpauth://totp/Trivet:clerk%40example.com?secret=")
    session = sign_in(client)
    assert claims(session)["aud"] == "trivet"
    assert [factor["status"] for factor in session["user"]["factors"]] == ["unverified"]


def test_a_shown_factor_raises_the_session(protected: dict[str, Any]) -> None:
    found = claims(protected["session"])
    assert (found["aal"], found["aud"]) == ("aal2", "trivet")
    assert [entry["method"] for entry in found["amr"]] == ["totp", "password"]
    assert len(set(protected["codes"])) == 10


def test_a_password_alone_opens_nothing_but_the_way_to_the_code(client: FlaskClient, protected: dict[str, Any]) -> None:
    partial = sign_in(client)
    assert (claims(partial)["aal"], claims(partial)["aud"]) == ("aal1", "trivet:second-factor")
    assert ask(client, "GET", "/user", partial).status_code == 200
    for method, path, body in [
        ("PUT", "/user", {"data": {"a": 1}}),
        ("PUT", "/user", {"password": "another long phrase"}),
        ("POST", "/factors", {"factor_type": "totp"}),
        ("DELETE", f"/factors/{protected['id']}", None),
        ("POST", "/factors/recovery-codes", None),
        ("GET", "/sessions", None),
        ("GET", "/admin/users", None),
        ("POST", "/logout?scope=global", None),
    ]:
        answer = ask(client, method, path, partial, json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "insufficient_aal"), (method, path)
    body = {"refresh_token": partial["refresh_token"]}
    again = client.post("/auth/v1/token?grant_type=refresh_token", json=body).get_json()
    assert claims(again)["aud"] == "trivet:second-factor"
    whole = show(client, partial, protected["id"], code(protected["secret"], 1)).get_json()
    assert ask(client, "GET", "/sessions", whole).status_code == 200
    # the refresh token of one factor is no longer good
    assert client.post("/auth/v1/token?grant_type=refresh_token", json=body).status_code == 401


def test_other_services_refuse_the_token_of_a_password_alone(
    app: Flask, client: FlaskClient, protected: dict[str, Any]
) -> None:
    class Keys:
        def find(self, key_id: str) -> Any:
            return app.extensions[EXTENSION + "_keys"].keys.find(key_id).private.public_key()

    class Nothing:
        def require_known(self) -> None:
            pass

        def covers(self, claims: object) -> bool:
            return False

    authenticator = Authenticator(Keys(), Nothing(), None, issuer="trivet", audience="trivet")  # type: ignore[arg-type]
    assert authenticator.verify(protected["session"]["access_token"]).role == "clerk"
    with pytest.raises(Problem, match="audience"):
        authenticator.verify(sign_in(client)["access_token"])


def test_a_password_is_not_exchanged_for_a_token(client: FlaskClient, protected: dict[str, Any]) -> None:
    answer = client.post("/-/exchange", json={"username": EMAIL, "password": PASSWORD})
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "TRV205"


def test_a_code_counts_once(client: FlaskClient, protected: dict[str, Any]) -> None:
    one, other, right = sign_in(client), sign_in(client), code(protected["secret"], 1)
    assert show(client, one, protected["id"], right).status_code == 200
    again = show(client, other, protected["id"], right)
    assert (again.status_code, again.get_json()["code"]) == (422, "mfa_verification_failed")
    older = show(client, other, protected["id"], code(protected["secret"]))
    assert older.status_code == 422


def test_a_challenge_counts_once_and_is_of_one_factor(client: FlaskClient, protected: dict[str, Any]) -> None:
    partial = sign_in(client)
    path = f"/factors/{protected['id']}"
    challenge = ask(client, "POST", f"{path}/challenge", partial).get_json()["id"]
    bodies = [{"challenge_id": challenge, "code": "000000"}, {"challenge_id": challenge, "code": "000000"}]
    answers = [ask(client, "POST", f"{path}/verify", partial, json=body).get_json()["code"] for body in bodies]
    assert answers == ["mfa_verification_failed", "mfa_challenge_expired"]
    assert ask(client, "POST", "/factors/nothing/challenge", partial).get_json()["code"] == "mfa_factor_not_found"


def test_codes_can_t_be_guessed(client: FlaskClient, protected: dict[str, Any]) -> None:
    partial = sign_in(client)
    answers = [show(client, partial, protected["id"], f"{number:06}").status_code for number in range(6)]
    assert answers[:2] == [422, 422]
    assert answers[-1] == 429  # (a new minute may have begun among them)
    assert show(client, partial, protected["id"], code(protected["secret"], 1)).status_code == 429


def test_a_recovery_code_stands_for_the_factor_once(client: FlaskClient, protected: dict[str, Any]) -> None:
    spare = protected["codes"][3].upper().replace("-", " ")
    whole = show(client, sign_in(client), protected["id"], spare)
    assert whole.status_code == 200
    assert claims(whole.get_json())["amr"][0]["method"] == "recovery_code"
    assert ask(client, "GET", "/factors/recovery-codes", whole.get_json()).get_json() == {"left": 9}
    assert show(client, sign_in(client), protected["id"], spare).status_code == 422
    fresh = ask(client, "POST", "/factors/recovery-codes", whole.get_json()).get_json()["recovery_codes"]
    assert not set(fresh) & set(protected["codes"])
    assert show(client, sign_in(client), protected["id"], protected["codes"][4]).status_code == 422


def test_a_recovery_code_verifies_no_new_factor(client: FlaskClient, protected: dict[str, Any]) -> None:
    made = enroll(client, protected["session"], "tablet")
    assert show(client, protected["session"], made["id"], protected["codes"][0]).status_code == 422


def test_the_first_factor_ends_the_sessions_of_a_password_alone(client: FlaskClient) -> None:
    mine, other = sign_in(client), sign_in(client)
    made = enroll(client, mine)
    assert show(client, mine, made["id"], code(made["totp"]["secret"])).status_code == 200
    assert ask(client, "GET", "/user", other).status_code == 401


def test_a_removed_factor_asks_no_more(client: FlaskClient, protected: dict[str, Any]) -> None:
    assert ask(client, "DELETE", f"/factors/{protected['id']}", protected["session"]).status_code == 200
    session = sign_in(client)
    assert claims(session)["aud"] == "trivet"
    assert session["user"]["factors"] == []


def test_another_account_s_factor_is_unknown(app: Flask, client: FlaskClient, protected: dict[str, Any]) -> None:
    from auth_service import accounts

    accounts.add(app.extensions[EXTENSION].store, "eve@example.com", "other phrase", "clerk")
    body = {"email": "eve@example.com", "password": "other phrase"}
    eve = client.post("/auth/v1/token?grant_type=password", json=body).get_json()
    for method, path in [("POST", f"/factors/{protected['id']}/challenge"), ("DELETE", f"/factors/{protected['id']}")]:
        assert ask(client, method, path, eve).status_code == 404
