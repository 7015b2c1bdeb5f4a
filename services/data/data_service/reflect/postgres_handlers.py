"""What of a PostgreSQL database writes rows in media types of its own: aggregates that give one, and PostGIS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from contracts.catalog import Handler

from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_queries import TYPES, ColumnRow, TypeRow
from data_service.reflect.postgres_schemas import fetch
from data_service.reflect.postgres_types import portable

GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class AggregateRow:
    """An aggregate of one argument, whose result is a domain named by the media type that it writes.

    ``table`` is the relation whose rows it takes, 0 where it takes any (``anyelement``).
    """

    schema: str
    name: str
    table: int
    media: str
    returns: int


_AGGREGATES: LiteralString = """
    select n.nspname::text, p.proname::text, a.typrelid::bigint, y.typname::text, y.oid::bigint
    from pg_proc p join pg_aggregate g on g.aggfnoid = p.oid join pg_namespace n on n.oid = p.pronamespace
    join pg_type a on a.oid = p.proargtypes[0] join pg_type y on y.oid = p.prorettype
    where n.nspname = any(%(schemas)s) and p.pronargs = 1 and g.aggkind = 'n' and y.typtype = 'd'
    and y.typname like '%%/%%' and (%(granted)s or has_function_privilege(p.oid, 'execute'))
    and (a.oid = 'pg_catalog.anyelement'::regtype and y.typname <> '*/*' or a.typrelid = any(%(tables)s))
    order by array_position(%(schemas)s::text[], n.nspname::text), p.proname collate "C", a.typrelid
"""
_POSTGIS: LiteralString = """
    select n.nspname::text from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'postgis'
"""


def reflect_handlers(
    connection: psycopg.Connection[Any], exposure: Exposure, exposed: Mapping[int, str]
) -> tuple[Handler, ...]:
    """The handlers, those of the database's users before PostGIS's; ``exposed`` are resources by their table's number.

    To be called within `postgres_schemas.reading`. Raises `psycopg.Error`.
    """
    asked = {"schemas": list(exposure.schemas), "tables": list(exposed), "granted": exposure.by_grants}
    rows = fetch(connection, AggregateRow, _AGGREGATES, asked)
    used = sorted({row.returns for row in rows})
    types = {row.oid: row for row in fetch(connection, TypeRow, TYPES, {"types": used})} if used else {}
    named = list(dict.fromkeys((row.schema, row.name) for row in rows))
    names = name_resources(named, Exposure(schemas=exposure.schemas))
    found = [
        Handler(
            name=names[row.schema, row.name],
            schema=row.schema,
            function=row.name,
            media=row.media.lower(),
            type=portable(_bare(row), types).type,
            resource=exposed.get(row.table),
        )
        for row in rows
    ]
    found += [
        Handler(name="", schema=schema, function="st_asgeojson", media=GEOJSON, type="json", features=True)
        for schema in fetch(connection, str, _POSTGIS)
    ]
    return tuple(found)


def _bare(row: AggregateRow) -> ColumnRow:
    return ColumnRow(0, 0, row.name, row.media, row.returns, -1, False, "", "", None, None, None, False)
