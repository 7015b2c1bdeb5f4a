"""The survey of a PostgreSQL database, from a handful of questions to its system catalog."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, LiteralString

import psycopg

from data_service.reflect.options import Exposure
from data_service.reflect.postgres_schemas import EXPOSED, choose_schemas, fetch, is_inner, reading
from data_service.survey.facts import Connections, Hidden, Survey

_LOGIN: LiteralString = """
    select current_setting('server_version'), current_user::text, r.rolsuper or r.rolbypassrls, pg_is_in_recovery(),
        least(current_setting('max_connections')::int
                - case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::int end,
              nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1)),
        (select count(*)::int from pg_stat_activity a where a.backend_type = 'client backend'
         and a.pid <> pg_backend_pid())
    from pg_roles r, pg_database d where r.rolname = current_user and d.datname = current_database()
"""
# tables and views of the users' that are not served, each with the first reason that holds
_HIDDEN: LiteralString = f"""
    select n.nspname::text, c.relname::text,
        case when not n.nspname = any(%(schemas)s) then 'schema'
             when c.relispartition then 'partition'
             when exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                          and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e') then 'extension'
             else 'empty' end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    and not (n.nspname = any(%(schemas)s) and {EXPOSED})
    order by n.nspname collate "C", c.relname collate "C"
"""
_UNREADABLE: LiteralString = f"""
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s) and {EXPOSED}
    and not (has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select'))
    order by 1
"""
_FILTERED: LiteralString = f"""
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s) and {EXPOSED} and row_security_active(c.oid)
    order by 1
"""
_OWNER_VIEWS: LiteralString = f"""
    select distinct n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_rewrite w on w.ev_class = c.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.relrowsecurity
    join pg_roles o on o.oid = c.relowner
    where n.nspname = any(%(schemas)s) and c.relkind in ('v', 'm') and {EXPOSED}
    and not coalesce('security_invoker=true' = any(c.reloptions), false)
    and (o.rolsuper or o.rolbypassrls or t.relowner = c.relowner and not t.relforcerowsecurity)
    order by 1
"""
# a foreign key is served by an index that begins with its columns, in whatever order
_UNINDEXED: LiteralString = f"""
    select n.nspname || '.' || c.relname || ' (' || (
        select string_agg(a.attname, ', ' order by k.place) from unnest(f.conkey) with ordinality k(number, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number) || ')'
    from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
    where f.contype = 'f' and f.conparentid = 0 and n.nspname = any(%(schemas)s) and {EXPOSED}
    and not exists (
        select from pg_index i where i.indrelid = c.oid and i.indisvalid and i.indpred is null
        and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] @> f.conkey)
    order by 1
"""
_REASONS = {
    "schema": "not among the schemas that are served; `schemas:` in trivet.yaml chooses them",
    "inner": "of a product's own schema, which is not for clients",
    "partition": "partitions, which are reached through the table that they are part of",
    "extension": "belong to an extension",
    "empty": "have no columns",
}


def survey(connection: psycopg.Connection[Any], exposure: Exposure) -> Survey:
    """The facts, but for `Survey.pooled`. Raises `psycopg.Error`."""
    with reading(connection):
        schemas = {"schemas": list(choose_schemas(connection, exposure).schemas)}
        ((version, login, almighty, standby, allowed, used),) = fetch(connection, _row, _LOGIN)
        return Survey(
            product=f"PostgreSQL {version.split()[0]}",
            login=login,
            almighty=almighty,
            standby=standby,
            connections=Connections(allowed, used),
            hidden=_by_reason(fetch(connection, _row, _HIDDEN, schemas)),
            unreadable=tuple(fetch(connection, str, _UNREADABLE, schemas)),
            filtered=tuple(fetch(connection, str, _FILTERED, schemas)),
            owner_views=tuple(fetch(connection, str, _OWNER_VIEWS, schemas)),
            unindexed=tuple(fetch(connection, str, _UNINDEXED, schemas)),
        )


def is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody stands between: the server does not know itself by the name that the connection was given."""
    row = connection.execute("select pg_backend_pid()", prepare=False).fetchone()
    return row is not None and row[0] != connection.info.backend_pid


def _row(*columns: Any) -> tuple[Any, ...]:
    return columns


def _by_reason(rows: Iterable[tuple[str, str, str]]) -> tuple[Hidden, ...]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for schema, table, reason in rows:
        names["inner" if reason == "schema" and is_inner(schema) else reason].append(f"{schema}.{table}")
    return tuple(Hidden(text, tuple(names[reason])) for reason, text in _REASONS.items() if reason in names)
