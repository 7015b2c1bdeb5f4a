"""Answers that a facade keeps, and gives again while the database would say the same (`chassis.versions`).

Bounded by entries and bytes; the least recently used goes first. What an answer depends on, only data knows, and says
so in its `Basis`: an answer without one is not kept.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from contracts.identity import Principal
from contracts.results import Basis

from chassis.bounded import Bounded, Counts
from chassis.settings import ServiceSettings
from chassis.versions import Unfit, Versions, Watch

T = TypeVar("T")
_OVERHEAD = 1000  # bytes that an entry takes beside its answer: key, versions, and what holds them together
_SHARE = 16  # one answer takes a sixteenth of all bytes at most
_ENTRIES = 50_000
_AGAIN = 1.0  # seconds between two looks at which memory there is


class _Entry(NamedTuple, Generic[T]):
    answer: T
    size: int
    watch: Watch | None
    until: float | None  # in monotonic seconds


class ResultsCache(Generic[T]):
    """Answers by who asks and what.

    ``path`` is the file of data's versions. A ``question`` is what an answer is made from beside the caller: the
    operation or the request's own bytes, values, and the form of the answer; whatever changes a byte of the answer must
    be in it. Callers in one role share what does not depend on their session variables. Thread-safe.
    """

    def __init__(self, path: Path, *, entries: int, size: int) -> None:
        self._path = path
        self._most = entries
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._held = 0  # bytes
        self._claims: Bounded[Hashable, tuple[str, ...]] = Bounded(entries)
        self._counts = Counts("results")
        self._versions: Versions | None = None
        self._looked = float("-inf")
        self._checked = time.monotonic()  # whether the memory is the one that is there

    def find(self, principal: Principal, question: Hashable) -> T | None:
        """The answer, if one is kept that is still true."""
        found = self._find(principal, question)
        self._counts.looked(found is not None)
        return found

    def _find(self, principal: Principal, question: Hashable) -> T | None:
        now = time.monotonic()
        if now - self._checked > _AGAIN:
            self._check(now)
        key: Hashable = (principal.role, principal.subject is None, question)
        entry = self._kept.get(key)
        if entry is None:
            claims = self._claims.get(key)
            if claims is None:
                return None
            key = _key(principal, question, claims)
            entry = self._kept.get(key)
            if entry is None:
                return None
        watch, until = entry.watch, entry.until
        if (watch is None or watch.unchanged()) and (until is None or until > now):
            try:
                self._kept.move_to_end(key)  # one step of the interpreter's, which needs no lock
            except KeyError:
                pass
            return entry.answer
        with self._lock:
            if self._kept.get(key) is entry:
                self._drop(key)
        return None

    def keep(
        self, principal: Principal, question: Hashable, basis: Basis, answer: T, *, size: int, asked: float
    ) -> None:
        """Keep an answer of ``size`` bytes, if it is true still. ``asked``: monotonic seconds when data was asked."""
        size += _OVERHEAD
        if size * _SHARE > self._size:
            return
        versions = self._memory(basis.memory) if basis.memory else None
        watch = versions.watch(basis.words, basis.versions) if versions is not None else None
        if watch is None and (versions is not None or basis.age is None):
            return  # written since, or nothing says when it will be
        until = None if basis.age is None else asked + basis.age
        key = _key(principal, question, basis.claims)
        if basis.claims:
            self._claims.put(_key(principal, question, ()), basis.claims)
        with self._lock:
            if versions is not None and versions is not self._versions:
                return  # of a memory that has just been replaced
            if key in self._kept:
                self._drop(key)
            self._kept[key] = _Entry(answer, size, watch, until)
            self._held += size
            self._counts.kept += 1
            while self._held > self._size or len(self._kept) > self._most:
                self._drop(next(iter(self._kept)))
                self._counts.evicted += 1

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def held(self) -> int:
        """Bytes that are in use."""
        return self._held

    def _drop(self, key: Hashable) -> None:
        self._held -= self._kept.pop(key).size

    def _memory(self, wanted: str) -> Versions | None:
        """Data's memory, if it is the one at our path; data may have made a new one."""
        with self._lock:
            now = time.monotonic()
            if (self._versions is None or self._versions.id != wanted) and now - self._looked > _AGAIN:
                self._looked = now
                try:
                    self._versions = Versions.open(self._path)
                except (OSError, Unfit):
                    self._versions = None
                self._forget()
            found = self._versions
        return found if found is not None and found.id == wanted else None

    def _check(self, now: float) -> None:
        """Where the memory is gone, or another is there, nobody tells us any more what is written."""
        with self._lock:
            self._checked = now
            if self._versions is not None and not self._versions.is_at(self._path):
                self._versions = None
                self._forget()

    def _forget(self) -> None:
        self._kept.clear()  # nobody writes to the memory that these look at
        self._held = 0


def of(settings: ServiceSettings) -> ResultsCache[Any] | None:
    """The cache that the settings give room to, None where they give none."""
    if not settings.versions or settings.results_size <= 0:
        return None
    return ResultsCache(Path(settings.versions), entries=_ENTRIES, size=settings.results_size)


def _key(principal: Principal, question: Hashable, claims: tuple[str, ...]) -> Hashable:
    """What an answer is kept under; with the names of the session variables it depends on, and their values."""
    role = (principal.role, principal.subject is None, question)
    return (*role, claims, tuple(map(principal.session.get, claims))) if claims else role
