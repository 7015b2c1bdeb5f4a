"""The routes of one's own SOAP secret."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

import time

from contracts.problems import Problem
from flask import Response
from flask_smorest import Blueprint

from auth_service import accounts, audit, schemas, soap_secrets, tokens
from auth_service.bodies import private, text_of
from auth_service.login import Bearer
from auth_service.routes import PREFIX, address, this_login

blueprint = Blueprint("soap_secret", __name__, url_prefix=PREFIX, description="The secret for PasswordDigest")


@blueprint.route("/soap-secret", methods=["POST"])
@blueprint.response(200, schemas.SoapSecretMadeBody)
@blueprint.alt_response(403, schema=schemas.ErrorBody, description="The second factor is still to be shown")
@blueprint.doc(security=[{"bearer": []}])
def make() -> Response:
    """Make a secret for PasswordDigest of WS-Security; it is shown only here, and an earlier one ends."""
    this, who = this_login(), _whole()
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        secret = soap_secrets.make(connection, who.account.id, this.master)
    audit.note("soap secret made", "done", who=who.account.id, address=address())
    return private({"secret": secret, "created_at": text_of(time.time())})


@blueprint.route("/soap-secret", methods=["GET"])
@blueprint.response(200, schemas.SoapSecretBody)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="There is none")
@blueprint.doc(security=[{"bearer": []}])
def show() -> Response:
    """When the own secret was made."""
    who = _whole()
    with this_login().store.read() as connection:
        created = soap_secrets.created(connection, who.account.id)
    if created is None:
        raise _none()
    return private({"created_at": text_of(created)})


@blueprint.route("/soap-secret", methods=["DELETE"])
@blueprint.response(204)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="There is none")
@blueprint.doc(security=[{"bearer": []}])
def remove() -> Response:
    """End the own secret."""
    who = _whole()
    with this_login().store.write() as connection:
        if not soap_secrets.remove(connection, who.account.id):
            raise _none()
    audit.note("soap secret ended", "done", who=who.account.id, address=address())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _whole() -> Bearer:
    who = tokens.sender(this_login())
    who.require_whole()
    return who


def _none() -> Problem:
    return Problem("TRV110", "There is no SOAP secret", details={"reason": "soap_secret_not_found"})
