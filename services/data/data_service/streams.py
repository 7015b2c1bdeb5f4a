"""Rows streamed: taken from the database as they are taken from here, through the stages that they pass."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec
from contracts.results import Result

from data_service.dependencies import Reading
from data_service.execute.database import Snapshot
from data_service.execute.run import run_read
from data_service.execute.trouble import full
from data_service.processing.assembly import Processes
from data_service.sql.statements import Arguments, StreamStatement

Outward = Callable[[bytes], bytes]  # the answer's body, gone through its stages
_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class StreamShape(msgspec.Struct, frozen=True):
    """What is kept of a role's streamed read; see `data_service.execute.shape.PreparedShape`."""

    statement: StreamStatement
    processes: Processes | None = None
    reading: Reading | None = None
    schema: str | None = None
    settings: Mapping[str, str] | None = None


class Room:
    """As many streams may be under way as there is room: each has a connection for as long as its client takes."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A place, until the stream has ended. Raises `Problem` PGRST001 where there is none."""
        if not self._free.acquire(blocking=False):
            raise full()
        try:
            yield
        finally:
            self._free.release()


def flow(
    snapshot: Snapshot, statement: StreamStatement, arguments: Arguments, outward: Outward | None
) -> Iterator[Result | bytes]:
    """What is known beforehand, once the first rows are there; then the rows, some lines at a time."""
    head = run_read(statement.head, snapshot, arguments) if statement.head is not None else Result()
    batches = snapshot.batches(statement.rows, arguments)
    first = next(batches, None)
    lines = None if first is None else _lines(first, outward)
    aside = snapshot.said()
    yield head if aside is None else msgspec.structs.replace(head, aside=aside)
    if lines is not None:
        yield lines
    for batch in batches:
        yield _lines(batch, outward)


def _lines(batch: list[bytes], outward: Outward | None) -> bytes:
    if outward is not None:
        batch = [bytes(row) for row in _rows(outward(b"[" + b",".join(batch) + b"]"))]
    text = b"\n".join(batch)
    if text.count(b"\n") >= len(batch):  # JSON that the database keeps as it was given may have lines of its own
        text = b"\n".join([row.replace(b"\n", b" ") for row in batch])
    return text + b"\n"
