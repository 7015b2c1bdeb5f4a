"""Tokens that name no issuer of ours, proven by one secret or key set alone, as PostgREST takes them.

They are taken where requests run as roles of the database (`TRIVET_ACCESS=database`): the role that such a token names
counts for what the database grants it, and the database is told the token's own claims.
"""

import base64
import binascii
import math
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import msgspec
from chassis.authn import LEEWAY, refusal
from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE
from contracts.problems import Problem

from auth_service.outside_keys import OutsideKeys, OutsideKeysError
from auth_service.roles import Proven, RoleError, check_roles, claims_of

OUTSIDE_CLAIMS = "outside_claims"  # of our token: the claims of the one that it is given for
_SHARED = ("HS256", "HS384", "HS512")
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LEAST_SECRET = 32  # bytes (RFC 7518, 3.2)
_OURS = uuid.UUID("0c7cd0f8-7c0b-5c0e-8f0c-4a5f6b1d9e57")  # a namespace: names of others never become ids of accounts
_MOST_CLAIMS = 8192  # bytes: our token travels in headers


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says of them.

    ``secret_file`` holds a secret (in Base64 where ``base64`` says so), a JSON Web Key or a set of them; ``jwks`` is
    the address of a set. ``role_claim`` leads to the role. ``roles`` are those that count; none: each but ``admin``.
    """

    secret_file: str = ""
    jwks: str = ""
    base64: bool = False
    audience: str = ""
    role_claim: tuple[str | int, ...] = ("role",)
    roles: list[str] = []


Keys = Callable[[Mapping[str, Any]], Sequence[tuple[Any, tuple[str, ...]]]]


@dataclass(frozen=True)
class Issuerless:
    """How tokens without an issuer are proven: the ``keys`` that may be meant by a header, with their algorithms."""

    written: Written
    keys: Keys

    def prove(self, token: str, life: int) -> Proven:
        """Whom a token proves, for ``life`` seconds at most. Raises `Problem` PGRST301, PGRST303, TRV107."""
        claims = self._verified(token)
        role = self._role(claims)
        now = int(time.time())
        left = life if claims.get("exp") is None else min(life, int(claims["exp"]) - now)
        subject = str(uuid.uuid5(_OURS, str(claims.get("sub") or f"role {role}")))
        said = {OUTSIDE_CLAIMS: claims, **claims_of(subject, role, [role], {})}
        return Proven(subject, now, max(left, 1), said)

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if "crit" in header or "b64" in header:
                raise jwt.InvalidTokenError("an extension that must be understood")
            fault: Exception = jwt.InvalidAlgorithmError()
            for key, algorithms in self.keys(header):
                if header.get("alg") not in algorithms:
                    continue
                try:
                    return self._decoded(token, key, algorithms)
                except jwt.InvalidSignatureError as wrong:
                    fault = wrong
            raise fault
        except jwt.PyJWTError as fault:
            raise refusal(fault) from None
        except OutsideKeysError:
            message = "The issuer's keys can't be read at present"
            raise Problem("TRV107", message, headers={"Retry-After": "5"}) from None
        except (RecursionError, OverflowError):
            raise bad("PGRST301", "JWT cryptographic operation failed") from None

    def _decoded(self, token: str, key: Any, algorithms: Sequence[str]) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_sub": False,
            },
        )
        _hold_times(claims)
        audience = claims.get("aud")
        listed = audience if isinstance(audience, list) else [audience]
        if audience is not None and not all(isinstance(one, str) for one in listed):
            raise bad("PGRST303", "The JWT 'aud' claim must be a string or an array of strings")
        if self.written.audience and audience not in (None, []) and self.written.audience not in listed:
            raise jwt.InvalidAudienceError
        if len(msgspec.json.encode(claims)) > _MOST_CLAIMS:
            raise jwt.InvalidTokenError("claims beyond what a header takes")
        return claims

    def _role(self, claims: Mapping[str, Any]) -> str:
        """The role that a token names; that of callers without a credential where it names none."""
        found: Any = claims
        for step in self.written.role_claim:
            if isinstance(step, int):
                found = found[step] if isinstance(found, list) and -len(found) <= step < len(found) else None
            else:
                found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            return ANONYMOUS_ROLE
        try:
            (role,) = check_roles(str(found), [])
        except RoleError:
            role = ""
        known = role in self.written.roles if self.written.roles else role not in ("", ADMIN_ROLE)
        if not known:
            raise bad("PGRST303", "JWT grants no role here")
        return role


def _hold_times(claims: Mapping[str, Any]) -> None:
    """Raises `Problem` PGRST303 for a time that is no number, and PyJWT's errors for one that forbids the token now.

    PyJWT itself takes numbers in quotes, and no null; with PostgREST it is the other way round.
    """
    times: dict[str, float] = {}
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise bad("PGRST303", f"The JWT '{name}' claim must be a number")
        times[name] = value
    now = time.time()
    if times.get("exp", math.inf) <= now - LEEWAY:
        raise jwt.ExpiredSignatureError
    if times.get("nbf", now) > now + LEEWAY:
        raise jwt.ImmatureSignatureError
    if times.get("iat", now) > now + LEEWAY:
        raise jwt.InvalidIssuedAtError


def read(written: Written, folder: Path) -> Issuerless:
    """What the file says, with its secret. Raises `ValueError`, `OSError`."""
    if bool(written.secret_file) == bool(written.jwks):
        raise ValueError("[issuerless] needs one of secret_file and jwks")
    if not written.role_claim:
        raise ValueError("role_claim leads to no claim")
    if written.roles:
        check_roles(written.roles[0], written.roles)
    if written.jwks:
        published = OutsideKeys(written.jwks)
        return Issuerless(written, lambda header: [(published.find(header), _SIGNED)])
    secret = (folder / written.secret_file).read_bytes().strip()
    if secret.startswith(b"{"):
        return Issuerless(written, _of_set(_keys(secret)))
    if written.base64:
        try:
            secret = base64.urlsafe_b64decode(secret.replace(b"+", b"-").replace(b"/", b"_") + b"==")
        except binascii.Error:
            raise ValueError(f"{written.secret_file} is no Base64") from None
    if len(secret) < _LEAST_SECRET:
        raise ValueError(f"the secret in {written.secret_file} needs {_LEAST_SECRET} bytes")
    return Issuerless(written, lambda _: [(secret, _SHARED)])


def _keys(text: bytes) -> list[jwt.PyJWK]:
    try:
        found = msgspec.json.decode(text)
        listed = found.get("keys", [found])
        return [jwt.PyJWK.from_dict(one if "alg" in one or one.get("kty") != "oct" else {**one, "alg": "HS256"})
                for one in listed]  # fmt: skip
    except (msgspec.DecodeError, jwt.PyJWTError, KeyError, TypeError, AttributeError):
        raise ValueError("the secret is neither a text nor a JSON Web Key or a set of them") from None


def _of_set(keys: Sequence[jwt.PyJWK]) -> Keys:
    """The keys of a set that a header may mean: that of its key id, else all of them."""

    def meant(header: Mapping[str, Any]) -> list[tuple[Any, tuple[str, ...]]]:
        named = [key for key in keys if header.get("kid") is not None and key.key_id == header["kid"]]
        return [(key, (key.algorithm_name,)) for key in named or keys]

    return meant


def bad(code: str, message: str) -> Problem:
    """A token that is refused."""
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return Problem(code, message, headers={"WWW-Authenticate": challenge})
