"""API keys: made, proven, rotated, revoked. Only a hash of the secret is kept; the prefix tells keys apart.

A secret is 32 random bytes, so that one round of SHA-256 hides it as well as a slow hash would.
"""

import hashlib
import hmac
import re
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from chassis.authn import SCOPE_CLAIM
from chassis.exchange import KEY_MARK
from contracts.problems import Problem

from auth_service import accounts, revocations
from auth_service.roles import Proven, check_roles, check_session, claims_of
from auth_service.store import Store
from auth_service.tables import api_keys

OVERLAP = 86_400.0  # seconds that a key is good for beside the one that replaces it
_FORM = re.compile(rf"({KEY_MARK}[0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_NOTED = 60.0  # seconds within which a further use is not written down
_NO_HASH = hashlib.sha256(secrets.token_bytes(32)).hexdigest()  # what the secret of an unknown key is held against


class ApiKeyError(ValueError):
    """A key can't be made or found; the message says why."""


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept. Times are seconds since 1970; ``resources`` None: all that the role may see."""

    id: str
    prefix: str
    name: str
    account_id: str | None
    role: str
    roles: tuple[str, ...]
    resources: tuple[str, ...] | None
    session: Mapping[str, str]
    created: float
    expires: float | None
    last_used: float | None
    revoked: float | None
    replaces: str | None
    secret_hash: str = field(repr=False)

    def good(self, now: float) -> bool:
        """Whether it proves anything at a time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True)
class Wanted:
    """What a new key is to be: good for ``seconds`` (None: until it is revoked), for ``account_id`` or on its own."""

    name: str
    role: str
    roles: Sequence[str] = ()
    resources: Sequence[str] | None = None
    session: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    account_id: str | None = None


def add(store: Store, wanted: Wanted) -> tuple[ApiKey, str]:
    """A new key, and its text, which is never seen again. Raises `ApiKeyError`, `roles.RoleError`."""
    with store.write() as connection:
        return _insert(connection, wanted, None)


def everyone(store: Store) -> list[ApiKey]:
    """All keys, by name and age."""
    order = (api_keys.c.name, api_keys.c.created)
    with store.read() as connection:
        return [_key(row) for row in connection.execute(sa.select(api_keys).order_by(*order)).mappings()]


def require(store: Store, name: str) -> ApiKey:
    """The key of this id or prefix. Raises `ApiKeyError` where there is none."""
    with store.read() as connection:
        found = _find(connection, (api_keys.c.id == name) | (api_keys.c.prefix == name))
    if found is None:
        raise ApiKeyError(f"there is no API key {name[:60]}")
    return found


def rotate(store: Store, key_id: str, overlap: float = OVERLAP) -> tuple[ApiKey, str]:
    """A key that takes over from another, which is good for ``overlap`` seconds more; and its text.

    It may do the same, and lives as long from now. Raises `ApiKeyError` for a key that is no longer good.
    """
    with store.write() as connection:
        old, now = _find(connection, api_keys.c.id == key_id, hold=True), time.time()
        if old is None or not old.good(now):
            raise ApiKeyError("that API key is no longer good: make a new one")
        seconds = None if old.expires is None else old.expires - old.created
        same = Wanted(old.name, old.role, old.roles, old.resources, old.session, seconds, old.account_id)
        made = _insert(connection, same, old.id)
        ends = now + max(overlap, 0.0) if old.expires is None else min(old.expires, now + max(overlap, 0.0))
        connection.execute(sa.update(api_keys).where(api_keys.c.id == old.id).values(expires=ends))
        return made


def revoke(store: Store, key_id: str) -> dict[str, Any]:
    """End a key and every token that it was exchanged for. The event to announce."""
    with store.write() as connection:
        live = (api_keys.c.id == key_id) & api_keys.c.revoked.is_(None)
        connection.execute(sa.update(api_keys).where(live).values(revoked=time.time()))
        return revocations.record(connection, {"session": key_id})


def prefix_of(text: str) -> str | None:
    """The prefix of a key's text, which is no secret; None for what is no key."""
    form = _FORM.fullmatch(text)
    return None if form is None else form[1]


def prove(store: Store, text: str, life: int) -> Proven:
    """Whom the text of a key proves, for ``life`` seconds at most. Raises `Problem` TRV201, TRV203.

    The tokens' ``sid`` is the key's id, so that its end is theirs.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise _refused()
    prefix, secret = form.groups()
    with store.write() as connection:
        key, now = _find(connection, api_keys.c.prefix == prefix), time.time()
        kept = key.secret_hash if key is not None else _NO_HASH
        if not hmac.compare_digest(kept, _hash(secret)) or key is None or not key.good(now):
            raise _refused()
        proven = _proven(connection, key, now, life)
        if key.last_used is None or key.last_used < now - _NOTED:
            connection.execute(sa.update(api_keys).where(api_keys.c.id == key.id).values(last_used=now))
        return proven


def _proven(connection: sa.Connection, key: ApiKey, now: float, life: int) -> Proven:
    """What the key's token says: no more than its account may, where it has one."""
    subject, issued, roles, session = key.id, int(now), key.roles, dict(key.session)
    if key.account_id is not None:
        account = accounts.lock(connection, key.account_id)
        if account is None or account.disabled or key.role not in account.roles:
            raise _refused()
        subject, issued = account.id, max(issued, account.tokens_after)
        roles, session = tuple(role for role in roles if role in account.roles), {**account.session, **session}
    seconds = life if key.expires is None else min(life, int(key.expires - now) + 1)
    claims: dict[str, Any] = {"sid": key.id, **claims_of(subject, key.role, roles, session)}
    if key.resources is not None:
        claims[SCOPE_CLAIM] = list(key.resources)
    return Proven(subject, issued, seconds, claims)


def _insert(connection: sa.Connection, wanted: Wanted, replaces: str | None) -> tuple[ApiKey, str]:
    roles = check_roles(wanted.role, wanted.roles)
    _check(connection, wanted, roles)
    secret, now = urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode(), time.time()
    row = {
        "id": str(uuid.uuid4()),
        "prefix": f"{KEY_MARK}{secrets.token_hex(6)}",
        "secret_hash": _hash(secret),
        "name": wanted.name,
        "account_id": wanted.account_id,
        "role": wanted.role,
        "roles": roles,
        "resources": None if wanted.resources is None else list(dict.fromkeys(wanted.resources)),
        "session": check_session(wanted.session),
        "created": now,
        "expires": None if wanted.seconds is None else now + wanted.seconds,
        "replaces": replaces,
    }
    connection.execute(sa.insert(api_keys).values(row))
    key = _find(connection, api_keys.c.id == row["id"])
    if key is None:
        raise ApiKeyError("the API key was not kept")
    return key, f"{key.prefix}_{secret}"


def _check(connection: sa.Connection, wanted: Wanted, roles: Sequence[str]) -> None:
    if not 0 < len(wanted.name.strip()) <= 200 or not wanted.name.isprintable():
        raise ApiKeyError("an API key needs a name: 1 to 200 characters on one line")
    if wanted.seconds is not None and not 0 < wanted.seconds < 1e10:
        raise ApiKeyError("an API key must be good for some time")
    for resource in wanted.resources or ():
        if not resource.removesuffix(":read") or len(resource) > 200:
            raise ApiKeyError(
                f"{resource[:60]!r} is no resource: name it as the API does, with `:read` to only read it"
            )
    if wanted.account_id is not None:
        account = accounts.lock(connection, wanted.account_id)
        if account is None:
            raise ApiKeyError("there is no such account")
        beyond = [role for role in roles if role not in account.roles]
        if beyond:
            raise ApiKeyError(f"the account does not have the role {beyond[0]}")


def _find(connection: sa.Connection, condition: sa.ColumnElement[bool], *, hold: bool = False) -> ApiKey | None:
    query = sa.select(api_keys).where(condition)
    row = connection.execute(query.with_for_update() if hold else query).mappings().one_or_none()
    return None if row is None else _key(row)


def _key(row: sa.RowMapping) -> ApiKey:
    resources = None if row["resources"] is None else tuple(row["resources"])
    return ApiKey(**{**row, "roles": tuple(row["roles"]), "resources": resources})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused() -> Problem:
    return Problem("TRV201", "Invalid API key", headers={"WWW-Authenticate": 'Bearer realm="trivet"'})
