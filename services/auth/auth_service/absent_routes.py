"""What Supabase's client can ask for and is not here: said in the words that it knows, never by a bare 404."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import NoReturn

from contracts.problems import Problem
from flask_smorest import Blueprint

from auth_service import schemas
from auth_service.routes import PREFIX

blueprint = Blueprint("absent", __name__, url_prefix=PREFIX, description="What is not here, and says so")


@blueprint.route("/authorize", methods=["GET"])
@blueprint.alt_response(400, schema=schemas.ErrorBody, description="There is no such provider")
def authorize() -> NoReturn:
    """Logins by Google, GitHub and their like; their tokens can be taken instead (`TRIVET_ISSUERS`)."""
    raise Problem("TRV109", "Unsupported provider: provider is not enabled")


@blueprint.route("/sso", methods=["POST"])
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="SAML is not there")
def sso() -> NoReturn:
    """Logins by SAML."""
    raise Problem("TRV110", "SAML 2.0 is disabled", details={"reason": "saml_provider_disabled"})


@blueprint.route("/user/identities/authorize", methods=["GET"])
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="An account has one identity here")
def link_identity() -> NoReturn:
    """A further identity of an account."""
    raise _one_identity()


@blueprint.route("/user/identities/<identity_id>", methods=["DELETE"])
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="An account has one identity here")
def unlink_identity(identity_id: str) -> NoReturn:
    """One identity less."""
    raise _one_identity()


def _one_identity() -> Problem:
    return Problem("TRV110", "Manual linking is disabled", details={"reason": "manual_linking_disabled"})
