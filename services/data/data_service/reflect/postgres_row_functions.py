"""Functions of a PostgreSQL database over one row of a resource: computed fields, and relations that they compute."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from contracts.catalog import Relation, Resource, RowFunction
from contracts.fields import Field

from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_queries import ColumnRow, TypeRow
from data_service.reflect.postgres_schemas import fetch
from data_service.reflect.postgres_types import portable


@dataclass(frozen=True)
class RowFunctionRow:
    """A function of one argument, a row of ``table``; ``target`` is the relation whose rows it gives, 0 for a value.

    ``many`` is False where it says that it gives one row at most (no SETOF, or ROWS 1).
    """

    schema: str
    name: str
    table: int
    returns: int
    returns_text: str
    target: int
    many: bool
    definer: bool
    comment: str | None


_ROW_FUNCTIONS: LiteralString = """
    select n.nspname::text, p.proname::text, a.typrelid::bigint, p.prorettype::bigint,
        format_type(p.prorettype, null), y.typrelid::bigint, p.proretset and p.prorows <> 1, p.prosecdef, x.description
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    join pg_type a on a.oid = p.proargtypes[0] and a.typrelid <> 0 join pg_type y on y.oid = p.prorettype
    left join pg_description x on x.objoid = p.oid and x.classoid = 'pg_proc'::regclass
    where n.nspname = any(%(schemas)s) and p.prokind = 'f' and p.pronargs = 1 and p.proallargtypes is null
    and (%(granted)s or has_function_privilege(p.oid, 'execute'))
    and y.typtype <> 'p' and (y.typrelid <> 0 or not p.proretset)
    and a.typrelid = any(%(tables)s) and (y.typrelid = 0 or y.typrelid = any(%(tables)s))
    order by n.nspname collate "C", p.proname collate "C", a.typrelid
"""


def reflect_row_functions(
    connection: psycopg.Connection[Any], exposure: Exposure, exposed: Mapping[int, str]
) -> dict[int, list[RowFunctionRow]]:
    """The functions over rows by their table's number; ``exposed`` are the resources' names by that.

    To be called within `postgres_schemas.reading`. Raises `psycopg.Error`.
    """
    places = {"schemas": list(exposure.schemas), "tables": list(exposed), "granted": exposure.by_grants}
    found: defaultdict[int, list[RowFunctionRow]] = defaultdict(list)
    for row in fetch(connection, RowFunctionRow, _ROW_FUNCTIONS, places):
        if exposure.by_grants or not row.definer or _exposed_name(row, exposure) in exposure.definers:
            found[row.table].append(row)
    return dict(found)


def row_functions(
    rows: Sequence[RowFunctionRow],
    resource: Resource,
    exposure: Exposure,
    exposed: Mapping[int, str],
    types: Mapping[int, TypeRow],
) -> Iterator[RowFunction]:
    """What the functions over rows of ``resource`` make of one, as they are called for it."""
    for row in rows:
        expression = _call(row, resource)
        name = _exposed_name(row, exposure)
        if row.target:
            relation = Relation(
                name=row.name,
                target=exposed[row.target],
                cardinality="many" if row.many else "one",
                pairs=(),
                constraint=row.name,
                expression=expression,
            )
            yield RowFunction(function=name, relation=relation)
        else:
            yield RowFunction(function=name, field=_field(row, expression, types))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _exposed_name(row: RowFunctionRow, exposure: Exposure) -> str:
    """A function's name as it is called, and stands in the configuration."""
    (name,) = name_resources([(row.schema, row.name)], Exposure(schemas=exposure.schemas)).values()
    return name


def _call(row: RowFunctionRow, resource: Resource) -> tuple[str, ...]:
    """The call for a level's row: that is put together of its columns, for a page of rows has no type of its own."""
    parts = [f"{_quoted(row.schema)}.{_quoted(row.name)}(row("]
    for field in resource.columns:
        parts += [field.name, ", "]
    parts[-1] = f")::{_quoted(resource.schema)}.{_quoted(resource.table)})"
    return tuple(parts)


def _field(row: RowFunctionRow, expression: tuple[str, ...], types: Mapping[int, TypeRow]) -> Field:
    column = ColumnRow(0, 0, row.name, row.returns_text, row.returns, -1, False, "", "", None, None, None, False)
    kind = portable(column, types)
    return Field(
        name=row.name,
        type=kind.type,
        db_type=kind.db_type,
        generated=True,
        comment=row.comment,
        precision=kind.precision,
        scale=kind.scale,
        values=kind.values,
        element=kind.element,
        domain=kind.domain,
        origin="expression",
        expression=expression,
    )
