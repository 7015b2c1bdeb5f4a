"""Roles of a PostgreSQL database: which ones our login may act as, with which settings; what was granted to each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from data_service.reflect.options import Exposure
from data_service.reflect.postgres_schemas import choose_schemas, fetch, reading

# the roles that were granted to our login, whatever else it may as a superuser
_GRANTED: LiteralString = """
    with recursive granted(oid) as (
        select m.roleid from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = session_user
        union
        select m.roleid from pg_auth_members m join granted g on m.member = g.oid
    )
"""
# settings of a role for this database count more than those for all, and those that our login could not set don't count
_ROLES: LiteralString = (
    _GRANTED
    + """
    select r.rolname::text,
        coalesce(array_agg(s.setting order by s.setdatabase) filter (where s.setting is not null), '{}')
    from pg_roles r join granted g on g.oid = r.oid
    left join lateral (
        select d.setdatabase, unnest(d.setconfig) as setting from pg_db_role_setting d
        where d.setrole = r.oid
        and d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
    ) s on true
    group by r.rolname order by r.rolname collate "C"
"""
)
_OTHERS: LiteralString = "select rolname::text from pg_roles"
_SETTABLE: LiteralString = "select lower(name) from pg_settings where context = 'user'"
_MARK: LiteralString = """
    select md5(concat_ws(' ',
        (select string_agg(concat(oid, relacl::text), ' ' order by oid) from pg_class where oid >= 16384),
        (select string_agg(concat(attrelid, attnum, attacl::text), ' ' order by attrelid, attnum) from pg_attribute
         where attacl is not null and attrelid >= 16384),
        (select string_agg(concat(oid, proacl::text, proowner), ' ' order by oid) from pg_proc where oid >= 16384),
        (select string_agg(concat(oid, nspacl::text, nspowner), ' ' order by oid) from pg_namespace),
        (select string_agg(concat(oid, rolname, rolsuper, rolinherit), ' ' order by oid) from pg_roles),
        (select string_agg(concat(roleid, member), ' ' order by roleid, member) from pg_auth_members),
        (select string_agg(concat(setdatabase, setrole, setconfig::text), ' ' order by setdatabase, setrole)
         from pg_db_role_setting)
    ))
"""
_TABLES: LiteralString = """
    select n.nspname::text, c.relname::text,
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
            and not a.attisdropped
            and has_column_privilege(%(role)s, c.oid, a.attnum, 'select')),
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
            and not a.attisdropped
            and has_column_privilege(%(role)s, c.oid, a.attnum, 'insert')),
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
            and not a.attisdropped
            and has_column_privilege(%(role)s, c.oid, a.attnum, 'update')),
        has_table_privilege(%(role)s, c.oid, 'delete')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'v', 'm', 'f', 'p')
    and has_schema_privilege(%(role)s, n.oid, 'usage')
"""
_FUNCTIONS: LiteralString = """
    select distinct n.nspname::text, p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any(%(schemas)s) and has_schema_privilege(%(role)s, n.oid, 'usage')
    and has_function_privilege(%(role)s, p.oid, 'execute')
"""
# that which answers are made by is the same for everybody
_OURS = frozenset(
    {"role", "session_authorization", "client_encoding", "datestyle", "intervalstyle", "bytea_output",
     "extra_float_digits", "xmloption", "lock_timeout"}
)  # fmt: skip


@dataclass(frozen=True)
class Roles:
    """The roles that our login may act as, each with its ``settings`` (ALTER ROLE … SET); ``others`` that there are.

    ``mark`` is another word whenever something was granted, revoked or set.
    """

    settings: Mapping[str, Mapping[str, str]]
    others: frozenset[str]
    mark: str


@dataclass(frozen=True)
class TableGrants:
    """What a role may do with a table or view: the columns that it may select, insert and update; delete rows."""

    schema: str
    table: str
    select: Sequence[str]
    insert: Sequence[str]
    update: Sequence[str]
    delete: bool


@dataclass(frozen=True)
class Grants:
    """What a role may do: tables and views, and the ``functions`` (schema, name) that it may call."""

    tables: Sequence[TableGrants]
    functions: frozenset[tuple[str, str]]


def read_roles(connection: psycopg.Connection[Any]) -> Roles:
    """The roles as they are now. Raises `psycopg.Error`."""
    with reading(connection):
        settable = set(fetch(connection, str, _SETTABLE)) - _OURS
        rows = fetch(connection, lambda name, settings: (name, settings), _ROLES)
        others = frozenset(fetch(connection, str, _OTHERS))
        mark = fetch(connection, str, _MARK)[0]
    return Roles({name: _settings(given, settable) for name, given in rows}, others, mark)


def read_grants(connection: psycopg.Connection[Any], exposure: Exposure, role: str) -> Grants:
    """What a role may do with what is exposed. Raises `psycopg.Error`, 42704 where there is no such role."""
    with reading(connection):
        asked = {"role": role, "schemas": list(choose_schemas(connection, exposure).schemas)}
        tables = fetch(connection, TableGrants, _TABLES, asked)
        functions = fetch(connection, lambda schema, name: (schema, name), _FUNCTIONS, asked)
    return Grants(tables, frozenset(functions))


def _settings(given: Sequence[str], settable: set[str]) -> dict[str, str]:
    """Settings by name; those of extensions and applications have a dot in their names."""
    pairs = (setting.partition("=") for setting in given)
    return {name: value for name, _, value in pairs if name.lower() in settable or ("." in name)}
