"""The access log: a JSON line for each answer."""

import logging
import sys
import threading
import time

import msgspec

from chassis.trace import Trace

_encode = msgspec.json.Encoder().encode


class AccessLog:
    """The lines of one service, on standard error where the level of ``trivet`` is info or lower.

    They are gathered by `note` until `flush` writes them: what a process that is killed has not written is lost.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._logger = logging.getLogger("trivet.access")
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._second = 0
        self._clock = ""

    def note(self, trace: Trace, status: int, seconds: float) -> None:
        """Keep a line about an answer."""
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
        self._lines.append(line)

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


def _readable(path: str) -> str:
    """WSGI's path, bytes as Latin-1 text, as the text that it stands for."""
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")
