"""The admin secret, Hasura's: who knows it acts in any role, with any session variables."""

import hmac
import time
import uuid
from collections.abc import Mapping

from chassis.settings import SettingsError
from contracts.identity import ADMIN_ROLE, SECRET_SUBJECT
from contracts.problems import Problem

from auth_service.roles import Proven, RoleError, check_roles, check_session, claims_of

LEAST = 16  # characters


def check(known: str) -> None:
    """Raise `SettingsError` for a secret that could be guessed."""
    if 0 < len(known) < LEAST:
        raise SettingsError([f"TRIVET_HASURA_ADMIN_SECRET needs {LEAST} characters"])


def prove(known: str, secret: str, role: str, session: Mapping[str, str], seconds: int) -> Proven:
    """Whom the secret proves, for ``seconds``: nobody in particular, in ``role``.

    Raises `Problem` TRV201 (wrong, or there is none), TRV204 (a role or a variable that can't be).
    """
    if not known or not hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace")):
        raise Problem("TRV201", 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"')
    try:
        roles = check_roles(role or ADMIN_ROLE, [])
        variables = check_session(session)
    except RoleError as fault:
        raise Problem("TRV204", str(fault)) from None
    claims = claims_of(SECRET_SUBJECT, roles[0], roles, variables)
    return Proven(SECRET_SUBJECT, int(time.time()), seconds, {"sid": str(uuid.uuid4()), **claims})
