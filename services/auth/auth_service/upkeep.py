"""What auth does beside answering: it tells the others what was revoked, again where Redis was away, and tidies up."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import redis
from chassis import events
from contracts.problems import Problem

_AGAIN = 1.0  # seconds between two tries to announce
_TIDY = 600.0
_UNSENT = 1000  # announcements kept; a reader that reconnects asks for everything anyway


class Upkeep:
    """A background thread that publishes revocations and calls ``tidy`` now and then."""

    def __init__(self, client: "redis.Redis | None", tidy: Callable[[], None]) -> None:
        self._client = client
        self._publisher = events.Publisher(client)
        self._tidy = tidy
        self._unsent: deque[Mapping[str, Any]] = deque(maxlen=_UNSENT)
        self._wake = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to work."""
        threading.Thread(target=self._work, name="trivet-upkeep", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stopped.set()
        self._wake.set()

    def announce(self, event: Mapping[str, Any]) -> None:
        """Tell every service of a revocation, soon and without waiting for it."""
        if self._client is not None:
            self._unsent.append(event)
            self._wake.set()

    def flush(self) -> bool:
        """Publish what is still to be told, oldest first; False where Redis does not take it."""
        while self._unsent:
            if not self._publisher.publish(events.REVOKED, dict(self._unsent[0])):
                return False
            self._unsent.popleft()
        return True

    def redis_answers(self) -> bool:
        """True where Redis takes commands. Raises `redis.RedisError`."""
        return self._client is not None and bool(self._client.ping())

    def _work(self) -> None:
        tidied = time.monotonic()
        while not self._stopped.is_set():
            self._wake.wait(_TIDY if self.flush() else _AGAIN)
            self._wake.clear()
            if time.monotonic() - tidied > _TIDY:
                tidied = time.monotonic()
                self._guarded_tidy()

    def _guarded_tidy(self) -> None:
        try:
            self._tidy()
        except Problem:
            pass  # the store is away; there is a next time
