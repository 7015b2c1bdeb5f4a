"""Database trouble as problems, and what can be done about it: try again, look at the catalog again, or tell."""

import psycopg
from contracts.problems import Problem

from data_service.execute.raised import STATE as RAISED
from data_service.execute.raised import raised, wished
from data_service.execute.rows import not_single, too_many
from data_service.sql import verdicts

_AGAIN = {"Retry-After": "2"}
_SOON = {"Retry-After": "1"}
# the server goes, comes or has no room: whatever was asked for is known not to have been answered
_AWAY = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})
# a statement that was prepared on another connection (behind a pooler)
FOREIGN_NAMES = frozenset({"26000", "42P05"})
# beside it, deadlock and serialization failure
_UNDONE = frozenset({"40001", "40P01"}) | FOREIGN_NAMES
_CONFIGURATION = "text search configuration"
_OF_SEARCHES = ("tsquery", "escaped character")  # what is wrong with a text to search for is the client's own
# where PostgreSQL finds that a prepared statement does not fit its table any more (its words may be translated)
OLD_PLANS = frozenset({"RevalidateCachedQuery", "CheckVarSlotCompatibility", "ExecEvalWholeRowVar"})
# where PL/pgSQL's RAISE comes from: what it says are the words of who wrote the function or trigger
_RAISE = "exec_stmt_raise"
# where PostgreSQL finds that a subquery has given more than one row: nobody who asks could help that
_SUBQUERIES = frozenset({"ExecScanSubPlan", "ExecSetParamPlan"})
# where a number is too large for its column's type: what PostgreSQL says of it names that type alone, and no value
_TYPMODS = frozenset({"apply_typmod", "apply_typmod_special"})
_POSTGIS = "lwgeom_pg.c"  # the file in which PostGIS reports its own errors
# what a statement meets that was written for a catalog which is no longer true: names, types, casts and operators
STALE = frozenset({"42703", "42P01", "3F000", "42704", "42883", "42804", "42846", "42809", "0A000"})


class Lost(Problem):
    """The connection is gone, or there was none: a read can be tried again, a write may have been done."""


class Undone(Problem):
    """The database has undone the transaction for a reason that is over: it can be tried again."""


class Breach(Problem):
    """A write has made a row that its policy does not allow."""


def down() -> Lost:
    """The database does not answer."""
    return Lost("PGRST000", "Database connection error. Retrying the connection.", headers=dict(_AGAIN))


def full() -> Problem:
    """All connections are in use, and as many wait for one as may."""
    return Problem("PGRST001", "All connections to the database are in use.", headers=dict(_SOON))


def late() -> Problem:
    """A connection was waited for, for too long."""
    return Problem("PGRST003", "Timed out acquiring connection from connection pool.", headers=dict(_SOON))


def timed_out() -> Problem:
    """A statement took longer than it may."""
    return Problem("57014", "canceling statement due to statement timeout")


def unclear() -> Problem:
    """Something that should not happen, and of which nothing is told."""
    return Problem("XX000", "An internal error occurred")


def read_only() -> Problem:
    """Somebody wants to write where nothing is written."""
    return Problem("25006", "cannot write in a read-only transaction")


def is_stale(problem: Problem) -> bool:
    """True where a database's problem may come from a catalog that is older than the database."""
    return problem.table is not None and problem.code in STALE


def problem_of(error: psycopg.Error) -> Problem:
    """The problem that an error of PostgreSQL or its connection stands for; rows' values are left out."""
    state = error.sqlstate
    if state is None:
        return _of_driver(error)
    if state in _AWAY or state.startswith("08"):
        return down()
    diagnosis = error.diag
    if state == RAISED:
        return raised(diagnosis.message_primary, diagnosis.message_detail)
    message = diagnosis.message_primary or "The database refused"
    table = (diagnosis.schema_name or "", diagnosis.table_name or "")
    if state in _UNDONE or diagnosis.source_function in OLD_PLANS:
        return Undone(state, message, headers=dict(_SOON), table=table)
    if state == verdicts.STATE and (verdict := verdicts.read(message)) is not None:
        return _judged(verdict)
    if state == "57014":
        return timed_out()
    if state == "55P03":
        return Problem(state, "canceling statement due to lock timeout", headers=dict(_SOON))
    if state == "XX000" and diagnosis.source_file == _POSTGIS:  # it says so of every geometry that is none
        return Problem("22023", message)
    if state[:2] == "XX" or (state == "42601" and not any(words in message for words in _OF_SEARCHES)):
        return unclear()
    headers = dict(_AGAIN) if state[:2] == "53" else {}
    hint, status = diagnosis.message_hint, _status(state, message, diagnosis.source_function)
    if diagnosis.source_function == _RAISE:
        return Problem(state, message, details=diagnosis.message_detail, hint=hint, status=status, headers=headers)
    if state == "22003" and diagnosis.source_function in _TYPMODS:
        return Problem(state, message, details=diagnosis.message_detail)
    details = _details(state, diagnosis.message_detail)
    if _CONFIGURATION in message:  # the client's own word, and no name that the catalog has
        return Problem(state, message, details=details, hint=hint, status=status, headers=headers)
    return Problem(state, message, details=details, hint=hint, status=status, headers=headers, table=table)


def _judged(verdict: verdicts.Verdict) -> Problem:
    """A write that has failed by itself."""
    if verdict.kind == "breach":
        return Breach("42501", "new row violates row-level security policy")
    return too_many(verdict.rows) if verdict.kind == "affected" else not_single(verdict.rows)


def _status(state: str, message: str, place: str | None) -> int | None:
    """The status of an SQLSTATE that the table has not: a function's own, of no such role, of a view that is wrong."""
    if state == "21000" and place in _SUBQUERIES:
        return 500
    return 401 if state == "22023" and message.startswith("role ") else wished(state)


def _of_driver(error: psycopg.Error) -> Problem:
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return down()
    if isinstance(error, psycopg.DataError):  # a NUL in a text
        return Problem("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return unclear()


def _details(state: str, text: str | None) -> str | None:
    """The server's details, without those that may quote a row."""
    if text is None or text.startswith("Key ("):
        return text
    return None if state[:2] in ("22", "23") else text
