"""The routes of the second factor, as Supabase's client asks for them; recovery codes are our own."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import Any

import pyotp
import segno
from contracts.problems import Problem
from flask import Response
from flask_smorest import Blueprint

from auth_service import factors, schemas, second_factor, tokens
from auth_service.bodies import factor_body, private, session_body
from auth_service.routes import PREFIX, address, require_json, this_login

blueprint = Blueprint("factors", __name__, url_prefix=PREFIX, description="The second factor")


@blueprint.route("/factors", methods=["POST"])
@blueprint.arguments(schemas.EnrollBody, error_status_code=400)
@blueprint.response(200, schemas.EnrolledBody)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="Another kind than totp, or too many")
@blueprint.doc(security=[{"bearer": []}])
def enroll(body: dict[str, Any]) -> Response:
    """Enrol an authenticator app; it protects the account once a code of it was shown."""
    require_json()
    this = this_login()
    who = tokens.sender(this)
    if body["factor_type"] != "totp":
        reason = {"reason": "validation_failed"}
        raise Problem("TRV109", "factor_type needs to be totp", status=422, details=reason)
    factor, secret = second_factor.enroll(this, who, body.get("friendly_name") or "", address())
    uri = pyotp.TOTP(secret).provisioning_uri(name=who.account.email, issuer_name=body.get("issuer") or "Trivet")
    picture = segno.make(uri, error="m").svg_inline(scale=4, border=4)
    return private({
        "id": factor.id,
        "type": factor.kind,
        "friendly_name": factor.name,
        "totp": {"qr_code": picture, "secret": secret, "uri": uri},
    })  # fmt: skip


@blueprint.route("/factors", methods=["GET"])
@blueprint.response(200, schemas.FactorBody(many=True))
@blueprint.doc(security=[{"bearer": []}])
def list_factors() -> Response:
    """The own factors."""
    return private([factor_body(factor) for factor in tokens.sender(this_login()).factors])


@blueprint.route("/factors/<factor_id>/challenge", methods=["POST"])
@blueprint.response(200, schemas.ChallengeBody)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such factor of this account")
@blueprint.doc(security=[{"bearer": []}])
def challenge(factor_id: str) -> Response:
    """Begin to show a code."""
    this = this_login()
    challenge_id, expires = second_factor.challenge(this, tokens.sender(this), factor_id)
    return private({"id": challenge_id, "type": "totp", "expires_at": int(expires)})


@blueprint.route("/factors/<factor_id>/verify", methods=["POST"])
@blueprint.arguments(schemas.CodeBody, error_status_code=400)
@blueprint.response(200, schemas.ShownBody)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="A wrong code, or a challenge that ran out")
@blueprint.alt_response(429, schema=schemas.ErrorBody, description="Too many wrong codes; see `Retry-After`")
@blueprint.doc(security=[{"bearer": []}])
def verify(body: dict[str, str], factor_id: str) -> Response:
    """Show a code, or a recovery code: the session goes on as one of two factors.

    The first time `recovery_codes` come with it: they are shown only here.
    """
    require_json()
    this = this_login()
    who = tokens.sender(this)
    shown = second_factor.show(this, who, factor_id, body["challenge_id"], body["code"], address())
    answer = session_body(shown.grant, this.settings)
    if shown.recovery_codes:
        answer["recovery_codes"] = shown.recovery_codes
    return private(answer)


@blueprint.route("/factors/<factor_id>", methods=["DELETE"])
@blueprint.response(200)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The second factor is still to be shown")
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such factor of this account")
@blueprint.doc(security=[{"bearer": []}])
def remove(factor_id: str) -> Response:
    """Take a factor away."""
    this = this_login()
    second_factor.remove(this, tokens.sender(this), factor_id, address())
    return private({"id": factor_id})


@blueprint.route("/factors/recovery-codes", methods=["GET"])
@blueprint.response(200, schemas.CodesLeftBody)
@blueprint.doc(security=[{"bearer": []}])
def codes_left() -> Response:
    """How many recovery codes are unused."""
    this = this_login()
    who = tokens.sender(this)
    with this.store.read() as connection:
        return private({"left": factors.recovery_codes_left(connection, who.account.id)})


@blueprint.route("/factors/recovery-codes", methods=["POST"])
@blueprint.response(200, schemas.CodesBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The second factor is still to be shown")
@blueprint.doc(security=[{"bearer": []}])
def new_codes() -> Response:
    """Make new recovery codes; the old ones are no longer good."""
    this = this_login()
    return private({"recovery_codes": second_factor.new_codes(this, tokens.sender(this), address())})
