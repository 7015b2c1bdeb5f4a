"""The health of the whole suite: every service's own answer, asked for at once."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec
from chassis.health import Check
from chassis.hop import Hop
from contracts.problems import Problem

_LIMIT = 1.0  # seconds that one service may take to answer
_FRESH = 0.2  # seconds that a round of answers is good for


class _Answer(NamedTuple):
    ready: bool
    degraded: tuple[str, ...]


_NO_ANSWER = _Answer(ready=False, degraded=())


class JoinedHealth:
    """Asks all services' `/readyz` in parallel, at most once in a moment. Thread-safe."""

    def __init__(self, hops: Mapping[str, Hop]) -> None:
        self._hops = hops
        self._pool = ThreadPoolExecutor(max_workers=len(hops), thread_name_prefix="trivet-health")
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}
        self._asked = float("-inf")

    def needs(self) -> dict[str, Check]:
        """A check for each service."""
        return {name: self._check(name) for name in self._hops}

    def wishes(self) -> Mapping[str, Check]:
        """A check, which fails, for each thing that a service does without at present."""
        return _Degraded(self._degraded)

    def _check(self, name: str) -> Check:
        return lambda: self._round()[name].ready

    def _degraded(self) -> list[str]:
        return sorted({part for answer in self._round().values() for part in answer.degraded if part not in self._hops})

    def _round(self) -> dict[str, _Answer]:
        with self._lock:
            if time.monotonic() - self._asked > _FRESH:
                self._answers = dict(zip(self._hops, self._pool.map(_ask, self._hops.values()), strict=True))
                self._asked = time.monotonic()
            return self._answers


class _Degraded(Mapping[str, Check]):
    """What is missing is known only when asked: the names are looked up each time."""

    def __init__(self, names: Callable[[], list[str]]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Check:
        return lambda: False

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


def _ask(hop: Hop) -> _Answer:
    try:
        reply = hop.call("GET", "/readyz", timeout=_LIMIT)
        found = msgspec.json.decode(reply.body)
        return _Answer(reply.status == 200, tuple(found.get("degraded", ())))
    except (Problem, msgspec.DecodeError, AttributeError):
        return _NO_ANSWER
