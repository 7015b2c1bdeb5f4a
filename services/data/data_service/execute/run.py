"""Programs run in a session: their rows become a result, or a problem that rolls all back."""

from contracts.catalog import Function
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.breaches import breaches
from data_service.execute.database import Session
from data_service.execute.nested import run_nested
from data_service.execute.rows import as_bytes, not_single, too_many
from data_service.execute.writes import run_write
from data_service.processing.stages import Broken
from data_service.sql.programs import DocumentStatement, Program, Sequence
from data_service.sql.statements import SURE, Arguments, CallStatement, ReadStatement, WriteStatement
from data_service.sql.values import json_text


class Held:
    """A session that is not committed with its last statement, for something is to be done after it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.fetch = session.fetch
        self.write = session.write
        self.estimate = session.estimate
        self.settle = session.settle

    def last(self) -> None:
        """Nothing: the session ends later."""


def run(program: Program, session: Session, arguments: Arguments) -> Result:
    """Run a program. Raises `Problem`; a session that it passes through rolls back."""
    match program:
        case ReadStatement():
            return run_read(program, session, arguments)
        case WriteStatement():
            return _run_write(program, session, arguments, last=True)
        case CallStatement():
            return run_call(program, session, arguments, last=True)
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


def run_call(call: CallStatement, session: Session, arguments: Arguments, *, last: bool) -> Result:
    """Call a function, and judge its number of rows. Raises `Problem` PGRST124 and those of a read.

    ``last``: nothing follows in this transaction.
    """
    if last and not call.judged:
        session.last()
    if call.foreign is not None:
        result = _run_foreign(call, call.foreign, session, arguments)
    else:
        if call.read is None:
            raise AssertionError("the database's own function is called by what reads its result")
        result = run_read(call.read, session, arguments)
    if call.at_most is not None and (result.rows or 0) > int(arguments.of(call.at_most)):
        raise too_many(result.rows or 0)
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


def _run_write(write: WriteStatement, session: Session, arguments: Arguments, *, last: bool) -> Result:
    if write.nested is not None:
        return run_nested(write, write.nested, session, arguments, last=last)
    return run_write(write, session, arguments, last=last)


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
        return run_call(member, session, arguments, last=last).body or b"null"
    return _run_write(member, session, arguments, last=last).body
