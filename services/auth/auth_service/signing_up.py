"""Signing up: who may, and what becomes of it with mail and without."""

from collections.abc import Mapping, Sequence
from typing import Any

from auth_service import accounts, audit, letters, login
from auth_service.accounts import AccountError
from auth_service.login import Grant, Login
from auth_service.mail import Letter
from auth_service.self_service import refusal, require_strong
from auth_service.sessions import Origin


def sign_up(this: Login, email: str, password: str, data: Mapping[str, Any], origin: Origin) -> Grant | None:
    """A new account: a session where no mail is sent, else None until the address is confirmed.

    With mail nobody learns whether there was an account already: not by the answer, nor by how long it takes.
    Raises `Problem` TRV109 (off, weak, taken), TRV105.
    """
    if not this.settings.signup:
        raise refusal("signup_disabled", "Signups not allowed for this instance")
    with (
        this.attempts.one("signup", origin.address, widely=False),
        this.admission.one(familiar=False, address=origin.address),
    ):
        require_strong(password, email)  # within: nothing else that a stranger can ask for takes as long
        columns = _drafted(this, email, password, data)
    if this.mail.on:
        audit.note("signup asked", "done", who=audit.unknown(email), address=origin.address)
        this.mail.send(lambda: welcome(this, columns, origin))
        return None
    try:
        account_id = accounts.insert(this.store, columns)
    except AccountError:
        audit.note("signup", "refused", who=audit.unknown(email), address=origin.address)
        raise refusal("user_already_exists", "User already registered") from None
    audit.note("signup", "done", who=account_id, address=origin.address)
    account = accounts.by_id(this.store, account_id)
    if account is None:
        raise refusal("user_not_found", "The account was forgotten again")
    return login.begin(this, account, origin)


def welcome(this: Login, columns: Mapping[str, Any], origin: Origin) -> Sequence[Letter]:
    """Make the account that was drafted, and write to its owner; nothing where there is one. For mail's thread."""
    try:
        account_id = accounts.insert(this.store, columns)
    except AccountError:
        audit.note("signup", "refused", who=audit.unknown(columns["email"]), address=origin.address)
        return ()
    audit.note("signup", "done", who=account_id, address=origin.address)
    return letters.to_account(this, accounts.by_id(this.store, account_id), "signup")


def _drafted(this: Login, email: str, password: str, data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return accounts.draft(email, password, this.settings.signup_role, user_metadata=data, pending=this.mail.on)
    except AccountError as fault:
        raise refusal("validation_failed", str(fault)) from None
