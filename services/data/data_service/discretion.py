"""What a role may be told of a database's problem: its own values and names that it knows, and nothing else."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.problems import Problem

from data_service.execute.raised import Raised
from data_service.sql.values import plain_text

_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_TABLE = re.compile(r'table "([^"]*)"')
_COLUMN = re.compile(r'column "([^"]*)"')
_KEY = re.compile(r"Key \((.*?)\)")
_PLAIN = frozenset({"UTF8"})  # what a message quotes and no row can hold
_NULL = "null value violates not-null constraint"
_FOREIGN = "insert, update or delete violates a foreign key constraint"
_UNIQUE = "duplicate key value violates unique constraint"


def scrub(problem: Problem, seen: Catalog, given: Iterable[Any]) -> Problem:
    """The problem without what the role may not know: ``seen`` is what it sees, ``given`` are the caller's values."""
    if isinstance(problem, Raised):
        return problem
    problem.message = _message(problem, seen, given)
    problem.details = _details(problem, seen)
    if problem.code.startswith("42") and problem.table is not None:
        problem.hint = None  # the server suggests whatever column is near
    return problem


def _message(problem: Problem, seen: Catalog, given: Iterable[Any]) -> str:
    if problem.code.startswith("22"):
        return _own(problem.message, given)
    known = _known_fields(problem, seen)
    if problem.code == "23502" and not known.issuperset(_COLUMN.findall(problem.message)):
        return _NULL
    if problem.code == "23505" and not known.issuperset(_key_of(problem.details)):
        return _UNIQUE
    if problem.code == "23503" and not _tables(seen).issuperset(_TABLE.findall(problem.message)):
        return _FOREIGN
    return problem.message


def _details(problem: Problem, seen: Catalog) -> object:
    """A key's values stay only where all its fields are seen, and with them no table's name that is not."""
    details = problem.details
    if problem.code == "P0001" or problem.code.startswith("PT"):  # the words of who wrote the function or trigger
        return details
    if problem.table is None or not isinstance(details, str):
        return details
    resource = seen.by_table.get(problem.table)
    names = _key_of(details)
    if resource is None or not names or not all(_is_clear(resource, name) for name in names):
        return None
    if problem.code == "23P01" or not _tables(seen).issuperset(_TABLE.findall(details)):
        return None  # an exclusion tells the other row's values
    return details


def _is_clear(resource: Resource, name: str) -> bool:
    """True for a field that the role sees as it is: of one that is masked no value may be told."""
    field = resource.by_name.get(name)
    return field is not None and field.guard is None


def _own(message: str, given: Iterable[Any]) -> str:
    """The message, without the text that it quotes where the caller has not sent it: that may be a row's."""
    found = _QUOTED.search(message)
    if found is None or found[1] in _PLAIN or any(found[1] in text for text in _texts(given)):
        return message
    return message[: found.start()].rstrip(" :")


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)
        yield plain_text(value) or ""


def _key_of(details: object) -> list[str]:
    found = _KEY.match(details) if isinstance(details, str) else None
    return [name.strip().strip('"') for name in found[1].split(",")] if found else []


def _known_fields(problem: Problem, seen: Catalog) -> set[str]:
    """The fields of the problem's table that the role may see or give."""
    resource = seen.by_table.get(problem.table) if problem.table is not None else None
    if resource is None:
        return set()
    return {field.name for field in (*resource.fields, *seen.hidden.get(resource.name, ()))}


def _tables(seen: Catalog) -> set[str]:
    return {table for _, table in seen.by_table}
