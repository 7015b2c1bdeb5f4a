"""What only the other services ask: a token for another credential, and what was revoked. nginx never routes it."""

from typing import TypeVar

import msgspec
from contracts.problems import Kind, Problem
from flask import Blueprint, Response, current_app, jsonify, request

from auth_service import admin_secret, api_keys, audit, digests, login, tokens
from auth_service.digests import Digest
from auth_service.login import Login
from auth_service.outside_issuers import OutsideIssuers
from auth_service.roles import Proven
from auth_service.routes import require_json, this_login
from auth_service.sessions import Origin

T = TypeVar("T")
PREFIX = "/-"
_AGENT = 500  # characters
ISSUERS = "trivet_outside_issuers"
blueprint = Blueprint("inner", __name__, url_prefix=PREFIX)


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What came to another service, and the client's address: one of name and password, name and digest
    (of WS-Security, with its nonce and time), API key, outside token, or the admin secret with a role and variables."""

    username: str | None = None
    password: str | None = None
    digest: str | None = None
    nonce: str = ""
    created: str = ""
    key: str | None = None
    token: str | None = None
    secret: str | None = None
    role: str = ""
    session: dict[str, str] = {}
    address: str = ""


@blueprint.post("/exchange")
def exchange() -> Response:
    """An access token for another credential (`chassis.exchange`)."""
    require_json()
    try:
        credential = msgspec.json.decode(request.get_data(), type=Credential)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem("TRV109", "Not a credential") from None
    this = this_login()
    match credential:
        case Credential(username=str(name), digest=str(digest), password=None, key=None, token=None):
            proof = Digest(digest, credential.nonce, credential.created)
            grant = digests.exchange(this, name, proof, credential.address)
            token, seconds = tokens.issue(grant, this.settings), this.settings.access_token_seconds
        case Credential(username=str(name), password=str(password), digest=None, key=None, token=None):
            grant = login.exchange(this, name, password, credential.address)
            token, seconds = tokens.issue(grant, this.settings), this.settings.access_token_seconds
        case Credential(username=None, password=None, digest=None, key=str(key), token=None):
            token, seconds = _issued(_by_key(this, key, credential.address))
        case Credential(username=None, password=None, digest=None, key=None, token=str(outside)):
            token, seconds = _issued(_by_outside_token(this, outside, credential.address))
        case Credential(username=None, password=None, digest=None, key=None, token=None, secret=str(secret)):
            token, seconds = _issued(_by_secret(this, secret, credential))
        case _:
            raise Problem("TRV109", "Not a credential")
    return jsonify(access_token=token, expires_in=seconds)


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session is to begin, and where its client is and what it says that it is."""

    username: str
    password: str
    address: str = ""
    agent: str = ""


class EndOf(msgspec.Struct, frozen=True, kw_only=True):
    """Where the client is whose session is to end."""

    address: str = ""


@blueprint.post("/login")
def begin() -> Response:
    """A session begun for a client of another service, told by its access token (`chassis.exchange`).

    Such a client has no way to show a second factor.
    """
    wanted = _body(NewSession)
    this = this_login()
    origin = Origin(address=wanted.address, agent=wanted.agent[:_AGENT])
    grant = login.sign_in_whole(this, wanted.username, wanted.password, origin)
    return jsonify(access_token=tokens.issue(grant, this.settings), expires_in=this.settings.access_token_seconds)


@blueprint.post("/logout")
def end() -> Response:
    """The session of the bearer's token ended."""
    wanted = _body(EndOf)
    login.sign_out(this_login(), tokens.sender(this_login()), "local", wanted.address)
    return jsonify({})


def _body(kind: type[T]) -> T:
    require_json()
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem("TRV109", "Not what is asked for here") from None


def _by_key(this: Login, key: str, address: str) -> Proven:
    try:
        proven = api_keys.prove(this.store, key, this.settings.access_token_seconds)
    except Problem as problem:
        outcome: audit.Outcome = "refused" if problem.kind is Kind.UNAUTHENTICATED else "unavailable"
        audit.note("api key", outcome, who=api_keys.prefix_of(key) or "unknown", address=address)
        raise
    audit.note("api key", "granted", who=proven.subject, address=address, key=str(proven.claims["sid"]))
    return proven


def _by_outside_token(this: Login, token: str, address: str) -> Proven:
    issuers: OutsideIssuers = current_app.extensions[ISSUERS]
    try:
        proven = issuers.prove(token, this.settings.access_token_seconds)
    except Problem as problem:
        outcome: audit.Outcome = "refused" if problem.kind is Kind.UNAUTHENTICATED else "unavailable"
        audit.note("outside token", outcome, who="unknown", address=address, why=problem.message)
        raise
    audit.note("outside token", "granted", who=proven.subject, address=address)
    return proven


def _by_secret(this: Login, secret: str, credential: Credential) -> Proven:
    settings = this.settings
    try:
        proven = admin_secret.prove(
            settings.hasura_admin_secret, secret, credential.role, credential.session, settings.access_token_seconds
        )
    except Problem as problem:
        audit.note("admin secret", "refused", who="unknown", address=credential.address, why=problem.message)
        raise
    audit.note("admin secret", "granted", who=credential.role, address=credential.address)
    return proven


def _issued(proven: Proven) -> tuple[str, int]:
    return tokens.issue_proven(proven), proven.seconds


@blueprint.get("/revocations")
def revocations() -> Response:
    """What was revoked after a cursor (`chassis.revocations`)."""
    this = this_login()
    cursor, revoked = login.revoked_since(this, request.args.get("after", default=0, type=int))
    return jsonify(cursor=cursor, revoked=revoked, life=login.revocation_life(this.settings))
