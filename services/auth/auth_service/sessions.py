"""Sessions: what a login begins, its rotating refresh tokens keep alive, and a logout ends.

A session's first refresh token is random. Each next one is a keyed hash of the one before, under a key that is the
session's own: the store keeps only hashes, and yet a repeated refresh gets the very answer that was lost.
"""

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import revocations
from auth_service.store import Store
from auth_service.tables import refresh_tokens, sessions

_ENDED_KEPT = 86_400.0  # seconds that an ended session is kept, for who still holds its tokens


@dataclass(frozen=True)
class Refresh:
    """A session at work, and the refresh token that continues it."""

    session_id: str
    token: str


@dataclass(frozen=True)
class Reuse:
    """A refresh token that was spent long ago came back: whoever sent it, its session has been ended.

    ``event`` is to be announced.
    """

    event: dict[str, Any]


def start(connection: sa.Connection, account_id: str, life: float) -> Refresh:
    """A new session that ends when nobody refreshes it for ``life`` seconds."""
    session_id, token, now = str(uuid.uuid4()), _text(secrets.token_bytes(32)), time.time()
    row = {"id": session_id, "account_id": account_id, "refresh_key": secrets.token_bytes(32)}
    connection.execute(sa.insert(sessions).values(row | {"created": now, "expires": now + life}))
    _issue(connection, session_id, token, now)
    return Refresh(session_id, token)


def owner(connection: sa.Connection, token: str) -> str:
    """The id of the account that a refresh token, spent or not, was issued to. Raises `Problem` TRV202."""
    found = sa.select(sessions.c.account_id).join_from(refresh_tokens, sessions)
    account_id: str | None = connection.scalar(found.where(refresh_tokens.c.hash == _hash(token)))
    if account_id is None:
        raise _gone("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    return account_id


def rotate(connection: sa.Connection, token: str, life: float, grace: float) -> Refresh | Reuse:
    """Spend a refresh token for the next one; within ``grace`` seconds a repetition gets the same next one.

    The caller holds the lock of its account (`accounts.lock`). Raises `Problem` TRV202 where the session has ended.
    """
    now = time.time()
    row = connection.execute(_of_token(token)).one()
    if row.ended is not None or row.expires < now:
        raise _gone("session_expired", "Invalid Refresh Token: Session Expired")
    successor = _next(row.refresh_key, token)
    if row.spent is None:
        _spend(connection, token, now)
        _issue(connection, row.id, successor, now)
        connection.execute(sa.update(sessions).where(sessions.c.id == row.id).values(expires=now + life))
    elif row.spent < now - grace or not _unspent(connection, successor):
        return Reuse(end(connection, row.id))
    return Refresh(row.id, successor)


def alive(store: Store, session_id: str) -> bool:
    """True while the session has not ended."""
    condition = (sessions.c.id == session_id) & sessions.c.ended.is_(None) & (sessions.c.expires >= time.time())
    with store.read() as connection:
        return connection.scalar(sa.select(sessions.c.id).where(condition)) is not None


def end(connection: sa.Connection, session_id: str) -> dict[str, Any]:
    """End one session. The event to announce."""
    _end(connection, sessions.c.id == session_id)
    return revocations.record(connection, {"session": session_id})


def end_of_account(connection: sa.Connection, account_id: str) -> None:
    """End every session of an account; its tokens are revoked by `accounts.end_all`."""
    _end(connection, sessions.c.account_id == account_id)


def end_others(connection: sa.Connection, account_id: str, session_id: str | None) -> list[dict[str, Any]]:
    """End every session of an account but one. The events to announce."""
    others = (sessions.c.account_id == account_id) & (sessions.c.id != (session_id or "")) & sessions.c.ended.is_(None)
    found = list(connection.scalars(sa.select(sessions.c.id).where(others)))
    return [end(connection, other) for other in found]


def prune(connection: sa.Connection, life: float) -> None:
    """Forget sessions that ended some time ago, and refresh tokens spent longer ago than a session lives."""
    now = time.time()
    over = (sessions.c.expires < now) | (sessions.c.ended < now - _ENDED_KEPT)
    connection.execute(sa.delete(sessions).where(over))
    connection.execute(sa.delete(refresh_tokens).where(refresh_tokens.c.spent < now - life))


def _of_token(token: str) -> sa.Select[tuple[str, bytes, float, float | None, float | None]]:
    columns = (sessions.c.id, sessions.c.refresh_key, sessions.c.expires, sessions.c.ended, refresh_tokens.c.spent)
    return sa.select(*columns).join_from(refresh_tokens, sessions).where(refresh_tokens.c.hash == _hash(token))


def _issue(connection: sa.Connection, session_id: str, token: str, now: float) -> None:
    row = {"hash": _hash(token), "session_id": session_id, "issued": now}
    connection.execute(sa.insert(refresh_tokens).values(row))


def _spend(connection: sa.Connection, token: str, now: float) -> None:
    connection.execute(sa.update(refresh_tokens).where(refresh_tokens.c.hash == _hash(token)).values(spent=now))


def _unspent(connection: sa.Connection, token: str) -> bool:
    condition = (refresh_tokens.c.hash == _hash(token)) & refresh_tokens.c.spent.is_(None)
    return connection.scalar(sa.select(refresh_tokens.c.hash).where(condition)) is not None


def _end(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    live = condition & sessions.c.ended.is_(None)
    connection.execute(sa.update(sessions).where(live).values(ended=time.time()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _next(key: bytes, token: str) -> str:
    return _text(hmac.new(key, token.encode(), hashlib.sha256).digest())


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _gone(reason: str, message: str) -> Problem:
    return Problem("TRV202", message, details={"reason": reason})
