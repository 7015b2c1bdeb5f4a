"""The catalog of an SQLite file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import apsw
from contracts.catalog import Catalog, Resource, Unique
from contracts.fields import Field

from data_service.reflect.assemble import assemble, magnitude
from data_service.reflect.inheritance import NOTHING_INHERITED, Inherited, StoredKey, inherit
from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure
from data_service.reflect.relations import ForeignKey
from data_service.reflect.sqlite_ddl import folded, is_plain_name
from data_service.reflect.sqlite_lineage import read_lineage
from data_service.reflect.sqlite_reading import (
    Column,
    Reference,
    Table,
    read_comments,
    read_schema,
    read_tables,
    reading,
    rows,
)
from data_service.reflect.sqlite_types import portable

_SCHEMA = "main"
_OWN_WORDS = frozenset({"TRUE", "FALSE", "NULL", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"})

Comments = Mapping[tuple[str, str], str]


def reflect(connection: apsw.Connection, exposure: Exposure) -> Catalog:
    """The catalog of the connection's main file. Raises `apsw.Error`, and `ExposureError` for an impossible name."""
    exposure = replace(exposure, schemas=(_SCHEMA,))
    with reading(connection):
        tables = sorted((table for table in read_tables(connection) if table.columns), key=lambda table: table.name)
        comments = read_comments(connection)
        names = name_resources([(_SCHEMA, table.name) for table in tables], exposure)
        exposed = {table.name: names[_SCHEMA, table.name] for table in tables}
        inherited = _inherited(connection, tables, exposed)
    return assemble(
        "sqlite",
        exposure,
        [_resource(table, exposed[table.name], comments) for table in tables],
        _foreign_keys(tables, exposed),
        {exposed[table.name]: _unique_sets(table) for table in tables},
        inherited=inherited,
    )


def fingerprint(connection: apsw.Connection) -> str:
    """A word that changes with any DDL on the file, and with the table of comments."""
    state = hashlib.sha256()
    with reading(connection):
        state.update(repr(rows(connection, "pragma main.schema_version")).encode())
        state.update(repr(read_schema(connection)).encode())
        state.update(repr(sorted(read_comments(connection).items())).encode())
    return state.hexdigest()[:16]


def _resource(table: Table, name: str, comments: Comments) -> Resource:
    """A virtual table is read only: SQLite has no RETURNING for it, and not every module can write."""
    stored = table.kind == "table"
    return Resource(
        name=name,
        schema=_SCHEMA,
        table=table.name,
        kind="view" if table.kind == "view" else "table",
        fields=tuple(_field(table, column, comments) for column in table.columns),
        key=table.key,
        uniques=_uniques(table),
        comment=comments.get((folded(table.name), "")),
        insertable=stored or "INSERT" in table.replaced,
        updatable=stored or "UPDATE" in table.replaced,
        deletable=stored or "DELETE" in table.replaced,
        rows=magnitude(table.rows),
    )


def _field(table: Table, column: Column, comments: Comments) -> Field:
    """A primary key is taken as never null, though SQLite lets old-style tables hold nulls in one."""
    kind = portable(column.declared)
    default = None if column.generated else _default(column.default)
    return Field(
        name=column.name,
        type=kind.type,
        db_type=kind.db_type,
        nullable=not (column.not_null or column.place),
        has_default=default is not None or column.name == table.row_id,
        default=default,
        generated=column.generated,
        comment=comments.get((folded(table.name), folded(column.name))),
        length=kind.length,
        precision=kind.precision,
        scale=kind.scale,
    )


def _default(expression: str | None) -> str | None:
    """The default as an expression that means the same anywhere: a bare or double-quoted name is a string there."""
    if expression is None:
        return None
    name = is_plain_name(expression)
    if name is None or (name.kind == "word" and name.text.upper() in _OWN_WORDS):
        return expression
    return "'" + name.text.replace("'", "''") + "'"


def _uniques(table: Table) -> tuple[Unique, ...]:
    """Primary and unique keys, named by their DDL or else as PostgreSQL would."""
    written = {(item.kind, item.fields): item.name for item in reversed(table.constraints)}
    uniques = []
    if table.key:
        # PRIMARY KEY has no columns in its own order but those of the key
        name = next((item.name for item in table.constraints if item.kind == "primary"), f"{table.name}_pkey")
        uniques.append(Unique(name=name, fields=table.key, primary=True))
    for index in table.indexes:
        if index.origin == "u":
            name = written.get(("unique", _folded(index.columns))) or _made_up(table.name, index.columns, "key")
            uniques.append(Unique(name=name, fields=index.columns))
    return tuple(uniques)


def _unique_sets(table: Table) -> list[frozenset[str]]:
    sets = [frozenset(index.columns) for index in table.indexes]
    return [frozenset(table.key), *sets] if table.key else sets


def _foreign_keys(tables: Sequence[Table], exposed: Mapping[str, str]) -> list[ForeignKey]:
    """Foreign keys whose both ends exist. None counts as enforced: SQLite checks only on connections that ask."""
    by_name = {folded(table.name): table for table in tables}
    keys = []
    for table in tables:
        taken: set[str] = set()
        for reference in table.references:
            target = by_name.get(folded(reference.target))
            columns = _own_columns(table, reference.columns)
            onto = _own_columns(target, reference.onto or target.key) if target else ()
            if target is None or not columns or len(columns) != len(onto):
                continue
            name = _constraint_name(table, reference, columns, taken)
            taken.add(name)
            keys.append(ForeignKey(name, exposed[table.name], columns, exposed[target.name], onto, enforced=False))
    return keys


def _inherited(connection: apsw.Connection, tables: Sequence[Table], exposed: Mapping[str, str]) -> Inherited:
    """What views inherit from the tables behind their plain columns."""
    views: dict[str, list[tuple[str, str, str]]] = {table.name: [] for table in tables if table.kind == "view"}
    if not views:
        return NOTHING_INHERITED
    for (_, view, own), sources in read_lineage(connection).same.items():
        if view in views:
            views[view].extend((own, table, stored) for _, table, stored in sources)
    itself = {table.name: table.name for table in tables}
    keys = [
        StoredKey(key.constraint, key.source, key.fields, key.target, key.target_fields, enforced=False)
        for key in _foreign_keys(tables, itself)
    ]
    return inherit(exposed, views, keys, {table.name: _unique_sets(table) for table in tables})


def _own_columns(table: Table, names: Sequence[str]) -> tuple[str, ...]:
    """The names as the table spells them, empty if it lacks one."""
    spelt = {folded(column.name): column.name for column in table.columns}
    return tuple(spelt[folded(name)] for name in names) if all(folded(name) in spelt for name in names) else ()


def _constraint_name(table: Table, reference: Reference, columns: Sequence[str], taken: set[str]) -> str:
    for item in table.constraints:
        written = (item.kind, item.fields, item.target)
        if written == ("foreign", _folded(columns), folded(reference.target)) and item.name not in taken:
            return item.name
    name = _made_up(table.name, columns, "fkey")
    return next(name + suffix for number in count() if name + (suffix := str(number or "")) not in taken)


def _made_up(table: str, columns: Sequence[str], suffix: str) -> str:
    return "_".join((table, *columns, suffix))


def _folded(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(folded(name) for name in names)
