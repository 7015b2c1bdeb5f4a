"""Statements: text with the places where values go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.catalog import Function
from contracts.fields import Field
from contracts.operations import Shape
from contracts.problems import Problem

from data_service.plan.nodes import Source
from data_service.plan.write_nodes import RowCheck

Encode = Callable[[Any], Any]
SURE = 1000  # rows that an estimated count counts one by one


@dataclass(frozen=True, slots=True)
class Caps:
    """How many rows a level of a read has at most: ``default`` where nobody asks, ``most`` whatever is asked."""

    default: int | None = None
    most: int | None = None

    @property
    def unasked(self) -> int | None:
        """The cap where no limit was asked for."""
        return lower(self.default, self.most)

    def lowered(self, most: int | None) -> "Caps":
        """These caps, and a further one whatever is asked."""
        return Caps(self.default, lower(self.most, most))


def lower(left: int | None, right: int | None) -> int | None:
    """The lower of two caps, each of which may be none."""
    return right if left is None else left if right is None else min(left, right)


@dataclass(frozen=True, slots=True)
class Bind:
    """One bound value: where it comes from, and how it becomes what the driver takes."""

    source: Source
    encode: Encode


@dataclass(slots=True)  # not frozen: one is made for every request, and a frozen one takes five times as long
class Arguments:
    """What binds draw from: the request's values, the principal's session, and what a write gave back.

    ``foreign`` calls functions that are not the database's own (`data_service.execute.foreign`). ``zone`` is the time
    zone of the answer, where that is not UTC (`chassis.zones`).
    """

    values: Sequence[Any]
    session: Mapping[str, str]
    rows: Any = None
    affected: int = 0
    foreign: Any = None
    zone: str | None = None

    def of(self, bind: Bind) -> Any:
        """The value for the driver. Raises `Problem` 22… (no such value), 42501 (a session variable is missing)."""
        source = bind.source
        kind, what = source.kind, source.what
        if kind == "param":
            if not 0 <= what < len(self.values):
                raise Problem("PGRST100", f"the value {what} is missing")
            return bind.encode(self.values[what])
        if kind == "claim":
            if what not in self.session:
                raise Problem("42501", f'missing session variable: "{what}"')
            return bind.encode(self.session[what])
        if kind == "rows":
            return bind.encode(self.rows)
        if kind == "session":
            return bind.encode(dict(self.session))
        return bind.encode(self.affected if kind == "affected" else what)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Its places are numbered from one, in the order of ``binds``."""

    sql: str
    binds: tuple[Bind, ...] = ()

    def arguments(self, arguments: Arguments) -> list[Any]:
        """The values to bind, in order."""
        return [arguments.of(bind) for bind in self.binds]


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A read: its rows are (body, rows, total).

    ``estimate`` is the statement whose planned number of rows is the total that was asked for, where the total counted
    is None or above `SURE`.
    """

    statement: Statement
    shape: Shape
    offset: Bind | None = None
    estimate: Statement | None = None


@dataclass(frozen=True, slots=True)
class CallStatement:
    """A function called. The database's own is called by ``read`` itself, of which ``at_most`` rows may come.

    A ``foreign`` function is called first, with these arguments; ``read`` is then over the rows that it gave, and None
    where it gives none. It ``writes`` unless it only reads. ``judged``: what it gives decides whether it stands.
    """

    read: ReadStatement | None
    writes: bool
    at_most: Bind | None = None
    foreign: Function | None = None
    arguments: tuple[tuple[str, Bind], ...] = ()
    judged: bool = True


@dataclass(frozen=True, slots=True)
class StreamStatement:
    """A read whose rows are taken one by one: each is one JSON text. ``head`` counts them, where that was asked for."""

    rows: Statement
    head: ReadStatement | None = None


@dataclass(frozen=True, slots=True)
class GivenField:
    """A field that each row of an insert gives, and how its value is bound."""

    field: Field
    encode: Encode


@dataclass(frozen=True, slots=True)
class RowConflict:
    """What becomes of a row whose ``target`` fields are there already: it ``skips``, or the ``clause`` changes it.

    ``alias`` is the old row's in the clause.
    """

    target: tuple[str, ...]
    skips: bool
    alias: str
    clause: Statement


@dataclass(frozen=True, slots=True)
class RowInsert:
    """An insert that runs row by row, for a database whose RETURNING can't stand inside a statement."""

    table: str
    rows: Bind
    given: tuple[GivenField, ...]
    presets: tuple[tuple[str, Bind], ...]
    ragged: bool
    defaults: bool
    conflict: RowConflict | None = None


@dataclass(frozen=True, slots=True)
class RowChecks:
    """The rules that written rows are held against: ``statement`` gives ``[row, rule]`` pairs, counted from zero.

    ``numbered``: the rows are in the order in which the client gave them.
    """

    statement: Statement
    rules: tuple[RowCheck, ...]
    numbered: bool


@dataclass(frozen=True, slots=True)
class WriteStatement:
    """A write, and the read over the rows that it returned.

    ``change`` None changes nothing. ``back`` gives (body, rows, rows for which the check fails); without it the write
    gives only the number of rows, and for a single created row its ``key``. ``judged``: what ``back`` gives decides
    whether the write stands. With a conflict rule the rows that fail are
    counted apart: ``check_new`` over those that were inserted, ``check_old`` over those that were changed.
    ``row_checks`` are rules of data processing. A create with others ``nested`` in it runs with them; ``back`` is then
    what they take from its rows. ``told`` alone stands for all of that where one statement does it
    (`data_service.sql.told`).
    """

    change: Statement | RowInsert | None
    back: Statement | None
    shape: Shape
    table: str
    key: tuple[str, ...] = ()
    at_most: Bind | None = None
    check_new: Statement | None = None
    check_old: Statement | None = None
    row_checks: RowChecks | None = None
    judged: bool = False
    nested: "Nesting | None" = None
    told: Statement | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """A create that belongs to the one around it: the value at ``of`` says to which row each of its rows does.

    ``fills`` are pairs of a field of the rows created later, and the field of the earlier ones that fills it.
    """

    relation: str
    table: str
    of: int
    fills: tuple[tuple[str, str], ...]
    write: WriteStatement


@dataclass(frozen=True, slots=True)
class Nesting:
    """What goes with a create: others ``first``, and ``then`` others, ``linked`` in the order of the plan.

    ``rows`` are the places of its own rows among the values, the client's last. ``keyed``: others take values from its
    rows. ``merges``: a conflict rule may leave rows out. ``back`` reads the answer, of the outermost create alone.
    """

    linked: tuple[Linked, ...]
    first: tuple[Linked, ...]
    then: tuple[Linked, ...]
    rows: tuple[int, ...]
    merges: bool
    keyed: bool
    back: Statement | None = None
