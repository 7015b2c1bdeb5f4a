"""Sockets that wait in the hub where there is one, and as any socket does where there is none."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

from chassis.hub.loop import Hub, current_hub

_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


class PatientSocket(socket.socket):
    """A socket with a time limit, `set_patience`, for what is done with it from then on.

    It may serve a greenlet of a hub, later a thread, and so on; each sets its patience first.
    """

    _deadline: float = 0.0
    _answer_due = False  # something was sent: what is read next has hardly come yet

    def set_patience(self, seconds: float) -> None:
        """Give up with `TimeoutError` after so many seconds."""
        if current_hub() is None:
            self.settimeout(seconds)
        else:
            self._deadline = time.monotonic() + seconds
            if self.gettimeout() != 0:
                self.settimeout(0)

    def connect(self, address: Any) -> None:
        """Connect, as `socket.socket.connect`."""
        hub = current_hub()
        if hub is None:
            super().connect(address)
            return
        fault = self.connect_ex(address)
        if fault and fault not in _UNDER_WAY:
            raise OSError(fault, "not connected")
        if fault:
            self._wait(hub, hub.wait_writable)
            fault = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if fault:
                raise OSError(fault, "not connected")

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all, as `socket.socket.sendall`."""
        hub = current_hub()
        if hub is None:
            super().sendall(data, flags)
            return
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[super().send(rest, flags) :]
            except BlockingIOError:
                self._wait(hub, hub.wait_writable)
        self._answer_due = True

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive, as `socket.socket.recv_into`."""
        hub = current_hub()
        if hub is None:
            return super().recv_into(buffer, nbytes, flags)
        if self._answer_due:
            self._answer_due = False
            self._wait(hub, hub.wait_readable)
        while True:
            try:
                return super().recv_into(buffer, nbytes, flags)
            except BlockingIOError:
                self._wait(hub, hub.wait_readable)

    def _wait(self, hub: Hub, wait: Callable[[int, float], bool]) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not wait(self.fileno(), left):
            raise TimeoutError("timed out")
