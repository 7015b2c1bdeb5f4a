"""PasswordDigest of WS-Security, checked: the proof of a SOAP secret, good once (OASIS UsernameToken Profile 1.1)."""

import base64
import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa
from contracts.problems import Problem

from auth_service import accounts, audit, login, soap_secrets
from auth_service.login import Grant, Login
from auth_service.passwords import possible
from auth_service.sealing import MasterKeyError
from auth_service.tables import soap_digests

LIFE = 3600.0  # seconds around its ``created`` in which a digest is good at all; soap is stricter
_NOBODY = "00000000-0000-0000-0000-000000000000"  # no account's id
_NOBODYS = secrets.token_bytes(24)


class Digest(NamedTuple):
    """What came in a UsernameToken: digest and nonce in base64, ``created`` as it was written."""

    digest: str
    nonce: str
    created: str


def exchange(this: Login, username: str, proof: Digest, address: str) -> Grant:
    """One access token for a digest that was not used before, without a session.

    Wrong ones are delayed together with wrong passwords. A second factor is not asked for: who made the secret had
    shown it. Raises `Problem` TRV201 (refused), TRV105 (too many tries from ``address``), TRV203 (can't tell).
    """
    try:
        with this.attempts.one(accounts.fold(username), address) as attempt:
            grant = _proven(this, username, proof) if possible(username) else None
            if grant is not None:
                this.attempts.succeed(attempt)
    except Problem as problem:
        outcome: audit.Outcome = "locked out" if problem.code == "TRV105" else "unavailable"
        audit.note("soap digest", outcome, who=audit.unknown(username), address=address)
        raise
    if grant is None:
        audit.note("soap digest", "refused", who=login.name_of(this, username), address=address)
        raise Problem("TRV201", "Invalid login credentials")
    audit.note("soap digest", "granted", who=grant.account.id, address=address)
    return grant


def _proven(this: Login, username: str, proof: Digest) -> Grant | None:
    """The grant of a digest that is right, fresh and new."""
    moment = _moment(proof.created)
    with this.store.read() as connection:
        account_id = connection.scalar(accounts.id_of(username)) or _NOBODY
        try:
            secret = soap_secrets.secret_of(connection, account_id, this.master)
        except MasterKeyError:
            raise Problem("TRV203", "SOAP secrets can't be checked at present", headers={"Retry-After": "60"}) from None
    right = _matches(secret or _NOBODYS, proof) and secret is not None
    if not right or moment is None or abs(moment - time.time()) > LIFE:
        return None
    try:
        with this.store.write() as connection:
            account = accounts.lock(connection, account_id)
            if account is None or account.disabled:
                return None
            # a repetition has the same digest, however it splits nonce and time; the key of the table tells
            mark = this.master.mark(f"digest {account_id} {_decoded(proof.digest).hex()}")
            connection.execute(sa.insert(soap_digests).values(hash=mark, expires=time.time() + 2 * LIFE))
            return Grant(account, login.issued(account))
    except sa.exc.IntegrityError:
        return None


def _matches(secret: bytes, proof: Digest) -> bool:
    content = _decoded(proof.nonce) + proof.created.encode() + secret
    expected = hashlib.sha1(content, usedforsecurity=False).digest()  # the profile knows no other
    return hmac.compare_digest(expected, _decoded(proof.digest))


def _decoded(text: str) -> bytes:
    """The bytes of base64, none where it is none: that is no digest of anything."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _moment(text: str) -> float | None:
    """An instant with its zone as seconds since 1970."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC).timestamp()
