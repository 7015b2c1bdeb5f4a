"""Tokens of outside issuers: who these are, and whom their tokens prove here.

An issuer gives its tokens' holders the roles that its own map in our file writes down, and nothing else: no claim of
theirs is a role, a session variable or a scope of ours by its name alone. But where the file says that an issuer has
Hasura's claims (``hasura``), these are: roles other than admin, and session variables.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import msgspec
from chassis.authn import LEEWAY, refusal, unverified_issuer
from contracts.problems import Problem

from auth_service.hasura_claims import HasuraSource, told_by
from auth_service.issuerless import Issuerless, bad
from auth_service.issuerless import Written as WrittenIssuerless
from auth_service.issuerless import read as read_issuerless
from auth_service.outside_keys import OutsideKeys, OutsideKeysError
from auth_service.roles import Proven, RoleError, check_roles, check_session, claims_of

FILE = "issuers.toml"  # in a folder
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SHARED = ("HS256",)
_LEAST_SECRET = 32  # bytes (RFC 7518, 3.2)
_OURS = uuid.UUID("6b7c3a52-3f0e-5b0f-9a55-0f8f2f8c7c11")  # a namespace: names of others never become ids of accounts


class OutsideIssuersError(ValueError):
    """The file of issuers can't be used; the message says why."""


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer as the file has it. Claims are named by one name, or by a list that leads into objects."""

    issuer: str = ""
    audience: str = ""
    roles: dict[str, str] = {}
    roles_claim: str | list[str] = "roles"
    subject_claim: str | list[str] = "sub"
    session: dict[str, str | list[str]] = {}
    jwks: str = ""
    jwks_file: str = ""
    secret_file: str = ""
    algorithms: list[str] = []
    hasura: HasuraSource | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: list[Written] = []
    issuerless: WrittenIssuerless | None = None


@dataclass(frozen=True)
class Issuer:
    """An outside issuer: what is written of it, which key a token's header leads to, and by which algorithms."""

    written: Written
    algorithms: tuple[str, ...]
    key_for: Callable[[Mapping[str, Any]], Any]

    @property
    def required(self) -> list[str]:
        """The claims that its tokens must have."""
        named = {"iss": self.written.issuer, "aud": self.written.audience}
        return ["exp", *(claim for claim, value in named.items() if value)]


class OutsideIssuers:
    """All issuers that are trusted beside our own."""

    def __init__(self, issuers: Sequence[Issuer] = (), others: Issuerless | None = None) -> None:
        self._issuers = {issuer.written.issuer: issuer for issuer in issuers}
        self._others = others  # of issuers that nobody has written down, or of none

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that tokens of any of them can give."""
        given = [role for issuer in self._issuers.values() for role in issuer.written.roles.values()]
        return (*given, *(self._others.written.roles if self._others is not None else ()))

    def prove(self, token: str, life: int) -> Proven:
        """Whom a token proves, for ``life`` seconds at most. Raises `Problem` PGRST301, PGRST303, TRV107."""
        issuer = self._issuers.get(unverified_issuer(token) or "")
        if issuer is None and self._others is not None:
            return self._others.prove(token, life)
        if issuer is None:
            raise bad("PGRST303", "JWT not from the expected issuer")
        return _proven(issuer.written, _verified(issuer, token), token, life)


def load(path: str, own: str) -> OutsideIssuers:
    """The issuers of a file, or of `issuers.toml` in a folder; none without one. ``own`` is our own name.

    Raises `OutsideIssuersError`.
    """
    if not path:
        return OutsideIssuers()
    if Path(path).is_dir():
        path = str(Path(path) / FILE)
    try:
        found = msgspec.toml.decode(Path(path).read_bytes(), type=_File)
        folder = Path(path).parent
        others = read_issuerless(found.issuerless, folder) if found.issuerless is not None else None
        return OutsideIssuers([_issuer(written, own, folder) for written in found.issuer], others)
    except OSError as fault:
        raise OutsideIssuersError(f"{path}: {fault.strerror or fault}") from None
    except (ValueError, RoleError) as fault:  # (msgspec's and TOML's errors, and our own, are such)
        raise OutsideIssuersError(f"{path}: {fault}") from None


def _issuer(written: Written, own: str, folder: Path) -> Issuer:
    """One issuer, checked. Either it shares a secret or it publishes keys: what is public is never a secret."""
    name = written.issuer
    sources = [source for source in (written.jwks, written.jwks_file, written.secret_file) if source]
    if name == own or (written.hasura is None and not (name and written.audience)):
        raise ValueError(f"{name or 'an issuer'} needs a name that is not our own, and an audience")
    if len(sources) != 1:
        raise ValueError(f"{name or 'an issuer without a name'} needs one of jwks, jwks_file and secret_file")
    if not written.roles and written.hasura is None:
        raise ValueError(f"{name} has no roles: nobody could do anything by its tokens")
    roles = list(written.roles.values())
    if roles:
        check_roles(roles[0], roles)
    check_session(dict.fromkeys(written.session, ""))
    possible = _SHARED if written.secret_file else _SIGNED
    algorithms = tuple(written.algorithms) or possible
    if not set(algorithms) <= set(possible):
        raise ValueError(f"{name} can use {', '.join(possible)}")
    if written.secret_file:
        secret = (folder / written.secret_file).read_bytes().strip()
        if len(secret) < _LEAST_SECRET:
            raise ValueError(f"the secret of {name} needs {_LEAST_SECRET} bytes")
        return Issuer(written, algorithms, lambda _: secret)
    source = written.jwks or (folder / written.jwks_file).absolute().as_uri()
    return Issuer(written, algorithms, OutsideKeys(source).find)


def _verified(issuer: Issuer, token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        if "crit" in header or "b64" in header:
            raise jwt.InvalidTokenError("an extension that must be understood")
        if header.get("alg") not in issuer.algorithms:
            raise jwt.InvalidAlgorithmError
        return jwt.decode(
            token,
            issuer.key_for(header),
            algorithms=list(issuer.algorithms),
            issuer=issuer.written.issuer or None,
            audience=issuer.written.audience or None,
            leeway=LEEWAY,
            options={"require": issuer.required, "verify_aud": bool(issuer.written.audience)},
        )
    except jwt.PyJWTError as fault:
        raise refusal(fault) from None
    except OutsideKeysError:
        raise Problem("TRV107", "The issuer's keys can't be read at present", headers={"Retry-After": "5"}) from None
    except (RecursionError, OverflowError):
        raise bad("PGRST301", "JWT cryptographic operation failed") from None


def _proven(written: Written, claims: Mapping[str, Any], token: str, life: int) -> Proven:
    if written.hasura is not None:
        return _proven_by_hasura(written, written.hasura, claims, token, life)
    subject = _at(claims, written.subject_claim)
    if not isinstance(subject, str | int) or isinstance(subject, bool) or not str(subject):
        raise bad("PGRST303", "JWT lacks a claim that is needed")
    roles = _roles(written, claims)
    if not roles:
        raise bad("PGRST303", "JWT grants no role here")
    session = {name.lower(): text for name, path in written.session.items() if (text := _text(_at(claims, path)))}
    return _said(written, claims, token, life, _Holder(str(subject), roles, session))


def _proven_by_hasura(
    written: Written, source: HasuraSource, claims: Mapping[str, Any], token: str, life: int
) -> Proven:
    try:
        told = told_by(source, claims)
        session = check_session(told.session)
        roles = check_roles(told.default, told.roles)
    except ValueError as fault:  # (ours are such)
        raise bad("PGRST303", str(fault)) from None
    if written.roles:
        roles = [written.roles[role] for role in roles if role in written.roles]
    if not roles:
        raise bad("PGRST303", "JWT grants no role here")
    subject = session.get("x-hasura-user-id") or _text(_at(claims, written.subject_claim)) or ""
    return _said(written, claims, token, life, _Holder(subject, roles, session))


class _Holder(NamedTuple):
    subject: str
    roles: list[str]
    session: Mapping[str, str]


def _said(written: Written, claims: Mapping[str, Any], token: str, life: int, holder: _Holder) -> Proven:
    subject, roles, session = holder
    ours = str(uuid.uuid5(_OURS, f"{written.issuer} {subject}"))
    now = int(time.time())
    mark = claims.get("jti") or hashlib.sha256(token.encode()).hexdigest()
    said: dict[str, Any] = {
        "sid": str(uuid.uuid5(_OURS, f"{written.issuer} token {mark}")),
        "outside": {"iss": written.issuer, "sub": str(subject)},
        **claims_of(ours, roles[0], roles, session),
    }
    return Proven(ours, now, max(min(life, int(claims["exp"]) - now), 1), said)


def _roles(written: Written, claims: Mapping[str, Any]) -> list[str]:
    """The roles that the map gives for what the token says, in the map's order."""
    found = _at(claims, written.roles_claim)
    given = {name for name in (found if isinstance(found, list) else [found]) if isinstance(name, str)}
    return list(dict.fromkeys(role for name, role in written.roles.items() if name in given))


def _at(claims: Any, path: str | list[str]) -> Any:
    for name in [path] if isinstance(path, str) else path:
        claims = claims.get(name) if isinstance(claims, dict) else None
    return claims


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else None
