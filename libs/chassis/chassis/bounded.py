"""A map that never grows past its bound: the least recently used entry goes first."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """A thread-safe map of at most ``bound`` entries."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The entry, now the most recently used, or None."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> bool:
        """Keep an entry, and drop the oldest one past the bound: True where one was dropped."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            full = len(self._entries) > self._bound
            if full:
                self._entries.popitem(last=False)
            return full

    def pop(self, key: K) -> None:
        """Forget an entry."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
