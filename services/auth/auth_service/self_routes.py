"""The routes for what account holders do for themselves: sign up, change, recover, and look after their sessions."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

import time
import uuid
from typing import Any

from contracts.problems import Problem
from flask import Response
from flask_smorest import Blueprint

from auth_service import login, schemas, self_service, sessions, tokens
from auth_service.bodies import own_session_body, private, session_body, text_of, user_body
from auth_service.routes import PREFIX, address, origin, require_json, this_login
from auth_service.settings import AuthSettings

blueprint = Blueprint("own", __name__, url_prefix=PREFIX, description="One's own account")


@blueprint.route("/signup", methods=["POST"])
@blueprint.arguments(schemas.SignupBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="Sign-up is off, the password weak, the name taken")
def signup(body: dict[str, Any]) -> Response:
    """Make an account, where the server allows it: a session, or a user who has to confirm the address first."""
    require_json()
    this, email = this_login(), body["email"]
    grant = self_service.sign_up(this, email, body["password"], body.get("data") or {}, origin())
    if grant is not None:
        return private(session_body(grant, this.settings))
    return private(_expected(email, this.settings))


@blueprint.route("/user", methods=["PUT"])
@blueprint.arguments(schemas.ChangeBody, error_status_code=400)
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The second factor is still to be shown")
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="A weak password, or a login too long ago")
@blueprint.doc(security=[{"bearer": []}])
def change(body: dict[str, Any]) -> Response:
    """Change the own password or `data`; a new password ends all other sessions."""
    require_json()
    this = this_login()
    who = tokens.sender(this)
    account = self_service.change(this, who, body, address())
    return private(user_body(account, who.factors, this.settings))


@blueprint.route("/recover", methods=["POST"])
@blueprint.arguments(schemas.EmailBody, error_status_code=400)
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="This server sends no mail")
def recover(body: dict[str, Any]) -> Response:
    """Have a token for a new password sent by mail; the answer is the same where there is no such account."""
    require_json()
    self_service.recover(this_login(), body["email"], address())
    return private({})


@blueprint.route("/verify", methods=["POST"])
@blueprint.arguments(schemas.VerifyBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The token is not good, or not any more")
def verify(body: dict[str, Any]) -> Response:
    """Begin a session with a token from a mail, or from the operator."""
    require_json()
    this, token = this_login(), body.get("token_hash") or body.get("token")
    if not token:
        raise Problem("TRV109", "token_hash or token is required")
    purpose: Any = "signup" if body["type"] in ("signup", "email") else "recovery"
    return private(session_body(self_service.redeem(this, token, purpose, body.get("email"), origin()), this.settings))


@blueprint.route("/sessions", methods=["GET"])
@blueprint.response(200, schemas.OwnSessionBody(many=True))
@blueprint.doc(security=[{"bearer": []}])
def list_sessions() -> Response:
    """The own sessions that have not ended."""
    this = this_login()
    who = tokens.sender(this)
    who.require_whole()
    with this.store.read() as connection:
        found = sessions.of_account(connection, who.account.id)
    return private([own_session_body(session, who.session_id) for session in found])


@blueprint.route("/sessions/<session_id>", methods=["DELETE"])
@blueprint.response(204)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such session of this account")
@blueprint.doc(security=[{"bearer": []}])
def end_session(session_id: str) -> Response:
    """End one of the own sessions."""
    this = this_login()
    login.end_session(this, tokens.sender(this), session_id, address())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _expected(email: str, settings: AuthSettings) -> dict[str, Any]:
    """A user who has yet to confirm the address: the same whether or not there was one already."""
    now = text_of(time.time())
    body = {"id": str(uuid.uuid4()), "aud": settings.audience, "role": settings.signup_role, "email": email}
    return body | {
        "phone": "",
        "confirmation_sent_at": now,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "identities": [],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": False,
    }
