"""One read asked of two servers, and what differs between their answers."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from trivet_cli import shapes
from trivet_cli.access_log import Read
from trivet_cli.faults import CannotStart

TELLING = (
    "Content-Type", "Content-Range", "Content-Location", "Location", "Preference-Applied", "Allow", "WWW-Authenticate",
    "Range-Unit", "Content-Profile",
)  # fmt: skip
_TIMEOUT = 30.0
_BODY_LIMIT = 50_000_000


@dataclass(frozen=True)
class Answer:
    """A server's answer; ``fault`` says why there is none."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str | None = None


class Server:
    """One of the two: asked over a connection that is kept, at most every ``pause`` seconds, redirected nowhere."""

    def __init__(self, url: str, pause: float) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.query or parts.username:
            raise CannotStart(f"{url} is not the address of a server, such as http://localhost:8080/rest/v1")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.base = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, port, timeout=_TIMEOUT)
        self._pause = pause
        self._next = 0.0

    def ask(self, read: Read, headers: Mapping[str, str]) -> Answer:
        """The answer to a read below this server's address."""
        time.sleep(max(self._next - time.monotonic(), 0))
        self._next = time.monotonic() + self._pause
        answer = self._ask(read, headers)
        # an idle connection may have been closed on the other side meanwhile
        return self._ask(read, headers) if answer.fault == _HUNG_UP else answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, read: Read, headers: Mapping[str, str]) -> Answer:
        kept = self._connection.sock is not None
        try:
            self._connection.request(read.method, self.base + read.target, headers=dict(headers))
            response = self._connection.getresponse()
            body = response.read(_BODY_LIMIT)
            if not response.isclosed():
                self._connection.close()
            return Answer(response.status, _joined(response), body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            return Answer(fault=_HUNG_UP if kept else "it hung up")
        except (OSError, http.client.HTTPException) as fault:
            self._connection.close()
            return Answer(fault=str(fault) or type(fault).__name__)


_HUNG_UP = "it hung up on a kept connection"


def differences(old: Answer, new: Answer, bases: tuple[str, str], ignored: frozenset[str]) -> list[str]:
    """In words, how two answers differ in status, telling headers and shape; addresses count from ``bases``."""
    if old.fault or new.fault:
        same = old.fault and new.fault
        return [] if same else [f"no answer from the {'old' if old.fault else 'new'} one: {old.fault or new.fault}"]
    found = [f"status {old.status} → {new.status}"] if old.status != new.status else []
    for name in TELLING:
        if name.lower() in ignored:
            continue
        before, after = (_telling(name, answer.headers, base) for answer, base in zip((old, new), bases, strict=True))
        if before != after:
            found.append(f"{name}: {before or 'none'} → {after or 'none'}")
    shaped = [shapes.shape(answer.body, answer.headers.get("content-type", "")) for answer in (old, new)]
    return found + shapes.differences(*shaped)


def _joined(response: http.client.HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _telling(name: str, headers: Mapping[str, str], base: str) -> str:
    """What of a header's value counts."""
    value = headers.get(name.lower(), "").strip()
    if name == "Content-Type":
        return ";".join(sorted(part.strip().lower() for part in value.split(";")))
    if name in ("Allow", "Preference-Applied"):
        return ", ".join(sorted(part.strip() for part in value.split(",")))
    if name == "WWW-Authenticate":
        return value.partition(" ")[0]
    if name in ("Location", "Content-Location"):
        parts = urlsplit(value)
        path = parts.path.removeprefix(base) if base and parts.path.startswith(f"{base}/") else parts.path
        return f"{path}?{parts.query}" if parts.query else path
    return value
