"""People in the directory: found by the name they type, known by what never changes, and shut out where they are."""

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from auth_service.directory.config import Directory
from auth_service.directory.link import Entry, Link, Refused, Unavailable
from auth_service.directory.names import Typed, fill_filter

_FIND = 2  # entries
_UNIX_EPOCH = 11_644_473_600  # seconds from 1601, where Windows' clock begins
_DAY = 86_400
_FOR_GOOD = "000001010000Z"  # an administrator's lock; others run out, and the bind itself tells whether they have
_ATTRIBUTES = (
    "uid", "mail", "cn", "memberOf", "gidNumber",
    "sAMAccountName", "userPrincipalName", "primaryGroupID", "objectSid",
    "userAccountControl", "accountExpires",
    "pwdAccountLockedTime", "pwdReset", "nsAccountLock", "loginDisabled", "shadowExpire", "krbPrincipalExpiration",
    "pwdEndTime",
)  # fmt: skip


def find(link: Link, directory: Directory, typed: Typed) -> Entry | None:
    """The one entry that a typed name finds, None where it finds none or several. Raises `Unavailable`."""
    return _one(matching(link, directory, typed))


def matching(link: Link, directory: Directory, typed: Typed) -> list[Entry]:
    """The entries that a typed name finds, two at most: then it is nobody's. Raises `Unavailable`."""
    if typed.account is None and "{name}" not in directory.user_filter:
        return []  # DOMAIN\\user of another domain
    return link.search(directory.base, fill_filter(directory.user_filter, typed), _wanted(directory), limit=_FIND)


def itself(link: Link, directory: Directory, bound_as: str, typed: Typed) -> Entry | None:
    """The entry of who just bound: by its DN, else by the name as in `find`. Raises `Unavailable`."""
    if "=" in bound_as:
        return _one(link.search(bound_as, "(objectClass=*)", _wanted(directory), itself=True))
    return find(link, directory, typed)


def permanent_id(entry: Entry, directory: Directory) -> str:
    """What the entry is known by whatever becomes of its name. Raises `Refused` where it has no such attribute."""
    values = entry.raw(directory.id_attribute)
    if len(values) != 1 or not values[0]:
        raise Refused(f"the entry has no {directory.id_attribute}, by which it would keep its account")
    if directory.id_attribute.lower() == "objectguid" and len(values[0]) == 16:
        return str(uuid.UUID(bytes_le=values[0]))
    return entry.text(directory.id_attribute)


def why_shut_out(entry: Entry) -> str | None:
    """Why who has this entry may not log in, even with the right password; None where they may."""
    now = time.time()
    reasons = (
        (bool(_number(entry, "userAccountControl") & 0x2), "the entry is disabled (userAccountControl)"),
        (_of_windows(_number(entry, "accountExpires")) < now, "the entry has expired (accountExpires)"),
        (entry.text("pwdAccountLockedTime") == _FOR_GOOD, "the entry is locked (pwdAccountLockedTime)"),
        (_true(entry, "pwdReset"), "the password must be changed first (pwdReset)"),
        (_true(entry, "nsAccountLock"), "the entry is disabled (nsAccountLock)"),
        (_true(entry, "loginDisabled"), "the entry is disabled (loginDisabled)"),
        (_shadow_expired(entry, now), "the entry has expired (shadowExpire)"),
        (_moment(entry, "krbPrincipalExpiration") < now, "the entry has expired (krbPrincipalExpiration)"),
        (_moment(entry, "pwdEndTime") < now, "the entry has expired (pwdEndTime)"),
    )
    return next((why for shut_out, why in reasons if shut_out), None)


def _wanted(directory: Directory) -> list[str]:
    wanted = [*_ATTRIBUTES, directory.id_attribute, *(attribute for _, attribute in directory.variables)]
    return list({name.lower(): name for name in wanted}.values())


def _one(found: Sequence[Entry]) -> Entry | None:
    return found[0] if len(found) == 1 else None


def _true(entry: Entry, name: str) -> bool:
    return entry.text(name).strip().lower() == "true"


def _number(entry: Entry, name: str) -> int:
    """The attribute's number, 0 where it has none. Raises `Unavailable` where it is no number: fail closed."""
    text = entry.text(name).strip()
    try:
        return int(text) if text else 0
    except ValueError:
        raise Unavailable("search", f"{name} is not a number") from None


def _of_windows(ticks: int) -> float:
    """Seconds since 1970 of a moment in [MS-ADTS]'s ticks, where 0 and the largest number are never."""
    return float("inf") if ticks in (0, 0x7FFF_FFFF_FFFF_FFFF) else ticks / 10_000_000 - _UNIX_EPOCH


def _shadow_expired(entry: Entry, now: float) -> bool:
    text = entry.text("shadowExpire").strip()
    return bool(text) and 0 <= _number(entry, "shadowExpire") <= now / _DAY  # shadow(5): days since 1970, -1 is never


def _moment(entry: Entry, name: str) -> float:
    """Seconds since 1970 of a GeneralizedTime (RFC 4517 §3.3.13) in UTC; never where there is none."""
    text = entry.text(name).strip()
    if not text:
        return float("inf")
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Unavailable("search", f"{name} is not a moment") from None
