"""The faults that rules across fields find in rows which already break rules of single fields.

Such rows are written in a trial that is rolled back, for only there is a row as it would be. A rule that looks at a
field with a fault of its own is left out, and so is all that the database itself refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

from contracts.operations import Value
from contracts.problems import Problem

from data_service.execute.breaches import Breached, breaches, has_rules
from data_service.execute.database import Session
from data_service.execute.shape import PreparedShape
from data_service.processing.inward import BrokenRows, Place
from data_service.processing.stages import Broken, Occasion, RowFault
from data_service.sql.statements import Arguments

_Left = Mapping[Place, Sequence[int]]


class _Enough(Problem):
    """All that was to be learnt is known: what was written is to be undone."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__("TRV300", "")
        self.faults = faults


def all_faults(
    broken: BrokenRows,
    shape: PreparedShape,
    arguments: Arguments,
    occasion: Occasion,
    trial: Callable[[Callable[[Session], Any]], Any],
) -> Broken:
    """All faults of what was refused: those that are known, and those of rules across fields.

    ``trial`` calls a function with a session whose work is undone where that raises. Where the database does not take
    the rows that have faults, those without are tried alone. Where there are hooks nothing is tried: what they would
    make of such rows nobody knows.
    """
    processes = shape.processes
    if processes is None or (processes.hooks is not None and processes.hooks.writes) or not has_rules(shape.program):
        return broken
    attempts: list[tuple[list[Value], _Left]] = [(broken.whole(), {})]
    if (sound := broken.sound()) is not None:
        attempts.append(sound)
    late = processes.late
    for values, left in attempts:

        def attempt(session: Session, values: list[Value] = values, left: _Left = left) -> NoReturn:
            bound = replace(arguments, values=values if late is None else late(values, occasion))
            found = [one for one in breaches(shape.program, session, bound) if _stands(one, left, broken)]
            raise _Enough([_numbered(one, left) for one in found])

        with suppress(Problem):
            try:
                trial(attempt)
            except _Enough as enough:
                return Broken(list(dict.fromkeys((*broken.faults, *enough.faults)))) if enough.faults else broken
    return broken


def _stands(found: Breached, left: _Left, broken: Broken) -> bool:
    """Whether a rule looks at no field of its row that has a fault; of any row, where its own is not known."""
    check = found.check
    if check.path in left:
        return True
    row = check.path if found.row is None else (*check.path, found.row)
    return not any(
        _is_about(check.about, fault.path[len(row) :]) for fault in broken.faults if fault.path[: len(row)] == row
    )


def _is_about(names: frozenset[str], rest: Place) -> bool:
    """``rest`` is what of a fault's path follows the rule's row: its field, behind a row's number if need be."""
    fields = [step for step in rest if isinstance(step, str)]
    return not fields or fields[0] in names


def _numbered(found: Breached, left: _Left) -> RowFault:
    """What is told, with the row's number as the client has it."""
    path = found.check.path
    if found.row is None or path not in left:
        return found.fault
    return found.told_of(left[path][found.row])
