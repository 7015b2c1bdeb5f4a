"""Access tokens: how they are issued and how auth checks its own (flask-jwt-extended)."""

from datetime import timedelta
from typing import Any

import jwt
from chassis.authn import ALGORITHMS, LEEWAY, check_header
from contracts.problems import Problem
from flask import Flask, g, request
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException

from auth_service import revocations
from auth_service.login import Bearer, Grant, Login, bearer
from auth_service.roles import Proven, claims_of
from auth_service.settings import AuthSettings
from auth_service.signing_keys import KeyRing, SigningKey

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="trivet", error="invalid_token"'}


def install(app: Flask, settings: AuthSettings, ring: KeyRing) -> None:
    """Let ``app`` issue and check tokens with the ring's keys."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHMS[0],
        JWT_DECODE_ALGORITHMS=ALGORITHMS,
        JWT_ENCODE_ISSUER=settings.issuer,
        JWT_DECODE_ISSUER=settings.issuer,
        JWT_ENCODE_AUDIENCE=settings.audience,
        JWT_DECODE_AUDIENCE=[settings.audience, partial_audience(settings)],
        JWT_DECODE_LEEWAY=LEEWAY,
        JWT_ENCODE_NBF=False,
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies, so no claim for them
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=settings.access_token_seconds),
    )
    manager = JWTManager(app)
    # key objects, not their text: parsing PEM would cost as much as signing
    manager.encode_key_loader(lambda _identity: _signing_key(ring).private)
    manager.additional_headers_loader(lambda _identity: _header(_signing_key(ring)))
    manager.decode_key_loader(lambda header, _claims: _public_key(ring, header))


def issue(grant: Grant, settings: AuthSettings) -> str:
    """The access token of a login."""
    account = grant.account
    claims: dict[str, Any] = {
        "iat": grant.issued,
        "exp": grant.issued + settings.access_token_seconds,
        "email": account.email,
        **claims_of(account.id, account.role, account.roles, account.session),
    }
    if grant.session_id is not None:
        claims |= {"sid": grant.session_id, "aal": grant.aal, "amr": list(grant.methods)}
    if grant.partial:
        claims["aud"] = partial_audience(settings)
    return str(create_access_token(account.id, additional_claims=claims))


def partial_audience(settings: AuthSettings) -> str:
    """The ``aud`` of tokens of accounts whose second factor is still to be shown: no other service takes them."""
    return f"{settings.audience}:second-factor"


def issue_proven(proven: Proven) -> str:
    """The access token of an API key, or for the token of an outside issuer."""
    times = {"iat": proven.issued, "exp": proven.issued + proven.seconds}
    return str(create_access_token(proven.subject, additional_claims=times | dict(proven.claims)))


def sender(login: Login) -> Bearer:
    """Who sent the request at hand, by its bearer token.

    Raises `Problem` PGRST302 (none), PGRST301, PGRST303 (not good), TRV202 (ended), TRV203 (can't tell).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(
            "PGRST302", "This endpoint requires a Bearer token", headers={"WWW-Authenticate": 'Bearer realm="trivet"'}
        )
    claims = _decode(token.strip())
    if revocations.ended(login.store, str(claims.get("jti"))):
        raise Problem("PGRST303", "invalid JWT: token has been revoked", headers=_CHALLENGE)
    return bearer(login, str(claims["sub"]), claims.get("sid"), float(claims["iat"]))


def _decode(token: str) -> dict[str, Any]:
    try:
        claims = dict(decode_token(token))
        if not {"exp", "iat", "sub"} <= claims.keys():
            raise jwt.MissingRequiredClaimError("exp, iat or sub")
        return claims
    except jwt.ExpiredSignatureError:
        raise Problem("PGRST303", "invalid JWT: token is expired", headers=_CHALLENGE) from None
    except (jwt.PyJWTError, JWTExtendedException, ValueError, RecursionError):
        raise Problem("PGRST301", "invalid JWT: unable to parse or verify signature", headers=_CHALLENGE) from None


def _header(key: SigningKey) -> dict[str, str]:
    return {"kid": key.key_id, "alg": key.algorithm}  # the header's algorithm is the one that PyJWT signs by


def _public_key(ring: KeyRing, header: dict[str, Any]) -> Any:
    check_header(header)
    key = ring.keys.find(str(header.get("kid")))
    if key is None or header.get("alg") != key.algorithm:
        raise jwt.InvalidTokenError("no such key")
    return key.private.public_key()


def _signing_key(ring: KeyRing) -> SigningKey:
    """The key that signs in this request: the same for a token and its header, even while another takes over."""
    if "signing_key" not in g:
        g.signing_key = ring.current()
    key: SigningKey = g.signing_key
    return key
