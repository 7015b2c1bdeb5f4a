"""What account holders do for themselves: sign up, change their password, begin anew with one that was forgotten."""

import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from contracts.problems import Problem

from auth_service import accounts, audit, login, resets, revocations, sessions
from auth_service.accounts import Account, AccountError
from auth_service.login import Bearer, Grant, Login
from auth_service.mail import Letter
from auth_service.passwords import hash_password, possible, weakness
from auth_service.resets import Purpose
from auth_service.sessions import Origin
from auth_service.store import Store

_FRESH = 86_400.0  # seconds after its begin in which a session may change the password without the old one


def sign_up(this: Login, email: str, password: str, data: Mapping[str, Any], origin: Origin) -> Grant | None:
    """A new account: a session where no mail is sent, else None until the address is confirmed.

    With mail nobody learns whether there was an account already. Raises `Problem` TRV109 (off, weak, taken), TRV105.
    """
    if not this.settings.signup:
        raise refusal("signup_disabled", "Signups not allowed for this instance")
    require_strong(password, email)
    with this.attempts.one("signup", origin.address, widely=False), this.admission.one(familiar=False):
        account_id = _added(this, email, password, data)
    audit.note(
        "signup", "done" if account_id else "refused", who=account_id or audit.unknown(email), address=origin.address
    )
    if this.mail.on:
        if account_id is not None:
            _send(this, email, "signup", "Confirm your address")
        return None
    account = accounts.by_id(this.store, account_id) if account_id is not None else None
    if account is None:
        raise refusal("user_already_exists", "User already registered")
    return login.begin(this, account, origin)


def change(this: Login, who: Bearer, body: Mapping[str, Any], address: str) -> Account:
    """Change the own password or ``data``; a new password ends every other session.

    Raises `Problem` TRV109 (refused, with its reason), TRV205.
    """
    who.require_whole()
    values: dict[str, Any] = {}
    if body.get("email") and accounts.fold(body["email"]) != who.account.email:
        raise refusal("validation_failed", "The address of an account is changed by an operator")
    if isinstance(body.get("data"), dict):
        kept = {**who.account.user_metadata, **body["data"]}
        values["user_metadata"] = {name: value for name, value in kept.items() if value is not None}
    new = body.get("password")
    if new:
        _require_own(this, who, body.get("current_password"), address)
        require_strong(new, who.account.email)
        values["password_hash"] = hash_password(new)
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        changed = accounts.write(connection, who.account.id, values)
        if not new:
            return changed
        events = sessions.end_others(connection, who.account.id, who.session_id)
        resets.forget(connection, who.account.id)
        # at any revocation services forget what they exchanged for passwords, this account's old one among them
        events.append(revocations.record(connection, {"session": str(uuid.uuid4())}))
    login.tell(this, events, "password changed", who.account.id, address)
    return changed


def recover(this: Login, email: str, address: str) -> None:
    """Send a token for a new password to the address, if it is an account's. Raises `Problem` TRV109, TRV105."""
    if not this.mail.on:
        raise refusal("email_provider_disabled", "This server sends no mail: ask an operator for a reset")
    with this.attempts.one("recover", address, widely=False):
        _send(this, email, "recovery", "Reset your password")
    audit.note("recovery asked", "done", who=login.name_of(this, email), address=address)


def redeem(this: Login, token: str, purpose: Purpose, email: str | None, origin: Origin) -> Grant:
    """Begin a session with a token from a mail or from the operator. Raises `Problem` TRV109 where it is not good."""
    action = f"{purpose} token"
    bad = Problem("TRV109", "Token has expired or is invalid", status=403, details={"reason": "otp_expired"})
    with this.store.write() as connection:
        account_id = resets.take(connection, token, purpose)
        account = accounts.lock(connection, account_id) if account_id is not None else None
        good = account is not None and (not email or accounts.fold(email) == account.email)
        if account is not None and good and purpose == "signup":
            account = accounts.write(connection, account.id, {"disabled": False, "confirmed": time.time()})
    if account is None or not good or account.disabled:
        audit.note(action, "refused", who="unknown" if account is None else account.id, address=origin.address)
        raise bad
    audit.note(action, "granted", who=account.id, address=origin.address)
    with this.attempts.one(account.email, origin.address, widely=False) as attempt:
        this.attempts.succeed(attempt)  # from here on this address is no stranger's
    return login.begin(this, account, Origin("otp", origin.address, origin.agent))


def issue_reset(opened: Store, account: Account, life: float) -> str:
    """A token for a new password, for the operator to hand over. Raises `AccountError` where it is the directory's."""
    if account.password_hash is None:
        raise AccountError(f"the password of {account.email} is not kept here but in the directory")
    with opened.write() as connection:
        accounts.lock(connection, account.id)
        return resets.issue(connection, account.id, "recovery", life)


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


def _added(this: Login, email: str, password: str, data: Mapping[str, Any]) -> str | None:
    try:
        return accounts.add(
            this.store, email, password, this.settings.signup_role, user_metadata=data, pending=this.mail.on
        )
    except AccountError as fault:
        if accounts.by_email(this.store, email) is None:
            raise refusal("validation_failed", str(fault)) from None
        return None


def _require_own(this: Login, who: Bearer, current: str | None, address: str) -> None:
    """Raise `Problem` where a session is too old to change the password by itself, or the old one is wrong."""
    if who.account.password_hash is None:
        raise refusal("validation_failed", "The password of this account is not kept here but in the directory")
    if current:
        login.verify(this, who.account.email, current, address, door="password change")
    elif who.session is None or who.session.created < time.time() - _FRESH:
        raise refusal("reauthentication_needed", "Log in again to change the password, or send current_password too")


def _send(this: Login, email: str, purpose: Purpose, subject: str) -> None:
    """Let the mail's thread find the account: the answer takes as long where there is none."""
    this.mail.send(lambda: _letter(this, email, purpose, subject))


def _letter(this: Login, email: str, purpose: Purpose, subject: str) -> Letter | None:
    found = accounts.by_email(this.store, email)
    if found is None or found.password_hash is None or found.disabled != (purpose == "signup"):
        return None
    with this.store.write() as connection:
        accounts.lock(connection, found.id)
        if resets.lately(connection, found.id):
            return None
        token = resets.issue(connection, found.id, purpose, this.settings.reset_seconds)
    page = this.settings.site_url or this.settings.public_url
    link = f"{page}{'&' if '?' in page else '?'}{urlencode({'token_hash': token, 'type': purpose})}"
    minutes = this.settings.reset_seconds // 60
    text = f"{subject}:\n\n{link}\n\nThe token {token} is good once, for {minutes} minutes.\n"
    return Letter(found.email, subject, text + "If you did not ask for it, nothing is to be done.\n")
