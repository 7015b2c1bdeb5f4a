"""The access log: a JSON line for each answer."""

import logging
import sys
import time
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

_encode = msgspec.json.Encoder().encode


class Entry(NamedTuple):
    """An answer: when it went out (seconds since 1970), and what it was; ``path`` is WSGI's."""

    time: float
    seconds: float
    method: str
    path: str
    status: int
    request_id: str
    role: str | None


class AccessLog:
    """The lines of one service, on standard error where the level of ``trivet`` is info or lower."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._logger = logging.getLogger("trivet.access")

    def write(self, entries: Iterable[Entry]) -> None:
        """Write a line for each answer."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        lines = [_encode(self._line(entry)) for entry in entries]
        try:
            sys.stderr.buffer.write(b"\n".join(lines) + b"\n")
            sys.stderr.buffer.flush()
        except (OSError, ValueError, AttributeError):
            pass  # nobody takes the log any more

    def _line(self, entry: Entry) -> dict[str, object]:
        second = int(entry.time)
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(second))
        return {
            "time": f"{clock}.{int((entry.time - second) * 1000):03}",
            "level": "info",
            "service": self._service,
            "message": "request",
            "request_id": entry.request_id,
            "method": entry.method,
            # without its query: filters and tokens don't belong into a log
            "path": _readable(entry.path),
            "status": entry.status,
            "ms": round(entry.seconds * 1000, 3),
            "role": entry.role,
        }


def _readable(path: str) -> str:
    """WSGI's path, bytes as Latin-1 text, as the text that it stands for."""
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")
