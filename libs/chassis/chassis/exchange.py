"""Credentials other than a token, exchanged once at auth for a short-lived token and remembered under a keyed hash."""

import hashlib
import hmac
import secrets
import time

import msgspec
from contracts.problems import Problem

from chassis.bounded import Bounded
from chassis.flights import Flights
from chassis.hop import Hop
from chassis.inner_problems import PROBLEM_TYPE, decode_problem

PATH = "/-/exchange"
_REMEMBERED = 60.0  # seconds: a changed password must not live on for long
_BOUND = 10_000


class Exchange:
    """Names and passwords in, access tokens out; what was exchanged is remembered for a minute, never in the clear."""

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._key = secrets.token_bytes(32)
        self._flights: Flights[tuple[bytes, str], tuple[str, float]] = Flights()
        self._kept: Bounded[bytes, tuple[str, float]] = Bounded(_BOUND)

    def password(self, username: str, password: str, address: str) -> str:
        """The access token of this account. Raises `Problem` TRV201 (refused), TRV203 or TRV107 (can't tell)."""
        mark = hmac.new(self._key, f"{len(username)}:{username}{password}".encode(), hashlib.sha256).digest()
        kept = self._kept.get(mark)
        if kept is not None and kept[1] > time.monotonic():
            return kept[0]
        credential = {"username": username, "password": password, "address": address}
        token, seconds = self._flights.share((mark, address), lambda: self._ask(credential))
        self._kept.put(mark, (token, time.monotonic() + min(seconds / 2, _REMEMBERED)))
        return token

    def forget(self) -> None:
        """Forget all (something was revoked)."""
        self._kept.clear()

    def _ask(self, credential: dict[str, str]) -> tuple[str, float]:
        body = msgspec.json.encode(credential)
        reply = self._hop.call("POST", PATH, body, {"Content-Type": "application/json"}, timeout=15.0)
        if reply.headers.get("content-type", "").startswith(PROBLEM_TYPE):
            raise decode_problem(reply.body)
        if reply.status != 200:
            raise Problem("TRV107", "auth does not answer as it should", headers={"Retry-After": "1"})
        found = msgspec.json.decode(reply.body)
        return found["access_token"], float(found["expires_in"])
