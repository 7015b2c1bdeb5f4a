"""Names and passwords that were refused a moment ago: they are refused again without asking."""

import hashlib
import hmac
import secrets
import time

from chassis.bounded import Bounded

_REMEMBERED = 60.0  # seconds
_BOUND = 10_000


class Refusals:
    """Pairs under a keyed hash, never in the clear; the key lives as long as the process. Thread-safe."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: Bounded[bytes, float] = Bounded(_BOUND)

    def note(self, username: str, password: str) -> None:
        """Remember that this pair was refused now."""
        self._until.put(self._mark(username, password), time.monotonic() + _REMEMBERED)

    def holds(self, username: str, password: str) -> bool:
        """True where this pair was refused within the last minute."""
        until = self._until.get(self._mark(username, password))
        return until is not None and time.monotonic() < until

    def _mark(self, username: str, password: str) -> bytes:
        return hmac.new(self._key, f"{len(username)}:{username}{password}".encode(), hashlib.sha256).digest()
