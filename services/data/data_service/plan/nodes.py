"""What plans are made of: values, scans, predicates and outputs, with names resolved, as trees of frozen nodes; reads.

Wherever a table is read stands a `Scan`; access fills in its row filter (`data_service.access`), and no statement can
be written from a scan that was forgotten.
"""

from dataclasses import dataclass
from typing import Any, Literal, Union

from contracts.catalog import Argument, Function, Handler, Relation, Resource
from contracts.fields import Field, FieldType
from contracts.filters import AggregateFunction, Comparison, TestFunction
from contracts.operations import Count, Shape

# --- values --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A bound value: a ``param`` (index), ``claim`` (name), ``constant``; a write's ``rows``, those ``affected``.

    Or all variables of the ``session``.
    """

    kind: Literal["param", "claim", "constant", "rows", "affected", "session"]
    what: Any = None


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the level at hand, or a place inside a JSON field.

    ``arguments`` are what the function that makes the field gets beside the row.
    """

    field: Field
    path: tuple[str | int, ...] = ()
    text: bool = False
    arguments: "tuple[Passed, ...]" = ()

    @property
    def type(self) -> FieldType:
        """The portable type of the value."""
        if self.text:
            return "text"
        return "json" if self.path else self.field.type


# --- where rows come from ------------------------------------------------------------------------------------------


class Forgotten:
    """The row filter of a scan that access has not seen yet."""


@dataclass(frozen=True, slots=True)
class Passed:
    """An argument of a function with its value, and what that value is (`contracts.filters.Given`)."""

    argument: Argument
    source: Source
    form: Literal["json", "text", "xml", "bytes"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function with the arguments that it is called with."""

    function: Function
    passed: tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """A resource being read. ``rows`` is the policy's filter on it, None where all rows are allowed.

    ``limit`` is the role's cap on rows. ``written`` reads the rows that a write has just returned instead, ``call``
    those that a function gives: ``resource`` is then the one whose rows these are, else one made of its result.
    """

    resource: Resource
    rows: "Predicate | type[Forgotten] | None" = Forgotten
    limit: int | None = None
    written: bool = False
    call: Invocation | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A relation on its way from a level to the next: the target's scan, and the junction's where there is one.

    ``arguments`` are what the function that gives the rows gets beside the level's own row.
    """

    relation: Relation
    target: Scan
    junction: Scan | None = None
    arguments: tuple[Passed, ...] = ()


# --- predicates ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """A column compared with a value or another column."""

    __test__ = False  # not one of pytest's

    left: Column
    operator: Comparison
    right: Source | Column
    quantifier: Literal["any", "all"] | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True)
class IsTest:
    """A column IS null, not null, true, false or unknown."""

    left: Column
    value: Literal["null", "not_null", "true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class All:
    """All hold."""

    items: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class Any_:
    """Any holds."""

    items: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """SQL's NOT."""

    item: "Predicate"


@dataclass(frozen=True, slots=True)
class Related:
    """Some related row exists."""

    link: Link
    where: "Predicate | None"


@dataclass(frozen=True, slots=True)
class Somewhere:
    """Some row of any resource exists (policies only)."""

    scan: Scan
    where: "Predicate | None"


@dataclass(frozen=True, slots=True)
class AggregateTest:
    """An aggregate over related rows compared with a value."""

    link: Link
    function: TestFunction
    columns: tuple[Column, ...]
    distinct: bool
    operator: Comparison
    right: Source
    where: "Predicate | None"


@dataclass(frozen=True, slots=True)
class GroupTest:
    """An aggregate over the group at hand compared with a value."""

    function: AggregateFunction
    columns: tuple[Column, ...]
    distinct: bool
    operator: Comparison
    right: Source


Predicate = Union[Test, IsTest, All, Any_, Negation, Related, Somewhere, AggregateTest, GroupTest]  # noqa: UP007


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """What must hold of a row for a role to see a field of it (`contracts.fields.Field.cell`)."""

    holds: Predicate


# --- outputs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnOutput:
    """A column under a key."""

    key: str
    column: Column
    cast: str | None = None


@dataclass(frozen=True, slots=True)
class ConstantOutput:
    """A fixed text under a key."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class AggregateOutput:
    """An aggregate under a key; no columns counts rows."""

    key: str
    function: TestFunction
    columns: tuple[Column, ...]
    distinct: bool = False
    before: str | None = None
    cast: str | None = None


@dataclass(frozen=True, slots=True)
class GroupOutput:
    """An object of outputs under a key."""

    key: str
    outputs: "tuple[PlanOutput, ...]"


@dataclass(frozen=True, slots=True)
class RowsOutput:
    """The rows of a summary as an array under a key."""

    key: str
    outputs: "tuple[PlanOutput, ...]"


@dataclass(frozen=True, slots=True)
class AffectedOutput:
    """The number of rows that the write matched, under a key."""

    key: str


@dataclass(frozen=True, slots=True)
class EmbedOutput:
    """Related rows under a key."""

    key: str
    link: Link
    plan: "ReadPlan"
    spread: bool = False


PlanOutput = Union[  # noqa: UP007
    ColumnOutput, ConstantOutput, AggregateOutput, GroupOutput, RowsOutput, AffectedOutput, EmbedOutput
]


@dataclass(frozen=True, slots=True)
class SortTerm:
    """One term of an order; ``links`` lead to the column's level.

    ``aggregate`` is over the last link's rows, without links over the group at hand.
    """

    column: Column | None
    descending: bool
    nulls_first: bool
    links: tuple[Link, ...] = ()
    aggregate: AggregateFunction | None = None


# --- reads ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One level of a read. ``grouped``: the plain outputs are grouped by, and ``group_by`` with them.

    ``having`` is what must hold of a group. ``writer`` writes all rows of a root in the place of a JSON array.
    """

    scan: Scan
    outputs: tuple[PlanOutput, ...]
    where: Predicate | None = None
    sort: tuple[SortTerm, ...] = ()
    limit: Source | None = None
    offset: Source | None = None
    distinct_on: tuple[Column, ...] = ()
    shape: Shape = "many"
    grouped: bool = False
    count: Count | None = None
    group_by: tuple[Column, ...] = ()
    having: Predicate | None = None
    writer: Handler | None = None
