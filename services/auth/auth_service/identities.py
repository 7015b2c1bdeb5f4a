"""Identities: which account is whose, of those who come from elsewhere. The account is made at the first login."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from auth_service import accounts
from auth_service.accounts import Account
from auth_service.roles import check_roles
from auth_service.store import Store
from auth_service.tables import accounts as accounts_table
from auth_service.tables import identities

log = logging.getLogger("trivet.identities")


class NotLinked(Exception):
    """An account of this address belongs to somebody else; the message says what the operator can do."""


@dataclass(frozen=True)
class Identity:
    """Who came in, as a provider tells: known by ``external_id`` whatever becomes of name and address.

    ``roles`` has the default one first; ``session`` are the variables the provider gives, ``managed`` all it may give.
    """

    provider: str
    external_id: str
    name: str
    email: str
    roles: tuple[str, ...]
    session: Mapping[str, str]
    managed: frozenset[str]


@dataclass(frozen=True)
class Admitted:
    """The account of an identity; ``event`` is to be announced where roles were taken away from it."""

    account: Account
    event: dict[str, Any] | None = None


def admit(store: Store, identity: Identity) -> Admitted:
    """The account of who came in, made where there is none yet. Raises `NotLinked`, `roles.RoleError`, `Problem`.

    Roles follow the provider for as long as nobody changed them here: an operator's choice stays.
    """
    check_roles(identity.roles[0], identity.roles)
    try:
        return _admit(store, identity)
    except sa.exc.IntegrityError:
        return _admit(store, identity)  # two first logins at once: the other one made it


def link(store: Store, identity: Identity) -> Account:
    """Give an account that exists, that of the identity's address, to who came in; it keeps its roles.

    Raises `accounts.AccountError` where there is none, or where the entry has another one.
    """
    account = accounts.require(store, identity.email)
    try:
        with store.write() as connection:
            connection.execute(sa.insert(identities).values(_row(identity, account.id)))
    except sa.exc.IntegrityError:
        raise accounts.AccountError(f"{identity.name} has an account already") from None
    return account


def of_account(store: Store, account_id: str) -> list[Mapping[str, Any]]:
    """What an account is linked to: rows of the table."""
    query = sa.select(identities).where(identities.c.account_id == account_id).order_by(identities.c.created)
    with store.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def linked(store: Store, provider: str, external_id: str) -> Account | None:
    """The account of an identity, None where it never logged in."""
    same = (identities.c.provider == provider) & (identities.c.external_id == external_id)
    with store.read() as connection:
        account_id = connection.execute(sa.select(identities.c.account_id).where(same)).scalar_one_or_none()
    return None if account_id is None else accounts.by_id(store, account_id)


def _admit(store: Store, identity: Identity) -> Admitted:
    same = (identities.c.provider == identity.provider) & (identities.c.external_id == identity.external_id)
    with store.write() as connection:
        row = connection.execute(sa.select(identities).where(same)).mappings().one_or_none()
        if row is None:
            return Admitted(_first(connection, identity))
        account = accounts.lock(connection, row["account_id"])
        if account is None:  # deleted in between, and its identities with it
            return Admitted(_first(connection, identity))
        seen = {"name": identity.name, "last_login": time.time()}
        theirs = [account.role, *(role for role in account.roles if role != account.role)]
        follows = theirs == list(row["roles"])
        event = None
        if follows and theirs != list(identity.roles):
            log.warning("%s has the roles %s now, it had %s", account.email, list(identity.roles), theirs)
            seen["roles"] = list(identity.roles)
            _set(connection, account, {"role": identity.roles[0], "roles": list(identity.roles)})
            if set(theirs) - set(identity.roles):
                event = accounts.end_all(connection, account.id)
        elif not follows and theirs != list(identity.roles):
            log.warning("%s keeps its roles %s; the directory says %s", account.email, theirs, list(identity.roles))
        session = _session(account, identity)
        if session != dict(account.session):
            _set(connection, account, {"session": session})
        connection.execute(sa.update(identities).where(same).values(seen))
        return Admitted(accounts.lock(connection, account.id) or account, event)


def _first(connection: sa.Connection, identity: Identity) -> Account:
    email = accounts.fold(identity.email)
    if connection.execute(sa.select(accounts_table.c.id).where(accounts_table.c.email == email)).first() is not None:
        # an address in a directory proves nothing: whoever may write it there would become that account
        raise NotLinked(
            f"{identity.name} has the address {email} of an account that exists already: `trivet ldap link` gives it "
            "to this entry, or `trivet user` shows whose it is"
        )
    account_id, now = str(uuid.uuid4()), time.time()
    row = {
        "id": account_id,
        "email": email,
        "role": identity.roles[0],
        "roles": list(identity.roles),
        "session": dict(identity.session),
        "password_hash": None,
        "disabled": False,
        "created": now,
        "tokens_after": 0,
        "confirmed": now,
        "user_metadata": {},
    }
    connection.execute(sa.insert(accounts_table).values(row))
    connection.execute(sa.insert(identities).values(_row(identity, account_id)))
    made = accounts.lock(connection, account_id)
    assert made is not None
    log.info("made the account %s for %s", email, identity.name)
    return made


def _row(identity: Identity, account_id: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "provider": identity.provider,
        "external_id": identity.external_id,
        "account_id": account_id,
        "name": identity.name,
        "roles": list(identity.roles),
        "created": time.time(),
        "last_login": time.time(),
    }


def _session(account: Account, identity: Identity) -> dict[str, str]:
    kept = {name: value for name, value in account.session.items() if name not in identity.managed}
    return {**kept, **identity.session}


def _set(connection: sa.Connection, account: Account, values: Mapping[str, Any]) -> None:
    connection.execute(sa.update(accounts_table).where(accounts_table.c.id == account.id).values(**values))
