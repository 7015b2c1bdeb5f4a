"""What SQLite's pragmas say about the tables, views and keys of a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import apsw

from data_service.reflect.sqlite_ddl import NamedConstraint, folded, named_constraints, replaced_events

COMMENTS = "trivet_comments"


@dataclass(frozen=True)
class Column:
    """A row of table_xinfo; ``place`` counts from 1 inside the primary key."""

    name: str
    declared: str
    not_null: bool
    default: str | None
    place: int
    generated: bool


@dataclass(frozen=True)
class Index:
    """A unique index over whole rows; ``origin`` is ``pk``, ``u`` (a constraint) or ``c`` (CREATE INDEX)."""

    origin: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A foreign key as it is written; ``onto`` is empty where it means the target's primary key."""

    target: str
    columns: tuple[str, ...]
    onto: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table or view (``kind``: table, view, virtual) with all that pragmas and DDL say about it.

    ``replaced``: for which events a view has INSTEAD OF triggers. ``rows`` is the number of the last row, which is
    about how many there are; negative where rows have no numbers.
    """

    name: str
    kind: str
    without_rowid: bool
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    references: tuple[Reference, ...] = ()
    constraints: tuple[NamedConstraint, ...] = ()
    replaced: frozenset[str] = frozenset()
    rows: int = -1

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key in its order."""
        return tuple(column.name for column in sorted(self.columns, key=lambda c: c.place) if column.place)

    @property
    def row_id(self) -> str | None:
        """The column that is another name of the rowid, numbered by SQLite; one with an index of its own is not."""
        of_key = [column for column in self.columns if column.place]
        if self.without_rowid or len(of_key) != 1 or folded(of_key[0].declared) != "integer":
            return None
        return None if any(index.origin == "pk" for index in self.indexes) else of_key[0].name


@contextmanager
def reading(connection: apsw.Connection) -> Iterator[None]:
    """All that is read inside is of one moment."""
    with connection:
        yield


def rows(connection: apsw.Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The statement's rows; the connection's own tracers do not see it."""
    cursor = connection.cursor()
    cursor.exec_trace = None
    cursor.row_trace = None
    return list(cursor.execute(statement, values))


def read_tables(connection: apsw.Connection) -> list[Table]:
    """Tables and views by name: not SQLite's own, not the shadows of virtual ones, none that can't be opened."""
    ddl = {(kind, name): sql for kind, name, _, sql in read_schema(connection)}
    replaced = _replaced(connection)
    listed = rows(connection, "select name, type, wr from pragma_table_list where schema = 'main' order by name")
    tables = []
    for name, kind, without_rowid in listed:
        if kind == "shadow" or not name or folded(name).startswith("sqlite_") or folded(name) == COMMENTS:
            continue
        try:
            columns = _columns(connection, name)
        except apsw.SQLError:
            continue  # a view over a table that is gone, or a module that is not loaded: nothing can read it
        if kind != "table":
            tables.append(Table(name, kind, False, columns, replaced=replaced.get(folded(name), frozenset())))
        else:
            tables.append(_stored(connection, name, bool(without_rowid), columns, ddl.get(("table", name), "")))
    return tables


def read_schema(connection: apsw.Connection) -> list[tuple[str, str, str, str]]:
    """Kind, name, table and DDL of everything in the file."""
    found = rows(connection, "select type, name, tbl_name, coalesce(sql, '') from main.sqlite_schema order by 1, 2")
    return [(kind, name, table, sql) for kind, name, table, sql in found]


def read_comments(connection: apsw.Connection) -> dict[tuple[str, str], str]:
    """Comments by folded (table, field), the field empty for the table's own.

    SQLite keeps none, so they are taken from a table trivet_comments(resource, field, comment) where there is one.
    """
    try:
        found = rows(connection, f"select resource, coalesce(field, ''), comment from main.{COMMENTS}")
    except apsw.SQLError:
        return {}
    return {(folded(str(table)), folded(str(field))): str(text) for table, field, text in found if text}


def _columns(connection: apsw.Connection, table: str) -> tuple[Column, ...]:
    """Columns in order; those that virtual tables hide (1) are left out, 2 and 3 are generated ones."""
    statement = 'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?, ?) order by cid'
    return tuple(
        Column(name, declared or "", bool(not_null), default, place, hidden in (2, 3))
        for name, declared, not_null, default, place, hidden in rows(connection, statement, table, "main")
        if hidden != 1 and name
    )


def _stored(
    connection: apsw.Connection, name: str, without_rowid: bool, columns: tuple[Column, ...], ddl: str
) -> Table:
    return Table(
        name,
        "table",
        without_rowid,
        columns,
        indexes=_indexes(connection, name),
        references=_references(connection, name),
        constraints=tuple(named_constraints(ddl)),
        rows=-1 if without_rowid else _last_row(connection, name),
    )


def _last_row(connection: apsw.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    ((last,),) = rows(connection, f'select coalesce(max(_rowid_), 0) from main."{quoted}"')  # (no walk over the rows)
    return last if isinstance(last, int) else -1


def _indexes(connection: apsw.Connection, table: str) -> tuple[Index, ...]:
    statement = """select l.seq, l.origin, i.name
        from pragma_index_list(?, 'main') l, pragma_index_info(l.name, 'main') i
        where l."unique" and not l.partial order by l.seq desc, i.seqno"""
    grouped: dict[int, tuple[str, list[str | None]]] = {}
    for number, origin, column in rows(connection, statement, table):
        grouped.setdefault(number, (origin, []))[1].append(column)
    return tuple(
        Index(origin, tuple(column for column in columns if column))
        for origin, columns in grouped.values()
        if all(columns)  # an expression has no name
    )


def _references(connection: apsw.Connection, table: str) -> tuple[Reference, ...]:
    """Foreign keys in the order of their DDL, which SQLite numbers from the end."""
    statement = """select id, "table", "from", "to" from pragma_foreign_key_list(?, 'main') order by id desc, seq"""
    grouped: dict[int, tuple[str, list[str], list[str]]] = {}
    for number, target, column, onto in rows(connection, statement, table):
        _, columns, targets = grouped.setdefault(number, (target, [], []))
        columns.append(column)
        targets += [onto] if onto is not None else []
    return tuple(Reference(target, tuple(columns), tuple(onto)) for target, columns, onto in grouped.values())


def _replaced(connection: apsw.Connection) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, _, table, sql in read_schema(connection):
        if kind == "trigger":
            found.setdefault(folded(table), set()).add(replaced_events(sql))
    return {table: frozenset(events) for table, events in found.items()}
