"""SQLite's errors as problems, in the codes and words of PostgreSQL."""

import logging
import re

import apsw
from contracts.catalog import Catalog
from contracts.problems import Problem

from data_service.execute.trouble import down

log = logging.getLogger("trivet.database")

_KINDS: list[tuple[type[apsw.Error], str, str]] = [
    (apsw.InterruptError, "57014", "canceling statement due to statement timeout"),
    (apsw.BusyError, "53300", "the database is busy with other writes"),
    (apsw.LockedError, "53300", "the database is busy with other writes"),
    (apsw.ReadOnlyError, "25006", "cannot write in a read-only transaction"),
    (apsw.FullError, "53100", "could not extend the database file: no space left"),
    (apsw.TooBigError, "54000", "a value is too large"),
    (apsw.MismatchError, "22P02", "a value is not of its column's type"),
]


def busy() -> Problem:
    """Others are writing, and have been for too long."""
    return Problem("53300", "the database is busy with other writes", headers={"Retry-After": "1"})


def problem_of(error: apsw.Error, catalog: Catalog | None) -> Problem:
    """The problem that an error stands for; the catalog knows the names of constraints."""
    if isinstance(error, apsw.ConstraintError):
        return _constraint(error, catalog)
    if isinstance(error, apsw.CantOpenError | apsw.IOError):
        return down()
    for kind, code, message in _KINDS:
        if isinstance(error, kind):
            return Problem(code, message, headers={"Retry-After": "1"} if code == "53300" else {})
    text = str(error)
    if text == "integer overflow":  # of a sum
        return Problem("22003", "bigint out of range")
    if "no such table" in text:
        return Problem("42P01", "relation does not exist", table=("main", ""))
    if "no such column" in text or "has no column named" in text:
        return Problem("42703", "column does not exist", table=("main", ""))
    if "ON CONFLICT clause does not match" in text:
        message = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
        return Problem("42P10", message)
    log.error("sqlite: %s", text)
    return Problem("XX000", "An internal error occurred")


def _constraint(error: apsw.ConstraintError, catalog: Catalog | None) -> Problem:
    code, text = getattr(error, "extendedresult", 0), str(error).partition("failed: ")[2]
    table, fields = _named(text)
    if code in (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID):
        shown = ", ".join(fields)
        return Problem(
            "23505",
            f'duplicate key value violates unique constraint "{_unique(catalog, table, fields)}"',
            details=f"Key ({shown}) already exists." if shown else None,
            table=("main", table),
        )
    if code == apsw.SQLITE_CONSTRAINT_NOTNULL:
        column = fields[0] if fields else ""
        message = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
        return Problem("23502", message, table=("main", table))
    if code == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
        return Problem("23503", "insert, update or delete violates a foreign key constraint")
    if code == apsw.SQLITE_CONSTRAINT_CHECK:
        name = text if re.fullmatch(r"\w+", text) else "check"
        return Problem("23514", f'new row violates check constraint "{name}"')
    if code == apsw.SQLITE_CONSTRAINT_TRIGGER:
        return Problem("P0001", str(error).removeprefix("ConstraintError: "))
    if code == apsw.SQLITE_CONSTRAINT_DATATYPE:
        return Problem("42804", "a value is not of its column's type")
    return Problem("23000", "a constraint does not hold")


def _unique(catalog: Catalog | None, table: str, fields: list[str]) -> str:
    resource = catalog.by_table.get(("main", table)) if catalog else None
    for unique in resource.uniques if resource else ():
        if set(unique.fields) == set(fields):
            return unique.name
    return f"{table}_{'_'.join(fields)}_key"


def _named(text: str) -> tuple[str, list[str]]:
    """Table and columns in ``t.a, t.b``."""
    parts = [part.rpartition(".") for part in text.split(", ") if "." in part]
    return (parts[0][0] if parts else ""), [part[2] for part in parts]
