"""Credentials other than a token, exchanged once at auth for a short-lived token and remembered under a keyed hash."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from contracts.problems import Kind, Problem

from chassis.addresses import network
from chassis.bounded import Bounded
from chassis.flights import Flights
from chassis.hop import Hop
from chassis.inner_problems import PROBLEM_TYPE, decode_problem
from chassis.turns import Turns

PATH, LOGIN, LOGOUT = "/-/exchange", "/-/login", "/-/logout"
KEY_MARK = "tvk_"  # how every API key begins
_REMEMBERED = 60.0  # seconds: a changed password must not live on for long
_REFUSED = 2.0  # seconds for which a key or token that was refused is refused again without asking
_AT_A_TIME, _IN_LINE = 2, 64  # from one address: what is asked of auth, and what waits for that
_BOUND = 10_000
_NONE: Mapping[str, str] = MappingProxyType({})


class Digest(NamedTuple):
    """The proof in a UsernameToken of WS-Security: digest and nonce in base64, ``created`` as it was written."""

    digest: str
    nonce: str
    created: str


class Exchange:
    """Passwords, API keys and tokens of outside issuers in, our access tokens out.

    What was exchanged is remembered for a minute, never in the clear.
    """

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._key = secrets.token_bytes(32)
        self._turns: Turns[str] = Turns(_AT_A_TIME, _IN_LINE)
        self._flights: Flights[tuple[bytes, str], tuple[str, float]] = Flights()
        self._kept: Bounded[bytes, tuple[str, float]] = Bounded(_BOUND)
        self._refused: Bounded[bytes, tuple[Problem, float]] = Bounded(_BOUND)

    def password(self, username: str, password: str, address: str) -> str:
        """The access token of a name and password, or of an API key in the place of either.

        Raises `Problem` TRV201 (refused), TRV203 or TRV107 (can't tell).
        """
        if password.startswith(KEY_MARK):
            return self.key(password, address)
        if username.startswith(KEY_MARK) and not password:
            return self.key(username, address)
        mark = self._mark("password", f"{len(username)}:{username}{password}")
        return self._exchanged(mark, {"username": username, "password": password, "address": address})

    def digest(self, username: str, proof: Digest, address: str) -> str:
        """The access token of a UsernameToken with a PasswordDigest; asked for every time, as each is good once.

        Raises `Problem` as `password` does.
        """
        credential = {"username": username, **proof._asdict(), "address": address}
        return self._ask(credential)[0]

    def key(self, key: str, address: str) -> str:
        """The access token of an API key. Raises `Problem` as `password` does."""
        return self._unless_refused(self._mark("key", key), {"key": key, "address": address})

    def admin(self, secret: str, role: str, session: Mapping[str, str], address: str) -> str:
        """The access token, in any role and with any session variables, of who knows the admin secret (Hasura's).

        Raises `Problem` as `password` does.
        """
        asked = msgspec.json.encode([role, sorted(session.items())]).decode()
        credential: dict[str, Any] = {"secret": secret, "role": role, "session": dict(session), "address": address}
        return self._unless_refused(self._mark("admin", f"{len(secret)}:{secret}{asked}"), credential)

    def token(self, token: str, address: str) -> str:
        """Our access token for an outside issuer's. Raises `Problem` PGRST301, PGRST303 (refused), else as above."""
        return self._unless_refused(self._mark("token", token), {"token": token, "address": address})

    def login(self, username: str, password: str, address: str, agent: str) -> tuple[str, int]:
        """The access token of a session that begins now, and the seconds for which it is good. Never remembered.

        Raises `Problem` as `password` does, and TRV205 where a second factor is needed.
        """
        credential = {"username": username, "password": password, "address": address, "agent": agent}
        token, seconds = self._ask(credential, LOGIN)
        return token, int(seconds)

    def logout(self, token: str, address: str) -> None:
        """End the session of an access token. Raises `Problem` PGRST303, TRV202 (it had none, or ended), TRV107."""
        body = msgspec.json.encode({"address": address})
        self._post(LOGOUT, body, address, {"Authorization": f"Bearer {token}"})

    def forget(self) -> None:
        """Forget all (something was revoked)."""
        self._kept.clear()
        self._refused.clear()

    def _mark(self, kind: str, text: str) -> bytes:
        return hmac.new(self._key, f"{kind} {text}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def _unless_refused(self, mark: bytes, credential: dict[str, Any]) -> str:
        """As `_exchanged`; no guess at these can be right, so that refusals need not be asked for again."""
        refused = self._refused.get(mark)
        if refused is not None and refused[1] > time.monotonic():
            raise refused[0]
        try:
            return self._exchanged(mark, credential)
        except Problem as problem:
            if problem.kind is Kind.UNAUTHENTICATED:
                self._refused.put(mark, (problem, time.monotonic() + _REFUSED))
            raise

    def _exchanged(self, mark: bytes, credential: dict[str, Any]) -> str:
        kept = self._kept.get(mark)
        if kept is not None and kept[1] > time.monotonic():
            return kept[0]
        token, seconds = self._flights.share((mark, credential["address"]), lambda: self._ask(credential))
        self._kept.put(mark, (token, time.monotonic() + min(seconds / 2, _REMEMBERED)))
        return token

    def _ask(self, credential: dict[str, Any], path: str = PATH) -> tuple[str, float]:
        body = msgspec.json.encode(credential)
        found = msgspec.json.decode(self._post(path, body, credential["address"]))
        return found["access_token"], float(found["expires_in"])

    def _post(self, path: str, body: bytes, address: str, headers: Mapping[str, str] = _NONE) -> bytes:
        sent = {"Content-Type": "application/json", **headers}
        with self._turns.one(network(address)):  # a flood from one address waits behind itself
            reply = self._hop.call("POST", path, body, sent, timeout=15.0)
        if reply.headers.get("content-type", "").startswith(PROBLEM_TYPE):
            raise decode_problem(reply.body)
        if reply.status != 200:
            raise Problem("TRV107", "auth does not answer as it should", headers={"Retry-After": "1"})
        return reply.body
