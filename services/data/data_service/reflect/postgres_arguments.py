"""The arguments of PostgreSQL's functions: their names and types, and which one gets the session."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.catalog import Argument

from data_service.reflect.postgres_queries import ColumnRow, TypeRow
from data_service.reflect.postgres_types import Portable, portable

SESSION = "hasura_session"  # as Hasura's users call it


@dataclass(frozen=True)
class Typed:
    """A name with its type."""

    name: str
    kind: Portable


def typed(name: str, kind: int, text: str, types: Mapping[int, TypeRow]) -> Typed:
    """A name with the type of this number, which is printed so."""
    return Typed(name, portable(bare(name, kind, text), types))


def bare(name: str, kind: int, text: str) -> ColumnRow:
    """A type as a column without anything else to it: functions know no modifiers."""
    return ColumnRow(0, 0, name, text, kind, -1, False, "", "", None, None, None, False)


def argument(one: Typed, *, required: bool, variadic: bool = False) -> Argument:
    """An argument as the catalog has it."""
    kind = one.kind
    return Argument(
        name=one.name,
        type=kind.type,
        db_type=kind.db_type,
        element=kind.element,
        required=required,
        variadic=variadic,
        nullable=not kind.not_null,
        values=kind.values,
        representation=kind.representation,
    )


def session_among(arguments: Iterable[Argument], name: str = SESSION) -> Argument | None:
    """The argument that gets the session: the one of this name, where it is JSON."""
    return next((one for one in arguments if one.name == name and one.type == "json"), None)
