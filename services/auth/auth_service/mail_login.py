"""What mail opens: tokens asked for by an address, and redeemed for a session."""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import accounts, audit, letters, login, resets, signing_up
from auth_service.accounts import Account, AccountError
from auth_service.login import Grant, Login
from auth_service.mail import Letter
from auth_service.passwords import generate
from auth_service.resets import Purpose, Taken
from auth_service.self_service import refusal
from auth_service.sessions import Origin

# what a client's ``type`` may stand for
PURPOSES: dict[str, tuple[Purpose, ...]] = {
    "signup": ("signup",),
    "recovery": ("recovery",),
    "magiclink": ("magiclink",),
    "email": ("magiclink", "signup"),
    "email_change": resets.CHANGE,
    "invite": (),  # nobody is invited here, so that no such token is good
}
_CODE = re.compile(rf"[0-9]{{{resets.CODE_DIGITS}}}")
_NOBODY = "00000000-0000-0000-0000-000000000000"  # no account's id


@dataclass(frozen=True)
class Proof:
    """What came out of a mail: a token, or a code together with the address that it was sent to."""

    token: str
    purposes: Collection[Purpose]
    email: str = ""


class HalfWay(Exception):
    """A change of address waits for the other of its two tokens."""


def require_mail(this: Login) -> None:
    """Raise `Problem` TRV109 where no mail is sent."""
    if not this.mail.on:
        raise refusal("email_provider_disabled", "This server sends no mail: ask an operator for a reset")


def recover(this: Login, email: str, address: str) -> None:
    """Send a token for a new password to the address, if it is an account's. Raises `Problem` TRV109, TRV105."""
    require_mail(this)
    with this.attempts.one("recover", address, widely=False):
        letters.send(this, email, "recovery")
    audit.note("recovery asked", "done", who=login.name_of(this, email), address=address)


def ask_login(this: Login, email: str, data: Mapping[str, Any], *, creates: bool, origin: Origin) -> None:
    """Send a token for a login to the address, if it is an account's.

    Where signing up is allowed and the client wants it (``creates``), who has no account gets one, to be confirmed.
    Raises `Problem` TRV109 (off), TRV105.
    """
    if not (this.settings.mail_login and this.mail.on):
        raise refusal("email_provider_disabled", "Email logins are disabled")
    with this.attempts.one("mail login", origin.address, widely=False):
        this.mail.send(lambda: _way_in(this, email, data, creates and this.settings.signup, origin))
    audit.note("mail login asked", "done", who=login.name_of(this, email), address=origin.address)


def resend(this: Login, kind: str, email: str, address: str) -> None:
    """Send once more what a sign-up or a change of address waits for. Raises `Problem` TRV109, TRV105."""
    require_mail(this)
    with this.attempts.one("resend", address, widely=False):
        if kind == "signup":
            letters.send(this, email, "signup")
        else:
            this.mail.send(lambda: _change_again(this, email))
    audit.note("mail asked again", "done", who=login.name_of(this, email), address=address, kind=kind)


def redeem(this: Login, proof: Proof, origin: Origin) -> Grant:
    """Begin a session with what came out of a mail, or from the operator; an address that is shown so counts from now.

    Raises `Problem` TRV109 where it is not good, TRV105 after too many wrong codes; `HalfWay`.
    """
    action, email = f"{'/'.join(proof.purposes) or 'unknown'} token", accounts.fold(proof.email)
    if _CODE.fullmatch(proof.token) and email:
        # codes are short: they are guessed at as passwords are
        with this.attempts.one(f"code:{email}", origin.address) as attempt:
            account, taken = _redeemed(this, proof, email)
            if account is not None:
                this.attempts.succeed(attempt)
    else:
        account, taken = _redeemed(this, proof, email)
    if account is None or taken is None:
        audit.note(action, "refused", who="unknown" if taken is None else taken.account_id, address=origin.address)
        raise Problem("TRV109", "Token has expired or is invalid", status=403, details={"reason": "otp_expired"})
    audit.note(f"{taken.purpose} token", "granted", who=account.id, address=origin.address)
    if taken.purpose.startswith("email_") and account.email != taken.address:
        raise HalfWay
    with this.attempts.one(account.email, origin.address, widely=False) as attempt:
        this.attempts.succeed(attempt)  # from here on this address is no stranger's
    return login.begin(this, account, Origin("otp", origin.address, origin.agent))


def _redeemed(this: Login, proof: Proof, email: str) -> tuple[Account | None, Taken | None]:
    """The account that the token opens, as it is then, and what the token was for; None where it opens nothing."""
    try:
        with this.store.write() as connection:
            taken = _taken(this, connection, proof, email)
            account = accounts.lock(connection, taken.account_id) if taken is not None else None
            if account is None or taken is None or email not in ("", account.email, taken.address):
                return None, taken
            if taken.purpose == "signup" and account.pending:
                account = accounts.write(connection, account.id, {"disabled": False, "confirmed": time.time()})
            if account.disabled:
                return None, taken
            if taken.address is not None and not resets.outstanding(connection, account.id):
                # the last of its tokens; what was sent to the old address is no longer good
                resets.forget(connection, account.id)
                account = accounts.write(
                    connection, account.id, {"email": taken.address, "confirmed": time.time()}
                )  # fmt: skip
            return account, taken
    except AccountError:
        raise refusal("email_exists", "A user with this email address has already been registered") from None


def _taken(this: Login, connection: sa.Connection, proof: Proof, email: str) -> Taken | None:
    if not (_CODE.fullmatch(proof.token) and email):
        return resets.take(connection, proof.token, proof.purposes)
    account_id = connection.scalar(accounts.id_of(email)) or _NOBODY
    return resets.take_code(connection, account_id, email, proof.purposes, proof.token, this.master)


def _way_in(this: Login, email: str, data: Mapping[str, Any], creates: bool, origin: Origin) -> Sequence[Letter]:
    """The letter with a token for a login, for a first one too. For mail's thread."""
    account = accounts.by_email(this.store, email)
    if account is not None:
        return letters.to_account(this, account, "signup" if account.pending else "magiclink")
    if not creates:
        return ()
    try:  # nobody knows its password, so that a reset is the way to one
        columns = accounts.draft(email, generate(), this.settings.signup_role, user_metadata=data, pending=True)
    except AccountError:
        return ()
    return signing_up.welcome(this, columns, origin)


def _change_again(this: Login, email: str) -> Sequence[Letter]:
    """The letters of a change of address that waits, whichever of the two addresses is named. For mail's thread."""
    with this.store.write() as connection:
        account_id = connection.scalar(accounts.id_of(email)) or resets.claimant(connection, accounts.fold(email))
        account = accounts.lock(connection, account_id or _NOBODY)
        awaited = resets.awaited(connection, account.id) if account is not None else None
        if account is None or awaited is None or resets.lately(connection, account.id, "email_new"):
            return ()
        return letters.of_change(this, connection, account, awaited[0])
