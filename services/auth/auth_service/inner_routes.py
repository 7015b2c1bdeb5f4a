"""What only the other services ask: a password for a token, and what was revoked. nginx never routes it."""

import msgspec
from contracts.problems import Problem
from flask import Blueprint, Response, jsonify, request

from auth_service import login, tokens
from auth_service.routes import require_json, this_login

PREFIX = "/-"
blueprint = Blueprint("inner", __name__, url_prefix=PREFIX)


class Credential(msgspec.Struct, frozen=True):
    """A name and a password that came to another service, and the client's address."""

    username: str
    password: str
    address: str = ""


@blueprint.post("/exchange")
def exchange() -> Response:
    """An access token for a name and a password (`chassis.exchange`)."""
    require_json()
    try:
        credential = msgspec.json.decode(request.get_data(), type=Credential)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem("TRV109", "Not a credential") from None
    this = this_login()
    grant = login.exchange(this, credential.username, credential.password, credential.address)
    return jsonify(access_token=tokens.issue(grant, this.settings), expires_in=this.settings.access_token_seconds)


@blueprint.get("/revocations")
def revocations() -> Response:
    """What was revoked after a cursor (`chassis.revocations`)."""
    this = this_login()
    cursor, revoked = login.revoked_since(this, request.args.get("after", default=0, type=int))
    return jsonify(cursor=cursor, revoked=revoked, life=login.revocation_life(this.settings))
