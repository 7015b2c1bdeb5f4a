"""How many requests a process answers at the same time: what comes beyond is told so at once, and may come again.

To be held up for ever helps nobody: who waits has gone before it is their turn, and those behind them wait too.
"""

import threading
from collections.abc import Iterable, Iterator

from contracts.problems import Problem

_ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})  # who asks for these has to decide what to do about it


class Capacity:
    """Counts the requests under way in this process; beyond ``most`` of them no further one should be taken."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way = 0
        self._lock = threading.Lock()

    def enter(self, path: str) -> bool:
        """Count a request in, until `leave`; False where it should be refused: see `exceeded`."""
        with self._lock:
            self._under_way += 1
        return self._under_way <= self._most or path in _ALWAYS

    def leave(self) -> None:
        """Count a request out: its answer has gone, or it has failed."""
        with self._lock:
            self._under_way -= 1

    def until_gone(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        """An answer that is still going out: its request is counted out once it has gone, or is closed."""
        return _Going(parts, self)


class _Going:
    def __init__(self, parts: Iterable[bytes], capacity: Capacity) -> None:
        self._parts = parts
        self._capacity: Capacity | None = capacity

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
        self._release()  # though nobody should forget to close it

    def close(self) -> None:
        """The server closes every answer that it was given, however it ended (PEP 3333)."""
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            self._release()

    def _release(self) -> None:
        capacity, self._capacity = self._capacity, None
        if capacity is not None:
            capacity.leave()


def exceeded() -> Problem:
    """As many requests are under way as there may be."""
    message = "As many requests are under way as there may be; try again in a moment"
    return Problem("TRV107", message, headers={"Retry-After": "1"})
