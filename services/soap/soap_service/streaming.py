"""Long lists, written as their rows come: a short answer is like any other."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.bounded import Bounded
from contracts.operations import Operation, Read
from contracts.results import Result, Stream

from soap_service import reply
from soap_service.reply import Reply
from soap_service.response import ListWriter
from soap_service.shapes import Prepared

_MANY = 1000  # rows: who asks for more gets them as they come
_SHORT = 65_536  # characters
_KNOWN = 500  # lists


class Lengths:
    """Which lists are long: those that ask for many rows, and without a limit those that were long before."""

    def __init__(self) -> None:
        self._long: Bounded[Operation, bool] = Bounded(_KNOWN)

    def is_long(self, prepared: Prepared, values: Sequence[Any]) -> bool:
        """Whether a call may be answered by so many rows that nobody should hold them all."""
        operation = prepared.operation
        if not isinstance(prepared.write, ListWriter) or not isinstance(operation, Read):
            return False
        if operation.node.limit is None:
            return self._long.get(operation) is not None
        limit = values[operation.node.limit.index]
        return isinstance(limit, int) and limit > _MANY

    def note(self, prepared: Prepared, result: Result) -> None:
        """Note how many rows came."""
        if result.rows is not None and result.rows > _MANY:
            self._long.put(prepared.operation, True)


class Rows:
    """A response element on its way: what was written already, then the rows as data has them."""

    def __init__(self, written: list[str], last: bytes, stream: Stream, write: ListWriter) -> None:
        self._written = written
        self._last = last
        self._stream = stream
        self._write = write

    def __iter__(self) -> Iterator[str]:
        first = "".join(self._written)
        self._written.clear()
        yield first
        for lines in self._stream:
            self._last = _array(lines)
            yield self._write.rows(self._last)
        yield self._write.ending(self._stream.head, self._last)

    def close(self) -> None:
        """End it, wherever it is."""
        self._stream.close()


def content_of(stream: Stream, write: ListWriter) -> str | Rows:
    """The response element: whole where it is short, else its rows to come."""
    written = [write.opening]
    size, last = 0, b"[]"
    try:
        for lines in stream:
            last = _array(lines)
            written.append(write.rows(last))
            size += len(written[-1])
            if size > _SHORT:
                return Rows(written, last, stream, write)
    except BaseException:
        stream.close()
        raise
    stream.close()
    return "".join([*written, write.ending(stream.head, last)])


class Parts:
    """A message on its way. What breaks off has no end, and so is no XML."""

    def __init__(self, current: Reply, rows: Rows) -> None:
        self._current = current
        self._rows = rows

    def __iter__(self) -> Iterator[bytes]:
        yield reply.opening(self._current).encode()
        for text in self._rows:
            yield text.encode()
        yield reply.ending(self._current).encode()

    def close(self) -> None:
        """The server closes every answer, however it ended (PEP 3333)."""
        self._rows.close()


def _array(lines: bytes) -> bytes:
    """Rows of a line each, as a JSON array."""
    return b"[%b]" % lines.rstrip(b"\n").replace(b"\n", b",")
