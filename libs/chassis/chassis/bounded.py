"""A map that never grows past its bound: the least recently used entry goes first."""

import threading
import time
from collections import OrderedDict
from typing import Generic, TypeVar

from prometheus_client import Counter

K = TypeVar("K")
V = TypeVar("V")
_LOOKUPS = Counter("trivet_map_lookups_total", "Look-ups in bounded maps, and entries dropped", ["map", "event"])
_TELL = 1.0  # seconds between two moments at which a map's numbers are told


class Bounded(Generic[K, V]):
    """A thread-safe map of at most ``bound`` entries; keys are hashed and compared by built-in types' own code.

    With a ``name`` its hits, misses and evictions are counted in the metrics (several maps may share it).
    """

    def __init__(self, bound: int, name: str | None = None) -> None:
        self._bound = bound
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        self._counts = Counts(name) if name is not None else None

    def get(self, key: K) -> V | None:
        """The entry, now the most recently used, or None."""
        # no lock: each of the two steps is one step of the interpreter's, and the entry may go in between
        value = self._entries.get(key)
        if value is not None:
            try:
                self._entries.move_to_end(key)
            except KeyError:
                pass
        if self._counts is not None:
            self._counts.looked(value is not None)
        return value

    def put(self, key: K, value: V) -> bool:
        """Keep an entry, and drop the oldest one past the bound: True where one was dropped."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            full = len(self._entries) > self._bound
            if full:
                self._entries.popitem(last=False)
        if full and self._counts is not None:
            self._counts.evicted += 1
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


class Counts:
    """What happens to a map, told to the metrics now and then: a counter of theirs costs more than a look-up.

    What threads count at the same moment may be counted once.
    """

    __slots__ = ("_counters", "_next", "evicted", "hits", "kept", "misses")

    def __init__(self, name: str) -> None:
        self._counters = [_LOOKUPS.labels(name, event) for event in ("hit", "miss", "evicted", "kept")]
        self._next = 0.0
        self.hits = self.misses = self.evicted = self.kept = 0

    def looked(self, found: bool) -> None:
        """Count a look-up."""
        if found:
            self.hits += 1
        else:
            self.misses += 1
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _TELL
            told = (self.hits, self.misses, self.evicted, self.kept)
            self.hits = self.misses = self.evicted = self.kept = 0
            for counter, count in zip(self._counters, told, strict=True):
                if count:
                    counter.inc(count)
