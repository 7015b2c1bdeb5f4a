"""Events through Redis: small, safe to miss, and never waited for on the path of a read.

The truth is elsewhere: a reader that starts or reconnects asks for the present state first (``resync``).
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("trivet.events")

CATALOG = "trivet:catalog"  # {"version": …}
REVOKED = "trivet:revoked"  # {"session": …} or {"subject": …}
KEYS = "trivet:keys"  # {} the key set has changed
_PAUSE = 1.0


def connect(url: str) -> "redis.Redis | None":
    """A client with short time limits, or None where no Redis is configured."""
    if not url:
        return None
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.2, socket_timeout=0.5, retry=Retry(NoBackoff(), 1), protocol=2
    )


class Publisher:
    """Announces events; a Redis that is lost is logged and otherwise ignored."""

    def __init__(self, client: "redis.Redis | None") -> None:
        self._client = client

    def publish(self, channel: str, message: dict[str, Any]) -> bool:
        """Announce ``message``; False where nobody could be told."""
        if self._client is None:
            return False
        try:
            self._client.publish(channel, msgspec.json.encode(message))
        except redis.RedisError as fault:
            log.warning("event not published on %s: %s", channel, type(fault).__name__)
            return False
        return True


class Subscriber(threading.Thread):
    """Listens on ``channels`` and calls ``handle(channel, message)``; after each (re)connection ``resync()``.

    ``connected`` tells whether events arrive at present.
    """

    def __init__(
        self, url: str, channels: list[str], handle: Callable[[str, dict[str, Any]], None], resync: Callable[[], None]
    ) -> None:
        super().__init__(name="trivet-events", daemon=True)
        self._url = url
        self._channels = channels
        self._handle = handle
        self._resync = resync
        self._stopped = threading.Event()
        self.connected = False

    def run(self) -> None:
        """Listen until stopped, connecting again after each loss."""
        while not self._stopped.is_set():
            try:
                self._listen()
            except (redis.RedisError, OSError) as fault:
                if self.connected:
                    log.warning("events lost: %s", type(fault).__name__)
                self.connected = False
            self._stopped.wait(_PAUSE)

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stopped.set()

    def _listen(self) -> None:
        client = redis.Redis.from_url(self._url, socket_connect_timeout=0.5, socket_timeout=None, protocol=2)
        with client, client.pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(*self._channels)
            self.connected = True
            self._guarded(self._resync)
            while not self._stopped.is_set():
                message = pubsub.get_message(timeout=1.0)
                if message is not None:
                    self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        try:
            body = msgspec.json.decode(message["data"])
        except msgspec.DecodeError:
            return
        self._guarded(lambda: self._handle(message["channel"].decode(), body))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("event handler failed")
