"""SQLite's inserts, row by row: what each row gives, and what becomes of one that is there already."""

from collections.abc import Sequence
from typing import Any

import apsw
from contracts.catalog import Resource
from contracts.problems import Problem

from data_service.execute.database import Written
from data_service.sql.postgres_names import quoted
from data_service.sql.sqlite_rows import returning
from data_service.sql.statements import Arguments, RowConflict, RowInsert

Values = list[tuple[str, Any]]
Rows = list[tuple[Any, ...]]


def insert_rows(
    connection: apsw.Connection, insert: RowInsert, arguments: Arguments, key: tuple[str, ...], resource: Resource
) -> Written:
    """Insert the rows of ``arguments``; ``resource`` is the table's. Raises `apsw.Error`, `Problem`."""
    presets = [(name, arguments.of(bind)) for name, bind in insert.presets]
    given = [_values(insert, row) + presets for row in arguments.of(insert.rows)]
    names = [field.name for field in resource.columns]
    if insert.conflict is None:
        rows = [row for values in given for row in _insert(connection, insert.table, values, returning(resource))]
        return Written(rows, len(rows), _key(rows, names, key))
    rows, old = _Merge(connection, insert.table, insert.conflict, arguments, resource).rows(given)
    new = [row for row in rows if row not in old]
    return Written(rows, len(rows), _key(rows, names, key), len(new), new, old)


class _Merge:
    """Inserts under a conflict rule, and what it has done so far."""

    def __init__(
        self, connection: apsw.Connection, table: str, rule: RowConflict, arguments: Arguments, resource: Resource
    ) -> None:
        self._connection = connection
        self._table = table
        self._rule = rule
        self._arguments = rule.clause.arguments(arguments)
        self._tail = returning(resource)
        names = [field.name for field in resource.columns]
        self._places = [names.index(name) for name in rule.target]
        self._seen: set[tuple[Any, ...]] = set()

    def rows(self, given: list[Values]) -> tuple[Rows, Rows]:
        """All rows, and the old ones of them that were changed. Raises `Problem` 21000 for a row that comes twice."""
        rows, old = [], []
        for values in given:
            made = self._insert_new(values)
            changed = [] if made or self._rule.skips else self._change_old(values)
            self._note(made, changed)
            rows += made + changed
            old += changed
        return rows, old

    def _insert_new(self, values: Values) -> Rows:
        if not values:  # nothing given: nothing that could be there
            return _insert(self._connection, self._table, values, self._tail)
        target = ", ".join(map(quoted, self._rule.target))
        return _insert(self._connection, self._table, values, f" on conflict ({target}) do nothing{self._tail}")

    def _change_old(self, values: Values) -> Rows:
        after = len(self._arguments)
        places = ", ".join(f"?{after + number}" for number in range(1, len(values) + 1))
        into = f"{self._table} as {self._rule.alias} ({_columns(values)})"
        sql = f"insert into {into} values ({places}){self._rule.clause.sql}{self._tail}"  # noqa: S608  (names quoted)
        return self._connection.execute(sql, [*self._arguments, *(value for _, value in values)]).fetchall()

    def _note(self, made: Rows, changed: Rows) -> None:
        for row in changed:
            if self._key(row) in self._seen:
                raise Problem(
                    "21000",
                    "ON CONFLICT DO UPDATE command cannot affect row a second time",
                    hint="Ensure that no rows proposed for insertion within the same command "
                    "have duplicate constrained values.",
                )
        self._seen.update(self._key(row) for row in (*made, *changed))

    def _key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(row[place] for place in self._places)


def _insert(connection: apsw.Connection, table: str, values: Values, tail: str) -> Rows:
    places = ", ".join("?" for _ in values)
    body = f"({_columns(values)}) values ({places})" if values else "default values"
    return connection.execute(f"insert into {table} {body}{tail}", [value for _, value in values]).fetchall()


def _columns(values: Values) -> str:
    return ", ".join(quoted(name) for name, _ in values)


def _values(insert: RowInsert, row: dict[str, Any]) -> Values:
    left_out = insert.ragged and insert.defaults
    return [
        (given.field.name, given.encode(row.get(given.field.name)))
        for given in insert.given
        if given.field.name in row or not left_out
    ]


def _key(rows: Rows, names: list[str], key: tuple[str, ...]) -> dict[str, Any] | None:
    return {name: rows[0][names.index(name)] for name in key} if key and len(rows) == 1 else None
