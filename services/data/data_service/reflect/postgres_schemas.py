"""Which schemas of a PostgreSQL database are exposed, and a reading transaction on its system catalog."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import args_row

from data_service.reflect.options import Exposure

T = TypeVar("T")

_INNER = frozenset({
    "information_schema", "hdb_catalog", "hdb_views", "auth", "storage", "vault", "cron", "realtime", "_realtime",
    "extensions", "graphql", "graphql_public", "net", "pgsodium", "pgsodium_masks", "pgbouncer", "pgmq", "pgtle",
    "partman", "repack", "topology", "tiger", "tiger_data", "_analytics", "_heroku", "cloudsqladmin", "rdsadmin",
    "dbos", "google_ml", "crdb_internal", "toolkit_experimental", "columnar_internal", "citus", "citus_internal",
})  # fmt: skip
_INNER_PREFIXES = ("pg_", "supabase_", "_supabase", "timescaledb_", "_timescaledb_", "hdb_", "_trivet", "trivet_inner")

# relations that are resources: not partitions, not temporary, not an extension's, not without columns
EXPOSED: LiteralString = """
    c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition and c.relpersistence <> 't'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e')
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
"""
_SCHEMAS: LiteralString = f"""
    select n.nspname::text from pg_namespace n
    where exists (select from pg_class c where c.relnamespace = n.oid and {EXPOSED})
    order by n.nspname collate "C"
"""
_GUARDED: LiteralString = f"""
    select n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_roles r on r.rolname = current_user
    where n.nspname = any(%(schemas)s) and c.relrowsecurity and {EXPOSED}
    and (r.rolsuper or r.rolbypassrls
         or not c.relforcerowsecurity and pg_has_role(current_user, c.relowner, 'usage'))
    order by n.nspname collate "C", c.relname collate "C"
"""


@contextmanager
def reading(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A transaction in which every type and function is printed with its schema, and no lock is waited for long.

    Inside a transaction of the caller's the settings last until that one ends.
    """
    alone = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction():
        if alone:
            connection.execute("set transaction isolation level repeatable read, read only", prepare=False)
        connection.execute("set local search_path = ''", prepare=False)
        connection.execute("set local lock_timeout = '2s'", prepare=False)
        yield


def fetch(
    connection: psycopg.Connection[Any],
    row: Callable[..., T],
    statement: LiteralString,
    parameters: Mapping[str, object] | None = None,
) -> list[T]:
    """The statement's rows, each made by ``row`` from its columns in order; never a prepared statement."""
    with connection.cursor(row_factory=args_row(row)) as cursor:
        return cursor.execute(statement, parameters, prepare=False).fetchall()


def choose_schemas(connection: psycopg.Connection[Any], exposure: Exposure) -> Exposure:
    """The exposure with its schemas settled: the configured ones, even inner ones, as they are written.

    By default that is ``public`` alone if any resource is in it. Where it is empty or missing, its tables have been
    put elsewhere on purpose, so all other schemas of the users' are exposed in the order of their names; leaving them
    out would serve nothing.
    """
    if exposure.schemas:
        return exposure
    found = [name for name in fetch(connection, str, _SCHEMAS) if not is_inner(name)]
    return replace(exposure, schemas=("public",) if "public" in found else tuple(found))


def is_inner(schema: str) -> bool:
    """Whether a schema belongs to the server or to a well-known product rather than to the users."""
    return schema in _INNER or schema.startswith(_INNER_PREFIXES)


def guarded(connection: psycopg.Connection[Any], exposure: Exposure) -> tuple[str, ...]:
    """Exposed tables (``schema.table``) whose row-level security this login would bypass.

    It does as a superuser, with BYPASSRLS, and as the owner unless the table forces it on its owner too.
    """
    with reading(connection):
        schemas: Sequence[str] = choose_schemas(connection, exposure).schemas
        return tuple(fetch(connection, str, _GUARDED, {"schemas": list(schemas)}))
