"""The second factor: enrolled, asked for, shown, and taken away."""

from typing import NamedTuple

from contracts.problems import Problem

from auth_service import accounts, audit, factors, login, sessions
from auth_service.factors import Factor
from auth_service.login import Bearer, Grant, Login
from auth_service.sessions import TWO_FACTORS


class Shown(NamedTuple):
    """What a right code gives: the session of two factors, and recovery codes where it was the account's first."""

    grant: Grant
    recovery_codes: list[str]


def enroll(this: Login, who: Bearer, name: str, address: str) -> tuple[Factor, str]:
    """A new factor and its secret; it protects nothing before a code of it was shown.

    Raises `Problem` TRV109, TRV205."""
    who.require_whole()
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        made = factors.enroll(connection, who.account.id, name, this.master)
    audit.note("factor enrolled", "done", who=who.account.id, address=address, factor=made[0].id)
    return made


def challenge(this: Login, who: Bearer, factor_id: str) -> tuple[str, float]:
    """A challenge's id, and when it runs out (seconds since 1970). Raises `Problem` TRV110."""
    with this.store.write() as connection:
        factors.find(connection, who.account.id, factor_id)
        return factors.challenge(connection, factor_id)


def show(this: Login, who: Bearer, factor_id: str, challenge_id: str, code: str, address: str) -> Shown:  # noqa: PLR0917
    """Take a code (or a recovery code) for a challenge: the session becomes one of two factors.

    Raises `Problem` TRV109 (wrong, run out), TRV105 (too many), TRV110, TRV202, TRV203.
    """
    if who.session_id is None:
        raise Problem("TRV202", "A code belongs to a session", details={"reason": "session_not_found"})
    try:
        with this.attempts.one(f"second factor:{who.account.id}", address) as attempt:
            found = _shown(this, who, factor_id, challenge_id, code)
            if found is not None:
                this.attempts.succeed(attempt)
    except Problem as problem:
        outcome: audit.Outcome = "locked out" if problem.code == "TRV105" else "refused"
        audit.note("second factor", outcome, who=who.account.id, address=address, factor=factor_id[:36])
        raise
    if found is None:
        audit.note("second factor", "refused", who=who.account.id, address=address, factor=factor_id[:36])
        raise Problem("TRV109", "Invalid TOTP code entered", status=422, details={"reason": "mfa_verification_failed"})
    shown, method, events = found
    for event in events:
        this.upkeep.announce(event)
    audit.note(
        "second factor", "granted", who=who.account.id, address=address, factor=factor_id, method=method,
        session=shown.grant.session_id,
    )  # fmt: skip
    return shown


def remove(this: Login, who: Bearer, factor_id: str, address: str) -> None:
    """Take a factor away. Raises `Problem` TRV110; TRV205 where it was shown once, and this session showed none."""
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        found = factors.find(connection, who.account.id, factor_id)
        if found.verified is not None and (who.session is None or who.session.aal != TWO_FACTORS):
            raise login.insufficient()
        factors.remove(connection, who.account.id, factor_id)
    audit.note("factor removed", "done", who=who.account.id, address=address, factor=factor_id)


def new_codes(this: Login, who: Bearer, address: str) -> list[str]:
    """New recovery codes in the place of the old ones. Raises `Problem` TRV205 without a second factor shown."""
    if who.session is None or who.session.aal != TWO_FACTORS:
        raise login.insufficient()
    with this.store.write() as connection:
        accounts.lock(connection, who.account.id)
        codes = factors.new_recovery_codes(connection, who.account.id)
    audit.note("recovery codes made", "done", who=who.account.id, address=address)
    return codes


def _shown(
    this: Login, who: Bearer, factor_id: str, challenge_id: str, code: str
) -> tuple[Shown, str, list[dict[str, object]]] | None:
    with this.store.write() as connection:
        account = accounts.lock(connection, who.account.id)
        factor = factors.find(connection, who.account.id, factor_id)
        factors.take_challenge(connection, factor_id, challenge_id)
        if account is None or account.disabled:
            return None
        method = "totp"
        if not factors.take_code(connection, factor, code, this.master):
            # a recovery code stands for a factor that protects, never for one that is being enrolled
            if factor.verified is None or not factors.take_recovery_code(connection, account.id, code):
                return None
            method = "recovery_code"
        first = not any(other.verified for other in factors.of_account(connection, account.id) if other.id != factor.id)
        fresh = first and factor.verified is None
        codes = factors.new_recovery_codes(connection, account.id) if fresh else []
        # sessions that a password alone began are no longer enough
        events = sessions.end_others(connection, account.id, who.session_id) if fresh else []
        refresh = sessions.raise_level(
            connection, who.session_id or "", method, this.settings.refresh_token_seconds
        )  # fmt: skip
        return Shown(login.granted(connection, account, refresh), codes), method, events
