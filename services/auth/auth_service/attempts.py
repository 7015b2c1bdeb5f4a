"""Guessing made slow: logins for one account from one address are delayed longer with each wrong password.

Counted in Redis where there is one, so that all workers count together; else in this process, and stricter.
"""

import hashlib
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from chassis.bounded import Bounded
from contracts.problems import Problem

_WINDOW = 900  # seconds without an attempt after which all is forgotten
_BOUND = 50_000
_TURNS = 256

# KEYS: delay, count. ARGV: free attempts, first delay, longest delay, window; all in milliseconds.
# An attempt counts before its password is looked at: a hundred sent at once are not a hundred guesses.
_ENTER = """
local left = redis.call('PTTL', KEYS[1])
if left > 0 then return left end
local count = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local over = count - tonumber(ARGV[1])
if over >= 0 then
  local delay = math.min(tonumber(ARGV[2]) * 2 ^ math.min(over, 30), tonumber(ARGV[3]))
  redis.call('SET', KEYS[1], 1, 'PX', math.floor(delay))
end
return 0
"""


@dataclass(frozen=True)
class Limits:
    """Attempts that cost nothing, and the first and the longest delay after them in seconds."""

    free: int
    delay: float
    longest: float


class Attempts:
    """The logins tried of late. ``client`` is Redis, or None; without its answer the process counts for itself."""

    def __init__(self, limits: Limits, client: "redis.Redis | None") -> None:
        self._limits = limits
        self._script = client.register_script(_ENTER) if client is not None else None
        self._client = client
        # every worker counts alone now, so each allows less
        self._local = LocalAttempts(Limits(max(limits.free // 2, 1), limits.delay, limits.longest))
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    @contextmanager
    def one(self, account: str, address: str) -> Iterator[str]:
        """One attempt; gives the mark to `succeed` with. Raises `Problem` TRV105 while there is a delay.

        Attempts for one account from one address take turns: a client that sends its right password many times at
        once has each counted and forgotten before the next.
        """
        mark = hashlib.sha256(f"{len(account)}:{account}{address}".encode()).hexdigest()
        with self._turns[int(mark[:4], 16) % _TURNS]:
            left = self._left(mark)
            if left > 0:
                wait = str(max(math.ceil(left), 1))
                raise Problem("TRV105", "Too many wrong passwords: try again later", headers={"Retry-After": wait})
            yield mark

    def succeed(self, mark: str) -> None:
        """Forget the attempts that led to a right password."""
        self._local.forget(mark)
        if self._client is not None:
            try:
                self._client.delete(*_keys(mark))
            except redis.RedisError:
                pass  # they run out by themselves

    def _left(self, mark: str) -> float:
        if self._script is None:
            return self._local.enter(mark)
        limits = self._limits
        try:
            delays = [int(seconds * 1000) for seconds in (limits.delay, limits.longest, _WINDOW + limits.longest)]
            left: Any = self._script(keys=_keys(mark), args=[limits.free, *delays])
        except redis.RedisError:
            return self._local.enter(mark)
        return int(left) / 1000


class LocalAttempts:
    """The same count in this process's memory. Thread-safe."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: Bounded[str, tuple[int, float, float]] = Bounded(_BOUND)  # count, delayed until, last seen
        self._lock = threading.Lock()

    def enter(self, mark: str) -> float:
        """Count an attempt. The seconds to wait where it comes too early (then it doesn't count), else 0."""
        now = time.monotonic()
        with self._lock:
            count, until, seen = self._seen.get(mark) or (0, 0.0, now)
            if until > now:
                return until - now
            if seen < now - _WINDOW - self._limits.longest:
                count = 0
            count += 1
            self._seen.put(mark, (count, now + self._delay(count), now))
        return 0.0

    def forget(self, mark: str) -> None:
        """Forget the attempts under a mark."""
        self._seen.pop(mark)

    def _delay(self, count: int) -> float:
        over = count - self._limits.free
        return min(self._limits.delay * 2.0 ** min(over, 30), self._limits.longest) if over >= 0 else 0.0


def _keys(mark: str) -> list[str]:
    return [f"trivet:login:{{{mark}}}:delay", f"trivet:login:{{{mark}}}:count"]
