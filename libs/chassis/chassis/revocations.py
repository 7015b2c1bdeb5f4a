"""Which sessions, API keys and single tokens were ended early: a copy of the recent part of what auth knows."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from contracts.problems import Problem

from chassis.flights import Flights
from chassis.hop import Hop

PATH = "/-/revocations"
_EVERY = 30.0  # seconds between two looks without an event
_LIFE = 86_400.0  # seconds that a revocation matters, where auth does not say


class Revocations:
    """What was ended, and whose tokens. A look-up never waits: a thread keeps the copy current.

    Auth answers ``GET /-/revocations?after=N`` with ``{"cursor": N, "revoked": [{"session": …, "subject": …,
    "before": seconds}], "life": seconds}``: tokens of the session (or API key: their ``sid``), the one token whose
    ``jti`` it is, or those of the subject issued before that time, are no longer good; after ``life`` seconds there
    can be no such token any more, and the entry goes.
    """

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._cursor = 0
        self._sessions: dict[str, float] = {}  # and when it was noted
        self._subjects: dict[str, float] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._flights: Flights[str, None] = Flights()
        self._known = True  # nothing is waited for before `start`
        self.current = False

    def start(self) -> None:
        """Begin to keep the copy current, in a thread of its own."""
        self._known = False
        threading.Thread(target=self._keep_current, name="trivet-revocations", daemon=True).start()

    def look_again(self) -> None:
        """Ask auth now."""
        self._wake.set()

    def require_known(self) -> None:
        """Make sure that what was ended before this process began is known.

        Raises `Problem` TRV107 where auth has not told it yet.
        """
        if self._known:
            return
        self._flights.share("first", self.fetch)
        if not self._known:
            raise Problem("TRV107", "auth does not answer", headers={"Retry-After": "1"})

    def note(self, event: Mapping[str, Any]) -> None:
        """Take in one announced revocation."""
        if session := event.get("session"):
            self._sessions[session] = time.time()
        if subject := event.get("subject"):
            self._subjects[subject] = max(self._subjects.get(subject, 0), float(event.get("before") or time.time()))

    def covers(self, claims: Mapping[str, Any]) -> bool:
        """True where the token with these claims has been revoked."""
        if claims.get("sid") in self._sessions or claims.get("jti") in self._sessions:
            return True
        before = self._subjects.get(claims.get("sub", ""))
        return before is not None and float(claims.get("iat", 0)) < before

    def fetch(self) -> None:
        """Take over what auth has revoked since the last look."""
        try:
            reply = self._hop.call("GET", f"{PATH}?after={self._cursor}", timeout=5.0)
            found = msgspec.json.decode(reply.body) if reply.status == 200 else None
        except (Problem, msgspec.DecodeError):
            found = None
        self.current = found is not None
        if found is not None:
            with self._lock:
                for event in found["revoked"]:
                    self.note(event)
                self._cursor = found["cursor"]
                self._forget(time.time() - float(found.get("life", _LIFE)))
            self._known = True

    def _forget(self, before: float) -> None:
        for ended in (self._sessions, self._subjects):
            for name in [name for name, since in list(ended.items()) if since < before]:
                ended.pop(name, None)

    def _keep_current(self) -> None:
        while True:
            self.fetch()
            self._wake.wait(_EVERY if self.current else 1.0)
            self._wake.clear()
