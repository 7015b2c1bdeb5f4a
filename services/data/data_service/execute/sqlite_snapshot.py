"""Rows of SQLite taken in batches, on a connection of their own."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

import apsw

from data_service.execute.database import Written
from data_service.execute.sqlite_session import Known, Open, SqliteSession
from data_service.execute.trouble import read_only
from data_service.sql.statements import Arguments, RowInsert, Statement

T = TypeVar("T")
_ROWS = 256  # of a batch at most
_PIECE = 262_144  # bytes from which on a batch takes no further row


class SqliteSnapshot:
    """`data_service.execute.database.Snapshot`, whose work is done in steps.

    ``step(work, first)`` bounds each in time, on a hub in a thread; the ``first`` ones have the request's own deadline.
    """

    def __init__(self, held: Open, known: Known, step: Callable[[Callable[[], Any], bool], Any]) -> None:
        self._connection = held.connection
        self._session = SqliteSession(held.connection, known)
        self._known = known
        self._step = step

    def last(self) -> None:
        """Nothing is gained by knowing."""

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row, None where there is none."""
        return self._do(lambda: self._session.fetch(statement, arguments))

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        """Nothing is written here."""
        raise read_only()

    def settle(self) -> None:
        """Nothing: what waits for the end of a transaction SQLite looks at when that comes."""

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        """How many rows the statement has."""
        return self._do(lambda: self._session.estimate(statement, arguments))

    def batches(self, statement: Statement, arguments: Arguments) -> Iterator[list[bytes]]:
        """The rows' one column, JSON as bytes."""

        def opened() -> apsw.Cursor:
            with self._known.translated():
                return self._connection.execute(statement.sql, statement.arguments(arguments))

        cursor = self._do(opened)
        batch = self._do(lambda: self._taken(cursor))
        while batch:
            yield batch
            batch = self._step(lambda: self._taken(cursor), False)

    def said(self) -> None:
        """Nothing: SQLite says nothing beside its rows."""

    def _taken(self, cursor: apsw.Cursor) -> list[bytes]:
        rows: list[bytes] = []
        size = 0
        with self._known.translated():
            for (text,) in islice(cursor, _ROWS):
                rows.append(text.encode())
                size += len(rows[-1])
                if size > _PIECE:
                    break
        return rows

    def _do(self, work: Callable[[], T]) -> T:
        return self._step(work, True)  # type: ignore[no-any-return]
