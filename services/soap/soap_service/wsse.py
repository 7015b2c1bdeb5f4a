"""WS-Security: a UsernameToken with its password as text, and a Timestamp that is not stale (OASIS WSS 1.1)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from soap_service.envelope import Element, Envelope, is_ours, must_understand
from soap_service.faults import Fault
from soap_service.namespaces import PASSWORD_DIGEST, PASSWORD_TEXT, WSSE, WSU

BLOCK = f"{{{WSSE}}}Security"
_TOKEN = f"{{{WSSE}}}UsernameToken"
_TIMESTAMP = f"{{{WSU}}}Timestamp"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Security:
    """What a message's Security block holds. The password is never shown."""

    username: str | None = None
    password: str = ""
    stamped: bool = False
    must: bool = False

    def __repr__(self) -> str:
        return f"Security(username={self.username!r})"


NOTHING = Security()


def read(envelope: Envelope, *, now: datetime, skew: float) -> Security:
    """The Security block for us; ``skew`` in seconds is forgiven to the client's clock.

    Raises `Fault` wsse:InvalidSecurity, wsse:InvalidSecurityToken, wsse:UnsupportedSecurityToken, wsu:MessageExpired.
    """
    blocks = [block for block in envelope.blocks if block.tag == BLOCK and is_ours(block, envelope.version)]
    if not blocks:
        return NOTHING
    if len(blocks) > 1:
        raise _fault("InvalidSecurity", "There is more than one Security block")
    parts = {str(part.tag): part for part in blocks[0]}
    if len(parts) != len(blocks[0]):
        raise _fault("InvalidSecurity", "The Security block holds the same twice")
    for tag in parts.keys() - {_TOKEN, _TIMESTAMP}:
        raise _fault("UnsupportedSecurityToken", f"{etree.QName(tag).localname} is not supported here")
    if _TIMESTAMP in parts:
        _check_timestamp(parts[_TIMESTAMP], now, timedelta(seconds=skew))
    username, password = _token(parts[_TOKEN]) if _TOKEN in parts else (None, "")
    return Security(username, password, _TIMESTAMP in parts, must_understand(blocks[0], envelope.version))


def failed() -> Fault:
    """The one thing said of a login that failed, whatever was wrong with it."""
    return Fault("FailedAuthentication", "The name or the password is wrong", namespace=WSSE, code="TRV201")


def _token(token: Element) -> tuple[str, str]:
    usernames = token.findall(f"{{{WSSE}}}Username")
    passwords = token.findall(f"{{{WSSE}}}Password")
    if len(usernames) != 1 or len(passwords) != 1 or not (usernames[0].text or "").strip():
        raise _fault("InvalidSecurityToken", "A UsernameToken needs one Username and one Password")
    kind = passwords[0].get("Type", PASSWORD_TEXT).strip()
    if kind == PASSWORD_DIGEST:
        raise _fault("UnsupportedSecurityToken", "PasswordDigest is not supported: send PasswordText over TLS")
    if kind != PASSWORD_TEXT:
        raise _fault("UnsupportedSecurityToken", "The password's type is not supported: send PasswordText over TLS")
    return (usernames[0].text or "").strip(), passwords[0].text or ""


def _check_timestamp(stamp: Element, now: datetime, skew: timedelta) -> None:
    created, expires = (_instant(stamp, name) for name in ("Created", "Expires"))
    if created is not None and created > now + skew:
        raise _fault("InvalidSecurity", "The message's Timestamp lies in the future")
    if created is not None and expires is not None and expires < created:
        raise _fault("InvalidSecurity", "The message's Timestamp expires before it was created")
    if expires is not None and expires + skew < now:
        raise Fault("MessageExpired", "The message has expired", namespace=WSU)


def _instant(stamp: Element, name: str) -> datetime | None:
    found = stamp.findall(f"{{{WSU}}}{name}")
    if not found:
        return None
    match = _INSTANT.fullmatch((found[0].text or "").strip())
    try:
        if match is None or len(found) > 1:
            raise ValueError(name)
        moment = datetime.fromisoformat(match[1] + match[3]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _fault("InvalidSecurity", f"The Timestamp's {name} is no time with a zone") from None
    return moment + timedelta(microseconds=int((match[2] or "0").ljust(9, "0")) // 1000)


def _fault(name: str, message: str) -> Fault:
    return Fault(name, message, namespace=WSSE)
