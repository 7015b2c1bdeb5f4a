"""Who is it: a request's credential becomes a `Caller`, checked by each service for itself."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, Protocol

import jwt
import msgspec
from contracts.identity import (
    ADMIN_ROLE,
    ANONYMOUS_ROLE,
    BACKEND,
    SECRET_SUBJECT,
    Caller,
    Principal,
    is_scope,
    narrowed,
    unnarrowed,
)
from contracts.problems import Problem

from chassis import explanations
from chassis.bounded import Bounded
from chassis.exchange import KEY_MARK, Digest, Exchange
from chassis.keys import KeySet
from chassis.revocations import Revocations

HASURA_CLAIMS = "https://hasura.io/jwt/claims"
SCOPE_CLAIM = "resources"  # what the token is limited to
ALGORITHMS = ["ES256", "RS256", "EdDSA"]  # each key has one of them, and is good for no other
LEEWAY = 30  # seconds of clock skew that are forgiven
_HEADER = {"alg", "kid", "typ"}  # what our own tokens have; nobody gets to name a key or an extension (RFC 8725, 3.1)
_TYPES = ("JWT", None)
_BOUND = 20_000
_encode = json.JSONEncoder(separators=(",", ":")).encode
_BACKEND_ONLY = "X-Hasura-Use-Backend-Only-Permissions"
_NO_VARIABLES = frozenset({"x-hasura-admin-secret", "x-hasura-role", _BACKEND_ONLY.lower()})
_TRUTH = {**dict.fromkeys(("true", "t", "yes", "y"), True), **dict.fromkeys(("false", "f", "no", "n"), False)}


class Headers(Protocol):
    """A request's headers; names in any case."""

    def get(self, name: str, /) -> str | None:
        """The header's value, or None."""
        ...


class AllHeaders(Headers, Protocol):
    """Headers that can be looked through too."""

    def starting(self, prefix: str, /) -> Mapping[str, str]:
        """The headers whose names begin so, by their names in lower case."""
        ...


class Authenticator:
    """Checks access tokens with auth's public keys; a token that was checked once is remembered until it ends."""

    def __init__(
        self,
        keys: KeySet,
        revocations: Revocations,
        exchange: Exchange | None,
        *,
        issuer: str,
        audience: str,
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._exchange = exchange
        self._issuer = issuer
        self._ours_or_none = (None, issuer)
        self._audience = audience
        self._verified: Bounded[str, Principal] = Bounded(_BOUND)

    def caller(self, headers: AllHeaders, *, request_id: str, timeout: float, address: str = "") -> Caller:
        """The caller that a request's headers prove.

        Reads ``Authorization`` (Bearer, Basic), else ``X-Hasura-Admin-Secret``, ``X-API-Key`` or ``apikey``, and
        ``X-Hasura-Role`` (or ``X-Trivet-Role``) for one of the token's roles. A bearer is one of our tokens, an API
        key, or a token of an outside issuer. Supabase's clients call with a publishable key in ``apikey`` (and as
        bearer too, while nobody is logged in): it names the project, and proves nothing. Raises `Problem` PGRST301,
        PGRST303, TRV201, TRV204; TRV107, TRV203 (can't tell).
        """
        token = self._token(headers, address)
        wanted = headers.get("X-Hasura-Role") or headers.get("X-Trivet-Role")
        explain = headers.get(explanations.ASK) is not None
        return self.prove(token, wanted, request_id=request_id, timeout=timeout, explain=explain)

    def prove(
        self, token: str | None, wanted: str | None, *, request_id: str, timeout: float, explain: bool = False
    ) -> Caller:
        """The caller that a token proves, in the role that is wanted; without a token the anonymous one.

        Raises `Problem` PGRST301, PGRST303, TRV204.
        """
        if token is None:
            principal, role = _anonymous(wanted), None
        else:
            principal, role = self.verify(token), wanted or None
            if principal.subject == SECRET_SUBJECT:  # the token was made for the role that was wanted
                role = None
            if role is not None:
                principal = in_role(principal, role)
        deadline = time.monotonic() + timeout
        return Caller(
            principal=principal, token=token, role=role, request_id=request_id, deadline=deadline, explain=explain
        )

    def password(self, username: str, password: str, caller: Caller, address: str = "") -> Caller:
        """The caller that a name and password prove. Raises `Problem` as `Exchange.password` does."""
        return self._proven(self._exchanges().password(username, password, address), caller)

    def digest(self, username: str, proof: Digest, caller: Caller, address: str = "") -> Caller:
        """The caller that a name and a PasswordDigest prove. Raises `Problem` as `Exchange.digest` does."""
        return self._proven(self._exchanges().digest(username, proof, address), caller)

    def token(self, token: str, caller: Caller, address: str = "") -> Caller:
        """The caller that a token or API key in a message proves. Raises `Problem` as `caller` does."""
        return self._proven(self._ours(token, address), caller)

    def login(self, username: str, password: str, address: str, agent: str) -> tuple[str, int]:
        """The access token of a session that begins now, and its seconds. Raises `Problem` as `Exchange.login` does."""
        return self._exchanges().login(username, password, address, agent)

    def logout(self, token: str, address: str) -> None:
        """End the session of an access token. Raises `Problem` as `Exchange.logout` does."""
        self._exchanges().logout(token, address)

    def verify(self, token: str) -> Principal:
        """The principal of an access token, in its default role. Raises `Problem` PGRST301, PGRST303, TRV107."""
        principal = self._verified.get(token)
        if principal is None:
            principal = principal_of(self._decode(token))
            self._revocations.require_known()
            self._verified.put(token, principal)
        if principal.expires is not None and principal.expires + LEEWAY < time.time():
            raise _bad("PGRST303", "JWT expired")
        if self._revocations.covers(principal.claims):
            raise _bad("PGRST303", "JWT revoked")
        return principal

    def _exchanges(self) -> Exchange:
        if self._exchange is None:
            raise Problem("PGRST301", "Only access tokens are accepted here")
        return self._exchange

    def _proven(self, token: str, caller: Caller) -> Caller:
        return msgspec.structs.replace(caller, principal=in_role(self.verify(token), caller.role), token=token)

    def forget(self) -> None:
        """Check every token anew (a key may have gone)."""
        self._verified.clear()

    def _token(self, headers: AllHeaders, address: str) -> str | None:
        header = headers.get("Authorization")
        if header is None:
            if secret := headers.get("X-Hasura-Admin-Secret"):
                return self._by_secret(secret, headers, address)
            if bare := headers.get("X-API-Key"):
                return self._ours(bare.strip(), address)
            key = (headers.get("apikey") or "").strip()
            return None if _publishable(key) else self._ours(key, address)
        scheme, _, value = header.partition(" ")
        value = value.strip()
        if scheme.lower() == "bearer":
            if not value:
                raise _bad("PGRST301", "Empty JWT is sent in Authorization header")
            if _publishable(value) and value == (headers.get("apikey") or "").strip():
                return None
            return self._ours(value, address)
        if scheme.lower() == "basic" and self._exchange is not None:
            username, password = _basic(value)
            return self._exchange.password(username, password, address)
        raise _bad("PGRST301", "Malformed Authorization header")

    def _by_secret(self, secret: str, headers: AllHeaders, address: str) -> str:
        """Our access token for who knows the admin secret: for the role and the session variables in the headers."""
        role = headers.get("X-Hasura-Role") or headers.get("X-Trivet-Role") or ADMIN_ROLE
        if role != ADMIN_ROLE and _truth(headers, _BACKEND_ONLY) and not role.endswith(BACKEND):
            role += BACKEND
        told = headers.starting("X-Hasura-")
        session = {name: value for name, value in told.items() if name not in _NO_VARIABLES}
        return self._exchanges().admin(secret, role, session, address)

    def _ours(self, credential: str, address: str) -> str:
        """Our access token for a credential: itself, or what auth gives for an API key or an outside issuer's token."""
        if self._exchange is None or self._verified.get(credential) is not None:
            return credential
        if credential.startswith(KEY_MARK):
            return self._exchange.key(credential, address)
        if unverified_issuer(credential) not in self._ours_or_none:
            return self._exchange.token(credential, address)
        return credential

    def _decode(self, token: str) -> dict[str, Any]:
        parts = token.count(".") + 1
        if parts != 3:
            raise _bad("PGRST301", f"Expected 3 parts in JWT; got {parts}")
        try:
            header = jwt.get_unverified_header(token)
            check_header(header)
            return jwt.decode(
                token,
                self._keys.find(str(header.get("kid", ""))),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "sub", "iat"]},
            )
        except jwt.InvalidTokenError as fault:
            raise refusal(fault) from None
        except (RecursionError, OverflowError):  # nested or numbered beyond sense
            raise _bad("PGRST301", "JWT cryptographic operation failed") from None
        except Problem as problem:
            if problem.code == "PGRST301":
                raise _bad(problem.code, problem.message) from None
            raise


def check_header(header: Mapping[str, Any]) -> None:
    """Raise `jwt.InvalidTokenError` for a header that is not one of our own tokens', whoever signed it."""
    if header.keys() - _HEADER or header.get("typ") not in _TYPES:
        raise jwt.InvalidTokenError("members of the header that we never write")


def unverified_issuer(token: str) -> str | None:
    """Who a token says it is from, before anything of it is believed; empty where it does not say.

    None where it says nothing that can be read.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(claims, dict):
        return None
    issuer = claims.get("iss", "")
    return issuer if isinstance(issuer, str) else None


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The principal of verified claims; both styles are read (``role``, and the Hasura object).

    Raises `Problem` PGRST301 for a scope that is none.
    """
    scope = claims.get(SCOPE_CLAIM)
    if scope is not None and not is_scope(scope):
        raise _bad("PGRST301", "JWT with a malformed scope")
    hasura = claims.get(HASURA_CLAIMS)
    hasura = hasura if isinstance(hasura, dict) else {}
    session = {
        name.lower(): value if isinstance(value, str) else _text(value)
        for name, value in hasura.items()
        if name.lower().startswith("x-hasura-") and name.lower() != "x-hasura-allowed-roles"
    }
    role = str(session.get("x-hasura-default-role") or claims.get("role") or ANONYMOUS_ROLE)
    allowed = hasura.get("x-hasura-allowed-roles")
    roles = tuple(str(name) for name in allowed) if isinstance(allowed, list) else (role,)
    session["x-hasura-role"] = role
    if claims["sub"] != SECRET_SUBJECT:  # who knows the secret says of whom it speaks, or of nobody
        session.setdefault("x-hasura-user-id", str(claims["sub"]))
    return Principal(
        role=narrowed(role, scope),
        subject=str(claims["sub"]),
        roles=roles,
        claims=claims,
        session=session,
        expires=int(claims["exp"]),
        scope=None if scope is None else tuple(scope),
    )


def in_role(principal: Principal, role: str | None) -> Principal:
    """The principal in another of its roles, within the same scope. Raises `Problem` TRV204."""
    if role is None or role == unnarrowed(principal.role)[0]:
        return principal
    if role not in principal.roles:
        raise Problem("TRV204", "Your requested role is not in allowed roles")
    return Principal(
        role=narrowed(role, principal.scope),
        subject=principal.subject,
        roles=principal.roles,
        claims=principal.claims,
        session={**principal.session, "x-hasura-role": role},
        expires=principal.expires,
        scope=principal.scope,
    )


def _anonymous(wanted: str | None) -> Principal:
    if wanted not in (None, ANONYMOUS_ROLE):
        raise Problem("TRV204", "Your requested role is not in allowed roles", status=401)
    return Principal(session={"x-hasura-role": ANONYMOUS_ROLE})


def _truth(headers: Headers, name: str) -> bool:
    """What a header says that is true or false; false where it is not there. Raises `Problem` TRV112."""
    said = headers.get(name)
    if said is None:
        return False
    known = _TRUTH.get(said.strip().lower())
    if known is None:
        yes, no = (_encode([word for word, means in _TRUTH.items() if means is truth]) for truth in (True, False))
        words = f"True values are {yes} and  False values are {no}. All values are case insensitive"
        raise Problem("TRV112", f"{name.lower()}:  Not a valid boolean text. {words}")  # Hasura's words, and spaces
    return known


def _publishable(key: str) -> bool:
    """True for what is neither a token (these have dots) nor an API key: nobody keeps it secret, or gets anything."""
    return "." not in key and not key.startswith(KEY_MARK)


def _basic(value: str) -> tuple[str, str]:
    try:
        username, found, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # not base64, not even ASCII, or not UTF-8
        found = ""
    if not found:
        raise _bad("PGRST301", "Malformed Authorization header")
    return username, password


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(f'"{item}"' for item in value) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


_REFUSALS: list[tuple[type[Exception], str, str]] = [
    (jwt.ExpiredSignatureError, "PGRST303", "JWT expired"),
    (jwt.ImmatureSignatureError, "PGRST303", "JWT not yet valid"),
    (jwt.InvalidIssuedAtError, "PGRST303", "JWT issued at future"),
    (jwt.InvalidAudienceError, "PGRST303", "JWT not in audience"),
    (jwt.InvalidIssuerError, "PGRST303", "JWT not from the expected issuer"),
    (jwt.MissingRequiredClaimError, "PGRST303", "JWT lacks a claim that is needed"),
    (jwt.InvalidAlgorithmError, "PGRST301", "No suitable key or wrong key type"),
]


def refusal(fault: Exception) -> Problem:
    """What a token that PyJWT refuses is told."""
    if isinstance(fault, jwt.ImmatureSignatureError) and "(iat)" in str(fault):
        return _bad("PGRST303", "JWT issued at future")
    for kind, code, message in _REFUSALS:
        if isinstance(fault, kind):
            return _bad(code, message)
    return _bad("PGRST301", "JWT cryptographic operation failed")


def _bad(code: str, message: str) -> Problem:
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return Problem(code, message, headers={"WWW-Authenticate": challenge})
