"""Second factors: the secrets of TOTP apps (RFC 6238), sealed with the master key, and recovery codes.

A code counts once: the time step of the last one is kept, and nothing of it or before it counts again.
"""

import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field

import pyotp
import sqlalchemy as sa
from contracts.problems import Problem
from pyotp.exceptions import OTPVerificationError

from auth_service.sealing import MasterKey, MasterKeyError
from auth_service.tables import challenges, factors, recovery_codes

MOST = 10  # factors of one account
CODES = 10  # recovery codes of one account
CHALLENGE_LIFE = 300.0  # seconds
_WINDOW = 1  # time steps of 30 seconds that a phone's clock may be off
_UNVERIFIED_KEPT = 3600.0  # seconds that an enrolment may take
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like another


@dataclass(frozen=True)
class Factor:
    """A factor as it is kept. Times are seconds since 1970; ``verified`` None: it was enrolled and never shown."""

    id: str
    account_id: str
    kind: str
    name: str
    created: float
    verified: float | None
    last_step: int
    sealed_by: str
    sealed: bytes = field(repr=False)


def of_account(connection: sa.Connection, account_id: str) -> list[Factor]:
    """The factors of an account, the oldest first."""
    found = sa.select(factors).where(factors.c.account_id == account_id).order_by(factors.c.created)
    return [Factor(**row) for row in connection.execute(found).mappings()]


def needed(connection: sa.Connection, account_id: str) -> bool:
    """True where a password alone is not enough: the account has a factor that was shown once."""
    shown = (factors.c.account_id == account_id) & factors.c.verified.is_not(None)
    return connection.scalar(sa.select(factors.c.id).where(shown).limit(1)) is not None


def find(connection: sa.Connection, account_id: str, factor_id: str) -> Factor:
    """A factor of this account. Raises `Problem` TRV110."""
    same = (factors.c.account_id == account_id) & (factors.c.id == factor_id)
    row = connection.execute(sa.select(factors).where(same)).mappings().one_or_none()
    if row is None:
        raise Problem("TRV110", "Factor not found", details={"reason": "mfa_factor_not_found"})
    return Factor(**row)


def enroll(connection: sa.Connection, account_id: str, name: str, master: MasterKey) -> tuple[Factor, str]:
    """A new factor that protects nothing yet, and its secret (base32). Raises `Problem` TRV109."""
    kept = of_account(connection, account_id)
    if len(kept) >= MOST:
        raise _refused("too_many_enrolled_mfa_factors", f"An account has at most {MOST} factors")
    if name and any(other.name == name for other in kept):
        raise _refused("mfa_factor_name_conflict", "There is a factor of this name already")
    factor_id, secret = str(uuid.uuid4()), pyotp.random_base32()
    made = Factor(
        id=factor_id,
        account_id=account_id,
        kind="totp",
        name=name,
        created=time.time(),
        verified=None,
        last_step=0,
        sealed_by=master.fingerprint,
        sealed=master.seal(secret.encode(), _about(factor_id)),
    )
    connection.execute(sa.insert(factors).values(vars(made)))
    return made, secret


def challenge(connection: sa.Connection, factor_id: str) -> tuple[str, float]:
    """A new challenge's id, and when it runs out."""
    challenge_id, expires = str(uuid.uuid4()), time.time() + CHALLENGE_LIFE
    row = {"id": challenge_id, "factor_id": factor_id, "expires": expires}
    connection.execute(sa.insert(challenges).values(row))
    return challenge_id, expires


def take_challenge(connection: sa.Connection, factor_id: str, challenge_id: str) -> None:
    """Use up a challenge. Raises `Problem` TRV109 where there is none, or it has run out."""
    same = (challenges.c.id == challenge_id) & (challenges.c.factor_id == factor_id)
    expires = connection.scalar(sa.select(challenges.c.expires).where(same))
    connection.execute(sa.delete(challenges).where(same))
    if expires is None or expires < time.time():
        raise _refused("mfa_challenge_expired", "The challenge has run out: ask for another")


def take_code(connection: sa.Connection, factor: Factor, code: str, master: MasterKey) -> bool:
    """Whether ``code`` is the factor's, now and for the first time; then it is used up.

    The caller holds the lock of the account. Raises `Problem` TRV203 where the secret does not open.
    """
    try:
        secret = master.open(factor.sealed, _about(factor.id)).decode()
    except MasterKeyError:
        raise Problem("TRV203", "Second factors can't be checked at present", headers={"Retry-After": "60"}) from None
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(code, valid_window=_WINDOW)
    except OTPVerificationError:
        return False
    if step <= factor.last_step:
        return False
    change = {"last_step": step, "verified": factor.verified or time.time()}
    connection.execute(sa.update(factors).where(factors.c.id == factor.id).values(change))
    return True


def remove(connection: sa.Connection, account_id: str, factor_id: str | None = None) -> int:
    """Take away one factor of an account, or all; recovery codes go with the last. How many went."""
    same = factors.c.account_id == account_id
    if factor_id is not None:
        same &= factors.c.id == factor_id
    gone = connection.execute(sa.delete(factors).where(same)).rowcount
    if not needed(connection, account_id):
        connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    return gone


def new_recovery_codes(connection: sa.Connection, account_id: str) -> list[str]:
    """Ten codes of 74 bits that each stand for a factor once, in the place of all there were."""
    codes = ["-".join(_letters(5) for _ in range(3)) for _ in range(CODES)]
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    rows = [{"hash": _hash(account_id, code), "account_id": account_id} for code in codes]
    connection.execute(sa.insert(recovery_codes), rows)
    return codes


def recovery_codes_left(connection: sa.Connection, account_id: str) -> int:
    """How many recovery codes of an account are unused; 0 where it has none."""
    unused = (recovery_codes.c.account_id == account_id) & recovery_codes.c.used.is_(None)
    return connection.scalar(sa.select(sa.func.count()).select_from(recovery_codes).where(unused)) or 0


def take_recovery_code(connection: sa.Connection, account_id: str, code: str) -> bool:
    """Whether ``code`` is an unused recovery code of the account; then it is used up."""
    unused = (recovery_codes.c.hash == _hash(account_id, code)) & recovery_codes.c.used.is_(None)
    return connection.execute(sa.update(recovery_codes).where(unused).values(used=time.time())).rowcount == 1


def prune(connection: sa.Connection) -> None:
    """Forget challenges that ran out, and factors that nobody went on with."""
    now = time.time()
    connection.execute(sa.delete(challenges).where(challenges.c.expires < now))
    abandoned = factors.c.verified.is_(None) & (factors.c.created < now - _UNVERIFIED_KEPT)
    connection.execute(sa.delete(factors).where(abandoned))


def _about(factor_id: str) -> str:
    return f"factor {factor_id}"


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def _hash(account_id: str, code: str) -> str:
    """Salted by the account; the codes are too long to be found by trying, so one round is enough."""
    plain = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    return hashlib.sha256(f"{account_id}:{plain}".encode()).hexdigest()


def _refused(reason: str, message: str) -> Problem:
    return Problem("TRV109", message, status=422, details={"reason": reason})
