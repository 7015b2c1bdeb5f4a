"""Rules across fields, held against rows as they were written: which do not hold, and what is told of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from data_service.execute.database import Session
from data_service.execute.rows import as_bytes
from data_service.plan.write_nodes import RowCheck
from data_service.processing.stages import Broken, RowFault
from data_service.sql.programs import Program, Sequence
from data_service.sql.statements import Arguments, CallStatement, RowChecks, WriteStatement


@dataclass(frozen=True, slots=True)
class Breached:
    """A rule that does not hold, and the number of its row where that is known."""

    check: RowCheck
    row: int | None

    @property
    def fault(self) -> RowFault:
        """What is told of it."""
        return self.told_of(self.row)

    def told_of(self, row: int | None) -> RowFault:
        """What is told of it where the client counts the row so."""
        check = self.check
        place = (*check.path, *(() if row is None else (row,)), *((check.field,) if check.field else ()))
        return RowFault(place, check.message, check.rule)


def refuse_breaches(checks: RowChecks, row: tuple[Any, ...] | None) -> None:
    """Raises `Broken` with all that the statement of the checks has found."""
    faults = [found.fault for found in _breached(checks, row)]
    if faults:
        raise Broken(list(dict.fromkeys(faults)))


def breaches(program: Program, session: Session, arguments: Arguments) -> Iterator[Breached]:
    """The rules that do not hold for what a program writes, as far as its first call of a function or nested create.

    It writes, and reads nothing back: the session is to be rolled back. Raises `Problem`.
    """
    for member in _members(program):
        if isinstance(member, CallStatement) or (isinstance(member, WriteStatement) and member.nested is not None):
            return
        if isinstance(member, WriteStatement) and member.change is not None:
            written = session.write(member.change, arguments, member.key, back=member.back is not None)
            if member.row_checks is not None and written.affected:
                after = Arguments(arguments.values, arguments.session, written.rows, written.affected)
                yield from _breached(member.row_checks, session.fetch(member.row_checks.statement, after))


def has_rules(program: Program) -> bool:
    """Whether there are rules that what a program writes is held against once it is written."""
    return any(isinstance(member, WriteStatement) and member.row_checks is not None for member in _members(program))


def _members(program: Program) -> list[object]:
    return [member for _, member in program.members] if isinstance(program, Sequence) else [program]


def _breached(checks: RowChecks, row: tuple[Any, ...] | None) -> Iterator[Breached]:
    for found in msgspec.json.decode(as_bytes(row[0])) if row is not None else ():
        yield Breached(checks.rules[found["rule"]], found["row"] if checks.numbered else None)
