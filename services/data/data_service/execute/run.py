"""Programs run in a session: their rows become a result, or a problem that rolls all back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from contracts.catalog import Function
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.database import Session, Written
from data_service.execute.trouble import Breach
from data_service.plan.nodes import RowCheck
from data_service.processing.stages import Broken, RowFault
from data_service.sql.programs import DocumentStatement, Program, Sequence
from data_service.sql.statements import SURE, Arguments, CallStatement, ReadStatement, RowChecks, WriteStatement
from data_service.sql.values import json_text, plain_text


@dataclass(frozen=True, slots=True)
class Breached:
    """A rule across fields that does not hold, and the number of its row where that is known."""

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


class Held:
    """A session that is not committed with its last statement, for something is to be done after it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.fetch = session.fetch
        self.write = session.write
        self.estimate = session.estimate

    def last(self) -> None:
        """Nothing: the session ends later."""


def run(program: Program, session: Session, arguments: Arguments) -> Result:
    """Run a program. Raises `Problem`; a session that it passes through rolls back."""
    match program:
        case ReadStatement():
            return run_read(program, session, arguments)
        case WriteStatement():
            return run_write(program, session, arguments)
        case CallStatement():
            return run_call(program, session, arguments)
        case DocumentStatement():
            row = session.fetch(program.statement, arguments)
            return Result(body=as_bytes(row[0] if row else None))
        case Sequence():
            return _run_sequence(program, session, arguments)


def run_read(read: ReadStatement, session: Session, arguments: Arguments) -> Result:
    """Run a read and judge its number of rows. Raises `Problem` PGRST116, PGRST103."""
    row = session.fetch(read.statement, arguments)
    body, rows, total = row if row is not None else (None, 0, None)
    offset = arguments.of(read.offset) if read.offset is not None else 0
    if read.estimate is not None and (total is None or total > SURE):
        seen = int(offset) + rows if rows else 0
        total = max(session.estimate(read.estimate, arguments), seen, total or 0)
    if read.shape == "one" and rows != 1:
        raise not_single(rows)
    if read.shape == "maybe" and rows > 1:
        raise not_single(rows)
    if total is not None and rows == 0 and int(offset) > total and read.shape in ("many", "none"):
        raise Problem(
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {offset} was requested, but there are only {total} rows.",
            headers={"Content-Range": f"*/{total}"},
        )
    text = b"" if read.shape == "none" else as_bytes(body)
    return Result(body=text, rows=rows, total=total)


def run_call(call: CallStatement, session: Session, arguments: Arguments) -> Result:
    """Call a function, and judge its number of rows. Raises `Problem` PGRST124 and those of a read."""
    if call.foreign is not None:
        result = _run_foreign(call, call.foreign, session, arguments)
    else:
        if call.read is None:
            raise AssertionError("the database's own function is called by what reads its result")
        result = run_read(call.read, session, arguments)
    if call.at_most is not None and (result.rows or 0) > int(arguments.of(call.at_most)):
        raise _too_many(result.rows or 0)
    return result


def _run_foreign(call: CallStatement, function: Function, session: Session, arguments: Arguments) -> Result:
    given = {name: arguments.of(bind) for name, bind in call.arguments}
    found = arguments.foreign.call(function, given, session, writes=call.writes)
    if function.returns.kind == "void":
        return Result()
    if call.read is None:
        return Result(body=json_text(found), rows=len(found) if function.returns.many else 1)
    rows = found if function.returns.many else [] if found is None else [found]
    return run_read(call.read, session, Arguments(arguments.values, arguments.session, rows))


def run_write(write: WriteStatement, session: Session, arguments: Arguments) -> Result:
    """Run a write, hold its rows against the policy's check, and read them back."""
    return _run_write(write, session, arguments, last=True)


def _run_write(write: WriteStatement, session: Session, arguments: Arguments, *, last: bool) -> Result:
    """``last``: nothing follows in this transaction."""
    back = write.back is not None
    if last and write.back is None and write.at_most is None:
        session.last()
    if write.change is None:
        written = Written((), 0)
    else:
        try:
            written = session.write(write.change, arguments, write.key, back=back)
        except Breach as problem:
            raise _breach(write) from problem
    if write.at_most is not None and written.affected > int(arguments.of(write.at_most)):
        raise _too_many(written.affected)
    if write.back is None:
        return Result(affected=written.affected, inserted=written.inserted, location=_location(written))
    _hold(write, session, arguments, written)
    after = Arguments(arguments.values, arguments.session, written.rows, written.affected)
    if write.row_checks is not None and written.affected:
        _refuse_breaches(write.row_checks, session.fetch(write.row_checks.statement, after))
    if last and not write.judged:
        session.last()
    row = session.fetch(write.back, after)
    body, rows, failing = row if row is not None else (None, 0, 0)
    if failing:
        raise _breach(write)
    if write.shape == "one" and rows != 1:
        raise not_single(rows)
    text = b"" if write.shape == "none" else as_bytes(body)
    location = _location(written) if write.shape == "none" else None
    return Result(body=text, rows=rows, affected=written.affected, inserted=written.inserted, location=location)


def _too_many(rows: int) -> Problem:
    return Problem(
        "PGRST124",
        "Query result exceeds max-affected preference constraint",
        details=f"The query affects {rows} rows",
    )


def _hold(write: WriteStatement, session: Session, arguments: Arguments, written: Written) -> None:
    """Hold what an insert with a conflict rule made and changed against the policy, each by its own check."""
    for check, rows in ((write.check_new, written.new), (write.check_old, written.old)):
        if check is None or not rows:
            continue
        row = session.fetch(check, Arguments(arguments.values, arguments.session, rows, written.affected))
        if row is None or row[0]:
            raise _breach(write)


def _refuse_breaches(checks: RowChecks, row: tuple[Any, ...] | None) -> None:
    """Raises `Broken` with all that was found."""
    faults = [found.fault for found in _breached(checks, row)]
    if faults:
        raise Broken(list(dict.fromkeys(faults)))


def _breached(checks: RowChecks, row: tuple[Any, ...] | None) -> Iterator[Breached]:
    for found in msgspec.json.decode(as_bytes(row[0])) if row is not None else ():
        yield Breached(checks.rules[found["rule"]], found["row"] if checks.numbered else None)


def breaches(program: Program, session: Session, arguments: Arguments) -> Iterator[Breached]:
    """The rules across fields that do not hold for what a program writes, as far as its first call of a function.

    It writes, and reads nothing back: the session is to be rolled back. Raises `Problem`.
    """
    members = [member for _, member in program.members] if isinstance(program, Sequence) else [program]
    for member in members:
        if isinstance(member, CallStatement):
            return
        if isinstance(member, WriteStatement) and member.change is not None:
            written = session.write(member.change, arguments, member.key, back=member.back is not None)
            if member.row_checks is not None and written.affected:
                after = Arguments(arguments.values, arguments.session, written.rows, written.affected)
                yield from _breached(member.row_checks, session.fetch(member.row_checks.statement, after))


def _breach(write: WriteStatement) -> Problem:
    return Problem("42501", f'new row violates row-level security policy for table "{write.table}"')


def _run_sequence(sequence: Sequence, session: Session, arguments: Arguments) -> Result:
    parts = []
    last = max((at for at, (_, member) in enumerate(sequence.members) if not isinstance(member, bytes)), default=-1)
    for at, (key, member) in enumerate(sequence.members):
        try:
            parts.append(json_text(key) + b":" + _run_member(member, session, arguments, last=at == last))
        except Broken as broken:
            raise _with_rest(broken, sequence, at, session, arguments) from None
        except Problem as problem:
            problem.path = (key, *problem.path) if problem.path[:1] != (key,) else problem.path
            raise
    return Result(body=b"{" + b",".join(parts) + b"}")


def _with_rest(broken: Broken, sequence: Sequence, at: int, session: Session, arguments: Arguments) -> Broken:
    """The faults of a member and of those that follow it, as far as the database takes these."""
    faults = list(broken.faults)
    try:
        faults.extend(found.fault for found in breaches(Sequence(sequence.members[at + 1 :]), session, arguments))
    except Problem:
        pass  # what the database says against the rest is for another time
    return Broken(list(dict.fromkeys(faults)))


def _run_member(
    member: ReadStatement | WriteStatement | CallStatement | bytes,
    session: Session,
    arguments: Arguments,
    *,
    last: bool,
) -> bytes:
    if isinstance(member, bytes):
        return member
    if isinstance(member, ReadStatement):
        return run_read(member, session, arguments).body
    if isinstance(member, CallStatement):
        return run_call(member, session, arguments).body or b"null"
    return _run_write(member, session, arguments, last=last).body


def _location(written: Written) -> dict[str, str] | None:
    if written.key is None or written.affected != 1:
        return None
    return {name: plain_text(value) or "" for name, value in written.key.items()}


def not_single(rows: int) -> Problem:
    """One row was asked for, none or several came."""
    return Problem(
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        details=f"The result contains {rows} rows",
    )


def as_bytes(body: Any) -> bytes:
    """JSON text from the database as bytes; SQL's null is JSON's."""
    if body is None:
        return b"null"
    return body.encode() if isinstance(body, str) else bytes(body)
