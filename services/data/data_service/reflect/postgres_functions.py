"""The functions of a PostgreSQL database that can be called from outside."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from contracts.catalog import Function, Returns, Volatility
from contracts.fields import Field

from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure
from data_service.reflect.postgres_arguments import SESSION, Typed, argument, bare, session_among, typed
from data_service.reflect.postgres_queries import COLUMNS, TYPES, ColumnRow, TypeRow
from data_service.reflect.postgres_schemas import fetch
from data_service.reflect.postgres_types import Portable, portable
from data_service.sql.postgres_calls import RECORD

_HOISTED = frozenset({"statement_timeout", "default_transaction_isolation"})
_VOLATILITIES: dict[str, Volatility] = {"i": "immutable", "s": "stable", "v": "volatile"}


@dataclass(frozen=True)
class FunctionRow:
    """A function; ``names`` and ``modes`` are of all its arguments (the modes empty where all of them go in).

    ``table`` is the relation whose row type it returns, 0 where that is none.
    """

    oid: int
    schema: str
    name: str
    names: Sequence[str]
    modes: Sequence[str]
    types: Sequence[int]
    type_texts: Sequence[str]
    defaults: int
    returns: int
    returns_text: str
    many: bool
    table: int
    volatility: str
    definer: bool
    settings: Sequence[str]
    comment: str | None


# Not aggregates, window functions, procedures or triggers, nor what our login may not call; a type that is none of its
# own (`anyelement`) could not be described.
_FUNCTIONS: LiteralString = """
    select p.oid::bigint, n.nspname::text, p.proname::text, coalesce(p.proargnames, '{}'),
        coalesce(p.proargmodes::text[], '{}'), a.types::bigint[],
        array(select format_type(t, null) from unnest(a.types) with ordinality u(t, o) order by o), p.pronargdefaults,
        p.prorettype::bigint, format_type(p.prorettype, null), p.proretset,
        coalesce(b.typrelid, y.typrelid)::bigint, p.provolatile::text, p.prosecdef,
        coalesce(p.proconfig, '{}'), x.description
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type y on y.oid = p.prorettype
    left join pg_type b on b.oid = y.typbasetype and b.typrelid <> 0
    cross join lateral (select coalesce(p.proallargtypes, p.proargtypes::oid[]) as types) a
    left join pg_description x on x.objoid = p.oid and x.classoid = 'pg_proc'::regclass
    where n.nspname = any(%(schemas)s) and p.prokind = 'f' and (%(granted)s or has_function_privilege(p.oid, 'execute'))
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e')
    and (y.typtype <> 'p' or y.typname in ('void', 'record'))
    and not exists (select from unnest(a.types) t join pg_type z on z.oid = t where z.typtype = 'p')
    order by array_position(%(schemas)s::text[], n.nspname::text), p.proname collate "C",
        pg_get_function_identity_arguments(p.oid) collate "C"
"""


def reflect_functions(
    connection: psycopg.Connection[Any], exposure: Exposure, tables: Mapping[int, str]
) -> tuple[Function, ...]:
    """The functions of the exposed schemas, in the order of schemas, names and arguments.

    ``tables`` are the exposed resources' names by the table's number. What needs its owner's rights (SECURITY DEFINER)
    is left out unless ``exposure.definers`` has its name. To be called within `postgres_schemas.reading`. Raises
    `psycopg.Error`.
    """
    asked = {"schemas": list(exposure.schemas), "granted": exposure.by_grants}
    rows = fetch(connection, FunctionRow, _FUNCTIONS, asked)
    composites = sorted({row.table for row in rows if row.table and row.table not in tables})
    columns = fetch(connection, ColumnRow, COLUMNS, {"tables": composites, "writable_views": []})
    used = {kind for row in rows for kind in (*row.types, row.returns)} | {column.type for column in columns}
    types = {row.oid: row for row in fetch(connection, TypeRow, TYPES, {"types": sorted(used)})}
    by_composite: defaultdict[int, list[ColumnRow]] = defaultdict(list)
    for column in columns:
        by_composite[column.table].append(column)
    places = list(dict.fromkeys((row.schema, row.name) for row in rows))
    names = name_resources(places, Exposure(schemas=exposure.schemas))
    named = ((row, names[row.schema, row.name]) for row in rows)
    found = (
        _function(row, name, tables, by_composite, types, session_name=exposure.sessions.get(name, SESSION))
        for row, name in named
        if exposure.by_grants or not row.definer or name in exposure.definers
    )
    return tuple(function for function in found if _callable(function))


def _callable(function: Function) -> bool:
    """Whether its arguments can be said: each by its name, or the only one as a whole body."""
    if function.whole_body is not None:
        return function.body_form is not None
    names = [argument.name for argument in function.arguments]
    return "" not in names and len(set(names)) == len(names)


def _function(
    row: FunctionRow,
    name: str,
    tables: Mapping[int, str],
    composites: Mapping[int, Sequence[ColumnRow]],
    types: Mapping[int, TypeRow],
    *,
    session_name: str,
) -> Function:
    modes = row.modes or "i" * len(row.types)
    names = row.names or [""] * len(row.types)
    told = [typed(*one, types) for one in zip(names, row.types, row.type_texts, strict=True)]
    inward = [(one, mode) for one, mode in zip(told, modes, strict=True) if mode in "ibv"]
    required = len(inward) - row.defaults
    arguments = [
        argument(one, required=number < required and mode != "v", variadic=mode == "v")
        for number, (one, mode) in enumerate(inward)
    ]
    session = session_among(arguments, session_name)
    return Function(
        name=name,
        schema=row.schema,
        function=row.name,
        arguments=tuple(one for one in arguments if one is not session),
        returns=_returns(
            row, [one for one, mode in zip(told, modes, strict=True) if mode in "obt"], tables, composites, types
        ),
        volatility=_VOLATILITIES[row.volatility],
        comment=row.comment,
        session=session,
        settings=_of_transaction(row.settings),
    )


def _of_transaction(settings: Sequence[str]) -> dict[str, str]:
    """The settings of a function that come too late within it: they are those of the transaction that calls it."""
    pairs = (setting.partition("=") for setting in settings)
    return {name: value for name, _, value in pairs if name in _HOISTED}


def _returns(
    row: FunctionRow,
    outward: Sequence[Typed],
    tables: Mapping[int, str],
    composites: Mapping[int, Sequence[ColumnRow]],
    types: Mapping[int, TypeRow],
) -> Returns:
    if outward:
        return Returns(kind="rows", many=row.many, fields=tuple(_field(one.name, one.kind) for one in outward))
    if row.table in tables:
        return Returns(kind="rows", many=row.many, resource=tables[row.table])
    if row.table:
        fields = tuple(_field(column.name, portable(column, types), column.comment) for column in composites[row.table])
        return Returns(kind="rows", many=row.many, fields=fields)
    if row.returns_text == "void":
        return Returns(kind="void")
    if row.returns_text == RECORD:  # what its columns are is known once it has been called
        return Returns(kind="scalar", many=row.many, type="json", db_type=RECORD)
    kind = portable(bare("", row.returns, row.returns_text), types)
    return Returns(
        kind="scalar",
        many=row.many,
        type=kind.type,
        db_type=kind.db_type,
        element=kind.element,
        values=kind.values,
        media=_media(types[row.returns]),
    )


def _media(declared: TypeRow) -> str | None:
    """The media type that a domain is named by (``create domain "text/html" as text``), as PostgREST's users do."""
    return declared.name.lower() if declared.kind == "d" and "/" in declared.name else None


def _field(name: str, kind: Portable, comment: str | None = None) -> Field:
    return Field(
        name=name,
        type=kind.type,
        db_type=kind.db_type,
        comment=comment,
        length=kind.length,
        precision=kind.precision,
        scale=kind.scale,
        values=kind.values,
        element=kind.element,
        domain=kind.domain,
    )
