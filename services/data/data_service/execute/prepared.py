"""Statements as a server knows them: each shape's name, what is learned of it, and the names a connection holds."""

from collections import OrderedDict

from prometheus_client import Counter

_PREPARED = Counter("trivet_prepared_statements_total", "Statements prepared on connections, and let go", ["event"])
_parsed = _PREPARED.labels("parsed")
_evicted = _PREPARED.labels("evicted")

_SHAPES = 4096  # shapes that are known by name
_WEIGHT = 0.125  # of the newest time in a shape's average


class Shape:
    """A statement without its values. ``seconds`` is a moving average of what one execution takes, 0 at first."""

    __slots__ = ("name", "seconds", "sql")

    def __init__(self, sql: bytes, name: bytes) -> None:
        self.sql = sql
        self.name = name
        self.seconds = 0.0

    def took(self, seconds: float) -> None:
        """One execution took so long."""
        self.seconds += (seconds - self.seconds) * _WEIGHT

    def takes_at_least(self, seconds: float) -> None:
        """One execution has taken so long, and goes on."""
        self.seconds = max(self.seconds, seconds)


class Shapes:
    """The shapes of one loop by their SQL: of a bounded number, the least recently used one goes first."""

    def __init__(self, bound: int = _SHAPES) -> None:
        self._bound = bound
        self._known: OrderedDict[str | tuple[str, str], Shape] = OrderedDict()
        self._named = 0

    def of(self, sql: str, role: str = "") -> Shape:
        """The shape of a statement, and of the ``role`` that it is prepared as where that is not the login's own."""
        key = (sql, role) if role else sql
        shape = self._known.get(key)
        if shape is None:
            shape = self._known[key] = Shape(sql.encode(), self._name())
            if len(self._known) > self._bound:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return shape

    def renew(self, shape: Shape) -> None:
        """Give it a name that no connection holds: what was prepared under the old one does not fit any more."""
        shape.name = self._name()

    def _name(self) -> bytes:
        self._named += 1
        return b"t%d" % self._named


class Names:
    """The names that one connection holds, ``bound`` at most."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._held: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def holds(self, name: bytes) -> bool:
        """Whether it is there; it counts as used."""
        if name not in self._held:
            return False
        self._held.move_to_end(name)
        return True

    def add(self, name: bytes) -> bytes | None:
        """One more is prepared; the name that has to go for it, if any."""
        _parsed.inc()
        self._held[name] = None
        if len(self._held) <= self._bound:
            return None
        _evicted.inc()
        return self._held.popitem(last=False)[0]

    def remove(self, name: bytes) -> None:
        """It was not prepared after all."""
        self._held.pop(name, None)

    def restore(self, name: bytes) -> None:
        """It was not let go after all: let it be the next to go."""
        self._held[name] = None
        self._held.move_to_end(name, last=False)
