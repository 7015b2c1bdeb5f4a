"""Lineage in a PostgreSQL database, from the rule trees of its views and its system catalog.

Of a view's plain column the tree says where it is from; what it computes is made of the columns that the expression
names. Where that can't be followed, it is taken to be made of every column of every table that the view reads.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from data_service.reflect.lineage import Lineage, Spot, grouped
from data_service.reflect.node_tree import Node, TreeError, nodes, parse
from data_service.reflect.postgres_schemas import fetch, reading

_COLUMNS: LiteralString = """
    select c.oid::bigint, a.attnum::int, n.nspname::text, c.relname::text, a.attname::text
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'f', 'p') and c.oid >= 16384
"""
_RULES: LiteralString = """
    select ev_class::bigint, ev_action::text from pg_rewrite where ev_type = '1' and ev_class >= 16384
"""
_GENERATED: LiteralString = """
    select d.adrelid::bigint, d.adnum::int, p.refobjid::bigint, p.refobjsubid::int
    from pg_attrdef d
    join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated <> ''
    join pg_depend p on p.refclassid = 'pg_class'::regclass and p.refobjsubid > 0 and p.refobjsubid <> d.adnum
        and (p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
             or p.classid = 'pg_class'::regclass and p.objid = d.adrelid and p.objsubid = d.adnum)
"""
_PARTS: LiteralString = """
    select i.inhrelid::bigint, own.attnum::int, i.inhparent::bigint, other.attnum::int
    from pg_inherits i
    join pg_attribute own on own.attrelid = i.inhrelid and own.attnum > 0
    join pg_attribute other on other.attrelid = i.inhparent and other.attname = own.attname
"""
_REFERENCES: LiteralString = """
    select c.conrelid::bigint, k.own::int, c.confrelid::bigint, k.other::int
    from pg_constraint c cross join lateral unnest(c.conkey, c.confkey) as k(own, other)
    where c.contype = 'f'
"""
_RELATION, _SUBQUERY, _JOIN = "0", "1", "2"  # kinds of what a query ranges over
_DEEPEST = 50
_USERS = 16384  # from here on object ids are the users'

Place = tuple[int, int]  # of a column: its relation's oid, its number


@dataclass(frozen=True)
class _Column:
    oid: int
    number: int
    schema: str
    relation: str
    name: str


def read_lineage(connection: psycopg.Connection[Any]) -> Lineage:
    """The lineage of every column. Raises `psycopg.Error`."""
    with reading(connection):
        columns = fetch(connection, _Column, _COLUMNS)
        rules = fetch(connection, lambda oid, tree: (oid, tree), _RULES)
        generated = fetch(connection, _pair, _GENERATED)
        parts = fetch(connection, _pair, _PARTS)
        references = fetch(connection, _pair, _REFERENCES)
    named = {(c.oid, c.number): (c.schema, c.relation, c.name) for c in columns}
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for column in columns:
        numbers[column.oid].append(column.number)
    same = [*references, *parts, *((parent, child) for child, parent in parts)]
    derived = list(generated)
    for oid, tree in rules:
        for made, sources, plain in _View(oid, numbers).columns(tree):
            (same if plain else derived).extend((made, source) for source in sources)
    return Lineage(grouped(_spots(same, named)), grouped(_spots(derived, named)))


def read_view_columns(connection: psycopg.Connection[Any]) -> dict[int, dict[int, Place]]:
    """By view the stored column behind each of its plain columns, past any views between; by numbers.

    To be called within `postgres_schemas.reading`. Raises `psycopg.Error`.
    """
    rules = fetch(connection, lambda oid, tree: (oid, tree), _RULES)
    plain = {
        oid: {number: min(sources) for (_, number), sources, itself in _View(oid, {}).columns(tree) if itself}
        for oid, tree in rules
    }

    def stored(place: Place, depth: int = 0) -> Place | None:
        if place[0] not in plain:
            return place
        behind = plain[place[0]].get(place[1])
        return None if behind is None or depth > _DEEPEST else stored(behind, depth + 1)

    return {
        oid: {number: found for number, place in columns.items() if (found := stored(place)) is not None}
        for oid, columns in plain.items()
    }


def _pair(oid: int, number: int, other_oid: int, other_number: int) -> tuple[Place, Place]:
    return (oid, number), (other_oid, other_number)


def _spots(pairs: list[tuple[Place, Place]], named: dict[Place, Spot]) -> Iterator[tuple[Spot, Spot]]:
    for one, other in pairs:
        if one in named and other in named:
            yield named[one], named[other]


class _Unknown(Exception):
    """It can't be followed."""


class _View:
    """One view's rule on its way to the columns behind its columns."""

    def __init__(self, oid: int, numbers: dict[int, list[int]]) -> None:
        self._oid = oid
        self._numbers = numbers

    def columns(self, tree: str) -> Iterator[tuple[Place, set[Place], bool]]:
        """Each column with those behind it, and whether it is that very one."""
        try:
            query = next(nodes(parse(tree), "QUERY"))
        except (TreeError, StopIteration):
            everything = {place for oid in self._numbers for place in self._all_of(oid)}
            yield from (((self._oid, number), everything, False) for number in self._numbers.get(self._oid, ()))
            return
        compound = any(found.fields.get("setOperations") not in (None, "<>") for found in nodes(query, "QUERY"))
        for number, entry in enumerate(_targets(query), start=1):
            table, column = _number(entry, "resorigtbl"), _number(entry, "resorigcol")
            if table and column and not compound:
                yield (self._oid, number), {(table, column)}, True
                continue
            try:
                yield (self._oid, number), self._of_target(query, number, 0), False
            except _Unknown:
                yield (self._oid, number), self._everything(query), False

    def _everything(self, query: Node) -> set[Place]:
        """Every column of every relation that stands anywhere in the tree."""
        relations = {_number(found, "relid") for found in nodes(query) if "relid" in found.fields} - {0, self._oid}
        found = {place for oid in relations for place in self._all_of(oid)}
        # a tree of a form that we don't know: made of anything
        return found or {place for oid in self._numbers for place in self._all_of(oid)}

    def _all_of(self, oid: int) -> set[Place]:
        return {(oid, number) for number in self._numbers.get(oid, ())}

    def _of_target(self, query: Node, number: int, depth: int) -> set[Place]:
        """The columns behind the query's column of this number."""
        if depth > _DEEPEST:
            raise _Unknown
        if query.fields.get("setOperations") not in (None, "<>"):
            parts = [rte.fields.get("subquery") for rte in _range(query) if rte.fields.get("rtekind") == _SUBQUERY]
            if not parts or not all(isinstance(part, Node) for part in parts):
                raise _Unknown
            return set().union(*(self._of_target(part, number, depth + 1) for part in parts))  # type: ignore[arg-type]
        targets = _targets(query)
        if not 1 <= number <= len(targets):
            raise _Unknown
        return self._of_expression(query, targets[number - 1].fields.get("expr"), depth)

    def _of_expression(self, query: Node, expression: object, depth: int) -> set[Place]:
        if any(_is_opaque(node) for node in nodes(expression)):
            raise _Unknown
        found: set[Place] = set()
        for var in nodes(expression, "VAR"):
            found |= self._of_var(query, var, depth)
        return found

    def _of_var(self, query: Node, var: Node, depth: int) -> set[Place]:
        ranged, place, number = _range(query), _number(var, "varno"), _number(var, "varattno")
        if _number(var, "varlevelsup") or not 1 <= place <= len(ranged) or number < 1 or depth > _DEEPEST:
            raise _Unknown
        entry = ranged[place - 1]
        kind = entry.fields.get("rtekind")
        if kind == _RELATION:
            return {(_number(entry, "relid"), number)}
        inner = entry.fields.get("subquery")
        if kind == _SUBQUERY and isinstance(inner, Node):
            return self._of_target(inner, number, depth + 1)
        aliases = entry.fields.get("joinaliasvars")
        if kind == _JOIN and isinstance(aliases, list) and number <= len(aliases):
            return self._of_expression(query, aliases[number - 1], depth + 1)
        raise _Unknown


def _is_opaque(node: Node) -> bool:
    """True for what looks beyond the columns that it names: sub-selects, windows, functions of the users."""
    called = max(_number(node, name) for name in ("funcid", "opfuncid", "aggfnoid", "winfnoid"))
    return node.kind in ("SUBLINK", "QUERY", "WINDOWFUNC", "PARAM") or called >= _USERS


def _range(query: Node) -> list[Node]:
    found = query.fields.get("rtable")
    return [item for item in found if isinstance(item, Node)] if isinstance(found, list) else []


def _targets(query: Node) -> list[Node]:
    """The columns of a query's result, in order."""
    found = query.fields.get("targetList")
    listed = [item for item in found if isinstance(item, Node)] if isinstance(found, list) else []
    return [item for item in listed if item.fields.get("resjunk") != "true"]


def _number(node: Node, name: str) -> int:
    text = node.fields.get(name)
    return int(text) if isinstance(text, str) and text.lstrip("-").isdigit() else 0
