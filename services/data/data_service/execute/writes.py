"""Writes run in a session: what they changed is held against the policy and the rules, and read back."""

import msgspec
from contracts.problems import Problem
from contracts.results import Result

from data_service.execute.breaches import refuse_breaches
from data_service.execute.database import Session, Written
from data_service.execute.rows import as_bytes, not_single, too_many
from data_service.execute.trouble import Breach
from data_service.sql.statements import Arguments, Statement, WriteStatement
from data_service.sql.values import plain_text


def run_write(write: WriteStatement, session: Session, arguments: Arguments, *, last: bool) -> Result:
    """Run a write, hold its rows against the policy's check, and read them back. Raises `Problem`.

    ``last``: nothing follows in this transaction.
    """
    return run_change(write, session, arguments, last=last)[0]


def run_change(
    write: WriteStatement, session: Session, arguments: Arguments, *, last: bool = False
) -> tuple[Result, Written]:
    """What a write gives (`run_write`), and what it wrote."""
    if write.told is not None:
        return _run_told(write, write.told, session, arguments, last=last)
    if last and write.back is None and write.at_most is None:
        session.last()
    if write.change is None:
        written = Written((), 0)
    else:
        try:
            written = session.write(write.change, arguments, write.key, back=write.back is not None)
        except Breach as problem:
            raise _breach(write) from problem
    if write.at_most is not None and written.affected > int(arguments.of(write.at_most)):
        raise too_many(written.affected)
    if write.back is None:
        return Result(affected=written.affected, inserted=written.inserted, location=_location(written)), written
    _hold(write, session, arguments, written)
    after = Arguments(arguments.values, arguments.session, written.rows, written.affected)
    if write.row_checks is not None and written.affected:
        refuse_breaches(write.row_checks, session.fetch(write.row_checks.statement, after))
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
    result = Result(body=text, rows=rows, affected=written.affected, inserted=written.inserted, location=location)
    return result, written


def _run_told(
    write: WriteStatement, told: Statement, session: Session, arguments: Arguments, *, last: bool
) -> tuple[Result, Written]:
    """Run a write that is held to its rules, and answered, by the statement itself."""
    if last:
        session.last()
    try:
        row = session.fetch(told, arguments)
    except Breach as problem:
        raise _breach(write) from problem
    affected, body, rows, inserted, key = row if row is not None else (0, None, 0, None, None)
    if write.shape != "none":
        return Result(body=as_bytes(body), rows=rows, affected=affected, inserted=inserted), Written(None, affected)
    written = Written(None, affected, msgspec.json.decode(key) if key else None)
    return Result(rows=rows, affected=affected, inserted=inserted, location=_location(written)), written


def _hold(write: WriteStatement, session: Session, arguments: Arguments, written: Written) -> None:
    """Hold what an insert with a conflict rule made and changed against the policy, each by its own check."""
    for check, rows in ((write.check_new, written.new), (write.check_old, written.old)):
        if check is None or not rows:
            continue
        row = session.fetch(check, Arguments(arguments.values, arguments.session, rows, written.affected))
        if row is None or row[0]:
            raise _breach(write)


def _breach(write: WriteStatement) -> Problem:
    return Problem("42501", f'new row violates row-level security policy for table "{write.table}"')


def _location(written: Written) -> dict[str, str | None] | None:
    if written.key is None or written.affected != 1:
        return None
    return {name: plain_text(value) for name, value in written.key.items()}
