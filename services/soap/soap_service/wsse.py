"""WS-Security: a UsernameToken (password as text, or as digest), a Timestamp that is not stale (OASIS WSS 1.1)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.exchange import Digest
from lxml import etree

from soap_service.envelope import Element, Envelope, is_ours, must_understand
from soap_service.faults import Fault
from soap_service.namespaces import BASE64_BINARY, PASSWORD_DIGEST, PASSWORD_TEXT, WSSE, WSU

BLOCK = f"{{{WSSE}}}Security"
_TOKEN = f"{{{WSSE}}}UsernameToken"
_TIMESTAMP = f"{{{WSU}}}Timestamp"
_SHA1 = 20  # bytes
_LONGEST_NONCE = 256  # bytes; toolkits send 16 to 40
_LONGEST_BASE64 = 1000  # characters, with line ends and blanks
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Security:
    """What a message's header proves its sender by: a password, the digest of one, or a token. None is ever shown."""

    username: str | None = None
    password: str = ""
    proof: Digest | None = None
    stamped: bool = False
    must: bool = False
    token: str | None = None

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
    stamped, must = _TIMESTAMP in parts, must_understand(blocks[0], envelope.version)
    if _TOKEN not in parts:
        return Security(stamped=stamped, must=must)
    username, password, kind = _token(parts[_TOKEN])
    if kind == PASSWORD_TEXT:
        return Security(username, password, None, stamped, must)
    proof = _proof(parts[_TOKEN], password, now, timedelta(seconds=skew))
    return Security(username, "", proof, stamped, must)


def failed() -> Fault:
    """The one thing said of a login that failed, whatever was wrong with it."""
    return Fault("FailedAuthentication", "The name or the password is wrong", namespace=WSSE, code="TRV201")


def _token(token: Element) -> tuple[str, str, str]:
    """Name, password or digest, and which of them."""
    usernames = token.findall(f"{{{WSSE}}}Username")
    passwords = token.findall(f"{{{WSSE}}}Password")
    if len(usernames) != 1 or len(passwords) != 1 or not (usernames[0].text or "").strip():
        raise _fault("InvalidSecurityToken", "A UsernameToken needs one Username and one Password")
    kind = passwords[0].get("Type", PASSWORD_TEXT).strip()
    if kind not in (PASSWORD_TEXT, PASSWORD_DIGEST):
        raise _fault("UnsupportedSecurityToken", "The password's type is not supported: send PasswordText over TLS")
    return (usernames[0].text or "").strip(), passwords[0].text or "", kind


def _proof(token: Element, digest: str, now: datetime, skew: timedelta) -> Digest:
    """The digest with what makes it good once; it is held against the account's SOAP secret by auth."""
    nonces, times = token.findall(f"{{{WSSE}}}Nonce"), token.findall(f"{{{WSU}}}Created")
    if len(nonces) != 1 or len(times) != 1:
        raise _fault("InvalidSecurityToken", "A PasswordDigest needs one Nonce and one Created beside it")
    if nonces[0].get("EncodingType", BASE64_BINARY).strip() != BASE64_BINARY:
        raise _fault("UnsupportedSecurityToken", "The Nonce's encoding is not supported: send Base64Binary")
    created = _instant(token, "Created")
    if created is None or created > now + skew:
        raise _fault("InvalidSecurityToken", "The UsernameToken was created in the future")
    if created + skew < now:
        raise Fault("MessageExpired", "The UsernameToken has expired", namespace=WSU)
    # toolkits break base64 into lines; what the digest was made of has no blanks around it
    proof = Digest(_base64(digest), _base64(nonces[0].text or ""), (times[0].text or "").strip())
    if len(b64decode(proof.digest)) != _SHA1 or not 0 < len(b64decode(proof.nonce)) <= _LONGEST_NONCE:
        raise _fault("InvalidSecurityToken", "The PasswordDigest or its Nonce is none")
    return proof


def _base64(text: str) -> str:
    if len(text) > _LONGEST_BASE64:
        raise _fault("InvalidSecurityToken", "The PasswordDigest or its Nonce is too long")
    try:
        return b64encode(b64decode("".join(text.split()), validate=True)).decode()
    except ValueError:
        raise _fault("InvalidSecurityToken", "The PasswordDigest or its Nonce is no base64") from None


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
        block = etree.QName(stamp).localname
        raise _fault("InvalidSecurity", f"The {block}'s {name} is no time with a zone") from None
    return moment + timedelta(microseconds=int((match[2] or "0").ljust(9, "0")) // 1000)


def _fault(name: str, message: str) -> Fault:
    return Fault(name, message, namespace=WSSE)
