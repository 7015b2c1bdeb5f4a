"""What a soak has seen: answers by kind, faults, and when something was done to the suite that may cost answers."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_SHOWN = 20


class Record:
    """Shared by all threads of a soak of one suite."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.over = threading.Event()
        self.answers: Counter[str] = Counter()
        self.excused: Counter[str] = Counter()
        self.provoked: Counter[str] = Counter()
        self.faults: list[str] = []
        self._lock = threading.Lock()
        self._windows: list[tuple[float, float]] = []  # wall-clock seconds; the end is infinity while it lasts

    def answered(self, kind: str) -> None:
        """Count a right answer."""
        with self._lock:
            self.answers[kind] += 1

    def fault(self, kind: str, text: str, begun: float | None = None) -> None:
        """Note a fault; that of an answer which got lost (``begun`` given) is excused where it was provoked."""
        with self._lock:
            if begun is not None and self._in_window(begun, time.time()):
                self.excused[kind] += 1
                return
            self.faults.append(f"{time.strftime('%H:%M:%S')} {self.name} {kind}: {text}")
            if len(self.faults) <= _MOST_SHOWN:
                print("FAULT", self.faults[-1], flush=True)

    def in_window(self, moment: float) -> bool:
        """Whether answers could be lost at this time (wall clock)."""
        with self._lock:
            return self._in_window(moment, moment)

    def _in_window(self, begun: float, ended: float) -> bool:
        return any(start <= ended and begun <= end for start, end in self._windows)

    @contextmanager
    def provocation(self, name: str) -> Iterator[None]:
        """While this lasts, and a second more, answers may be lost."""
        with self._lock:
            self.provoked[name] += 1
            self._windows.append((time.time() - 0.1, float("inf")))
        try:
            yield
        finally:
            with self._lock:
                self._windows[-1] = (self._windows[-1][0], time.time() + 1.0)


class Pace:
    """So many actions a second, of all threads together."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is this action's turn. What was not done in time is not caught up with."""
        with self._lock:
            self._next = max(self._next + self._step, time.monotonic())
            turn = self._next
        time.sleep(max(turn - time.monotonic(), 0.0))
