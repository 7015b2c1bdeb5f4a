"""What a write is planned as: which rows and fields, what the policy sets and checks, and what is read back."""

from dataclasses import dataclass
from typing import Union

from contracts.catalog import Resource
from contracts.fields import Field
from contracts.operations import How

from data_service.plan.nodes import Predicate, ReadPlan, Scan, Source


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
    """Changed rows. ``scan.rows`` is the policy's filter on what may be changed; ``returned`` as for a create.

    ``presets_alone``: the policy's values are set even where there are no other ``changes``.
    """

    scan: Scan
    changes: tuple[Change, ...]
    where: Predicate | None
    returning: ReadPlan
    at_most: Source | None = None
    check: Predicate | None = None
    row_checks: tuple[RowCheck, ...] = ()
    returned: frozenset[str] | None = None
    presets_alone: bool = False


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """Rows that go. ``scan.rows`` is the policy's filter on what may go; ``returned`` as for a create."""

    scan: Scan
    where: Predicate | None
    returning: ReadPlan
    at_most: Source | None = None
    returned: frozenset[str] | None = None


WritePlan = Union[CreatePlan, UpdatePlan, DeletePlan]  # noqa: UP007
