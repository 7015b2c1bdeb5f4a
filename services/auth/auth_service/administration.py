"""What administrators do with other people's accounts; each of it is audited under the administrator's id."""

from collections.abc import Mapping
from typing import Any

from contracts.identity import ADMIN_ROLE
from contracts.problems import Problem

from auth_service import accounts, audit, factors, self_service
from auth_service.accounts import Account, AccountError
from auth_service.login import Bearer, Login
from auth_service.passwords import generate
from auth_service.roles import RoleError, check_roles, check_session


def require_admin(who: Bearer) -> None:
    """Raise `Problem` TRV204 for who is no administrator, TRV205 while the second factor is still to be shown."""
    who.require_whole()
    if ADMIN_ROLE not in who.account.roles:
        raise Problem("TRV204", "User not allowed", details={"reason": "not_admin"})


def require(this: Login, account_id: str) -> Account:
    """The account. Raises `Problem` TRV110."""
    found = accounts.by_id(this.store, account_id)
    if found is None:
        raise Problem("TRV110", "User not found", details={"reason": "user_not_found"})
    return found


def create(this: Login, who: Bearer, body: Mapping[str, Any], address: str) -> Account:
    """A new account; without a password nobody can log in before a reset. Raises `Problem` TRV109."""
    email, password = body.get("email") or "", body.get("password")
    if password:
        self_service.require_strong(password, email)
    roles, session = _given(body)
    default = body.get("role") or next(iter(roles), this.settings.signup_role)
    try:
        account_id = accounts.add(
            this.store, email, password or generate(), default, roles, session,
            user_metadata=body.get("user_metadata") or {},
        )  # fmt: skip
    except (AccountError, RoleError) as fault:
        raise _refused(this, email, fault) from None
    audit.note("account made", "done", who=account_id, address=address, by=who.account.id)
    if body.get("ban_duration") not in (None, "", "none"):
        this.upkeep.announce(accounts.disable(this.store, account_id))
    return require(this, account_id)


def change(this: Login, who: Bearer, account_id: str, body: Mapping[str, Any], address: str) -> Account:
    """Change an account; new roles, variables, address or password, and disabling, end all that it has.

    Raises `Problem` TRV109, TRV110.
    """
    account = require(this, account_id)
    try:
        values, ends = _changes(account, body)
        with this.store.write() as connection:
            accounts.lock(connection, account_id)
            accounts.write(connection, account_id, values)
            event = accounts.end_all(connection, account_id) if ends else None
    except (AccountError, RoleError) as fault:
        raise _refused(this, body.get("email") or "", fault) from None
    if event is not None:
        this.upkeep.announce(event)
    what = ", ".join(sorted(name for name in values if name != "password_hash"))
    about: dict[str, str | int] = {
        "changed": what + (", password" if "password_hash" in values else ""),
        "revoked": int(ends),
    }
    audit.note("account changed", "done", who=account_id, address=address, by=who.account.id, **about)
    return require(this, account_id)


def end_all(this: Login, who: Bearer, account_id: str, address: str) -> None:
    """End all that an account has. Raises `Problem` TRV110."""
    require(this, account_id)
    with this.store.write() as connection:
        accounts.lock(connection, account_id)
        event = accounts.end_all(connection, account_id)
    this.upkeep.announce(event)
    audit.note("logout", "done", who=account_id, address=address, by=who.account.id, revoked=1)


def delete(this: Login, who: Bearer, account_id: str, address: str) -> Account:
    """Forget an account; as it was. Raises `Problem` TRV110."""
    account = require(this, account_id)
    this.upkeep.announce(accounts.delete(this.store, account_id))
    audit.note("account deleted", "done", who=account_id, address=address, by=who.account.id, revoked=1)
    return account


def remove_factor(this: Login, who: Bearer, account_id: str, factor_id: str, address: str) -> None:
    """Take a second factor away from who lost it. Raises `Problem` TRV110."""
    with this.store.write() as connection:
        accounts.lock(connection, account_id)
        factors.find(connection, account_id, factor_id)
        factors.remove(connection, account_id, factor_id)
    audit.note("factor removed", "done", who=account_id, address=address, by=who.account.id, factor=factor_id)


def _changes(account: Account, body: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The columns to change, and whether that ends what the account has."""
    values: dict[str, Any] = {}
    given = body.get("app_metadata") or {}
    roles, session = _given(body)
    if body.get("role") or "roles" in given:
        kept = roles if "roles" in given else account.roles
        role = body.get("role") or (account.role if account.role in kept or not kept else kept[0])
        values |= {"role": role, "roles": check_roles(role, kept)}
    if "session" in given:
        values["session"] = check_session(session)
    if body.get("email") and accounts.fold(body["email"]) != account.email:
        values["email"] = accounts.checked_email(body["email"])
    if body.get("password"):
        if account.password_hash is None:
            raise AccountError("the password of this account is not kept here but in the directory")
        self_service.require_strong(body["password"], account.email)
        values["password_hash"] = accounts.checked_hash(body["password"])
    if body.get("ban_duration"):
        values["disabled"] = body["ban_duration"] != "none"
    ends = bool(values) and values != {"disabled": False}
    if isinstance(body.get("user_metadata"), dict):
        values["user_metadata"] = accounts.checked_metadata({**account.user_metadata, **body["user_metadata"]})
    return values, ends


def _given(body: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The roles and session variables in ``app_metadata``. Raises `RoleError` for what is none."""
    given = body.get("app_metadata") or {}
    roles, session = given.get("roles", []), given.get("session", {})
    if not (isinstance(roles, list) and all(isinstance(role, str) for role in roles)):
        raise RoleError("app_metadata.roles must be a list of texts")
    if not (isinstance(session, dict) and all(isinstance(value, str) for value in session.values())):
        raise RoleError("app_metadata.session must be an object of texts")
    return roles, session


def _refused(this: Login, email: str, fault: ValueError) -> Problem:
    taken = isinstance(fault, AccountError) and accounts.by_email(this.store, email) is not None
    return self_service.refusal("email_exists" if taken else "validation_failed", str(fault))
