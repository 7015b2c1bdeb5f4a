"""How many requests a process answers at the same time: what comes beyond is told so at once, and may come again.

To be held up for ever helps nobody: who waits has gone before it is their turn, and those behind them wait too.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from contracts.problems import Problem

from chassis.express import Answer, Door, Request, Wsgi

_ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})  # who asks for these has to decide what to do about it


class Capacity:
    """Counts the requests under way in this process; of ``most`` or more at a time its door takes no further one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way = 0
        self._lock = threading.Lock()

    def guard(self, door: Door) -> Door:
        """``door``, but requests beyond capacity are refused there: `Problem` TRV107, with ``Retry-After``."""
        return _GuardedDoor(door, self)

    def count(self, app: Wsgi) -> Wsgi:
        """``app``, whose requests are counted: each until its answer has gone, or it has failed."""

        def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            self._add(1)
            whole = True
            try:
                result = app(environ, start_response)
                whole = isinstance(result, tuple | list)
            finally:
                if whole:
                    self._add(-1)
            return result if whole else _Counted(result, self)

        return counted

    def exceeded(self) -> bool:
        """Whether there are more requests than there may be, the one that asks included."""
        return self._under_way > self._most

    def _add(self, number: int) -> None:
        with self._lock:
            self._under_way += number


class _GuardedDoor:
    def __init__(self, door: Door, capacity: Capacity) -> None:
        self._door = door
        self._exceeded = capacity.exceeded
        self.refuse = door.refuse

    def answer(self, request: Request) -> Answer | None:
        if self._exceeded() and request.environ["PATH_INFO"] not in _ALWAYS:
            message = "As many requests are under way as there may be; try again in a moment"
            raise Problem("TRV107", message, headers={"Retry-After": "1"})
        return self._door.answer(request)


class _Counted:
    """An answer that is still going out."""

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
            capacity._add(-1)
