"""Identical calls under way share one: the first one asks, the others wait for what it brings."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from chassis.hub.lanes import shielded
from chassis.hub.loop import current_hub

K = TypeVar("K")
V = TypeVar("V")


class Flights(Generic[K, V]):
    """Calls by their key. Threads wait as threads do, greenlets in their hub: no lock is held meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[K, _Flight[V]] = {}

    def share(self, key: K, call: Callable[[], V]) -> V:
        """What ``call()`` gives or raises, or what an identical call gives that is under way."""
        with self._lock:
            flight = self._under_way.get(key)
            if flight is None:
                own = self._under_way[key] = _Flight()
        if flight is not None:
            return flight.wait()
        try:
            with shielded():  # whoever asked first may go: the others wait on
                own.value = call()
        except BaseException as fault:
            own.fault = fault if isinstance(fault, Exception) else RuntimeError("the call was given up")
            raise
        finally:
            with self._lock:
                del self._under_way[key]
            own.land()
        return own.value


class _Flight(Generic[V]):
    """A call under way, and who waits for it."""

    def __init__(self) -> None:
        self.value: V
        self.fault: Exception | None = None
        self._landed = False
        self._waiting: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def wait(self) -> V:
        hub = current_hub()
        if hub is None:
            landed = threading.Event()
            if self._call_on_landing(landed.set):
                landed.wait()
        else:
            resume = hub.waker()
            if self._call_on_landing(lambda: hub.call_soon(resume)):
                hub.park()
        if self.fault is not None:
            raise self.fault
        return self.value

    def land(self) -> None:
        with self._lock:
            self._landed = True
        for wake in self._waiting:
            wake()

    def _call_on_landing(self, wake: Callable[[], object]) -> bool:
        """False where it has landed already."""
        with self._lock:
            if not self._landed:
                self._waiting.append(wake)
            return not self._landed
