"""Signing in, going on, and signing out: the flows behind the routes."""

import time
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import accounts, audit, factors, resets, revocations, sessions, signing_keys, soap_secrets
from auth_service.accounts import Account
from auth_service.admission import Admission
from auth_service.attempts import Attempts
from auth_service.connectors.base import Connector
from auth_service.factors import Factor
from auth_service.mail import Mail
from auth_service.passwords import possible
from auth_service.sealing import MasterKey
from auth_service.sessions import ONE_FACTOR, Origin, Session
from auth_service.settings import AuthSettings
from auth_service.store import Store
from auth_service.upkeep import Upkeep

_NOT_LOOKED_AT = ("PGRST001", "TRV203")  # no room, or nobody there who could: not a wrong password
Scope = Literal["global", "local", "others"]
MARGIN = 3600.0  # seconds past a token's life that its revocation is kept and told: clocks differ, services lag


@dataclass(frozen=True)
class Login:
    """What the flows work with."""

    settings: AuthSettings
    store: Store
    connectors: tuple[Connector, ...]
    attempts: Attempts
    admission: Admission
    upkeep: Upkeep
    master: MasterKey
    mail: Mail


@dataclass(frozen=True)
class Grant:
    """A login that holds: the account and the second since 1970 from which its access token counts.

    With a session's id and the refresh token that continues it, except where a password was exchanged for one token.
    ``factors`` are the account's; ``partial`` is True while the second one is still to be shown: such a token opens
    nothing but auth's own routes for that.
    """

    account: Account
    issued: int
    session_id: str | None = None
    refresh_token: str | None = None
    aal: str = ONE_FACTOR
    methods: tuple[Any, ...] = ()
    factors: tuple[Factor, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether the second factor is still to be shown."""
        return self.aal == ONE_FACTOR and _shown(self.factors)


@dataclass(frozen=True)
class Bearer:
    """Who sent an access token that holds; ``session`` is None for a token of a single exchange."""

    account: Account
    session: Session | None
    factors: tuple[Factor, ...] = ()

    @property
    def session_id(self) -> str | None:
        """The id of the session."""
        return None if self.session is None else self.session.id

    @property
    def partial(self) -> bool:
        """Whether the second factor is still to be shown."""
        return (self.session is None or self.session.aal == ONE_FACTOR) and _shown(self.factors)

    def require_whole(self) -> None:
        """Raise `Problem` TRV205 while the second factor is still to be shown."""
        if self.partial:
            raise insufficient()


def verify(login: Login, username: str, password: str, address: str, door: str = "login") -> Account:
    """The account that a name and a password prove; audited as ``door``.

    Raises `Problem` TRV201 (refused), TRV105 (too many tries from ``address``), TRV203 and PGRST001 (can't tell).
    """
    refused = Problem("TRV201", "Invalid login credentials")
    if not (possible(username) and possible(password)):
        audit.note(door, "refused", who=audit.unknown(username), address=address)
        raise refused
    try:
        account = _proven(login, username, password, address)
    except Problem as problem:
        outcome: audit.Outcome = "locked out" if problem.code == "TRV105" else "unavailable"
        audit.note(door, outcome, who=audit.unknown(username), address=address)
        raise
    if account is None:
        audit.note(door, "refused", who=name_of(login, username), address=address)
        raise refused
    return account


def name_of(login: Login, username: str) -> str:
    """How the audit log calls who says to be ``username``: the account's id, else a mark."""
    account = accounts.by_email(login.store, username)
    return audit.unknown(username) if account is None else account.id


def _proven(login: Login, username: str, password: str, address: str) -> Account | None:
    with login.attempts.one(accounts.fold(username), address) as attempt:
        try:
            with login.admission.one(attempt.familiar, address):
                for connector in login.connectors:
                    account = connector.verify(username, password)
                    if account is not None:
                        login.attempts.succeed(attempt)
                        return account
        except Problem as problem:
            if problem.code in _NOT_LOOKED_AT:
                login.attempts.take_back(attempt)
            raise
        login.admission.refused(address)
    return None


def sign_in(login: Login, username: str, password: str, origin: Origin) -> Grant:
    """Begin a session. Raises `Problem` as `verify` does."""
    verified = verify(login, username, password, origin.address)
    return begin(login, verified, origin)


def sign_in_whole(login: Login, username: str, password: str, origin: Origin) -> Grant:
    """Begin a session of one whom a password proves wholly.

    Raises `Problem` as `verify` does, and TRV205 where the account has a second factor: a password alone is not enough.
    """
    verified = verify(login, username, password, origin.address)
    with login.store.read() as connection:
        second = factors.needed(connection, verified.id)
    if second:
        audit.note("login", "refused", who=verified.id, address=origin.address, needs="second factor")
        raise insufficient()
    return begin(login, verified, origin)


def begin(login: Login, verified: Account, origin: Origin) -> Grant:
    """Begin a session of an account that was verified just now. Raises `Problem` TRV201 where it changed since."""
    with login.store.write() as connection:
        account = accounts.note_login(connection, _unchanged(connection, verified))
        session = sessions.start(connection, account.id, login.settings.refresh_token_seconds, origin)
        grant = granted(connection, account, session)
    needs = "second factor" if grant.partial else None
    audit.note(
        "login", "granted", who=account.id, address=origin.address, method=origin.method, session=session.session_id,
        needs=needs,
    )  # fmt: skip
    return grant


def exchange(login: Login, username: str, password: str, address: str) -> Grant:
    """One access token for a name and a password, without a session.

    Raises `Problem` as `verify` does, and TRV205 where the account has a second factor: a password alone is not enough.
    """
    verified = verify(login, username, password, address, door="exchange")
    with login.store.write() as connection:
        account = _unchanged(connection, verified)
        second = factors.needed(connection, account.id)
    audit.note("exchange", "refused" if second else "granted", who=account.id, address=address)
    if second:
        raise insufficient()
    return Grant(account, issued(account))


def refresh(login: Login, token: str, address: str = "") -> Grant:
    """Continue a session. Raises `Problem` TRV202 where it has ended, or the token had been spent, which ends it."""
    life, grace = login.settings.refresh_token_seconds, login.settings.refresh_grace_seconds
    with login.store.write() as connection:
        account = accounts.lock(connection, sessions.owner(connection, token))
        if account is None or account.disabled:
            raise _ended()
        found = sessions.rotate(connection, token, life, grace)
        if isinstance(found, sessions.Refresh):
            return granted(connection, account, found)
    login.upkeep.announce(found.event)
    audit.note("refresh token reused", "refused", who=account.id, address=address, session=found.event["session"])
    raise Problem("TRV202", "Invalid Refresh Token: Already Used", details={"reason": "refresh_token_already_used"})


def bearer(login: Login, subject: str, session_id: str | None, issued: float) -> Bearer:
    """Who sent an access token with these claims. Raises `Problem` TRV202 where it was ended before its time."""
    with login.store.read() as connection:
        account = accounts.look(connection, subject)
        if account is None or account.disabled or issued < account.tokens_after:
            raise _ended()
        session = sessions.find(connection, session_id) if session_id is not None else None
        if session_id is not None and session is None:
            raise _ended()
        return Bearer(account, session, tuple(factors.of_account(connection, account.id)))


def sign_out(login: Login, who: Bearer, scope: Scope, address: str = "") -> None:
    """End this session, all of the account, or all the others; every service is told.

    Raises `Problem` TRV202 where only this session is to end, and the token has none; TRV205 where others are to end
    and the second factor is still to be shown.
    """
    if scope == "local" and who.session_id is None:
        raise _ended()
    if scope != "local":
        who.require_whole()
    with login.store.write() as connection:
        accounts.lock(connection, who.account.id)
        if scope == "others":
            events = sessions.end_others(connection, who.account.id, who.session_id)
        elif scope == "local":
            events = [sessions.end(connection, who.session_id or "")]
        else:
            events = [accounts.end_all(connection, who.account.id)]
    tell(login, events, "logout", who.account.id, address, scope=scope)


def end_session(login: Login, who: Bearer, session_id: str, address: str) -> None:
    """End one of the sender's sessions. Raises `Problem` TRV110 (not theirs, or over), TRV205."""
    who.require_whole()
    with login.store.write() as connection:
        accounts.lock(connection, who.account.id)
        found = sessions.find(connection, session_id)
        if found is None or found.account_id != who.account.id:
            raise Problem("TRV110", "Session not found", details={"reason": "session_not_found"})
        events = [sessions.end(connection, session_id)]
    tell(login, events, "session ended", who.account.id, address, session=session_id)


def tell(
    login: Login, events: list[dict[str, Any]], action: str, account_id: str, address: str, **about: str | None
) -> None:
    """Tell every service what was ended, and write it down."""
    for event in events:
        login.upkeep.announce(event)
    audit.note(action, "done", who=account_id, address=address, revoked=len(events), **about)


def granted(connection: sa.Connection, account: Account, refresh_of: sessions.Refresh) -> Grant:
    """The grant of a session as it stands; the caller holds the account's lock."""
    session = sessions.find(connection, refresh_of.session_id)
    if session is None:
        raise _ended()
    kept = tuple(factors.of_account(connection, account.id))
    return Grant(
        account, issued(account), session.id, refresh_of.token, session.aal, tuple(session.methods), kept
    )  # fmt: skip


def insufficient() -> Problem:
    """That a second factor is needed."""
    return Problem("TRV205", "A second factor is needed", details={"reason": "insufficient_aal"})


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
        factors.prune(connection)
        resets.prune(connection)
        soap_secrets.prune(connection)


def _unchanged(connection: sa.Connection, verified: Account) -> Account:
    """The account, held; refused where it was disabled or its password changed while the password was looked at."""
    account = accounts.lock(connection, verified.id)
    if account is None or account.disabled or account.tokens_after != verified.tokens_after:
        raise Problem("TRV201", "Invalid login credentials")
    return account


def issued(account: Account) -> int:
    """The second since 1970 from which a token that is issued now counts."""
    return max(int(time.time()), account.tokens_after)


def _shown(kept: tuple[Factor, ...]) -> bool:
    return any(factor.verified is not None for factor in kept)


def _ended() -> Problem:
    return Problem("TRV202", "The session has ended", details={"reason": "session_not_found"})
