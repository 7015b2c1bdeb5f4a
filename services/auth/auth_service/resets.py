"""Tokens that prove an address: for a new password, or to finish signing up. Kept as hashes, good once.

Each is 32 random bytes, so that one round of SHA-256 hides it.
"""

import hashlib
import secrets
import time
from typing import Literal

import sqlalchemy as sa

from auth_service.tables import resets

Purpose = Literal["recovery", "signup"]
_APART = 60.0  # seconds between two mails to one account


def issue(connection: sa.Connection, account_id: str, purpose: Purpose, life: float) -> str:
    """A new token, in the place of earlier ones of its purpose."""
    token, now = secrets.token_urlsafe(32), time.time()
    forget(connection, account_id, purpose)
    row = {"hash": _hash(token), "account_id": account_id, "purpose": purpose, "created": now, "expires": now + life}
    connection.execute(sa.insert(resets).values(row))
    return token


def lately(connection: sa.Connection, account_id: str) -> bool:
    """True where the account got a token within the last minute: nobody's mailbox is to be flooded."""
    recent = (resets.c.account_id == account_id) & (resets.c.created > time.time() - _APART)
    return connection.scalar(sa.select(resets.c.hash).where(recent).limit(1)) is not None


def take(connection: sa.Connection, token: str, purpose: Purpose) -> str | None:
    """Use up a token: the id of its account, None where it is not good."""
    same = (resets.c.hash == _hash(token)) & (resets.c.purpose == purpose)
    row = connection.execute(sa.select(resets.c.account_id, resets.c.expires).where(same)).one_or_none()
    used = connection.execute(sa.delete(resets).where(same)).rowcount
    if row is None or used != 1 or row.expires < time.time():
        return None
    return str(row.account_id)


def forget(connection: sa.Connection, account_id: str, purpose: Purpose | None = None) -> None:
    """Let no token of an account be good any more, of one purpose or at all."""
    same = resets.c.account_id == account_id
    if purpose is not None:
        same &= resets.c.purpose == purpose
    connection.execute(sa.delete(resets).where(same))


def prune(connection: sa.Connection) -> None:
    """Forget tokens that ran out."""
    connection.execute(sa.delete(resets).where(resets.c.expires < time.time()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
