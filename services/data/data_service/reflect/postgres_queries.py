"""The questions that reflection puts to PostgreSQL's system catalog, each once for the whole database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from data_service.reflect.postgres_schemas import EXPOSED


@dataclass(frozen=True)
class TableRow:
    """A relation; ``events`` has 4, 8 and 16 set where rows can be updated, inserted, deleted.

    ``plain`` is True for a view whose rows are those of one table, each once: PostgreSQL itself can update them.
    ``rows`` is the planner's number, negative where it has none.
    """

    oid: int
    schema: str
    table: str
    relkind: str
    comment: str | None
    events: int
    plain: bool
    rows: int


# A view is asked for what its rule or its triggers can do, a foreign table its wrapper (if it has a handler at all).
TABLES: LiteralString = f"""
    select c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, x.description,
        case when c.relkind in ('r', 'p') then 28
             when c.relkind = 'm' then 0
             when c.relkind = 'f' and not exists (
                 select from pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver
                 join pg_foreign_data_wrapper w on w.oid = s.srvfdw
                 where t.ftrelid = c.oid and w.fdwhandler <> 0) then 0
             else pg_relation_is_updatable(c.oid, true) end,
        c.relkind = 'v' and pg_relation_is_updatable(c.oid, false) & 4 <> 0,
        case when c.relkind in ('r', 'p', 'm', 'f') then c.reltuples::bigint else -1 end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_description x on x.objoid = c.oid and x.classoid = 'pg_class'::regclass and x.objsubid = 0
    where n.nspname = any(%(schemas)s) and {EXPOSED}
"""


@dataclass(frozen=True)
class ColumnRow:
    """A column; ``type_text`` is the type as SQL writes it, ``sequence`` the default of an identity column.

    ``derived`` is True for a column of a view, which PostgreSQL itself can update, that nothing can be written to.
    """

    table: int
    number: int
    name: str
    type_text: str
    type: int
    modifier: int
    not_null: bool
    identity: str
    generated: str
    default: str | None
    sequence: str | None
    comment: str | None
    derived: bool


COLUMNS: LiteralString = """
    select a.attrelid::bigint, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod),
        a.atttypid::bigint, a.atttypmod, a.attnotnull, a.attidentity::text, a.attgenerated::text,
        pg_get_expr(d.adbin, d.adrelid),
        case when a.attidentity <> '' then (
            select format('nextval(%%L::regclass)', s.oid::regclass) from pg_depend p join pg_class s on s.oid = p.objid
            where p.classid = 'pg_class'::regclass and p.refclassid = 'pg_class'::regclass and p.refobjid = a.attrelid
            and p.refobjsubid = a.attnum and p.deptype = 'i' and s.relkind = 'S' limit 1) end,
        x.description,
        case when a.attrelid = any(%(writable_views)s) then not pg_column_is_updatable(a.attrelid, a.attnum, true)
             else false end
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_description x
        on x.objoid = a.attrelid and x.classoid = 'pg_class'::regclass and x.objsubid = a.attnum
    where a.attrelid = any(%(tables)s) and a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum
"""


@dataclass(frozen=True)
class TypeRow:
    """A type; ``base`` and ``modifier`` lead from a domain to its base type, ``base_text`` as SQL writes that.

    ``kind`` is pg_type's typtype; ``length`` -1 with an ``element`` marks a true array. The functions of a domain's
    casts are named as SQL does, empty where there is none.
    """

    oid: int
    schema: str
    name: str
    text: str
    kind: str
    length: int
    element: int
    base: int
    modifier: int
    base_text: str | None
    not_null: bool
    default: str | None
    values: Sequence[str]
    to_json: str = ""
    from_json: str = ""
    from_text: str = ""


# every type in use, what its domains are based on and what its arrays hold
TYPES: LiteralString = """
    with recursive used(oid) as (
        select distinct t::oid from unnest(%(types)s::bigint[]) t
        union
        select v.oid from used join pg_type p on p.oid = used.oid
        cross join lateral (values (p.typbasetype), (p.typelem)) v(oid) where v.oid <> 0
    )
    select p.oid::bigint, n.nspname::text, p.typname::text, format_type(p.oid, null), p.typtype::text, p.typlen,
        p.typelem::bigint, p.typbasetype::bigint, p.typtypmod,
        case when p.typbasetype <> 0 then format_type(p.typbasetype, p.typtypmod) end, p.typnotnull,
        case when p.typtype = 'd' then pg_get_expr(p.typdefaultbin, 0) end,
        coalesce((select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e
                  where e.enumtypid = p.oid), '{}'::text[]),
        coalesce((select c.castfunc::regproc::text from pg_cast c where p.typtype = 'd' and c.castfunc <> 0
                  and c.castsource = p.oid and c.casttarget = 'json'::regtype), ''),
        coalesce((select c.castfunc::regproc::text from pg_cast c where p.typtype = 'd' and c.castfunc <> 0
                  and c.castsource = 'json'::regtype and c.casttarget = p.oid), ''),
        coalesce((select c.castfunc::regproc::text from pg_cast c where p.typtype = 'd' and c.castfunc <> 0
                  and c.castsource = 'text'::regtype and c.casttarget = p.oid), '')
    from used join pg_type p on p.oid = used.oid join pg_namespace n on n.oid = p.typnamespace
"""


@dataclass(frozen=True)
class ConstraintRow:
    """A primary (``p``), unique (``u``) or foreign key (``f``), its columns by their numbers."""

    name: str
    kind: str
    table: int
    columns: Sequence[int]
    target: int
    target_columns: Sequence[int]
    validated: bool


# a foreign key of or to a partition is its parent's said again
CONSTRAINTS: LiteralString = """
    select c.conname::text, c.contype::text, c.conrelid::bigint, c.conkey, c.confrelid::bigint,
        coalesce(c.confkey, '{}'), c.convalidated
    from pg_constraint c
    where c.conrelid = any(%(tables)s) and (c.contype in ('p', 'u')
        or c.contype = 'f' and c.conparentid = 0 and c.confrelid = any(%(tables)s))
    order by c.conrelid, c.contype, c.conname collate "C"
"""


@dataclass(frozen=True)
class UniqueRow:
    """The columns that a unique index over whole rows holds, by their numbers."""

    table: int
    columns: Sequence[int]


UNIQUES: LiteralString = """
    select i.indrelid::bigint, (string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts]
    from pg_index i
    where i.indrelid = any(%(tables)s) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
"""

# One word over all that a catalog is made from. Rows of pg_class change for reasons of storage too (TRUNCATE,
# REFRESH), so it is their content that counts; elsewhere the transaction that wrote a row says enough.
FINGERPRINT: LiteralString = """
    with tables as (
        select c.oid, concat_ws(' ', c.relname, c.relnamespace, c.relkind, c.relispartition, c.relowner, c.relnatts,
            c.relrowsecurity, c.relforcerowsecurity, c.reloptions) as state
        from pg_class c
        where c.oid >= 16384 and c.relkind in ('r', 'v', 'm', 'f', 'p', 'c') and c.relpersistence <> 't'
    ), facts(state) as (
        select concat_ws(' ', 'table', oid, state) from tables
        union all
        select concat_ws(' ', 'sequence', oid, relname, relnamespace) from pg_class
        where oid >= 16384 and relkind = 'S' and relpersistence <> 't'
        union all
        select concat_ws(' ', 'column', a.attrelid, a.attnum, a.xmin) from pg_attribute a join tables t
        on t.oid = a.attrelid where a.attnum > 0
        union all
        select concat_ws(' ', 'default', d.oid, d.xmin) from pg_attrdef d join tables t on t.oid = d.adrelid
        union all
        select concat_ws(' ', 'constraint', c.oid, c.xmin) from pg_constraint c join tables t on t.oid = c.conrelid
        union all
        select concat_ws(' ', 'index', i.indexrelid, i.xmin) from pg_index i join tables t on t.oid = i.indrelid
        union all
        select concat_ws(' ', 'rule', r.oid, r.xmin) from pg_rewrite r join tables t on t.oid = r.ev_class
        union all
        select concat_ws(' ', 'trigger', g.oid, g.xmin) from pg_trigger g join tables t on t.oid = g.tgrelid
        where not g.tgisinternal
        union all
        select concat_ws(' ', 'function', p.oid, p.xmin, p.proowner) from pg_proc p where p.oid >= 16384
        union all
        select concat_ws(' ', 'foreign', f.ftrelid, f.xmin) from pg_foreign_table f
        union all
        select concat_ws(' ', 'server', s.oid, s.xmin) from pg_foreign_server s
        union all
        select concat_ws(' ', 'wrapper', w.oid, w.xmin) from pg_foreign_data_wrapper w
        union all
        select concat_ws(' ', 'comment', x.objoid, x.objsubid, x.xmin) from pg_description x join tables t
        on t.oid = x.objoid where x.classoid = 'pg_class'::regclass
        union all
        select concat_ws(' ', 'comment', x.objoid, x.xmin) from pg_description x
        where x.objoid >= 16384 and x.classoid = 'pg_proc'::regclass
        union all
        select concat_ws(' ', 'type', y.oid, y.xmin) from pg_type y
        where y.oid >= 16384 and y.typtype <> 'c' and y.typelem = 0
        union all
        select concat_ws(' ', 'enum', e.oid, e.xmin) from pg_enum e
        union all
        select concat_ws(' ', 'cast', c.oid, c.xmin) from pg_cast c where c.oid >= 16384
        union all
        select concat_ws(' ', 'schema', n.oid, n.nspname) from pg_namespace n
        where n.nspname not like 'pg\\_%%temp\\_%%'
        union all
        select concat_ws(' ', 'extension', p.objid, p.classid, p.xmin) from pg_depend p
        where p.refclassid = 'pg_extension'::regclass and p.deptype = 'e'
        union all
        select concat_ws(' ', 'login', r.oid, r.rolsuper, r.rolbypassrls) from pg_roles r
        where r.rolname = current_user
    )
    select concat_ws(' ', (select oid from pg_database where datname = current_database()), count(*),
        sum(hashtextextended(state, 0)), sum(hashtextextended(state, 1))) from facts
"""
