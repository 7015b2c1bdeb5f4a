"""What reading and writing an SQLite file's tables and views depends on and touches, as SQLite's own compiler tells.

Statements are compiled, never run; SQLite's authorizer hears of every table and function in them, those of views,
triggers and cascades included.
"""

from collections.abc import Iterable, Iterator

import apsw
import apsw.ext

from data_service.reflect.effects import Effects, Table
from data_service.reflect.sqlite_ddl import folded
from data_service.reflect.sqlite_reading import reading, rows

_SCHEMA = "main"
_WRITES = ("SQLITE_INSERT", "SQLITE_UPDATE", "SQLITE_DELETE")
_OPEN_TABLES = frozenset({"json_each", "json_tree"})  # functions that stand where tables do, and always say the same
# SQLite counts these as steady within a statement, which is not enough
_TIMES = frozenset(
    {"date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date", "current_time",
     "current_timestamp"}
)  # fmt: skip
_DETERMINISTIC = 0x800


def read_effects(connection: apsw.Connection) -> Effects:
    """The effects of reading and writing every table and view, with foreign keys as the connection has them.

    Raises `apsw.Error`.
    """
    with reading(connection):
        listed = rows(connection, "select name, type from pragma_table_list where schema = 'main'")
        kinds = {folded(name): (name, kind) for name, kind in listed if not folded(name).startswith("sqlite_")}
        compiler = _Compiler(connection, {key: name for key, (name, kind) in kinds.items() if kind == "table"})
        reads, unsteady, touches = {}, {}, {}
        for name, kind in kinds.values():
            table = (_SCHEMA, name)
            found = compiler.read(name)
            if found is None:
                continue  # nothing can read it
            reads[table], reason = found
            if kind in ("virtual", "shadow"):
                reason = "it is a virtual table, or part of one"
            if reason is not None:
                unsteady[table] = reason
            touches[table] = compiler.touched(name)
    return Effects(reads, unsteady, touches)


class _Compiler:
    """Compiles statements to see what they are about. ``stored``: the names of stored tables by their folded ones."""

    def __init__(self, connection: apsw.Connection, stored: dict[str, str]) -> None:
        self._connection = connection
        self._stored = stored
        listed = rows(connection, "select name, type, flags from pragma_function_list")
        self._steady = {
            folded(name) for name, kind, flags in listed if kind in ("a", "w") or flags & _DETERMINISTIC
        } - _TIMES

    def read(self, name: str) -> tuple[frozenset[Table], str | None] | None:
        """The stored tables behind a name, and what makes it unsteady; None where it can't be read."""
        try:
            actions = list(self._actions(f"select * from {_quoted(name)}"))
        except apsw.SQLError:
            return None
        tables: set[Table] = set()
        reason = None
        for action, first, second in actions:
            if action == "SQLITE_READ" and first:
                if folded(first) in self._stored:
                    tables.add((_SCHEMA, self._stored[folded(first)]))
                elif folded(first) not in _OPEN_TABLES and not self._is_view(first):
                    reason = f"it reads {first}"
            elif action == "SQLITE_FUNCTION" and second and folded(second) not in self._steady:
                reason = f"it calls {second}, which may answer otherwise next time"
        return frozenset(tables), reason

    def touched(self, name: str) -> frozenset[Table] | None:
        """The tables that an insert, an update or a delete writes to; None where one of them is not a stored one."""
        found: set[Table] = set()
        for statement in self._writes(name):
            try:
                actions = list(self._actions(statement))
            except apsw.SQLError:
                continue  # a view without a trigger for it
            for action, first, _ in actions:
                if action not in _WRITES or not first or folded(first).startswith("sqlite_") or self._is_view(first):
                    continue
                if folded(first) not in self._stored:
                    return None
                found.add((_SCHEMA, self._stored[folded(first)]))
        return frozenset(found)

    def _writes(self, name: str) -> Iterator[str]:
        columns = rows(self._connection, "select name from pragma_table_xinfo(?, 'main') where hidden = 0", name)
        changes = ", ".join(f"{_quoted(column)} = null" for (column,) in columns)
        yield f"insert into {_quoted(name)} ({', '.join(_quoted(column) for (column,) in columns)}) " + (
            f"values ({', '.join('null' for _ in columns)})"
        )
        yield f"update {_quoted(name)} set {changes}"
        yield f"delete from {_quoted(name)} where true"

    def _actions(self, statement: str) -> Iterable[tuple[str, str | None, str | None]]:
        info = apsw.ext.query_info(self._connection, statement, actions=True)
        for action in info.actions or ():
            names = [getattr(action, part, None) for part in ("table_name", "column_name", "function_name")]
            yield action.action_name, names[0], names[2] or names[1]

    def _is_view(self, name: str) -> bool:
        kind = rows(self._connection, "select type from pragma_table_list(?) where schema = 'main'", name)
        return kind == [("view",)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
