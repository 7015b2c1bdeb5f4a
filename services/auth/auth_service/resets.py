"""Tokens that prove an address: for a login, a new password or address, or to finish signing up. Good once.

Each is 32 random bytes, so that one round of SHA-256 hides it. Beside it stands a short code that can be typed: kept
as a hash under the master key, and guessed at no faster than `attempts` allows.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Collection
from typing import Literal, NamedTuple

import sqlalchemy as sa

from auth_service.sealing import MasterKey
from auth_service.tables import resets

Purpose = Literal["recovery", "signup", "magiclink", "reauthentication", "email_old", "email_new"]
CHANGE: tuple[Purpose, ...] = ("email_old", "email_new")
CODE_DIGITS = 8
_APART = 60.0  # seconds between two mails of one purpose to one account


class Issued(NamedTuple):
    """A token, and the code that stands for it together with the account's address."""

    token: str
    code: str


class Taken(NamedTuple):
    """What a token was for; ``address`` is what the account's address is to become, None otherwise."""

    account_id: str
    purpose: str
    address: str | None


def issue(  # noqa: PLR0917  (a row's parts)
    connection: sa.Connection,
    account_id: str,
    purpose: Purpose,
    expires: float,
    master: MasterKey | None = None,
    address: str | None = None,
) -> Issued:
    """A new token until ``expires`` (seconds since 1970), in the place of earlier ones of its purpose.

    Its code is good where there is a master key. ``address`` is what the account's is to become.
    """
    token, code, now = secrets.token_urlsafe(32), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}", time.time()
    forget(connection, account_id, purpose)
    row = {"hash": _hash(token), "account_id": account_id, "purpose": purpose, "created": now, "expires": expires}
    mark = None if master is None else _mark(master, account_id, code)
    connection.execute(sa.insert(resets).values(row | {"address": address, "code": mark}))
    return Issued(token, code)


def lately(connection: sa.Connection, account_id: str, purpose: Purpose) -> bool:
    """True where the account got such a token within the last minute: nobody's mailbox is to be flooded."""
    recent = _of(account_id, [purpose]) & (resets.c.created > time.time() - _APART)
    return connection.scalar(sa.select(resets.c.hash).where(recent).limit(1)) is not None


def take(connection: sa.Connection, token: str, purposes: Collection[Purpose]) -> Taken | None:
    """Use up a token of one of these purposes; None where it is not good."""
    same = (resets.c.hash == _hash(token)) & resets.c.purpose.in_(purposes)
    found = sa.select(resets.c.account_id, resets.c.purpose, resets.c.address, resets.c.expires).where(same)
    row = connection.execute(found).one_or_none()
    used = connection.execute(sa.delete(resets).where(same)).rowcount
    if row is None or used != 1 or row.expires < time.time():
        return None
    return Taken(*row[:3])


def take_code(  # noqa: PLR0917  (a row's parts)
    connection: sa.Connection,
    account_id: str,
    address: str,
    purposes: Collection[Purpose],
    code: str,
    master: MasterKey,
) -> Taken | None:
    """Use up the token whose code this is: one of the account's, or of who is to get this address; None where none is.

    The same statements run for an account that does not exist (an id that is none).
    """
    mine = _of(account_id, purposes)
    if "email_new" in purposes:
        mine |= (resets.c.purpose == "email_new") & (resets.c.address == address)
    good = mine & resets.c.code.is_not(None) & (resets.c.expires >= time.time())
    found = sa.select(resets.c.account_id, resets.c.purpose, resets.c.address, resets.c.code, resets.c.hash).where(good)
    for row in connection.execute(found).all():
        if hmac.compare_digest(_mark(master, row.account_id, code), row.code):
            connection.execute(sa.delete(resets).where(resets.c.hash == row.hash))
            return Taken(row.account_id, row.purpose, row.address)
    return None


def awaited(connection: sa.Connection, account_id: str) -> tuple[str, float] | None:
    """The address that an account is to get, and since when (seconds since 1970); None where it is to get none."""
    live = _of(account_id, CHANGE) & (resets.c.expires >= time.time())
    row = connection.execute(sa.select(resets.c.address, resets.c.created).where(live).limit(1)).one_or_none()
    return None if row is None else (str(row.address), float(row.created))


def outstanding(connection: sa.Connection, account_id: str) -> bool:
    """Whether a change of an account's address has a token that was not used, be it good still or not."""
    return connection.scalar(sa.select(resets.c.hash).where(_of(account_id, CHANGE)).limit(1)) is not None


def claimant(connection: sa.Connection, address: str) -> str | None:
    """The id of an account that is to get this address, or None."""
    claimed = (resets.c.purpose == "email_new") & (resets.c.address == address) & (resets.c.expires >= time.time())
    return connection.scalar(sa.select(resets.c.account_id).where(claimed).limit(1))


def forget(connection: sa.Connection, account_id: str, purpose: Purpose | None = None) -> None:
    """Let no token of an account be good any more, of one purpose or at all."""
    same = resets.c.account_id == account_id
    if purpose is not None:
        same &= resets.c.purpose == purpose
    connection.execute(sa.delete(resets).where(same))


def prune(connection: sa.Connection) -> None:
    """Forget tokens that ran out."""
    connection.execute(sa.delete(resets).where(resets.c.expires < time.time()))


def _of(account_id: str, purposes: Collection[Purpose]) -> sa.ColumnElement[bool]:
    return (resets.c.account_id == account_id) & resets.c.purpose.in_(purposes)


def _mark(master: MasterKey, account_id: str, code: str) -> str:
    return master.mark(f"code {account_id} {code}")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
