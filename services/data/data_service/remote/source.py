"""A source as it is called: at most so many calls at once, each within its time, and none while it is ill."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from prometheus_client import Counter

from data_service.processing.sources import SourceRule
from data_service.remote.breaker import Breaker
from data_service.remote.trouble import Trouble
from data_service.remote.workers import Workers

log = logging.getLogger("trivet.remote")
_CALLS = Counter("trivet_remote_calls_total", "Calls of remote sources", ["source", "outcome"])
T = TypeVar("T")
Work = Callable[[float], T]  # given its deadline; raises `Trouble`


class Source:
    """One source, opened. ``asker`` knows its protocol; ``close`` lets go of its connections."""

    def __init__(self, rule: SourceRule, asker: Any, close: Callable[[], object]) -> None:
        self.rule = rule
        self.asker = asker
        self._close = close
        self._breaker = Breaker(rule.failures, rule.pause)
        self._workers = Workers(rule.connections)

    def call(self, works: Sequence[Work[T]], timeout: float | None = None) -> list[T | Trouble]:
        """What each work gave, or the trouble that it had, after the source's time at the latest."""
        deadline = time.monotonic() + (timeout or self.rule.timeout)
        found = self._workers.gather([partial(self._guarded, work, deadline) for work in works], deadline)
        return [self._result(one) for one in found]

    def close(self) -> None:
        """Let go of threads and connections."""
        self._workers.close()
        self._close()

    def _guarded(self, work: Work[T], deadline: float) -> T:
        if not self._breaker.allows():
            raise Trouble("resting", "it has failed too often")
        try:
            found = work(deadline)
        except Trouble as trouble:
            if trouble.told is None:
                self._breaker.failed()
            else:  # it is well, and says what is wrong with the question
                self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return found

    def _result(self, found: T | BaseException) -> T | Trouble:
        match found:
            case Trouble():
                trouble = found
            case TimeoutError():
                trouble = Trouble("slow", f"no answer within {self.rule.timeout:g} s")
            case BaseException():
                log.error("source %s", self.rule.name, exc_info=found)
                trouble = Trouble("failed", type(found).__name__)
            case _:
                _CALLS.labels(self.rule.name, "answered").inc()
                return found
        _CALLS.labels(self.rule.name, trouble.kind if trouble.told is None else "refused").inc()
        if trouble.kind != "resting":
            log.warning("source %s: %s", self.rule.name, trouble.reason)
        return trouble
