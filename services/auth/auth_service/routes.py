"""The public routes, those of Supabase's auth client; the views take a request apart and put an answer together."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from datetime import UTC, datetime
from typing import Any, cast

from contracts.problems import Problem
from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint

from auth_service import __version__, login, schemas, tokens
from auth_service.accounts import Account
from auth_service.login import Grant, Login

EXTENSION = "trivet_auth"
PREFIX = "/auth/v1"
blueprint = Blueprint("auth", __name__, url_prefix=PREFIX, description="Logging in and out")


def this_login() -> Login:
    """What the flows work with, in the app at hand."""
    return cast(Login, current_app.extensions[EXTENSION])


def address() -> str:
    """The client's address as nginx saw it."""
    return request.headers.get("X-Real-Ip") or request.remote_addr or ""


def require_json() -> None:
    """Raise `Problem` TRV102 for a body that says it is something else: the schemas would take it for empty."""
    if request.mimetype != "application/json":
        raise Problem("TRV102", "The body must be application/json")


@blueprint.route("/token", methods=["POST"])
@blueprint.arguments(schemas.GrantQuery, location="query", error_status_code=400)
@blueprint.arguments(schemas.GrantBody, error_status_code=400)
@blueprint.response(200, schemas.SessionBody)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="Wrong credentials, or a session that has ended")
@blueprint.alt_response(429, schema=schemas.ErrorBody, description="Too many wrong passwords; see `Retry-After`")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
def token(query: dict[str, str], body: dict[str, str]) -> Response:
    """Log in, or continue a session.

    With `grant_type=password` send `email` and `password`; with `grant_type=refresh_token` send `refresh_token`.
    """
    require_json()
    kind = query["grant_type"]
    if kind == "password":
        grant = login.sign_in(this_login(), _member(body, "email"), _member(body, "password"), address())
    elif kind == "refresh_token":
        grant = login.refresh(this_login(), _member(body, "refresh_token"))
    else:
        raise Problem(
            "TRV109", f"The grant type {kind[:40]!r} is not supported", details={"reason": "unsupported_grant_type"}
        )
    return _private(_session_body(grant))


@blueprint.route("/user", methods=["GET"])
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
@blueprint.doc(security=[{"bearer": []}])
def user() -> Response:
    """The account that the access token belongs to."""
    return _private(_user_body(tokens.sender(this_login()).account))


@blueprint.route("/logout", methods=["POST"])
@blueprint.arguments(schemas.LogoutQuery, location="query", error_status_code=400)
@blueprint.response(204)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(503, schema=schemas.ErrorBody, description="Accounts can't be reached; try again")
@blueprint.doc(security=[{"bearer": []}])
def logout(query: dict[str, Any]) -> Response:
    """Log out: everywhere (`global`), here (`local`) or everywhere else (`others`)."""
    login.sign_out(this_login(), tokens.sender(this_login()), query["scope"])
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route("/health", methods=["GET"])
@blueprint.response(200, schemas.HealthBody)
def health() -> Response:
    """That auth is there."""
    return jsonify(name="trivet-auth", version=__version__, description="Accounts and tokens")


@blueprint.route("/.well-known/jwks.json", methods=["GET"])
@blueprint.response(200, schemas.KeySetBody)
def jwks() -> Response:
    """The public keys that access tokens can be checked with."""
    response = jsonify(current_app.extensions[EXTENSION + "_keys"].keys.jwks())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _member(body: dict[str, str], name: str) -> str:
    if not body.get(name):
        raise Problem("TRV109", f"{name} is required")
    return body[name]


def _private(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 §5.1
    return response


def _session_body(grant: Grant) -> dict[str, Any]:
    settings = this_login().settings
    return {
        "access_token": tokens.issue(grant, settings),
        "token_type": "bearer",
        "expires_in": settings.access_token_seconds,
        "expires_at": grant.issued + settings.access_token_seconds,
        "refresh_token": grant.refresh_token,
        "user": _user_body(grant.account),
    }


def _user_body(account: Account) -> dict[str, Any]:
    created = _text(account.created)
    return {
        "id": account.id,
        "aud": this_login().settings.audience,
        "role": account.role,
        "email": account.email,
        "phone": "",
        "email_confirmed_at": created,
        "confirmed_at": created,
        "last_sign_in_at": _text(account.last_login),
        "app_metadata": {"provider": "email", "providers": ["email"], "roles": list(account.roles)},
        "user_metadata": {},
        "identities": [],
        "created_at": created,
        "updated_at": _text(account.last_login) or created,
        "is_anonymous": False,
    }


def _text(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
