"""The public keys that access tokens are checked with, fetched from auth and kept."""

import time

import jwt
import msgspec
from contracts.problems import Problem

from chassis.flights import Flights
from chassis.hop import Hop

JWKS_PATH = "/auth/v1/.well-known/jwks.json"
_AGAIN = 5.0  # seconds before an unknown key id makes us ask again
_FRESH = 300.0  # seconds after which the set is asked for again, so that a retired key goes


class KeySet:
    """Public keys by key id (RFC 7517), each bound to its one algorithm. Thread-safe; the last set serves on while auth
    is away.
    """

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self._failed = float("-inf")
        self._flights: Flights[str, None] = Flights()

    def find(self, key_id: str) -> jwt.PyJWK:
        """The key of this id. Raises `Problem` PGRST301 (no such key), TRV107 (auth never answered)."""
        key = self._keys.get(key_id)
        age = time.monotonic() - self._asked
        if (key is None and age > _AGAIN) or age > _FRESH:
            self.fetch()
            key = self._keys.get(key_id)
        if key is None:
            raise Problem("PGRST301", "No suitable key or wrong key type")
        return key

    def fetch(self) -> None:
        """Ask auth for its present keys."""
        self._flights.share("keys", self._fetch)

    def _fetch(self) -> None:
        if time.monotonic() - self._asked < 1.0:
            return  # another one has just asked
        if not self._keys and time.monotonic() - self._failed < 1.0:
            raise _silent()  # another one has just waited in vain: don't queue up to do the same
        try:
            reply = self._hop.call("GET", JWKS_PATH, timeout=5.0)
            found = msgspec.json.decode(reply.body)["keys"] if reply.status == 200 else None
        except (Problem, msgspec.DecodeError):
            found = None
        if found is None:
            if not self._keys:
                self._failed = time.monotonic()
                raise _silent()
        else:
            self._keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in found}
        self._asked = time.monotonic()

    def forget_age(self) -> None:
        """Ask again at the next chance (the set was rotated)."""
        self._asked = float("-inf")


def _silent() -> Problem:
    return Problem("TRV107", "auth does not answer", headers={"Retry-After": "1"})
