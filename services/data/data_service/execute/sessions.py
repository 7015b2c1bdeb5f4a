"""Sessions on PostgreSQL: what they have in common, whichever way their statements take to the server."""

import abc
from types import TracebackType
from typing import Any

import msgspec

from data_service.execute import reads
from data_service.execute.database import Written
from data_service.execute.reads import Reader
from data_service.sql.statements import Arguments, RowInsert, Statement


class PostgresSession(abc.ABC):
    """`data_service.execute.database.Session` over `fetch`."""

    @abc.abstractmethod
    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row, None where there is none; JSON comes as bytes."""

    def last(self) -> None:  # noqa: B027  (most need not know)
        """What comes next is the last statement."""

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        """Run a write; with ``back`` its rows are wanted."""
        if isinstance(change, RowInsert):
            raise TypeError("rows are inserted by one statement here")
        row = self.fetch(change, arguments)
        found, affected, *merged = row if row is not None else (None, 0)
        apart = [merged[0], *(rows.decode() if rows else None for rows in merged[1:])] if merged else []
        if back:
            rows = found or b"[]"
            return Written(rows.decode(), affected, _key_of(rows, key) if affected == 1 and key else None, *apart)
        return Written(None, affected, msgspec.json.decode(found) if key and found and affected == 1 else None, *apart)

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        """How many rows the database expects of a statement."""
        plan = self.fetch(Statement("explain (format json) " + statement.sql, statement.binds), arguments)
        return int(msgspec.json.decode(plan[0])[0]["Plan"]["Plan Rows"]) if plan else 0

    def settle(self) -> None:
        """Hold deferred constraints against what was written."""
        self.fetch(Statement("set constraints all immediate"), Arguments((), {}))


class SharedReads(PostgresSession):
    """Reads on the connections of a hub, each a transaction of its own; also the context in which they run.

    ``limit`` is the time that a statement may take, in milliseconds; ``deadline`` in monotonic seconds.
    """

    def __init__(self, reader: Reader, limit: int, deadline: float) -> None:
        self._reader = reader
        self._limit = limit
        self._deadline = deadline

    def __enter__(self) -> "SharedReads":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        return reads.fetch(self._reader, statement.sql, statement.arguments(arguments), self._limit, self._deadline)


def _key_of(rows: bytes, key: tuple[str, ...]) -> dict[str, Any]:
    row = msgspec.json.decode(rows)[0]
    return {name: row[name] for name in key}
