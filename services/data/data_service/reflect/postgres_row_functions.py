"""Functions of a PostgreSQL database over one row of a resource: computed fields, and relations that they compute."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import msgspec
import psycopg
from contracts.catalog import Argument, Relation, Resource, RowFunction
from contracts.fields import Field

from data_service.reflect.naming import name_resources
from data_service.reflect.options import Computed, Exposure
from data_service.reflect.postgres_arguments import SESSION, argument, bare, session_among, typed
from data_service.reflect.postgres_queries import TypeRow
from data_service.reflect.postgres_schemas import fetch
from data_service.reflect.postgres_types import portable


@dataclass(frozen=True)
class RowFunctionRow:
    """A function of which an argument is a row; ``target`` is the relation whose rows it gives, 0 for a value.

    ``names`` (which may be none), ``types``, ``type_texts`` and ``tables`` are of all its arguments, ``tables`` 0 where
    one is no relation's row; the last ``defaults`` have one. ``many`` is False where it says that it gives one row at
    most (no SETOF, or ROWS 1).
    """

    schema: str
    name: str
    names: Sequence[str]
    types: Sequence[int]
    type_texts: Sequence[str]
    tables: Sequence[int]
    defaults: int
    returns: int
    returns_text: str
    target: int
    many: bool
    steady: bool
    definer: bool
    comment: str | None


@dataclass(frozen=True)
class OverRow:
    """A function over the rows of a table: which argument gets the row, and as what field it is exposed.

    ``wished``: the configuration says so.
    """

    row: RowFunctionRow
    function: str
    place: int
    computed: Computed
    wished: bool

    @property
    def others(self) -> list[int]:
        """The places of its other arguments."""
        return [place for place in range(len(self.row.types)) if place != self.place]


_ROW_FUNCTIONS: LiteralString = """
    select n.nspname::text, p.proname::text, coalesce(p.proargnames, '{}'), p.proargtypes::oid[]::bigint[],
        array(select format_type(t, null) from unnest(p.proargtypes) with ordinality u(t, o) order by o),
        array(select a.typrelid::bigint from unnest(p.proargtypes) with ordinality u(t, o)
              join pg_type a on a.oid = t order by o), p.pronargdefaults, p.prorettype::bigint,
        format_type(p.prorettype, null), y.typrelid::bigint, p.proretset and p.prorows <> 1, p.provolatile <> 'v',
        p.prosecdef, x.description
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type y on y.oid = p.prorettype
    left join pg_description x on x.objoid = p.oid and x.classoid = 'pg_proc'::regclass
    where n.nspname = any(%(schemas)s) and p.prokind = 'f' and p.proallargtypes is null and p.provariadic = 0
    and (%(granted)s or has_function_privilege(p.oid, 'execute'))
    and y.typtype <> 'p' and (y.typrelid <> 0 or not p.proretset)
    and (y.typrelid = 0 or y.typrelid = any(%(tables)s))
    and exists (select from unnest(p.proargtypes) t join pg_type a on a.oid = t where a.typrelid = any(%(tables)s))
    and not exists (select from unnest(p.proargtypes) t join pg_type a on a.oid = t where a.typtype = 'p')
    order by n.nspname collate "C", p.proname collate "C", p.pronargs, p.proargtypes::oid[]
"""


def reflect_row_functions(
    connection: psycopg.Connection[Any], exposure: Exposure, exposed: Mapping[int, str]
) -> dict[int, list[OverRow]]:
    """The functions over rows by their table's number; ``exposed`` are the resources' names by that.

    To be called within `postgres_schemas.reading`. Raises `psycopg.Error`.
    """
    places = {"schemas": list(exposure.schemas), "tables": list(exposed), "granted": exposure.by_grants}
    found: defaultdict[int, list[OverRow]] = defaultdict(list)
    for row in fetch(connection, RowFunctionRow, _ROW_FUNCTIONS, places):
        name = _exposed_name(row, exposure)
        if exposure.by_grants or not row.definer or name in exposure.definers:
            tables = list(dict.fromkeys(one for one in row.tables if one in exposed))
            for table in tables:
                wished = exposure.computed.get((exposed[table], name))
                if wished is None and table != tables[0]:
                    continue  # of several rows the first one has the field, unless the configuration says otherwise
                place = _place(row, table, wished.row if wished is not None else "")
                if place is not None:
                    computed = wished or Computed(row.name)
                    found[table].append(OverRow(row, name, place, computed, wished is not None))
    return {table: list(_told_apart(several)) for table, several in found.items()}


def _place(row: RowFunctionRow, table: int, wished: str) -> int | None:
    """Which argument gets the table's row, the one that is ``wished`` or the first; None where it can't be called so.

    What takes more than a row must not write, so that a function like ``ship(orders, on_day)`` is no field.
    """
    if len(row.types) == 1:
        return 0
    names = list(row.names) or [""] * len(row.types)
    place = next((at for at, one in enumerate(row.tables) if one == table and wished in ("", names[at])), None)
    if place is None or not row.steady or (place and not names[place]):
        return None
    others = names[:place] + names[place + 1 :]
    return None if "" in others or len(set(others)) < len(others) else place


def _told_apart(several: Sequence[OverRow]) -> Iterator[OverRow]:
    """One function for each name: the one of the configuration, else of overloads the one that takes the row alone.

    Of several that all take more none is chosen: nobody could say which one is meant.
    """
    by_name: defaultdict[str, list[OverRow]] = defaultdict(list)
    for one in several:
        by_name[one.computed.name].append(one)
    for alike in by_name.values():
        chosen = [one for one in alike if one.wished] or alike
        if len(chosen) == 1 or not chosen[0].others:
            yield chosen[0]


def types_of(several: Iterable[OverRow]) -> Iterator[int]:
    """The numbers of all types that have to be known of functions."""
    for one in several:
        yield from (one.row.types[place] for place in one.others)
        if not one.row.target:
            yield one.row.returns


def row_functions(
    several: Sequence[OverRow],
    resource: Resource,
    exposure: Exposure,
    exposed: Mapping[int, str],
    types: Mapping[int, TypeRow],
) -> Iterator[RowFunction]:
    """What the functions over rows of ``resource`` make of one, as they are called for it."""
    for one in several:
        row, name = one.row, one.computed.name
        arguments = list(_arguments(one, types))
        session = session_among(arguments, exposure.sessions.get(one.function, SESSION))
        given = tuple(argument for argument in arguments if argument is not session)
        expression = _call(one, resource)
        if row.target:
            relation = Relation(
                name=name,
                target=exposed[row.target],
                cardinality="many" if row.many else "one",
                pairs=(),
                constraint=row.name,
                expression=expression,
            )
            made = RowFunction(function=one.function, relation=relation, comment=one.computed.comment or row.comment)
        else:
            made = RowFunction(function=one.function, field=_field(one, expression, types, filterable=not given))
        yield msgspec.structs.replace(made, place=(row.schema, row.name), arguments=given, session=session)


def _arguments(one: OverRow, types: Mapping[int, TypeRow]) -> Iterator[Argument]:
    row, required = one.row, len(one.row.types) - one.row.defaults
    for place in one.others:
        told = typed(row.names[place], row.types[place], row.type_texts[place], types)
        yield argument(told, required=place < required)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _exposed_name(row: RowFunctionRow, exposure: Exposure) -> str:
    """A function's name as it is called, and stands in the configuration."""
    (name,) = name_resources([(row.schema, row.name)], Exposure(schemas=exposure.schemas)).values()
    return name


def _call(one: OverRow, resource: Resource) -> tuple[str, ...]:
    """The call for a level's row: that is put together of its columns, for a page of rows has no type of its own."""
    named = f"{_quoted(one.row.names[one.place])} := " if one.place else ""
    parts = [f"{_quoted(one.row.schema)}.{_quoted(one.row.name)}({named}row("]
    for field in resource.columns:
        parts += [field.name, ", "]
    parts[-1] = f")::{_quoted(resource.schema)}.{_quoted(resource.table)})"
    return tuple(parts)


def _field(one: OverRow, expression: tuple[str, ...], types: Mapping[int, TypeRow], *, filterable: bool) -> Field:
    kind = portable(bare(one.computed.name, one.row.returns, one.row.returns_text), types)
    return Field(
        name=one.computed.name,
        type=kind.type,
        db_type=kind.db_type,
        generated=True,
        comment=one.computed.comment or one.row.comment,
        precision=kind.precision,
        scale=kind.scale,
        values=kind.values,
        element=kind.element,
        domain=kind.domain,
        origin="expression",
        expression=expression,
        filterable=filterable,
    )
