"""The hub: an epoll loop in one thread, and greenlets that wait in it for sockets, threads and time.

Code that may run on a hub asks `current_hub()`. Where that is None it blocks as any code does; else it waits with the
hub's `wait_readable`, `wait_writable`, `sleep` and `run_in_thread`, and other requests are served meanwhile. A lock
that is held while waiting blocks the whole hub when another greenlet asks for it: see `chassis.flights`. Any wait may
end with `Abandoned`: see `chassis.hub.lanes`.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

from greenlet import getcurrent

from chassis.hub.lanes import Abandoned, Lane
from chassis.hub.threads import Threads
from chassis.hub.timers import Timers

T = TypeVar("T")
Handler = Callable[[int], object]
READ = select.EPOLLIN | select.EPOLLRDHUP
WRITE = select.EPOLLOUT
_SPARE = 256  # greenlets that are kept for the next requests
_EVENTS = 256  # events taken at a time


def current_hub() -> "Hub | None":
    """The hub that the calling code may wait in; None outside its greenlets, and so in every other thread."""
    current = getcurrent()
    return current.hub if type(current) is Lane else None


def blocking(work: Callable[..., T], *arguments: Any) -> T:
    """The value of ``work(*arguments)``, which blocks: on a hub it is called in one of its threads."""
    hub = current_hub()
    return work(*arguments) if hub is None else hub.run_in_thread(work, *arguments)


def pause(seconds: float) -> None:
    """Wait for a time, in the hub where there is one."""
    hub = current_hub()
    if hub is None:
        time.sleep(seconds)
    else:
        hub.sleep(seconds)


class Hub:
    """The loop. It belongs to the thread that made it; only `call_soon` may be called from others."""

    def __init__(self, threads: int = 4) -> None:
        self._main = getcurrent()
        self._thread = threading.get_ident()
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._spare: list[Lane] = []
        self._soon: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._threads = Threads(threads)
        self._woken = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.timers = Timers()
        self.register(self._bell, select.EPOLLIN, self._on_bell)

    # --- the loop's side ---------------------------------------------------------------------------------------------

    def turn(self, longest: float) -> None:
        """One turn of the loop: wait for events at most ``longest`` seconds, then do all that is due."""
        wait = 0.0 if self._soon else min(max(self.timers.next() - time.monotonic(), 0.0), longest)
        handlers = self._handlers
        for fd, mask in self._epoll.poll(wait, _EVENTS):
            handler = handlers.get(fd)
            if handler is not None:
                handler(mask)
        for _ in range(len(self._soon)):  # what comes meanwhile has its turn next
            action, arguments = self._soon.popleft()
            action(*arguments)
        self.timers.run(time.monotonic())

    def register(self, fd: int, events: int, handler: Handler) -> None:
        """Call ``handler(mask)`` whenever one of ``events`` happens on ``fd``."""
        self._handlers[fd] = handler
        try:
            self._epoll.register(fd, events)
        except FileExistsError:  # somebody has waited on it before
            self._epoll.modify(fd, events)

    def modify(self, fd: int, events: int) -> None:
        """Look for other events on a registered ``fd``."""
        self._epoll.modify(fd, events)

    def unregister(self, fd: int) -> None:
        """Look for nothing on ``fd`` any more, before it is closed."""
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def start(self, work: Callable[..., object], *arguments: Any) -> None:
        """Do ``work(*arguments)`` in a greenlet, at once; returns when it is done or waits. From the loop only."""
        lane = self._spare.pop() if self._spare else Lane(self)
        lane.gr_context = None  # the next request knows nothing of the one before
        lane.abandoned = False
        lane.switch(work, arguments)

    def abandon(self, lane: Lane) -> None:
        """Raise `Abandoned` in a greenlet that does a piece of work, at once where it may be. From the loop only."""
        lane.abandoned = True
        if not lane.shields:
            lane.abandoned = False
            lane.throw(Abandoned)

    def close(self) -> None:
        """Let go of the loop's own descriptors and threads."""
        self._woken = True  # nobody rings any more
        self._threads.stop()
        self._handlers.clear()
        self._epoll.close()
        os.close(self._bell)

    # --- the side of those who wait ----------------------------------------------------------------------------------

    def wait_readable(self, fd: int, timeout: float | None = None) -> bool:
        """Wait until ``fd`` can be read or has hung up; False after ``timeout`` seconds. One waits on an fd at a time.

        It may return without need: try again where reading would block.
        """
        return self._wait(fd, READ, timeout)

    def wait_writable(self, fd: int, timeout: float | None = None) -> bool:
        """Wait until ``fd`` can be written; else as `wait_readable`."""
        return self._wait(fd, WRITE, timeout)

    def sleep(self, seconds: float) -> None:
        """Wait for a time; 0 lets all others have their turn."""
        if seconds <= 0:
            self.call_soon(self.waker())
            self._suspend()
        else:
            self.park(seconds)

    def run_in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """The value of ``work(*arguments)``, called in one of the hub's threads; what it raises is raised here.

        Where nobody waits for it any more (`Abandoned`) it goes on, and what it gives is dropped.
        """
        self._heed()
        resume = self.waker()

        def finished(value: Any, fault: BaseException | None) -> None:
            self.call_soon(resume, (value, fault))

        self._threads.run(copy_context(), work, arguments, finished)
        value, fault = self._suspend()
        if fault is None:
            return value  # type: ignore[no-any-return]  # (a switch hands over anything)
        try:
            raise fault
        finally:
            del fault  # else it and this frame keep each other alive

    def call_soon(self, action: Callable[..., object], *arguments: Any) -> None:
        """Call ``action(*arguments)`` from the loop at its next turn. From any thread; it must not wait."""
        self._soon.append((action, arguments))
        if threading.get_ident() != self._thread and not self._woken:
            self._woken = True
            os.eventfd_write(self._bell, 1)

    def waker(self) -> Callable[..., object]:
        """A callable for the loop that ends the calling greenlet's next wait, and no other: too late, it does nothing.

        Its argument, True if there is none, is what the wait gives.
        """
        lane: Lane = getcurrent()
        number = lane.waits

        def wake(value: Any = True) -> None:
            if lane.waits == number:
                lane.switch(value)

        return wake

    def park(self, timeout: float | None = None) -> bool:
        """Wait until a `waker` is called (True), or for ``timeout`` seconds (False)."""
        if timeout is None:
            return bool(self._suspend())
        timer = self.timers.at(time.monotonic() + timeout, self.waker(), False)
        try:
            return bool(self._suspend())
        finally:
            self.timers.cancel(timer)

    def _suspend(self) -> Any:
        """Let the loop go on until it switches here again. Every wait of a greenlet's work goes through here."""
        lane: Lane = getcurrent()
        if lane.abandoned:
            self._heed()
        try:
            return self._main.switch()
        finally:
            lane.waits += 1

    def _heed(self) -> None:
        """Raise `Abandoned` where that was put off."""
        lane: Lane = getcurrent()
        if lane.abandoned and not lane.shields:
            lane.abandoned = False
            raise Abandoned

    def _wait(self, fd: int, events: int, timeout: float | None) -> bool:
        if fd in self._handlers:
            raise RuntimeError("another greenlet waits on this descriptor")
        resume = self.waker()
        self._handlers[fd] = lambda _: resume()
        try:
            self._arm(fd, events | select.EPOLLONESHOT)
            return self.park(timeout)
        finally:
            del self._handlers[fd]

    def _arm(self, fd: int, events: int) -> None:
        try:
            self._epoll.modify(fd, events)  # an fd stays known, though disarmed, until it is closed
        except FileNotFoundError:
            self._epoll.register(fd, events)

    def _work(self, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        """What a lane does: its first piece of work, and then those that it is switched to with."""
        lane = getcurrent()
        while True:
            work(*arguments)
            del work, arguments
            if len(self._spare) >= _SPARE:
                return
            self._spare.append(lane)
            work, arguments = self._main.switch()

    def _on_bell(self, _: int) -> None:
        os.eventfd_read(self._bell)
        self._woken = False  # in this order: what was added before has its turn now, what comes later rings again
