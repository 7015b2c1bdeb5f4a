"""What the views of a PostgreSQL database inherit from the tables behind them, exposed or not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from data_service.reflect.inheritance import Inherited, StoredKey, ViewColumns, inherit
from data_service.reflect.postgres_lineage import Place
from data_service.reflect.postgres_queries import ConstraintRow, TableRow, UniqueRow

Names = Mapping[int, Mapping[int, str]]  # of columns by table and number
Behind = Mapping[int, Mapping[int, Place]]  # by view and number of a column the stored column that it is


def tables_behind(tables: Sequence[TableRow], behind: Behind) -> list[int]:
    """The exposed ``tables``, and those that the views among them are made of."""
    stored = (table for oid in (row.oid for row in tables) for table, _ in behind.get(oid, {}).values())
    return sorted({*(row.oid for row in tables), *stored})


@dataclass(frozen=True)
class Constraints:
    """The keys of `tables_behind`, and the names of their columns."""

    names: Names
    constraints: Sequence[ConstraintRow]
    uniques: Sequence[UniqueRow]


def inherited_by_views(
    tables: Sequence[TableRow], exposed: Mapping[int, str], behind: Behind, told: Constraints
) -> Inherited:
    """What the views among ``tables`` inherit."""
    names, constraints = told.names, told.constraints
    views = {
        row.oid: [(names[row.oid][number], table, names[table][stored]) for number, (table, stored) in found]
        for row in tables
        if (found := sorted(behind.get(row.oid, {}).items()))
    }
    keys = [
        StoredKey(
            row.name,
            row.table,
            tuple(names[row.table][number] for number in row.columns),
            row.target,
            tuple(names[row.target][number] for number in row.target_columns),
        )
        for row in constraints
        if row.kind == "f"
    ]
    sets: dict[int, Collection[frozenset[str]]] = {}
    for row in told.uniques:
        sets[row.table] = [*sets.get(row.table, ()), frozenset(names[row.table][number] for number in row.columns)]
    primary = {
        row.table: tuple(names[row.table][number] for number in row.columns) for row in constraints if row.kind == "p"
    }
    own = ((row, _key(views.get(row.oid, ()), primary)) for row in tables if row.plain)
    return replace(inherit(exposed, views, keys, sets), keys={exposed[row.oid]: key for row, key in own if key})


def _key(columns: ViewColumns[int], primary: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """The view's names for its table's primary key, empty where it lacks a column of it."""
    names = {stored: own for own, _, stored in reversed(columns)}
    key = primary.get(columns[0][1], ()) if columns else ()
    return tuple(names[name] for name in key) if names.keys() >= set(key) else ()
