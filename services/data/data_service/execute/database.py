"""What a database can do for the engine, as protocols that each database implements."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from contracts.catalog import Catalog
from contracts.results import Aside, Result

from data_service.execute.shape import PreparedShape
from data_service.reflect.effects import Effects
from data_service.reflect.lineage import Lineage
from data_service.reflect.options import Exposure
from data_service.sql.dialect import Dialect
from data_service.sql.statements import Arguments, RowInsert, Statement
from data_service.survey.facts import Survey


class Written(NamedTuple):
    """What a write gave: its rows (fit for binding again, None where not wanted), how many, a single row's key.

    Of an insert with a conflict rule also how many rows it ``inserted``, and its rows apart: the ``new`` ones, and the
    ``old`` ones that were changed.
    """

    rows: Any
    affected: int
    key: dict[str, Any] | None = None
    inserted: int | None = None
    new: Any = None
    old: Any = None


class Session(Protocol):
    """One transaction. All its methods raise `Problem`."""

    def last(self) -> None:
        """What comes next is the last statement, whatever it gives: it may be committed together with it."""
        ...

    def fetch(self, statement: Statement, arguments: Arguments) -> tuple[Any, ...] | None:
        """The first row, None where there is none; JSON comes as bytes."""
        ...

    def write(
        self, change: Statement | RowInsert, arguments: Arguments, key: tuple[str, ...], *, back: bool
    ) -> Written:
        """Run a write; with ``back`` its rows are wanted."""
        ...

    def estimate(self, statement: Statement, arguments: Arguments) -> int:
        """How many rows the database expects of a statement."""
        ...

    def settle(self) -> None:
        """Look now at what is usually looked at when the transaction ends: it will be rolled back."""
        ...


class Snapshot(Session, Protocol):
    """One transaction that only reads, and sees the database as it is at its first statement."""

    def batches(self, statement: Statement, arguments: Arguments) -> Iterator[list[bytes]]:
        """The values of the rows' one column, JSON as bytes, some at a time; no more are read than are taken."""
        ...

    def said(self) -> Aside | None:
        """What the database says beside the rows by now. Raises `Problem` PGRST111, PGRST112."""
        ...


class Answering(Protocol):
    """What answers operations: a database, or one that is told how to do so."""

    def answer(
        self, shape: PreparedShape, arguments: Arguments, *, deadline: float | None, limit: float | None = None
    ) -> Result:
        """The answer to a shape: its program run in one `session`, on a hub without blocking it. Raises `Problem`."""
        ...

    def within(
        self,
        work: Callable[[Session], Result],
        *,
        deadline: float | None,
        limit: float | None = None,
        zone: str | None = None,
    ) -> Result:
        """What ``work`` gives, done in one `session` that writes, on a hub without blocking it. Raises `Problem`.

        On a hub the work may run in a greenlet or in a thread of its own.
        """
        ...

    def session(
        self, *, writes: bool, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Session]:
        """A transaction: committed at its end, rolled back by an exception.

        ``deadline`` is in monotonic seconds; ``limit``, in seconds, lowers the time that a statement may take.
        ``zone`` is the time zone of what it gives (`chassis.zones`; None: UTC).
        """
        ...

    def snapshot(
        self, *, deadline: float | None, limit: float | None = None, zone: str | None = None
    ) -> AbstractContextManager[Snapshot]:
        """A transaction for rows that are taken one by one, on a connection that it has alone.

        On a hub it waits there. ``deadline`` is that of its first statement; ``limit`` as for `session`.
        """
        ...


class Database(Answering, Protocol):
    """An open database."""

    @property
    def dialect(self) -> Dialect:
        """Its SQL."""
        ...

    @property
    def zoned(self) -> Dialect | None:
        """Its SQL where times are wanted in the session's zone, None where that is the same."""
        ...

    def reflect(self, exposure: Exposure) -> Catalog:
        """The catalog of the database as it is now. Raises `Problem` where it can't be reached."""
        ...

    def fingerprint(self, exposure: Exposure) -> str:
        """A text that differs when the catalog would. Raises `Problem` where it can't be reached."""
        ...

    def unguarded(self, exposure: Exposure) -> tuple[str, ...]:
        """Exposed tables (``schema.table``) whose row-level security our login bypasses."""
        ...

    def refusal(self, statement: str) -> str | None:
        """What the database says against a statement of ours without values, which is not run; None: nothing."""
        ...

    def effects(self) -> Effects:
        """What reading and writing its tables and views depends on and touches. Raises `Problem`."""
        ...

    def lineage(self) -> Lineage:
        """From which columns the columns of views and copies take their values. Raises `Problem`."""
        ...

    @property
    def adrift(self) -> set[int]:
        """The server's processes behind connections that were lost in the midst of a write, which may land yet.

        Who has seen that one is gone takes it out.
        """
        ...

    def connected(self) -> Mapping[int, str]:
        """The names of all connections to the database, by the server's process. Raises `Problem`.

        None where nothing outlives the process that began it, or it can't be known (`is_direct`).
        """
        ...

    def is_direct(self) -> bool:
        """Whether nobody stands between, so that `connected` is all that there is. Raises `Problem`."""
        ...

    def written(self) -> object:
        """What is another after each write to the database, whoever made it; None where it can't tell."""
        ...

    def survey(self, exposure: Exposure) -> Survey:
        """What an operator should know of it. Raises `Problem`."""
        ...

    def wait(self, seconds: float) -> bool:
        """Return when the database says that it may have changed, at the latest after so many seconds.

        True where it has said so, or may have, unheard.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
