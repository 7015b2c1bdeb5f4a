"""The routes for what account holders do for themselves: sign up, change, and look after their sessions."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import Any

from contracts.problems import Problem
from flask import Response
from flask_smorest import Blueprint

from auth_service import login, schemas, self_service, sessions, signing_up, tokens
from auth_service.bodies import expected_body, own_session_body, private, session_body, user_body
from auth_service.routes import PREFIX, address, awaited, origin, refuse_phone, require_json, this_login

blueprint = Blueprint("own", __name__, url_prefix=PREFIX, description="One's own account")


@blueprint.route("/signup", methods=["POST"])
@blueprint.arguments(schemas.SignupBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="Sign-up is off, the password weak, the name taken")
def signup(body: dict[str, Any]) -> Response:
    """Make an account, where the server allows it: a session, or a user who has to confirm the address first."""
    require_json()
    refuse_phone(body)
    this, email, password = this_login(), body.get("email"), body.get("password")
    if not email and not password:
        raise self_service.refusal("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    if not email or not password:
        raise Problem("TRV109", f"{'password' if email else 'email'} is required")
    grant = signing_up.sign_up(this, email, password, body.get("data") or {}, origin())
    if grant is not None:
        return private(session_body(grant, this.settings))
    return private(expected_body(email, this.settings))


@blueprint.route("/user", methods=["PUT"])
@blueprint.arguments(schemas.ChangeBody, error_status_code=400)
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The second factor is still to be shown")
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="A weak password, or a login too long ago")
@blueprint.doc(security=[{"bearer": []}])
def change(body: dict[str, Any]) -> Response:
    """Change the own password or `data`, or ask for another address; a new password ends all other sessions."""
    require_json()
    this = this_login()
    who = tokens.sender(this)
    account = self_service.change(this, who, body, address())
    return private(user_body(account, who.factors, this.settings, awaited(account.id)))


@blueprint.route("/reauthenticate", methods=["GET"])
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="This server sends no mail")
@blueprint.alt_response(429, schema=schemas.ErrorBody, description="A mail was sent a moment ago")
@blueprint.doc(security=[{"bearer": []}])
def reauthenticate() -> Response:
    """Have a code sent by mail that stands for a fresh login when the password is changed (`nonce`)."""
    this = this_login()
    self_service.reauthenticate(this, tokens.sender(this), address())
    return private({})


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
