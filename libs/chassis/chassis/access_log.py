"""The access log: a JSON line for each answer, written a few at a time."""

import atexit
import logging
import os
import sys
import threading
import time

import msgspec

from chassis.trace import Trace

_EVERY = 0.2  # seconds that a line may wait for others
_MOST = 500  # lines that wait
_encode = msgspec.json.Encoder().encode


class AccessLog:
    """The lines of one service, on standard error where the level of ``trivet`` is info or lower.

    A line is written within a fifth of a second: what a process that is killed has not written is lost.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._logger = logging.getLogger("trivet.access")
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._process = 0  # whose thread it is that writes
        self._second = 0
        self._clock = ""

    def note(self, trace: Trace, status: int, seconds: float) -> None:
        """Write a line about an answer, soon."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        now = time.time()
        second = int(now)
        if second != self._second:
            self._clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(second))
            self._second = second
        environ = trace.environ
        line = _encode(
            {
                "time": f"{self._clock}.{int((now - second) * 1000):03}",
                "level": "info",
                "service": self._service,
                "message": "request",
                "request_id": trace.request_id,
                "method": environ["REQUEST_METHOD"],
                # without its query: filters and tokens don't belong into a log
                "path": _readable(environ["PATH_INFO"]),
                "status": status,
                "ms": round(seconds * 1000, 3),
                "role": trace.role,
            }
        )
        lines = self._lines
        lines.append(line)
        if len(lines) == 1:
            if self._process != os.getpid():
                self._start()
            self._some.set()
        elif len(lines) >= _MOST:
            self.flush()

    def flush(self) -> None:
        """Write all lines that wait."""
        with self._lock:
            lines, self._lines = self._lines, []
            if lines:
                try:
                    sys.stderr.buffer.write(b"\n".join(lines) + b"\n")
                    sys.stderr.buffer.flush()
                except (OSError, ValueError, AttributeError):
                    pass  # nobody takes the log any more

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()  # a thread does not live on in a forked process
        threading.Thread(target=self._keep_writing, name="trivet-access-log", daemon=True).start()
        atexit.register(self.flush)

    def _keep_writing(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            time.sleep(_EVERY)
            self.flush()


def _readable(path: str) -> str:
    """WSGI's path, bytes as Latin-1 text, as the text that it stands for."""
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")
