"""Accounts: who can log in with a password, in which roles."""

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import sqlalchemy as sa
from contracts.identity import NO_CLAIMS

from auth_service import resets, revocations, sessions, soap_secrets
from auth_service.passwords import hash_password, possible
from auth_service.roles import check_roles, check_session
from auth_service.store import Store
from auth_service.tables import accounts

# without what a mail's header or envelope would read as another address, a comment or a name (RFC 5322 §3.2.3)
_EMAIL = re.compile(r"""[^@\s\x00-\x1f\x7f()<>\[\]:;,"\\]{1,64}@[^@\s\x00-\x1f\x7f()<>\[\]:;,"\\]{1,255}""")
_METADATA = 16_384  # bytes


class AccountError(ValueError):
    """An account can't be made or found; the message says why."""


@dataclass(frozen=True)
class Account:
    """One who can log in. Times are seconds since 1970; tokens issued before ``tokens_after`` are no longer good."""

    id: str
    email: str
    role: str
    roles: tuple[str, ...]
    session: Mapping[str, str]
    disabled: bool
    created: float
    last_login: float | None
    tokens_after: int
    password_hash: str | None = field(repr=False)
    confirmed: float | None
    updated: float | None
    user_metadata: Mapping[str, Any]

    @property
    def pending(self) -> bool:
        """Whether it was signed up for and waits for its address to be shown; not where an operator disabled it."""
        return self.disabled and self.confirmed is None and self.tokens_after == 0


def fold(email: str) -> str:
    """The form in which an email address is kept and compared."""
    return email.strip().casefold()


def add(  # noqa: PLR0917  (an account's parts, in the order of the table)
    store: Store,
    email: str,
    password: str,
    role: str,
    roles: Sequence[str] = (),
    session: Mapping[str, str] = NO_CLAIMS,
    *,
    user_metadata: Mapping[str, Any] = NO_CLAIMS,
) -> str:
    """A new account's id. Raises `AccountError`, `roles.RoleError`."""
    return insert(store, draft(email, password, role, roles, session, user_metadata=user_metadata))


def draft(
    email: str,
    password: str,
    role: str,
    roles: Sequence[str] = (),
    session: Mapping[str, str] = NO_CLAIMS,
    *,
    user_metadata: Mapping[str, Any] = NO_CLAIMS,
    pending: bool = False,
) -> dict[str, Any]:
    """The columns of an account to be; where ``pending``, it is disabled until its address is shown to be its owner's.

    Raises `AccountError`, `roles.RoleError`.
    """
    now, hashed = time.time(), checked_hash(password)
    return {
        "id": str(uuid.uuid4()),
        "email": checked_email(email),
        "role": role,
        "roles": check_roles(role, roles),
        "session": check_session(session),
        "password_hash": hashed,
        "disabled": pending,
        "created": now,
        "tokens_after": 0,
        "confirmed": None if pending else now,
        "user_metadata": checked_metadata(user_metadata),
    }


def insert(store: Store, columns: Mapping[str, Any]) -> str:
    """The id of the account that was drafted, now there. Raises `AccountError` where its address is taken."""
    try:
        with store.write() as connection:
            connection.execute(sa.insert(accounts).values(columns))
    except sa.exc.IntegrityError:
        raise AccountError(f"there is an account {columns['email']} already") from None
    return str(columns["id"])


def everyone(store: Store) -> list[Account]:
    """All accounts, by email address."""
    with store.read() as connection:
        return [_account(row) for row in connection.execute(sa.select(accounts).order_by(accounts.c.email)).mappings()]


def page(store: Store, offset: int, limit: int) -> tuple[list[Account], int]:
    """Some accounts, the oldest first, and how many there are in all."""
    order = sa.select(accounts).order_by(accounts.c.created, accounts.c.id).offset(offset).limit(limit)
    with store.read() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(accounts)) or 0
        return [_account(row) for row in connection.execute(order).mappings()], total


def by_email(store: Store, email: str) -> Account | None:
    """The account of this address, or None."""
    return _find(store, accounts.c.email == fold(email))


def by_id(store: Store, account_id: str) -> Account | None:
    """The account of this id, or None."""
    return _find(store, accounts.c.id == account_id)


def id_of(email: str) -> sa.Select[str]:
    """The question for the id of the account of this address."""
    return sa.select(accounts.c.id).where(accounts.c.email == fold(email))


def require(store: Store, email: str) -> Account:
    """The account of this address. Raises `AccountError` where there is none."""
    account = by_email(store, email)
    if account is None:
        raise AccountError(f"there is no account {fold(email)}")
    return account


def look(connection: sa.Connection, account_id: str) -> Account | None:
    """The account of this id as it stands in the transaction at hand, or None."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).mappings().one_or_none()
    return None if row is None else _account(row)


def lock(connection: sa.Connection, account_id: str) -> Account | None:
    """The account as it stands, held until the transaction ends.

    Whoever issues or ends anything of an account holds it meanwhile, so that nothing issued slips past an ending.
    """
    held = sa.select(accounts).where(accounts.c.id == account_id).with_for_update()
    row = connection.execute(held).mappings().one_or_none()
    return None if row is None else _account(row)


def note_login(connection: sa.Connection, account: Account) -> Account:
    """Note that the account logs in now; the account with that time."""
    noted = replace(account, last_login=time.time())
    change = sa.update(accounts).where(accounts.c.id == account.id)
    connection.execute(change.values(last_login=noted.last_login))
    return noted


def disable(store: Store, account_id: str) -> dict[str, Any]:
    """Let nobody log in as this account, and end all it has. The event to announce."""
    with store.write() as connection:
        lock(connection, account_id)
        connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(disabled=True))
        return end_all(connection, account_id)


def enable(store: Store, account_id: str) -> None:
    """Let the account log in again."""
    with store.write() as connection:
        connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(disabled=False))


def set_password(store: Store, account_id: str, password: str) -> dict[str, Any]:
    """Change the password, and end all begun with the old one. The event to announce. Raises `AccountError`."""
    hashed = checked_hash(password)
    with store.write() as connection:
        lock(connection, account_id)
        write(connection, account_id, {"password_hash": hashed})
        return end_all(connection, account_id)


def write(connection: sa.Connection, account_id: str, values: Mapping[str, Any]) -> Account:
    """Change columns of an account whose lock the caller holds; the account as it is then.

    A new password ends the SOAP secret: who changes one because it was stolen is to be rid of the thief.
    Raises `AccountError` where the email address is another account's.
    """
    change = sa.update(accounts).where(accounts.c.id == account_id).values({**values, "updated": time.time()})
    try:
        connection.execute(change)
    except sa.exc.IntegrityError:
        raise AccountError("there is an account of that address already") from None
    if "password_hash" in values:
        soap_secrets.remove(connection, account_id)
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).mappings().one()
    return _account(row)


def delete(store: Store, account_id: str) -> dict[str, Any]:
    """Forget an account, all it has, and end its tokens. The event to announce."""
    with store.write() as connection:
        lock(connection, account_id)
        event = end_all(connection, account_id)
        connection.execute(sa.delete(accounts).where(accounts.c.id == account_id))
        return event


def rehash(store: Store, account: Account, password: str) -> None:
    """Keep the password under today's hash parameters, unless it was changed in between."""
    same = (accounts.c.id == account.id) & (accounts.c.password_hash == account.password_hash)
    hashed = hash_password(password)
    with store.write() as connection:
        connection.execute(sa.update(accounts).where(same).values(password_hash=hashed))


def end_all(connection: sa.Connection, account_id: str) -> dict[str, Any]:
    """End every session, token and pending reset of an account; the caller holds its lock. The event to announce.

    Tokens carry whole seconds, so the line is drawn at the next one; tokens issued meanwhile are dated after it.
    """
    before = int(time.time()) + 1
    sessions.end_of_account(connection, account_id)
    resets.forget(connection, account_id)
    connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(tokens_after=before))
    return revocations.record(connection, {"subject": account_id, "before": before})


def checked_email(email: str) -> str:
    """The address in the form in which it is kept. Raises `AccountError`."""
    if not _EMAIL.fullmatch(fold(email)) or not possible(email):
        raise AccountError(f"{email!r} is not an email address")
    return fold(email)


def checked_metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an owner says of themselves; it is in every answer that shows the account. Raises `AccountError`."""
    kept = dict(data)
    if len(msgspec.json.encode(kept)) > _METADATA:
        raise AccountError(f"user_metadata can have at most {_METADATA} bytes")
    return kept


def checked_hash(password: str) -> str:
    """The hash of what can be a password. Raises `AccountError`."""
    if not possible(password):
        raise AccountError("that can't be a password: 1 to 1024 characters of text")
    return hash_password(password)


def _find(store: Store, condition: sa.ColumnElement[bool]) -> Account | None:
    with store.read() as connection:
        row = connection.execute(sa.select(accounts).where(condition)).mappings().one_or_none()
    return None if row is None else _account(row)


def _account(row: sa.RowMapping) -> Account:
    return Account(**{**row, "roles": tuple(row["roles"])})
