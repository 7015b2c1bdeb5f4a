"""Lineage in an SQLite file, as its compiler tells: the column behind each plain column of a view, and what it reads.

What a view computes is taken to be made of every column that the view reads: which of them, nobody says.
"""

from collections.abc import Iterator

import apsw
import apsw.ext

from data_service.reflect.lineage import Lineage, Spot, grouped
from data_service.reflect.sqlite_ddl import folded, tokens
from data_service.reflect.sqlite_reading import reading, rows

_SCHEMA = "main"
_NAMES = "select name from pragma_table_xinfo(?, 'main')"
_COMPOUND = frozenset({"UNION", "INTERSECT", "EXCEPT"})


def read_lineage(connection: apsw.Connection) -> Lineage:
    """The lineage of every column. Raises `apsw.Error`."""
    with reading(connection):
        return _Reader(connection).lineage()


class _Reader:
    """Asks about all tables and views once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        listed = rows(connection, "select name, type, sql from sqlite_schema where type in ('table', 'view')")
        self._ddl = {folded(name): (name, kind, sql or "") for name, kind, sql in listed}
        self._columns = {key: self._names(name) for key, (name, _, _) in self._ddl.items()}

    def _names(self, name: str) -> list[str]:
        """The columns of a table or view; none of a view that nothing can read."""
        try:
            return [column for (column,) in rows(self._connection, _NAMES, name)]
        except apsw.SQLError:
            return []

    def lineage(self) -> Lineage:
        same: list[tuple[Spot, Spot]] = []
        derived: list[tuple[Spot, Spot]] = []
        for key, (name, kind, sql) in self._ddl.items():
            if kind == "view":
                for made, source, plain in self._view(key, name):
                    (same if plain else derived).append((made, source))
            else:
                derived += self._generated(key, name, sql)
                same += self._references(key, name)
        return Lineage(grouped(same), grouped(derived))

    def _view(self, key: str, name: str) -> Iterator[tuple[Spot, Spot, bool]]:
        """A view's columns, each with a column behind it, and whether it is that very one."""
        try:
            query = apsw.ext.query_info(self._connection, f'select * from "{_escaped(name)}"', actions=True)
        except apsw.SQLError:
            return  # nothing can read it
        actions = [(a.table_name, a.column_name) for a in query.actions or () if a.action_name == "SQLITE_READ"]
        read = {self._spot(table, column) for table, column in actions if table and column}
        read = {spot for spot in read if spot[1] != name}
        behind = {folded(table) for table, _ in actions if table} | {key}
        # of a compound select the compiler names the column of one part only
        plain = not any(self._is_compound(table) for table in behind)
        for column, full in zip(self._columns[key], query.description_full or (), strict=False):
            origin = full[4]
            made = (_SCHEMA, name, column)
            if plain and origin is not None and full[3] is not None:
                yield made, self._spot(full[3], origin), True
            else:
                for spot in read:
                    yield made, spot, False

    def _is_compound(self, table: str) -> bool:
        _, kind, sql = self._ddl.get(table, ("", "", ""))
        return kind == "view" and any(token.keyword in _COMPOUND for token in tokens(sql))

    def _spot(self, table: str, column: str) -> Spot:
        found = self._ddl.get(folded(table))
        names = {folded(name): name for name in self._columns.get(folded(table), ())}
        return _SCHEMA, found[0] if found else table, names.get(folded(column), column)

    def _generated(self, key: str, name: str, sql: str) -> Iterator[tuple[Spot, Spot]]:
        """Generated columns, with each column of the table that the DDL names after them: too many, never too few."""
        listed = rows(self._connection, "select name from pragma_table_xinfo(?, 'main') where hidden in (2, 3)", name)
        for (made,) in listed:
            words = [token.key for token in tokens(sql)]
            after = set(words[words.index(folded(made)) + 1 :]) if folded(made) in words else None
            for column in self._columns[key]:
                if after is None or folded(column) in after:
                    yield (_SCHEMA, name, made), (_SCHEMA, name, column)

    def _references(self, key: str, name: str) -> Iterator[tuple[Spot, Spot]]:
        """Foreign keys: they hold the values of the columns that they refer to."""
        listed = rows(
            self._connection, 'select "table", "from", "to", id, seq from pragma_foreign_key_list(?, \'main\')', name
        )
        for target, own, other, _, seq in listed:
            if other is None:  # the target's primary key
                keys = rows(
                    self._connection, "select name from pragma_table_xinfo(?, 'main') where pk = ?", target, seq + 1
                )
                other = keys[0][0] if keys else ""  # noqa: PLW2901
            yield self._spot(name, own), self._spot(target, other)


def _escaped(name: str) -> str:
    return name.replace('"', '""')
