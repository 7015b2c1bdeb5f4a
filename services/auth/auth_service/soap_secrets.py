"""SOAP secrets: what a PasswordDigest is made with, one for an account at most.

A digest can only be checked by who has the secret itself (OASIS UsernameToken Profile 1.1 §3.1), which no hash of a
password gives and no directory tells. So it is a secret of its own: random, shown once, kept sealed.
"""

import secrets
import time

import sqlalchemy as sa

from auth_service.sealing import MasterKey
from auth_service.tables import soap_digests, soap_secrets

_BYTES = 24


def make(connection: sa.Connection, account_id: str, master: MasterKey) -> str:
    """A new secret of 32 characters, in the place of the one there was. The caller holds the account's lock."""
    secret = secrets.token_urlsafe(_BYTES)
    remove(connection, account_id)
    row = {"account_id": account_id, "sealed": master.seal(secret.encode(), _about(account_id)), "created": time.time()}
    connection.execute(sa.insert(soap_secrets).values(row | {"sealed_by": master.fingerprint}))
    return secret


def created(connection: sa.Connection, account_id: str) -> float | None:
    """When the account's secret was made (seconds since 1970), None where it has none."""
    return connection.scalar(sa.select(soap_secrets.c.created).where(soap_secrets.c.account_id == account_id))


def secret_of(connection: sa.Connection, account_id: str, master: MasterKey) -> bytes | None:
    """The account's secret, None where it has none. Raises `MasterKeyError`."""
    found = sa.select(soap_secrets.c.sealed).where(soap_secrets.c.account_id == account_id)
    sealed = connection.scalar(found)
    return None if sealed is None else master.open(sealed, _about(account_id))


def remove(connection: sa.Connection, account_id: str) -> bool:
    """Let the account's secret be good no longer; False where it had none."""
    return connection.execute(sa.delete(soap_secrets).where(soap_secrets.c.account_id == account_id)).rowcount == 1


def prune(connection: sa.Connection) -> None:
    """Forget digests that are too old to be good again."""
    connection.execute(sa.delete(soap_digests).where(soap_digests.c.expires < time.time()))


def _about(account_id: str) -> str:
    return f"soap secret {account_id}"
