"""The public routes, those of Supabase's auth client; the views take a request apart and put an answer together."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from collections.abc import Mapping
from typing import Any, cast

from contracts.problems import Problem
from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint

from auth_service import __version__, login, resets, schemas, tokens
from auth_service.bodies import private, session_body, user_body
from auth_service.login import Login
from auth_service.sessions import Origin

EXTENSION = "trivet_auth"
PREFIX = "/auth/v1"
blueprint = Blueprint("auth", __name__, url_prefix=PREFIX, description="Logging in and out")


def this_login() -> Login:
    """What the flows work with, in the app at hand."""
    return cast(Login, current_app.extensions[EXTENSION])


def address() -> str:
    """The client's address as nginx saw it."""
    return request.headers.get("X-Real-Ip") or request.remote_addr or ""


def origin() -> Origin:
    """Where the request at hand comes from."""
    return Origin(address=address(), agent=request.headers.get("User-Agent", ""))


def require_json() -> None:
    """Raise `Problem` TRV102 for a body that says it is something else: the schemas would take it for empty."""
    if request.mimetype != "application/json":
        raise Problem("TRV102", "The body must be application/json")


def refuse_phone(body: Mapping[str, Any]) -> None:
    """Raise `Problem` TRV109 for a body that goes by a phone number."""
    if body.get("phone"):
        raise no_phones()


def no_phones() -> Problem:
    """That accounts have no phone numbers."""
    reason = {"reason": "phone_provider_disabled"}
    return Problem("TRV109", "Phone logins are disabled", status=422, details=reason)


def awaited(account_id: str) -> tuple[str, float] | None:
    """The address that an account is to get, and since when."""
    with this_login().store.read() as connection:
        return resets.awaited(connection, account_id)


@blueprint.route("/token", methods=["POST"])
@blueprint.arguments(schemas.GrantQuery, location="query", error_status_code=400)
@blueprint.arguments(schemas.GrantBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="Wrong credentials, or a session that has ended")
@blueprint.alt_response(429, schema=schemas.ErrorBody, description="Too many wrong passwords; see `Retry-After`")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
def token(query: dict[str, str], body: dict[str, Any]) -> Response:
    """Log in, or continue a session.

    With `grant_type=password` send `email` and `password`; with `grant_type=refresh_token` send `refresh_token`.
    """
    require_json()
    kind = query["grant_type"]
    if kind == "password":
        refuse_phone(body)
        grant = login.sign_in(this_login(), _member(body, "email"), _member(body, "password"), origin())
    elif kind == "refresh_token":
        grant = login.refresh(this_login(), _member(body, "refresh_token"), address())
    else:
        raise Problem(
            "TRV109", f"The grant type {kind[:40]!r} is not supported", details={"reason": "unsupported_grant_type"}
        )
    return private(session_body(grant, this_login().settings))


@blueprint.route("/user", methods=["GET"])
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
@blueprint.doc(security=[{"bearer": []}])
def user() -> Response:
    """The account that the access token belongs to."""
    who = tokens.sender(this_login())
    return private(user_body(who.account, who.factors, this_login().settings, awaited(who.account.id)))


@blueprint.route("/logout", methods=["POST"])
@blueprint.arguments(schemas.LogoutQuery, location="query", error_status_code=400)
@blueprint.response(204)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
@blueprint.doc(security=[{"bearer": []}])
def logout(query: dict[str, Any]) -> Response:
    """Log out: everywhere (`global`), here (`local`) or everywhere else (`others`)."""
    login.sign_out(this_login(), tokens.sender(this_login()), query["scope"], address())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route("/health", methods=["GET"])
@blueprint.response(200, schemas.HealthBody)
def health() -> Response:
    """That auth is there."""
    return jsonify(name="trivet-auth", version=__version__, description="Accounts and tokens")


@blueprint.route("/settings", methods=["GET"])
@blueprint.response(200, schemas.SettingsBody)
def settings() -> Response:
    """What can be done here, as Supabase's pages ask for it."""
    found = this_login().settings
    return jsonify(
        external={"email": True, "phone": False, "anonymous_users": False},
        disable_signup=not found.signup,
        mailer_autoconfirm=not this_login().mail.on,
        phone_autoconfirm=False,
        sms_provider="",
        saml_enabled=False,
    )


@blueprint.route("/.well-known/jwks.json", methods=["GET"])
@blueprint.response(200, schemas.KeySetBody)
def jwks() -> Response:
    """The public keys that access tokens can be checked with."""
    response = jsonify(current_app.extensions[EXTENSION + "_keys"].keys.jwks())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _member(body: dict[str, Any], name: str) -> str:
    if not body.get(name):
        raise Problem("TRV109", f"{name} is required")
    return str(body[name])
