"""What data answers: the JSON text as the database built it, and what stands beside it."""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec


class Basis(msgspec.Struct, frozen=True, array_like=True):
    """What an answer stands on: as long as that is unchanged, whoever asks the same may get the same answer.

    ``memory`` is the id of the memory in which ``versions`` of ``words`` were read before the answer's snapshot
    (`chassis.versions`); empty where only time counts. ``claims`` names the session variables that the answer depends
    on. ``age`` is how many seconds it may be used for, None: as long as the versions are the same.
    """

    memory: str
    words: tuple[int, ...]
    versions: bytes
    claims: tuple[str, ...] = ()
    age: float | None = None


class Aside(msgspec.Struct, frozen=True, array_like=True):
    """What is said beside an answer's rows: by the database itself (database access mode), and of the transaction.

    ``status`` and ``headers`` are what functions have set for the HTTP answer; ``tx`` is how the transaction ended
    where the client had a wish that counted.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    tx: Literal["commit", "rollback"] | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an operation.

    ``body`` is JSON text by the root's shape (empty for ``none``). ``rows`` counts the page's rows (for a read of
    shape ``many``, and a write's rows read back), ``total`` all rows of the filter where a count was asked for,
    ``affected`` the rows that a write matched; of a create with a conflict rule that took effect, ``inserted`` those of
    them that are new. ``location`` holds the key of a single created row, by field, in the
    key's order (only where ``returning`` has shape ``none``). ``timings`` are microseconds by step's name. With a
    ``basis`` the same answer may be given again. ``warnings`` say what is missing in it, in words for the client.
    """

    body: bytes = b""
    rows: int | None = None
    total: int | None = None
    affected: int | None = None
    inserted: int | None = None
    location: dict[str, str | None] | None = None
    catalog_version: str = ""
    timings: dict[str, int] = {}
    basis: Basis | None = None
    warnings: tuple[str, ...] = ()
    aside: Aside | None = None


class Stream:
    """Rows on their way, as JSON text of one row a line; who has one must end it or `close` it.

    ``head`` is what is known beforehand: a `Result` without a body. Each of the ``parts`` holds whole lines; they are
    made as they are taken, so that who does not take them stops the database. Taking them raises `Problem`.
    """

    __slots__ = ("_close", "_parts", "head")

    def __init__(self, head: Result, parts: Iterator[bytes], close: Callable[[], object]) -> None:
        self.head = head
        self._parts = parts
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """End it, wherever it is: what is under way is given up."""
        self._close()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """The rule that decided what a role may do with a resource.

    ``place`` is ``file:line``, None where no line does: then ``admin`` may do everything, any other role nothing.
    ``text`` is the rule as JSON.
    """

    resource: str
    role: str
    verb: str
    place: str | None = None
    text: str | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What is behind an answer: the SQL (its values are bound, and not in it), and the rules. Not for everybody."""

    statement: str | None = None
    rules: tuple[Rule, ...] = ()
