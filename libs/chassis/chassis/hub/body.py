"""The body of a request as the application reads it: `wsgi.input`."""

from collections.abc import Callable, Iterator

from chassis.hub.reader import Request


class Body:
    """Reads what has arrived and waits for what has not; ``more()`` waits until something new is there.

    Once the end has come, every method returns nothing, at once (``wsgi.input_terminated``). Raises what ``more`` does.
    """

    def __init__(self, request: Request, more: Callable[[], None]) -> None:
        self._request = request
        self._more = more
        self._held = b""

    def read(self, size: int | None = None) -> bytes:
        """``size`` bytes, fewer at the end; without a size all there is."""
        wanted = _wanted(size)
        parts: list[bytes] = []
        while wanted > 0 and self._fill():
            part = self._held if wanted >= len(self._held) else self._held[: int(wanted)]
            self._held = self._held[len(part) :]
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readline(self, size: int | None = None) -> bytes:
        """A line with its end, at most ``size`` bytes of it."""
        wanted = _wanted(size)
        parts: list[bytes] = []
        while wanted > 0 and self._fill():
            end = self._held.find(b"\n") + 1 or len(self._held)
            part = self._held[: int(min(end, wanted))]
            self._held = self._held[len(part) :]
            parts.append(part)
            wanted -= len(part)
            if part.endswith(b"\n"):
                break
        return b"".join(parts)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """The lines; no more of them once they are ``hint`` bytes."""
        lines: list[bytes] = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint and total >= hint:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _fill(self) -> bool:
        """True where there is something to take; False at the end."""
        request = self._request
        while not self._held:
            if request.chunks:
                self._held = request.chunks.popleft()
            elif request.fault is not None:
                raise request.fault
            elif request.complete:
                return False
            else:
                self._more()
        return True


def _wanted(size: int | None) -> float:
    return float("inf") if size is None or size < 0 else size
