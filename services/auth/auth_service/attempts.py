"""Guessing made slow: logins for one account from one address are delayed longer with each wrong password.

Behind that stand two wider counts, of all wrong passwords for one account and of all from one address. They delay only
strangers: who logged in to the account from that address before is never held up by what others do, and so nobody
can lock another out. Counted in Redis where there is one, so that all workers and doors count together; else in this
process, and stricter.
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
from chassis.addresses import network
from chassis.bounded import Bounded
from contracts.problems import Problem

_WINDOW = 900  # seconds without an attempt after which all is forgotten
_FAMILIAR = 2_592_000  # seconds for which an address stays familiar to an account
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
# KEYS: delay, count. ARGV: free attempts. An attempt is taken back, and with it a delay that is due no more.
_TAKE_BACK = """
if redis.call('EXISTS', KEYS[2]) == 1 and redis.call('DECR', KEYS[2]) < tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[1])
end
"""


@dataclass(frozen=True)
class Limits:
    """Attempts that cost nothing, and the first and the longest delay after them in seconds."""

    free: int
    delay: float
    longest: float

    @property
    def halved(self) -> "Limits":
        """What each worker allows where all count alone."""
        return Limits(max(self.free // 2, 1), self.delay, self.longest)


@dataclass(frozen=True)
class Attempt:
    """One attempt that may go on: what it is counted under, and whether account and address know each other."""

    pair: str
    wide: tuple[str, ...]
    familiar: bool


class Attempts:
    """The logins tried of late. ``client`` is Redis, or None; without its answer the process counts for itself.

    ``wide`` limits what strangers try for one account from everywhere, and from one address for all accounts.
    """

    def __init__(self, limits: Limits, client: "redis.Redis | None", wide: Limits | None = None) -> None:
        self._limits = limits
        self._wide = wide
        self._enter = client.register_script(_ENTER) if client is not None else None
        self._take_back = client.register_script(_TAKE_BACK) if client is not None else None
        self._client = client
        self._local = LocalAttempts()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    @contextmanager
    def one(self, account: str, address: str, *, widely: bool = True) -> Iterator[Attempt]:
        """One attempt, to `succeed` with; the wide counts see it where ``widely``.

        Raises `Problem` TRV105 while there is a delay.

        Attempts for one account from one address take turns: a client that sends its right password many times at
        once has each counted and forgotten before the next.
        """
        source = network(address)
        pair = _mark("pair", f"{len(account)}:{account}{source}")
        with self._turns[int(pair[:4], 16) % _TURNS]:
            left, familiar = self._left(pair, self._limits), self._knows(pair)
            counted = widely and not familiar and self._wide is not None
            wide = (_mark("address", source), _mark("account", account)) if counted else ()
            for mark in wide:
                if left <= 0 and self._wide is not None:
                    left = self._left(mark, self._wide)
            if left > 0:
                wait = str(max(math.ceil(left), 1))
                raise Problem("TRV105", "Too many wrong passwords: try again later", headers={"Retry-After": wait})
            yield Attempt(pair, wide, familiar)

    def succeed(self, attempt: Attempt) -> None:
        """Forget the attempts that led to a right password, and remember that account and address belong together."""
        self._local.succeed(attempt)
        try:
            if self._client is not None:
                self._client.delete(*_keys(attempt.pair))
                self._client.set(_known(attempt.pair), 1, ex=_FAMILIAR)
        except redis.RedisError:
            pass  # they run out by themselves
        self._undo(attempt.wide, self._wide)

    def take_back(self, attempt: Attempt) -> None:
        """As if it had not been: nobody looked at the password."""
        self._undo((attempt.pair,), self._limits)
        self._undo(attempt.wide, self._wide)

    def _undo(self, marks: tuple[str, ...], limits: Limits | None) -> None:
        if limits is None:
            return
        for mark in marks:
            self._local.take_back(mark, limits.halved)
            try:
                if self._take_back is not None:
                    self._take_back(keys=_keys(mark), args=[limits.free])
            except redis.RedisError:
                pass  # they run out by themselves

    def _left(self, mark: str, limits: Limits) -> float:
        if self._enter is None:
            return self._local.enter(mark, limits.halved)
        try:
            delays = [int(seconds * 1000) for seconds in (limits.delay, limits.longest, _WINDOW + limits.longest)]
            left: Any = self._enter(keys=_keys(mark), args=[limits.free, *delays])
        except redis.RedisError:
            return self._local.enter(mark, limits.halved)
        return int(left) / 1000

    def _knows(self, pair: str) -> bool:
        if self._client is not None:
            try:
                return bool(self._client.exists(_known(pair)))
            except redis.RedisError:
                pass
        return self._local.knows(pair)


class LocalAttempts:
    """The same counts in this process's memory. Thread-safe."""

    def __init__(self) -> None:
        self._seen: Bounded[str, tuple[int, float, float]] = Bounded(_BOUND)  # count, delayed until, last seen
        self._known: Bounded[str, float] = Bounded(_BOUND)
        self._lock = threading.Lock()

    def enter(self, mark: str, limits: Limits) -> float:
        """Count an attempt. The seconds to wait where it comes too early (then it doesn't count), else 0."""
        now = time.monotonic()
        with self._lock:
            count, until, seen = self._seen.get(mark) or (0, 0.0, now)
            if until > now:
                return until - now
            if seen < now - _WINDOW - limits.longest:
                count = 0
            count += 1
            self._seen.put(mark, (count, now + _delay(count, limits), now))
        return 0.0

    def succeed(self, attempt: Attempt) -> None:
        """As `Attempts.succeed`."""
        with self._lock:
            self._seen.pop(attempt.pair)
            self._known.put(attempt.pair, time.monotonic())

    def take_back(self, mark: str, limits: Limits) -> None:
        """One attempt less, and no delay that is due no more."""
        with self._lock:
            if (kept := self._seen.get(mark)) is not None:
                count = max(kept[0] - 1, 0)
                self._seen.put(mark, (count, 0.0 if count < limits.free else kept[1], kept[2]))

    def knows(self, pair: str) -> bool:
        """Whether account and address belong together."""
        since = self._known.get(pair)
        return since is not None and time.monotonic() - since < _FAMILIAR


def _delay(count: int, limits: Limits) -> float:
    over = count - limits.free
    return min(limits.delay * 2.0 ** min(over, 30), limits.longest) if over >= 0 else 0.0


def _mark(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _keys(mark: str) -> list[str]:
    return [f"trivet:login:{{{mark}}}:delay", f"trivet:login:{{{mark}}}:count"]


def _known(mark: str) -> str:
    return f"trivet:login:{{{mark}}}:known"
