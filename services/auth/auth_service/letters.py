"""The letters that auth writes: each carries a token, or the code that stands for it, to who reads an address's mail.

What is said of an account is found out by the mail's own thread: an answer takes as long where there is none.
"""

import time
from collections.abc import Sequence
from urllib.parse import urlencode

import sqlalchemy as sa

from auth_service import accounts, resets
from auth_service.accounts import Account
from auth_service.login import Login
from auth_service.mail import Letter
from auth_service.resets import Issued, Purpose
from auth_service.settings import AuthSettings

_SUBJECTS: dict[Purpose, str] = {
    "recovery": "Reset your password",
    "signup": "Confirm your address",
    "magiclink": "Log in",
    "reauthentication": "Confirm that it is you",
    "email_old": "Confirm that your address changes",
    "email_new": "Confirm your new address",
}
# what clients call it, where that is another word
_TYPES: dict[Purpose, str] = {"email_old": "email_change", "email_new": "email_change"}


def compose(settings: AuthSettings, to: str, purpose: Purpose, issued: Issued) -> Letter:
    """A letter with a token behind a link, and its code; with a code alone where that is typed into a form at hand."""
    subject, minutes = _SUBJECTS[purpose], settings.reset_seconds // 60
    lines = [f"{subject}:", "", f"The code is {issued.code}, good once, for {minutes} minutes."]
    if purpose != "reauthentication":
        page = settings.site_url or settings.public_url
        query = urlencode({"token_hash": issued.token, "type": _TYPES.get(purpose, purpose)})
        link = f"{page}{'&' if '?' in page else '?'}{query}"
        lines[1:2] = ["", link, ""]
    return Letter(to, subject, "\n".join([*lines, "If you did not ask for it, nothing is to be done.", ""]))


def send(this: Login, email: str, purpose: Purpose) -> None:
    """Send a token of this purpose to the address, if it is that of an account that may have one."""
    this.mail.send(lambda: to_account(this, accounts.by_email(this.store, email), purpose))


def of_change(this: Login, connection: sa.Connection, account: Account, address: str) -> Sequence[Letter]:
    """Letters with the tokens that a change of address needs: to the new one, and to the old one where that is set.

    The new one gets none where it is another account's: nobody learns that it is. The caller holds the account's lock.
    """
    expires, found = expiry(this), []  # both end at the same moment: one alone is never the last that there was
    issued = resets.issue(connection, account.id, "email_new", expires, this.master, address)
    if connection.scalar(accounts.id_of(address)) is None:
        found.append(compose(this.settings, address, "email_new", issued))
    if this.settings.mail_change_both:
        issued = resets.issue(connection, account.id, "email_old", expires, this.master, address)
        found.append(compose(this.settings, account.email, "email_old", issued))
    return found


def expiry(this: Login) -> float:
    """Until when a token that is issued now is good (seconds since 1970)."""
    return time.time() + this.settings.reset_seconds


def to_account(this: Login, account: Account | None, purpose: Purpose) -> Sequence[Letter]:
    """The letter to an account, none where it may have none, or had one within the last minute."""
    if account is None or account.password_hash is None:
        return ()
    if not account.pending if purpose == "signup" else account.disabled:
        return ()
    with this.store.write() as connection:
        accounts.lock(connection, account.id)
        if resets.lately(connection, account.id, purpose):
            return ()
        issued = resets.issue(connection, account.id, purpose, expiry(this), this.master)
    return [compose(this.settings, account.email, purpose, issued)]
