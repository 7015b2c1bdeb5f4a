"""What processing is made of: steps on rows that come in, stages on rows that go out, and what both may know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from contracts.catalog import Resource
from contracts.identity import Caller
from contracts.operations import How, Value
from contracts.problems import Problem

Row = dict[str, Value]


def _nowhere(_: Callable[[Any], Any]) -> Any:
    raise RuntimeError("there is no Python here")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who asks, in which role (the configuration's name of it), until when (``caller.deadline``).

    ``warnings`` go with the answer: what is missing in it, in words for the client. ``at_work`` gives what a function
    gives that is called with the piece of work in which the project's Python runs (`data_service.operations.work`): the
    one under way, or one of its own beside the hub.
    """

    caller: Caller
    role: str
    warnings: list[str] = field(default_factory=list)
    at_work: Callable[[Callable[[Any], Any]], Any] = _nowhere


@dataclass(frozen=True, slots=True)
class RowFault:
    """A value that breaks a rule: where (``path``: member, row, field), and what must hold. It shows no value."""

    path: tuple[str | int, ...]
    message: str
    rule: str


class Broken(Problem):
    """Rows that break rules: each fault with its path, in ``details``."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        details = [{"path": list(fault.path), "message": fault.message, "rule": fault.rule} for fault in faults]
        first = faults[0]
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first.path).removeprefix(".")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(
            "TRV300", f"{where}: {first.message}{more}" if where else first.message + more, details=details
        )
        self.faults = tuple(faults)


@dataclass(slots=True)
class Batch:
    """The rows of one write, by field name, as they shall be written: steps change them in place.

    Of a ``create`` these are the rows that the client gives, which may lack fields; of an ``update`` one row of what
    it assigns. ``moved`` has the fields whose values are not assigned but change what is there, and how
    (`contracts.operations.How`). A step reports what is wrong with ``fault``; ``places`` tell where the rows of a
    nested create stand.
    """

    resource: Resource
    verb: Literal["create", "update"]
    rows: list[Row]
    path: tuple[str | int, ...] = ()
    moved: Mapping[str, How] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)
    places: Callable[[int], tuple[str | int, ...]] | None = None

    def fault(self, row: int, name: str | None, message: str, rule: str) -> None:
        """Report a field (None: the row as a whole) of a row; the row's number is part of a create's path."""
        of_row = self.places(row) if self.places is not None else (row,) if self.verb == "create" else ()
        place = (*self.path, *of_row, *(() if name is None else (name,)))
        self.faults.append(RowFault(place, message, rule))


class Step(Protocol):
    """A step on the way in: made once for a shape, called once for each batch."""

    def __call__(self, batch: Batch, occasion: Occasion) -> None:
        """Change the rows, or report faults. Raises `Problem`."""
        ...


class Stage(Protocol):
    """A stage on the way out, made once for a resource and role, called once for each batch of rows.

    A row holds what the stage ``needs`` and what earlier stages made. It sets what it ``makes`` in each row: fields
    that no column gives, or columns whose values it replaces. Stages of which nothing was asked for don't run.
    """

    @property
    def needs(self) -> Sequence[str]:
        """Names of fields."""
        ...

    @property
    def makes(self) -> Sequence[str]:
        """Names of fields."""
        ...

    def __call__(self, rows: list[Row], occasion: Occasion) -> None:
        """Set the values. Raises `Problem`."""
        ...
