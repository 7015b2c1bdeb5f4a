"""What auth answers with, in the form of Supabase's auth client."""

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify

from auth_service import tokens
from auth_service.accounts import Account
from auth_service.factors import Factor
from auth_service.login import Grant
from auth_service.sessions import Session
from auth_service.settings import AuthSettings


def private(body: Any, status: int = 200) -> Response:
    """The body as JSON that nobody may keep (RFC 6749 §5.1)."""
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def session_body(grant: Grant, settings: AuthSettings) -> dict[str, Any]:
    """A login that holds, its tokens among it."""
    return {
        "access_token": tokens.issue(grant, settings),
        "token_type": "bearer",
        "expires_in": settings.access_token_seconds,
        "expires_at": grant.issued + settings.access_token_seconds,
        "refresh_token": grant.refresh_token,
        "user": user_body(grant.account, grant.factors, settings),
    }


def user_body(
    account: Account, kept: Iterable[Factor], settings: AuthSettings, awaited: tuple[str, float] | None = None
) -> dict[str, Any]:
    """An account as its owner, or an administrator, sees it; ``awaited`` is the address to be, and since when."""
    created, confirmed = text_of(account.created), text_of(account.confirmed)
    change = {} if awaited is None else {"new_email": awaited[0], "email_change_sent_at": text_of(awaited[1])}
    updated = text_of(account.updated) or text_of(account.last_login) or created
    return change | {
        "id": account.id,
        "aud": settings.audience,
        "role": account.role,
        "email": account.email,
        "phone": "",
        "email_confirmed_at": confirmed,
        "confirmed_at": confirmed,
        "last_sign_in_at": text_of(account.last_login),
        "app_metadata": {"provider": "email", "providers": ["email"], "roles": list(account.roles)},
        "user_metadata": dict(account.user_metadata),
        "identities": [
            identity_body(account.id, account.email, created, updated)
            | {"last_sign_in_at": text_of(account.last_login)}
        ],
        "factors": [factor_body(factor) for factor in kept],
        "created_at": created,
        "updated_at": updated,
        "is_anonymous": False,
    }


def expected_body(email: str, settings: AuthSettings) -> dict[str, Any]:
    """A user who has yet to confirm the address: the same whether or not there was one already."""
    now, account_id = text_of(time.time()), str(uuid.uuid4())
    return {
        "id": account_id,
        "aud": settings.audience,
        "role": settings.signup_role,
        "email": email,
        "phone": "",
        "confirmation_sent_at": now,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        # pages take an empty list for "there is one already"
        "identities": [identity_body(account_id, email, now, now)],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": False,
    }


def identity_body(account_id: str, email: str, created: str | None, updated: str | None) -> dict[str, Any]:
    """The one identity that an account has, as Supabase's client lists it."""
    return {
        "identity_id": account_id,
        "id": account_id,
        "user_id": account_id,
        "provider": "email",
        "email": email,
        "identity_data": {"sub": account_id, "email": email},
        "created_at": created,
        "updated_at": updated,
    }


def factor_body(factor: Factor) -> dict[str, Any]:
    """A second factor without its secret."""
    return {
        "id": factor.id,
        "friendly_name": factor.name,
        "factor_type": factor.kind,
        "status": "unverified" if factor.verified is None else "verified",
        "created_at": text_of(factor.created),
        "updated_at": text_of(factor.verified or factor.created),
    }


def own_session_body(session: Session, current: str | None) -> dict[str, Any]:
    """A session as its owner sees it in the list of them."""
    return {
        "id": session.id,
        "current": session.id == current,
        "aal": session.aal,
        "amr": session.methods,
        "ip": session.address,
        "user_agent": session.agent,
        "created_at": text_of(session.created),
        "refreshed_at": text_of(session.refreshed),
        "not_after": text_of(session.expires),
    }


def text_of(seconds: float | None) -> str | None:
    """A time (seconds since 1970) in RFC 3339, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
