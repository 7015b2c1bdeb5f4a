"""All rows of the accounts store, out of it and into one again, in one form for SQLite and PostgreSQL.

Rows go into tables of the version that they came from, and are then migrated like any others: an older backup comes
back into a newer release, and a store can move from one kind of database to the other.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError

from auth_service import schema_versions, store
from auth_service.schema_versions import Version
from auth_service.store import Store
from auth_service.tables import accounts, compatibility, refresh_tokens, sessions, signing_keys

SESSIONS = frozenset({sessions.name, refresh_tokens.name})
KEYS = signing_keys.name
_OF_THE_STORE_ITSELF = {"alembic_version", compatibility.name}
_BATCH = 500


class TransferError(Exception):
    """The rows can't come into this store; the message says why."""


@dataclass(frozen=True)
class Snapshot:
    """The rows of a store as they stood at one moment; ``tables`` in the order in which they can come back."""

    version: str
    tables: tuple[str, ...]
    lines: Callable[[str], Iterator[bytes]]  # a table's rows, one JSON object with a line feed each


@contextmanager
def snapshot(opened: Store) -> Iterator[Snapshot]:
    """The store's rows, for the time of a ``with``. Raises `StoreError` (no tables), `Problem` TRV203."""
    with opened.snapshot() as connection:
        version = schema_versions.read(connection).revision
        if version is None:
            raise store.StoreError(schema_versions.refusal(Version(None)))
        tables = {table.name: table for table in _tables(connection)}
        yield Snapshot(version, tuple(tables), lambda name: _lines(connection, tables[name]))


def occupied(opened: Store) -> bool:
    """True where a store holds accounts already. Raises `Problem` TRV203."""
    with opened.read() as connection:
        if not sa.inspect(connection).has_table(accounts.name):
            return False
        return bool(connection.scalar(sa.select(sa.func.count()).select_from(accounts)))


def restore(opened: Store, version: str, rows: Mapping[str, Iterable[bytes]]) -> dict[str, int]:
    """Replace all that a store holds by these rows of tables of this version; how many came, by table.

    All or nothing. Raises `TransferError`, `Problem` TRV203.
    """
    if version > schema_versions.head():
        raise TransferError(
            f"the accounts' tables have version {version} there, and this release knows {schema_versions.head()}: "
            "restore it with the release that made it, or a newer one"
        )
    with opened.write() as connection:
        store.take_turn(connection)
        _clear(connection)
        try:
            command.upgrade(schema_versions.config(connection), version)
        except CommandError:
            raise TransferError(f"no version {version} of the accounts' tables is known") from None
        tables = {table.name: table for table in _tables(connection)}
        if unknown := rows.keys() - tables.keys():
            raise TransferError(f"the accounts store has no table {', '.join(sorted(unknown))} in version {version}")
        counts = {name: _fill(connection, tables[name], rows[name]) for name in tables if name in rows}
        store.upgrade(connection)
    return counts


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """The tables that hold accounts, as they are and not as this release knows them; those referred to first."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in _OF_THE_STORE_ITSELF]


def _lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    found = connection.execution_options(yield_per=_BATCH).execute(sa.select(table).order_by(*table.primary_key))
    for row in found.mappings():
        yield msgspec.json.encode(dict(row)) + b"\n"


def _clear(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.schema.CreateSchema(store.SCHEMA, if_not_exists=True))
    metadata = sa.MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def _fill(connection: sa.Connection, table: sa.Table, lines: Iterable[bytes]) -> int:
    binary = [column.name for column in table.columns if isinstance(column.type, sa.LargeBinary)]
    rows, count = (_row(table, line, binary) for line in lines), 0
    while batch := list(islice(rows, _BATCH)):
        try:
            connection.execute(sa.insert(table), batch)
        except (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.StatementError) as fault:
            if isinstance(fault, sa.exc.OperationalError):
                raise
            raise TransferError(f"the rows of {table.name} don't fit: {type(fault).__name__}") from None
        count += len(batch)
    _continue_numbers(connection, table)
    return count


def _row(table: sa.Table, line: bytes, binary: list[str]) -> dict[str, Any]:
    try:
        row: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        for name in binary:
            row[name] = base64.b64decode(row[name], validate=True)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise TransferError(f"a row of {table.name} can't be read") from None
    if row.keys() != set(table.columns.keys()):
        raise TransferError(f"a row of {table.name} has other columns than its table")
    return row


def _continue_numbers(connection: sa.Connection, table: sa.Table) -> None:
    """Let numbers that PostgreSQL gives by itself go on after those that came."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        if isinstance(column.type, sa.Integer):
            last = sa.select(sa.func.coalesce(sa.func.max(column), 0)).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(sa.select(sa.func.setval(sequence, last + 1, sa.false())))
