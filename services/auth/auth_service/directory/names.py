"""Names of a directory: DNs compared and taken apart (RFC 4514), and what people type when they log in."""

import re
import unicodedata
from dataclasses import dataclass

from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

_PIECE = re.compile(r"((?:\\.|[^\\,+])*)([,+]|\Z)", re.DOTALL)
_PART = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*|[0-9.]+)\s*=\s*((?:\\.|[^\\])*?)\s*", re.DOTALL)
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


class NameFault(ValueError):
    """A text is no DN; the message says so."""


@dataclass(frozen=True)
class Typed:
    """A name as it was typed at a login: whole, and without the domain where it is ours (None where it has another)."""

    name: str
    account: str | None


def typed(text: str, domain: str, base: str) -> Typed:
    """What ``text`` names: ``user``, ``user@dns.domain``, ``DOMAIN\\user``; ``domain`` is the NetBIOS name of ours.

    The DNS name of ours is that of ``base`` ([MS-ADTS] 5.1.1.1.1: implicit user principal names).
    """
    before, slash, after = text.partition("\\")
    if slash:
        return Typed(text, after if domain and before.casefold() == domain.casefold() else None)
    before, at, after = text.rpartition("@")
    if at:
        return Typed(text, before if after.casefold() == dns_domain(base) else None)
    return Typed(text, text)


def fill_filter(template: str, found: Typed) -> str:
    """A filter with the typed name in its places, escaped (RFC 4515)."""
    account = found.name if found.account is None else found.account
    return _fill(template, escape_filter_chars(found.name), escape_filter_chars(account))


def fill_bind_name(template: str, found: Typed) -> str:
    """The name to bind with: a DN has the typed name escaped (RFC 4514), ``{name}@domain`` has it as it is."""
    account = found.name if found.account is None else found.account
    if "=" in template:
        return _fill(template, escape_rdn(found.name), escape_rdn(account))
    return _fill(template, found.name, account)


def escaped(value: str) -> str:
    """A value as it stands in a filter."""
    return str(escape_filter_chars(value))


def folded_name(text: str) -> str:
    """One form for all spellings that a directory takes for the same name (RFC 4518: case, width, spaces)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def fold_dn(dn: str) -> str:
    """The form in which two DNs are compared, empty for an empty one. Raises `NameFault`.

    Case doesn't count, nor how a character was escaped.
    """
    return "".join(f"{kind.casefold()}={_quoted(value)}{mark}" for kind, value, mark in _parts(dn))


def common_name(dn: str) -> str:
    """The folded value of the first part of a DN. Raises `NameFault`."""
    parts = _parts(dn)
    return folded_name(parts[0][1]) if parts else ""


def below(dn: str, base: str) -> bool:
    """True where ``dn`` is somewhere below ``base``. Raises `NameFault`."""
    return fold_dn(dn).endswith("," + fold_dn(base))


def parent(dn: str) -> str:
    """A DN without its first part; the DN itself where nothing but a domain would be left of it, or it is none."""
    try:
        parts = _parse(dn)
    except NameFault:
        return dn
    ends = [place for place, (_, _, mark) in enumerate(parts) if mark == ","]
    if not ends or (parts and parts[0][0].casefold() == "dc"):
        return dn
    return "".join(f"{kind}={value}{mark}" for kind, value, mark in parts[ends[0] + 1 :])


def dns_domain(base: str) -> str:
    """The DNS name that the ``dc=`` parts of a DN spell, folded; empty where it has none."""
    try:
        return ".".join(folded_name(value) for kind, value, _ in _parts(base) if kind.casefold() == "dc")
    except NameFault:
        return ""


def _fill(template: str, name: str, account: str) -> str:
    # in one pass: a name may itself hold a placeholder
    return re.sub(r"\{(name|account)\}", lambda place: name if place[1] == "name" else account, template)


def _parts(dn: str) -> list[tuple[str, str, str]]:
    return [(kind, _unescaped(value), mark) for kind, value, mark in _parse(dn)]


def _parse(dn: str) -> list[tuple[str, str, str]]:
    """Kinds, values as they are written, and the separators behind them. (ldap3's own takes ``\\,a=`` for a fault.)"""
    parts: list[tuple[str, str, str]] = []
    rest = dn
    while dn.strip():
        piece = _PIECE.match(rest)
        part = _PART.fullmatch(piece[1]) if piece is not None else None
        if piece is None or part is None:
            raise NameFault(f"{dn!r} is not a DN")
        parts.append((part[1], part[2], piece[2]))
        rest = rest[piece.end() :]
        if not piece[2]:
            break
    return parts


def _unescaped(value: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return bytes.fromhex(found[1].replace("\\", "")).decode(errors="replace") if found[1] else found[2]

    return _ESCAPED.sub(plain, value)


def _quoted(value: str) -> str:
    return re.sub(r"([\\,+=])", r"\\\1", folded_name(value))
