"""Signing in, going on, and signing out: the flows behind the routes."""

import time
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import accounts, revocations, sessions, signing_keys
from auth_service.accounts import Account
from auth_service.attempts import Attempts
from auth_service.connectors.base import Connector
from auth_service.passwords import possible
from auth_service.settings import AuthSettings
from auth_service.store import Store
from auth_service.upkeep import Upkeep

Scope = Literal["global", "local", "others"]
MARGIN = 3600.0  # seconds past a token's life that its revocation is kept and told: clocks differ, services lag


@dataclass(frozen=True)
class Login:
    """What the flows work with."""

    settings: AuthSettings
    store: Store
    connectors: tuple[Connector, ...]
    attempts: Attempts
    upkeep: Upkeep


@dataclass(frozen=True)
class Grant:
    """A login that holds: the account and the second since 1970 from which its access token counts.

    With a session's id and the refresh token that continues it, except where a password was exchanged for one token.
    """

    account: Account
    issued: int
    session_id: str | None = None
    refresh_token: str | None = None


@dataclass(frozen=True)
class Bearer:
    """Who sent an access token that holds; ``session_id`` is None for a token of a single exchange."""

    account: Account
    session_id: str | None


def verify(login: Login, username: str, password: str, address: str) -> Account:
    """The account that a name and a password prove.

    Raises `Problem` TRV201 (refused), TRV105 (too many tries from ``address``), TRV203 and PGRST001 (can't tell).
    """
    refused = Problem("TRV201", "Invalid login credentials")
    if not (possible(username) and possible(password)):
        raise refused
    with login.attempts.one(accounts.fold(username), address) as mark:
        for connector in login.connectors:
            account = connector.verify(username, password)
            if account is not None:
                login.attempts.succeed(mark)
                return account
    raise refused


def sign_in(login: Login, username: str, password: str, address: str) -> Grant:
    """Begin a session. Raises `Problem` as `verify` does."""
    verified = verify(login, username, password, address)
    with login.store.write() as connection:
        account = accounts.note_login(connection, _unchanged(connection, verified))
        session = sessions.start(connection, account.id, login.settings.refresh_token_seconds)
        return _grant(account, session)


def exchange(login: Login, username: str, password: str, address: str) -> Grant:
    """One access token for a name and a password, without a session. Raises `Problem` as `verify` does."""
    verified = verify(login, username, password, address)
    with login.store.write() as connection:
        return _grant(_unchanged(connection, verified), None)


def refresh(login: Login, token: str) -> Grant:
    """Continue a session. Raises `Problem` TRV202 where it has ended, or the token had been spent, which ends it."""
    life, grace = login.settings.refresh_token_seconds, login.settings.refresh_grace_seconds
    with login.store.write() as connection:
        account = accounts.lock(connection, sessions.owner(connection, token))
        if account is None or account.disabled:
            raise _ended()
        found = sessions.rotate(connection, token, life, grace)
        if isinstance(found, sessions.Refresh):
            return _grant(account, found)
    login.upkeep.announce(found.event)
    raise Problem("TRV202", "Invalid Refresh Token: Already Used", details={"reason": "refresh_token_already_used"})


def bearer(login: Login, subject: str, session_id: str | None, issued: float) -> Bearer:
    """Who sent an access token with these claims. Raises `Problem` TRV202 where it was ended before its time."""
    account = accounts.by_id(login.store, subject)
    if account is None or account.disabled or issued < account.tokens_after:
        raise _ended()
    if session_id is not None and not sessions.alive(login.store, session_id):
        raise _ended()
    return Bearer(account, session_id)


def sign_out(login: Login, who: Bearer, scope: Scope) -> None:
    """End this session, all of the account, or all the others; every service is told.

    Raises `Problem` TRV202 where only this session is to end, and the token has none.
    """
    if scope == "local" and who.session_id is None:
        raise _ended()
    with login.store.write() as connection:
        accounts.lock(connection, who.account.id)
        if scope == "others":
            events = sessions.end_others(connection, who.account.id, who.session_id)
        elif scope == "local":
            events = [sessions.end(connection, who.session_id or "")]
        else:
            events = [accounts.end_all(connection, who.account.id)]
    for event in events:
        login.upkeep.announce(event)


def revoked_since(login: Login, cursor: int) -> tuple[int, list[dict[str, object]]]:
    """The next cursor, and what was revoked after ``cursor`` that living tokens may be about."""
    return revocations.since(login.store, cursor, revocation_life(login.settings))


def revocation_life(settings: AuthSettings) -> float:
    """Seconds for which a revocation is worth telling."""
    return settings.access_token_seconds + MARGIN


def tidy(store: Store, settings: AuthSettings) -> None:
    """Forget what can't matter any more."""
    with store.write() as connection:
        sessions.prune(connection, settings.refresh_token_seconds)
        revocations.prune(connection, revocation_life(settings))
        signing_keys.prune(connection, revocation_life(settings))


def _unchanged(connection: sa.Connection, verified: Account) -> Account:
    """The account, held; refused where it was disabled or its password changed while the password was looked at."""
    account = accounts.lock(connection, verified.id)
    if account is None or account.disabled or account.tokens_after != verified.tokens_after:
        raise Problem("TRV201", "Invalid login credentials")
    return account


def _grant(account: Account, session: sessions.Refresh | None) -> Grant:
    issued = max(int(time.time()), account.tokens_after)
    if session is None:
        return Grant(account, issued)
    return Grant(account, issued, session.session_id, session.token)


def _ended() -> Problem:
    return Problem("TRV202", "The session has ended", details={"reason": "session_not_found"})
