"""What a plan is made of: an operation whose names are resolved, as a tree of frozen nodes.

Wherever a table is read stands a `Scan`; access fills in its row filter (`data_service.access`), and no statement can
be written from a scan that was forgotten.
"""

from dataclasses import dataclass
from typing import Any, Literal, Union

from contracts.catalog import Argument, Field, FieldType, Function, Relation, Resource
from contracts.operations import AggregateFunction, Comparison, Count, How, PairFunction, Shape

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
    """A field of the level at hand, or a place inside a JSON field."""

    field: Field
    path: tuple[str | int, ...] = ()
    text: bool = False

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
    """An argument of a function with its value, and what that value is (`contracts.operations.Given`)."""

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
    """A relation on its way from a level to the next: the target's scan, and the junction's where there is one."""

    relation: Relation
    target: Scan
    junction: Scan | None = None


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
    function: AggregateFunction | PairFunction
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
    """What must hold of a row for a role to see a field of it (`contracts.catalog.Field.cell`)."""

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
    function: AggregateFunction | PairFunction
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


# --- plans ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One level of a read. ``grouped``: the plain outputs are grouped by, and ``group_by`` with them.

    ``having`` is what must hold of a group.
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


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A function called, and more than read: it ``writes``, is not the database's, or may give ``at_most`` rows.

    ``read`` is what is read of its result.
    """

    read: ReadPlan
    writes: bool
    at_most: Source | None = None


@dataclass(frozen=True, slots=True)
class RowCheck:
    """What must not be false of any row that was written: a rule of data processing.

    ``message`` is what is said where it is, ``rule`` the rule's name; ``path`` leads to the write, and ``field`` to the
    value in its row, where the rule is about one. ``about`` names the fields that it looks at.
    """

    holds: Predicate
    message: str
    rule: str
    path: tuple[str | int, ...] = ()
    field: str | None = None
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Given:
    """A field that a create takes from each row; ``filled``: what stands there comes of another row's creation."""

    field: Field
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A field that the policy sets, whatever the client says."""

    field: Field
    source: Source


@dataclass(frozen=True, slots=True)
class ConflictPlan:
    """What becomes of new rows whose ``target`` fields are those of an old row.

    ``changes`` are the fields that it takes from the new one, None where it is left alone. ``scan.rows``, ``presets``
    and ``check`` are the policy's on what is changed, ``where`` is the client's.
    """

    target: tuple[Field, ...]
    scan: Scan
    changes: tuple[Field, ...] | None = None
    where: Predicate | None = None
    presets: tuple[Preset, ...] = ()
    check: Predicate | None = None


@dataclass(frozen=True, slots=True)
class CreatePlan:
    """New rows: which fields each row gives, which are preset, what must hold afterwards, what to read back.

    ``ragged``: rows may lack fields, which take their default, or null where ``defaults`` is False. ``tells_key``: who
    creates a row may be told its key. ``nested`` are created with them. ``sent`` is where the client's rows are, where
    ``rows`` are not these as they came. ``returned``: the fields that are read back of it (None: all).
    """

    resource: Resource
    given: tuple[Given, ...]
    rows: Source
    ragged: bool
    defaults: bool
    returning: ReadPlan
    presets: tuple[Preset, ...] = ()
    check: Predicate | None = None
    conflict: ConflictPlan | None = None
    row_checks: tuple[RowCheck, ...] = ()
    tells_key: bool = True
    nested: "tuple[NestedPlan, ...]" = ()
    sent: Source | None = None
    returned: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class NestedPlan:
    """New rows that belong to those of the create around them: ``of`` says to which each does.

    ``fills`` are pairs of a field of the rows that are created later, and the field of the earlier ones that it is
    taken from. ``first``: these rows are the earlier ones.
    """

    relation: str
    plan: CreatePlan
    of: Source
    fills: tuple[tuple[str, str], ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A field that an update sets to a value or to its default, or changes by a value."""

    field: Field
    source: Source
    how: How = "value"


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """Changed rows. ``scan.rows`` is the policy's filter on what may be changed; ``returned`` as for a create."""

    scan: Scan
    changes: tuple[Change, ...]
    where: Predicate | None
    returning: ReadPlan
    at_most: Source | None = None
    check: Predicate | None = None
    row_checks: tuple[RowCheck, ...] = ()
    returned: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """Rows that go. ``scan.rows`` is the policy's filter on what may go; ``returned`` as for a create."""

    scan: Scan
    where: Predicate | None
    returning: ReadPlan
    at_most: Source | None = None
    returned: frozenset[str] | None = None


WritePlan = Union[CreatePlan, UpdatePlan, DeletePlan]  # noqa: UP007


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A root member of a document."""

    key: str
    plan: "ReadPlan | WritePlan | CallPlan | ConstantOutput"


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """Several plans answered as one object."""

    members: tuple[MemberPlan, ...]

    @property
    def reads_only(self) -> bool:
        """True where one statement answers it all."""
        return all(isinstance(member.plan, ReadPlan | ConstantOutput) for member in self.members)


Plan = Union[ReadPlan, CreatePlan, UpdatePlan, DeletePlan, CallPlan, DocumentPlan]  # noqa: UP007
