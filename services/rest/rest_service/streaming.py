"""Reads in a format of rows: a short answer is like any other, a long one is written as its rows come."""

from collections.abc import Iterator

import msgspec
from contracts.results import Stream

from rest_service import response
from rest_service.request import Wish
from rest_service.response import Answer
from rest_service.row_formats import RowWriter, writer_of

_SHORT = 65_536  # bytes: what is no longer has a length, a tag and a range


def answer_of(stream: Stream, wish: Wish) -> Answer:
    """The answer of a stream, which is ended where the answer is whole, and else by whoever sends it."""
    writer = writer_of(wish.media, wish.columns)
    parts: list[bytes] = []
    size = rows = 0
    try:
        for lines in stream:
            rows += lines.count(b"\n")
            parts.append(writer.rows(lines))
            size += len(parts[-1])
            if size > _SHORT:
                return response.of_rows(stream.head, wish, Parts(parts, stream, writer))
    except BaseException:
        stream.close()
        raise
    stream.close()
    counted = msgspec.structs.replace(stream.head, rows=rows)
    return response.of_written(counted, wish, b"".join([*parts, writer.end()]))


class Parts:
    """An answer on its way: what was written already, then the rows as data has them, as fast as they are taken."""

    def __init__(self, written: list[bytes], stream: Stream, writer: RowWriter) -> None:
        self._written = written
        self._stream = stream
        self._writer = writer

    def __iter__(self) -> Iterator[bytes]:
        """The parts of the body. Raises `Problem` where it breaks off: then the answer has no end."""
        first = b"".join(self._written)
        self._written.clear()
        yield first
        for lines in self._stream:
            yield self._writer.rows(lines)
        if end := self._writer.end():
            yield end

    def close(self) -> None:
        """The server closes every answer, however it ended (PEP 3333)."""
        self._stream.close()
