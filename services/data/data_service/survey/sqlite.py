"""The survey of an SQLite file."""

import os
from pathlib import Path

import apsw

from data_service.survey.facts import Hidden, Survey

_SHADOWS = "select name from pragma_table_list where schema = 'main' and type = 'shadow'"
_KEYS = """
    select t.name, f.id, f."from" from pragma_table_list t, pragma_foreign_key_list(t.name) f where t.schema = 'main'
"""
_INDEXES = """
    select t.name, l.name, i.name from pragma_table_list t, pragma_index_list(t.name, 'main') l,
        pragma_index_info(l.name, 'main') i
    where t.schema = 'main' and not l.partial order by t.name, l.name, i.seqno
"""
_ROWIDS = """
    select t.name, c.name from pragma_table_list t, pragma_table_info(t.name) c where t.schema = 'main' and c.pk = 1
"""


def survey(connection: apsw.Connection, path: Path) -> Survey:
    """The facts. Raises `apsw.Error`."""
    (mode,) = connection.execute("pragma main.journal_mode").fetchall()[0]
    inner = tuple(sorted(name for (name,) in connection.execute(_SHADOWS)))
    hidden = (Hidden("the inside of virtual tables", inner),) if inner else ()
    return Survey(
        product=f"SQLite {apsw.sqlite_lib_version()}",
        hidden=hidden,
        unindexed=_unindexed(connection),
        wal=mode == "wal",
        writable=os.access(path, os.W_OK) and os.access(path.parent, os.W_OK),
    )


def _unindexed(connection: apsw.Connection) -> tuple[str, ...]:
    """Foreign keys whose columns no index begins with."""
    indexes: dict[tuple[str, str], list[str]] = {}
    for table, index, column in connection.execute(_INDEXES):
        indexes.setdefault((table, index), []).append(column)
    served = {
        (table, frozenset(columns[:n])) for (table, _), columns in indexes.items() for n in range(1, 1 + len(columns))
    }
    served |= {(table, frozenset([column])) for table, column in connection.execute(_ROWIDS)}
    keys: dict[tuple[str, int], list[str]] = {}
    for table, number, column in connection.execute(_KEYS):
        keys.setdefault((table, number), []).append(column)
    return tuple(
        sorted(
            f"{table} ({', '.join(columns)})"
            for (table, _), columns in keys.items()
            if (table, frozenset(columns)) not in served
        )
    )
