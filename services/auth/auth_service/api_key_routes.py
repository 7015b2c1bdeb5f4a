"""The routes by which an administrator manages API keys, and ends sessions, keys and tokens before their time."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import Any

from contracts.problems import Problem
from flask import Response, jsonify
from flask_smorest import Blueprint

from auth_service import accounts, api_keys, audit, revocations, schemas, sessions
from auth_service.admin_routes import admin
from auth_service.api_key_schemas import ApiKeyBody, ApiKeyMade, ApiKeyWanted, Revocation, Rotation
from auth_service.api_keys import ApiKey, ApiKeyError, Wanted
from auth_service.roles import RoleError
from auth_service.routes import PREFIX, address, require_json, this_login

blueprint = Blueprint("api_keys", __name__, url_prefix=f"{PREFIX}/admin", description="API keys and revocations")


@blueprint.route("/api-keys", methods=["GET"])
@blueprint.response(200, ApiKeyBody(many=True))
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="Not an administrator")
@blueprint.doc(security=[{"bearer": []}])
def list_keys() -> Response:
    """All API keys; never their secrets."""
    admin()
    return _private([_shown(key) for key in api_keys.everyone(this_login().store)])


@blueprint.route("/api-keys", methods=["POST"])
@blueprint.arguments(ApiKeyWanted, error_status_code=400)
@blueprint.response(201, ApiKeyMade)
@blueprint.alt_response(401, schema=schemas.ErrorBody, description="No token, or one that is no longer good")
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="Not an administrator")
@blueprint.doc(security=[{"bearer": []}])
def add_key(body: dict[str, Any]) -> Response:
    """Make an API key. Its text is in this answer, and never seen again."""
    require_json()
    who = admin()
    try:
        key, text = api_keys.add(this_login().store, _wanted(body))
    except (ApiKeyError, RoleError) as fault:
        raise Problem("TRV109", str(fault)) from None
    audit.note("api key made", "done", who=who.account.id, address=address(), key=key.id)
    return _private({**_shown(key), "key": text}, 201)


@blueprint.route("/api-keys/<uuid:key_id>/rotate", methods=["POST"])
@blueprint.arguments(Rotation, error_status_code=400)
@blueprint.response(201, ApiKeyMade)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such key, or one that is no longer good")
@blueprint.doc(security=[{"bearer": []}])
def rotate_key(body: dict[str, Any], key_id: Any) -> Response:
    """Make a key that takes over from another, which stays good for `overlap` seconds more."""
    require_json()
    who = admin()
    try:
        key, text = api_keys.rotate(this_login().store, str(key_id), body["overlap"])
    except ApiKeyError as fault:
        raise Problem("TRV110", str(fault)) from None
    audit.note("api key rotated", "done", who=who.account.id, address=address(), key=key.id)
    return _private({**_shown(key), "key": text}, 201)


@blueprint.route("/api-keys/<uuid:key_id>", methods=["DELETE"])
@blueprint.response(204)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such key")
@blueprint.doc(security=[{"bearer": []}])
def revoke_key(key_id: Any) -> Response:
    """End a key, and all tokens that it was exchanged for, on every service."""
    who, this = admin(), this_login()
    try:
        key = api_keys.require(this.store, str(key_id))
    except ApiKeyError as fault:
        raise Problem("TRV110", str(fault)) from None
    this.upkeep.announce(api_keys.revoke(this.store, key.id))
    audit.note("api key revoked", "done", who=who.account.id, address=address(), key=key.id)
    return Response(status=204)


@blueprint.route("/revocations", methods=["POST"])
@blueprint.arguments(Revocation, error_status_code=400)
@blueprint.response(204)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.doc(security=[{"bearer": []}])
def revoke(body: dict[str, Any]) -> Response:
    """End one token (`jti`), one session or key's tokens (`session_id`), or all that an account has (`user_id`)."""
    require_json()
    who, this = admin(), this_login()
    if len(body) != 1:
        raise Problem("TRV109", "Name one of jti, session_id and user_id")
    ((kind, value),) = body.items()
    with this.store.write() as connection:
        if kind == "jti":
            event = revocations.record(connection, {"session": str(value)})
        elif kind == "session_id":
            if (session := sessions.find(connection, str(value))) is not None:
                accounts.lock(connection, session.account_id)  # a refresh under way is over before, or comes too late
            event = sessions.end(connection, str(value))
        elif accounts.lock(connection, str(value)) is None:
            raise Problem("TRV110", "There is no such account")
        else:
            event = accounts.end_all(connection, str(value))
    this.upkeep.announce(event)
    audit.note("revocation", "done", who=who.account.id, address=address(), **{kind: str(value)})
    return Response(status=204)


def _wanted(body: dict[str, Any]) -> Wanted:
    account_id = body.get("account_id")
    return Wanted(**{**body, "account_id": None if account_id is None else str(account_id)})


def _shown(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ApiKeyBody().fields}


def _private(body: Any, status: int = 200) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
