"""What account holders do for themselves: change their password, address and data."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import accounts, audit, letters, login, resets, revocations, sessions
from auth_service.accounts import Account, AccountError
from auth_service.connectors.accounts import AccountsConnector
from auth_service.login import Bearer, Login
from auth_service.passwords import hash_password, possible, weakness
from auth_service.resets import Purpose
from auth_service.store import Store

_FRESH = 86_400.0  # seconds after its begin in which a session may change the password without the old one


def change(this: Login, who: Bearer, body: Mapping[str, Any], address: str) -> Account:
    """Change the own password or ``data``, or ask for another address; a new password ends every other session.

    The address changes once it was confirmed by mail. Raises `Problem` TRV109 (refused, with its reason), TRV205.
    """
    who.require_whole()
    if body.get("phone"):
        raise refusal("phone_provider_disabled", "Accounts have no phone numbers here")
    values: dict[str, Any] = {}
    wanted = _wanted_address(this, who, body.get("email"))
    if isinstance(body.get("data"), dict):
        kept = {**who.account.user_metadata, **body["data"]}
        values["user_metadata"] = _checked({name: value for name, value in kept.items() if value is not None})
    new = body.get("password")
    if new:
        _require_own(this, who, body, address)
        require_strong(new, who.account.email)
        values["password_hash"] = _another(this, who.account, new)
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        changed = accounts.write(connection, who.account.id, values)
        if new:
            events = sessions.end_others(connection, who.account.id, who.session_id)
            resets.forget(connection, who.account.id)
            # at any revocation services forget what they exchanged for passwords, this account's old one among them
            events.append(revocations.record(connection, {"session": str(uuid.uuid4())}))
        found = letters.of_change(this, connection, changed, wanted) if wanted else ()
    if wanted:
        this.mail.send(lambda: found)
        audit.note("address change asked", "done", who=who.account.id, address=address)
    if new:
        login.tell(this, events, "password changed", who.account.id, address)
    return changed


def reauthenticate(this: Login, who: Bearer, address: str) -> None:
    """Send a code that stands for a fresh login when the password is changed (``nonce``). Raises `Problem` TRV109."""
    who.require_whole()
    if not this.mail.on:
        raise refusal("email_provider_disabled", "This server sends no mail: log in again instead")
    if who.account.password_hash is None:
        raise _elsewhere()
    with this.store.read() as connection:
        _require_pause(connection, who, "reauthentication")
    this.mail.send(lambda: letters.to_account(this, who.account, "reauthentication"))
    audit.note("reauthentication asked", "done", who=who.account.id, address=address)


def issue_reset(opened: Store, account: Account, life: float) -> str:
    """A token for a new password, for the operator to hand over. Raises `AccountError` where it is the directory's."""
    if account.password_hash is None:
        raise AccountError(f"the password of {account.email} is not kept here but in the directory")
    with opened.write() as connection:
        accounts.lock(connection, account.id)
        return resets.issue(connection, account.id, "recovery", time.time() + life).token


def require_strong(password: str, email: str) -> None:
    """Raise `Problem` TRV109 for a password that is too short, too long or easy to guess."""
    why = weakness(password, email)
    if why is None and not possible(password):
        why = "The password is not text"
    if why is not None:
        raise refusal("weak_password", why)


def refusal(reason: str, message: str) -> Problem:
    """What Supabase's client knows by ``reason``."""
    return Problem("TRV109", message, status=422, details={"reason": reason})


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return accounts.checked_metadata(data)
    except AccountError as fault:
        raise refusal("validation_failed", str(fault)) from None


def _wanted_address(this: Login, who: Bearer, email: str | None) -> str | None:
    """The address that the account is to get, in the form in which it is kept; None where it has it already."""
    if not email or accounts.fold(email) == who.account.email:
        return None
    if who.account.password_hash is None:
        raise _elsewhere()
    if not this.mail.on:
        raise refusal("email_provider_disabled", "This server sends no mail: an operator changes addresses")
    with this.store.read() as connection:
        _require_pause(connection, who, "email_new")
    try:
        return accounts.checked_email(email)
    except AccountError as fault:
        raise refusal("validation_failed", str(fault)) from None


def _require_pause(connection: sa.Connection, who: Bearer, purpose: Purpose) -> None:
    if resets.lately(connection, who.account.id, purpose):
        raise Problem(
            "TRV105",
            "A mail was sent a moment ago: wait a minute",
            headers={"Retry-After": "60"},
            details={"reason": "over_email_send_rate_limit"},
        )


def _require_own(this: Login, who: Bearer, body: Mapping[str, Any], address: str) -> None:
    """Raise `Problem` where a session is too old to change the password by itself, or what is shown is wrong."""
    if who.account.password_hash is None:
        raise _elsewhere()
    if body.get("current_password"):
        login.verify(this, who.account.email, body["current_password"], address, door="password change")
    elif body.get("nonce"):
        _take_nonce(this, who.account, body["nonce"], address)
    elif who.session is None or who.session.created < time.time() - _FRESH:
        raise refusal(
            "reauthentication_needed", "Log in again to change the password, or send current_password or a nonce too"
        )


def _take_nonce(this: Login, account: Account, nonce: str, address: str) -> None:
    with this.attempts.one(f"code:{account.email}", address) as attempt:
        with this.store.write() as connection:
            taken = resets.take_code(
                connection, account.id, account.email, ["reauthentication"], nonce.strip(), this.master
            )
        if taken is not None:
            this.attempts.succeed(attempt)
            return
    audit.note("reauthentication", "refused", who=account.id, address=address)
    raise refusal("reauthentication_not_valid", "Nonce has expired or is invalid")


def _another(this: Login, account: Account, password: str) -> str:
    """The hash of a new password. Raises `Problem` TRV109 where it is the old one."""
    if any(isinstance(one, AccountsConnector) and one.matches(account, password) for one in this.connectors):
        raise refusal("same_password", "New password should be different from the old password.")
    return hash_password(password)


def _elsewhere() -> Problem:
    return refusal("validation_failed", "The password and address of this account are kept in the directory")
