"""The catalog of a PostgreSQL database, from a handful of questions to pg_catalog."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from contracts.catalog import Catalog, Resource, ResourceKind, Unique
from contracts.fields import Field

from data_service.reflect.assemble import assemble, magnitude
from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_functions import reflect_functions
from data_service.reflect.postgres_handlers import reflect_handlers
from data_service.reflect.postgres_inheritance import Constraints, inherited_by_views, tables_behind
from data_service.reflect.postgres_lineage import read_view_columns
from data_service.reflect.postgres_queries import (
    COLUMNS,
    CONSTRAINTS,
    FINGERPRINT,
    TABLES,
    TYPES,
    UNIQUES,
    ColumnRow,
    ConstraintRow,
    TableRow,
    TypeRow,
    UniqueRow,
)
from data_service.reflect.postgres_row_functions import OverRow, reflect_row_functions, row_functions, types_of
from data_service.reflect.postgres_schemas import choose_schemas, fetch, guarded, reading
from data_service.reflect.postgres_types import portable
from data_service.reflect.relations import ForeignKey

__all__ = ["fingerprint", "guarded", "reflect"]

_KINDS: dict[str, ResourceKind] = {"r": "table", "v": "view", "m": "materialized", "f": "foreign", "p": "partitioned"}
_UPDATE, _INSERT, _DELETE = 4, 8, 16

Columns = Mapping[int, Mapping[int, str]]  # the column's name by table and number


def reflect(connection: psycopg.Connection[Any], exposure: Exposure) -> Catalog:
    """The catalog of what ``exposure`` chooses, read in a transaction of its own unless the caller has one open.

    Raises `psycopg.Error` (a lock is waited for two seconds), and `ExposureError` for a name that can't be given.
    """
    with reading(connection):
        exposure = choose_schemas(connection, exposure)
        tables = _tables(connection, exposure)
        names = name_resources([(table.schema, table.table) for table in tables], exposure)
        exposed = {table.oid: names[table.schema, table.table] for table in tables}
        of_rows = reflect_row_functions(connection, exposure, exposed)
        behind = read_view_columns(connection)
        oids = tables_behind(tables, behind)
        columns = _columns(connection, tables, oids)
        types = _types(connection, [column for column in columns if column.table in exposed], of_rows)
        constraints = fetch(connection, ConstraintRow, CONSTRAINTS, {"tables": oids})
        uniques = fetch(connection, UniqueRow, UNIQUES, {"tables": oids})
        functions = reflect_functions(connection, exposure, exposed)
        handlers = reflect_handlers(connection, exposure, exposed)
    by_table: defaultdict[int, list[ColumnRow]] = defaultdict(list)
    for column in columns:
        by_table[column.table].append(column)
    columns_by_number = {oid: {row.number: row.name for row in rows} for oid, rows in by_table.items()}
    keys = _unique_keys(constraints, columns_by_number)
    resources = [
        _resource(table, exposed[table.oid], by_table[table.oid], types, keys.get(table.oid, ())) for table in tables
    ]
    return assemble(
        "postgresql",
        exposure,
        [
            _with_row_functions(resource, of_rows.get(table.oid, ()), exposure, exposed, types)
            for table, resource in zip(tables, resources, strict=True)
        ],
        _foreign_keys(constraints, exposed, columns_by_number),
        _unique_sets(uniques, exposed, columns_by_number),
        inherited=inherited_by_views(tables, exposed, behind, Constraints(columns_by_number, constraints, uniques)),
        functions=functions,
        handlers=handlers,
    )


def fingerprint(connection: psycopg.Connection[Any], exposure: Exposure) -> str:
    """A word that changes with any DDL that could change the catalog, and now and then with one that could not.

    One statement over the system catalog, a few milliseconds for some hundred tables.
    """
    with connection.cursor() as cursor:
        row = cursor.execute(FINGERPRINT, {}, prepare=False).fetchone()
    assert row is not None
    state = next(iter(row.values())) if isinstance(row, dict) else row[0]
    return hashlib.sha256(f"{state} {exposure.schemas!r}".encode()).hexdigest()[:16]


def _tables(connection: psycopg.Connection[Any], exposure: Exposure) -> list[TableRow]:
    rows = fetch(connection, TableRow, TABLES, {"schemas": list(exposure.schemas)})
    place = {schema: number for number, schema in enumerate(exposure.schemas)}
    return sorted(rows, key=lambda row: (place[row.schema], row.table))


def _columns(connection: psycopg.Connection[Any], tables: Sequence[TableRow], oids: Sequence[int]) -> list[ColumnRow]:
    # a trigger or rule takes whatever it is given, and PostgreSQL only tells of columns where it also deletes
    writable = [table.oid for table in tables if table.plain]
    parameters = {"tables": oids, "writable_views": writable}
    return fetch(connection, ColumnRow, COLUMNS, parameters)


def _types(
    connection: psycopg.Connection[Any], columns: Sequence[ColumnRow], of_rows: Mapping[int, Sequence[OverRow]]
) -> dict[int, TypeRow]:
    """The types of columns, and of what functions make of rows and get beside them."""
    made = {kind for found in of_rows.values() for kind in types_of(found)}
    used = sorted(made | {column.type for column in columns})
    rows = fetch(connection, TypeRow, TYPES, {"types": used})
    return {row.oid: row for row in rows}


def _resource(
    table: TableRow, name: str, columns: Sequence[ColumnRow], types: Mapping[int, TypeRow], uniques: Sequence[Unique]
) -> Resource:
    stored = table.relkind in ("r", "p", "f")
    return Resource(
        name=name,
        schema=table.schema,
        table=table.table,
        kind=_KINDS[table.relkind],
        fields=tuple(_field(column, types, stored) for column in columns),
        key=next((unique.fields for unique in uniques if unique.primary), ()),
        uniques=tuple(uniques),
        comment=table.comment,
        insertable=bool(table.events & _INSERT),
        updatable=bool(table.events & _UPDATE),
        deletable=bool(table.events & _DELETE),
        rows=magnitude(table.rows),
    )


def _with_row_functions(
    resource: Resource,
    rows: Sequence[OverRow],
    exposure: Exposure,
    exposed: Mapping[int, str],
    types: Mapping[int, TypeRow],
) -> Resource:
    if not rows:
        return resource
    made = tuple(row_functions(rows, resource, exposure, exposed, types))
    return msgspec.structs.replace(resource, row_functions=made)


def _field(column: ColumnRow, types: Mapping[int, TypeRow], stored: bool) -> Field:
    """A view's columns may be null whatever its domains say: they are checked where rows are stored."""
    kind = portable(column, types)
    generated = column.generated != "" or column.derived
    default = None if column.generated else column.default or column.sequence or (kind.default if stored else None)
    return Field(
        name=column.name,
        type=kind.type,
        db_type=kind.db_type,
        nullable=not (column.not_null or (stored and kind.not_null)),
        has_default=default is not None,
        default=default,
        generated=generated,
        identity={"a": "always", "d": "default"}.get(column.identity),  # type: ignore[arg-type]  # a dict of literals
        comment=column.comment,
        length=kind.length,
        precision=kind.precision,
        scale=kind.scale,
        values=kind.values,
        element=kind.element,
        domain=kind.domain,
        representation=kind.representation,
    )


def _unique_keys(constraints: Sequence[ConstraintRow], columns: Columns) -> dict[int, list[Unique]]:
    """Primary and unique keys by table, the primary one first."""
    keys: defaultdict[int, list[Unique]] = defaultdict(list)
    for row in constraints:
        if row.kind != "f":
            fields = tuple(columns[row.table][number] for number in row.columns)
            keys[row.table].append(Unique(name=row.name, fields=fields, primary=row.kind == "p"))
    return keys


def _foreign_keys(
    constraints: Sequence[ConstraintRow], exposed: Mapping[int, str], columns: Columns
) -> list[ForeignKey]:
    return [
        ForeignKey(
            constraint=row.name,
            source=exposed[row.table],
            fields=tuple(columns[row.table][number] for number in row.columns),
            target=exposed[row.target],
            target_fields=tuple(columns[row.target][number] for number in row.target_columns),
            enforced=row.validated,
        )
        for row in constraints
        if row.kind == "f" and row.table in exposed and row.target in exposed
    ]


def _unique_sets(
    rows: Sequence[UniqueRow], exposed: Mapping[int, str], columns: Columns
) -> dict[str, list[frozenset[str]]]:
    sets: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for row in rows:
        if row.table not in exposed:
            continue
        sets[exposed[row.table]].append(frozenset(columns[row.table][number] for number in row.columns))
    return sets
