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
from auth_service.tables import refresh_tokens, sessions

_ENDED_KEPT = 86_400.0  # seconds that an ended session is kept, for who still holds its tokens


@dataclass(frozen=True)
class Origin:
    """How and from where a session began: the method (RFC 8176 or Supabase's word), the client's address and name."""

    method: str = "password"
    address: str = ""
    agent: str = ""


NOWHERE = Origin()
ONE_FACTOR, TWO_FACTORS = "aal1", "aal2"


@dataclass(frozen=True)
class Session:
    """A session that has not ended. Times are seconds since 1970; ``methods`` as in the claim ``amr``."""

    id: str
    account_id: str
    aal: str
    methods: list[dict[str, Any]]
    address: str
    agent: str
    created: float
    refreshed: float | None
    expires: float


_SHOWN = tuple(sessions.c[name] for name in Session.__dataclass_fields__)


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


def start(connection: sa.Connection, account_id: str, life: float, origin: Origin = NOWHERE) -> Refresh:
    """A new session of one factor that ends when nobody refreshes it for ``life`` seconds."""
    session_id, token, now = str(uuid.uuid4()), _text(secrets.token_bytes(32)), time.time()
    row = {"id": session_id, "account_id": account_id, "refresh_key": secrets.token_bytes(32)}
    row |= {"aal": ONE_FACTOR, "methods": _with_method([], origin.method, now)}
    row |= {"address": origin.address[:64], "agent": origin.agent[:256]}
    connection.execute(sa.insert(sessions).values(row | {"created": now, "expires": now + life}))
    _issue(connection, session_id, token, now)
    return Refresh(session_id, token)


def raise_level(connection: sa.Connection, session_id: str, method: str, life: float) -> Refresh:
    """Note that the second factor was shown: the session as one of two factors, with a refresh token of its own.

    The caller holds the lock of its account. Earlier refresh tokens are spent. Raises `Problem` TRV202 where the
    session has ended.
    """
    now = time.time()
    row = connection.execute(sa.select(sessions).where(sessions.c.id == session_id)).one_or_none()
    if row is None or row.ended is not None or row.expires < now:
        raise _gone("session_not_found", "The session has ended")
    change = {"aal": TWO_FACTORS, "methods": _with_method(row.methods, method, now), "expires": now + life}
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(change))
    # what came before is too old for a repetition: it was issued for one factor
    connection.execute(sa.delete(refresh_tokens).where(refresh_tokens.c.session_id == session_id))
    token = _text(secrets.token_bytes(32))
    _issue(connection, session_id, token, now)
    return Refresh(session_id, token)


def of_account(connection: sa.Connection, account_id: str) -> list[Session]:
    """The sessions of an account that have not ended, the latest first."""
    live = (sessions.c.account_id == account_id) & sessions.c.ended.is_(None) & (sessions.c.expires >= time.time())
    found = sa.select(*_SHOWN).where(live).order_by(sessions.c.created.desc())
    return [Session(**row) for row in connection.execute(found).mappings()]


def find(connection: sa.Connection, session_id: str) -> Session | None:
    """The session of this id, None where there is none or it has ended."""
    live = (sessions.c.id == session_id) & sessions.c.ended.is_(None) & (sessions.c.expires >= time.time())
    row = connection.execute(sa.select(*_SHOWN).where(live)).mappings().one_or_none()
    return None if row is None else Session(**row)


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
        change = {"expires": now + life, "refreshed": now}
        connection.execute(sa.update(sessions).where(sessions.c.id == row.id).values(change))
    elif row.spent < now - grace or not _unspent(connection, successor):
        return Reuse(end(connection, row.id))
    return Refresh(row.id, successor)


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


def _with_method(methods: list[dict[str, Any]], method: str, now: float) -> list[dict[str, Any]]:
    return [{"method": method, "timestamp": int(now)}, *methods]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _next(key: bytes, token: str) -> str:
    return _text(hmac.new(key, token.encode(), hashlib.sha256).digest())


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _gone(reason: str, message: str) -> Problem:
    return Problem("TRV202", message, details={"reason": reason})
