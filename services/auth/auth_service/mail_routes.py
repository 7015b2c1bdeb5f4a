"""The routes of what mail opens: tokens and codes asked for, asked for again, and redeemed."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import Any

from contracts.problems import Problem
from flask import Response
from flask_smorest import Blueprint

from auth_service import mail_login, schemas
from auth_service.bodies import private, session_body
from auth_service.mail_login import HalfWay, Proof
from auth_service.routes import PREFIX, address, no_phones, origin, refuse_phone, require_json, this_login

blueprint = Blueprint("mail", __name__, url_prefix=PREFIX, description="Tokens and codes by mail")


@blueprint.route("/recover", methods=["POST"])
@blueprint.arguments(schemas.EmailBody, error_status_code=400)
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="This server sends no mail")
def recover(body: dict[str, Any]) -> Response:
    """Have a token for a new password sent by mail; the answer is the same where there is no such account."""
    require_json()
    mail_login.recover(this_login(), body["email"], address())
    return private({})


@blueprint.route("/otp", methods=["POST"])
@blueprint.arguments(schemas.OtpBody, error_status_code=400)
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="Logins by mail are off")
def otp(body: dict[str, Any]) -> Response:
    """Have a link and a code for a login sent by mail; the answer is the same where there is no such account."""
    require_json()
    refuse_phone(body)
    if not body.get("email"):
        raise Problem("TRV109", "email is required")
    creates = body.get("create_user") is not False
    mail_login.ask_login(this_login(), body["email"], body.get("data") or {}, creates=creates, origin=origin())
    return private({})


@blueprint.route("/magiclink", methods=["POST"])
@blueprint.arguments(schemas.EmailBody, error_status_code=400)
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="Logins by mail are off")
def magiclink(body: dict[str, Any]) -> Response:
    """As `/otp`, for older clients."""
    require_json()
    mail_login.ask_login(this_login(), body["email"], {}, creates=False, origin=origin())
    return private({})


@blueprint.route("/resend", methods=["POST"])
@blueprint.arguments(schemas.ResendBody, error_status_code=400)
@blueprint.response(200)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="This server sends no mail")
def resend(body: dict[str, Any]) -> Response:
    """Have the mail of a sign-up or a change of address sent again; the answer is the same where none is awaited."""
    require_json()
    kind = body["type"]
    if kind in ("sms", "phone_change"):
        raise no_phones()
    if kind not in ("signup", "email_change"):
        raise Problem("TRV109", "type must be signup or email_change")
    if not body.get("email"):
        raise Problem("TRV109", "email is required")
    mail_login.resend(this_login(), kind, body["email"], address())
    return private({})


@blueprint.route("/verify", methods=["POST"])
@blueprint.arguments(schemas.VerifyBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The token is not good, or not any more")
@blueprint.alt_response(429, schema=schemas.ErrorBody, description="Too many wrong codes; see `Retry-After`")
def verify(body: dict[str, Any]) -> Response:
    """Begin a session with a token (`token_hash`) or a code (`token`, with `email`), from a mail or the operator.

    A change of address needs two of them, where it is to be confirmed from the old one too: the first is answered with
    a message.
    """
    require_json()
    kind, token = body["type"], body.get("token_hash") or body.get("token")
    if kind in ("sms", "phone_change"):
        raise no_phones()
    purposes = mail_login.PURPOSES.get(kind)
    if purposes is None:
        raise Problem("TRV109", f"type must be one of {', '.join(mail_login.PURPOSES)}")
    if not token:
        raise Problem("TRV109", "token_hash or token is required")
    this, proof = this_login(), Proof(token, purposes, body.get("email") or "")
    try:
        return private(session_body(mail_login.redeem(this, proof, origin()), this.settings))
    except HalfWay:
        accepted = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
        return private({"code": "200", "msg": accepted})
