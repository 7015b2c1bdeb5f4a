"""What reading and writing a PostgreSQL database's tables and views depends on and touches, from its system catalog."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

import psycopg

from data_service.reflect.effects import Effects, Table, families, reachable
from data_service.reflect.postgres_schemas import fetch, reading

T = TypeVar("T")


@dataclass(frozen=True)
class _Relation:
    """A relation by its kind; ``filtered``: row-level security decides, ``binds`` our login too."""

    oid: int
    schema: str
    name: str
    kind: str
    filtered: bool
    binds: bool


_RELATIONS: LiteralString = """
    select c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.relrowsecurity,
        c.relrowsecurity and row_security_active(c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and c.oid >= 16384 and c.relpersistence <> 't'
"""


@dataclass(frozen=True)
class _View:
    """A view's rule: the relations it reads, what it calls that is not immutable, what else makes it unsteady."""

    oid: int
    relations: list[int]
    functions: list[str]
    words: list[str]


# The rule's tree is searched as text, for what is built in is in no table of dependencies: the functions and operators
# that it calls, CURRENT_DATE and its kind (SQLVALUEFUNCTION), TABLESAMPLE, and texts read as times (COERCEVIAIO).
_VIEWS: LiteralString = r"""
    with trees as (
        select r.ev_class as oid, r.ev_action::text as tree from pg_rewrite r
        where r.ev_type = '1' and r.ev_class >= 16384
    )
    select t.oid::bigint,
        array(select distinct m[1]::bigint from regexp_matches(t.tree, ':relid (\d+)', 'g') m
              where m[1] <> '0' and m[1] <> t.oid::text),
        array(select distinct p.proname::text from (
                  select m[1]::oid as oid from regexp_matches(
                      t.tree, ':(?:funcid|opfuncid|aggfnoid|winfnoid|hashfuncid) (\d+)', 'g') m
                  union
                  select o.oprcode::oid from regexp_matches(t.tree, ':opno (\d+)', 'g') m
                  join pg_operator o on o.oid = m[1]::oid
                  union
                  select v.oid from regexp_matches(t.tree, ':(?:aggfnoid|winfnoid) (\d+)', 'g') m
                  join pg_aggregate a on a.aggfnoid = m[1]::oid
                  cross join lateral (values (a.aggtransfn::oid), (a.aggfinalfn::oid)) v(oid)
              ) f join pg_proc p on p.oid = f.oid where p.provolatile <> 'i'),
        array(select distinct m[1] from regexp_matches(t.tree, '\{(SQLVALUEFUNCTION|TABLESAMPLECLAUSE)\M', 'g') m
              union
              select 'COERCEVIAIO' from regexp_matches(
                  t.tree, '\{COERCEVIAIO :arg .*? :resulttype (?:1082|1083|1114|1184|1266)\M', '') m)
    from trees t
"""
_INHERITS: LiteralString = "select inhrelid::bigint, inhparent::bigint from pg_inherits"
# what a delete or a changed key of the target does to the table that refers to it: c, n, d (cascade, null, default)
_CASCADES: LiteralString = """
    select c.confrelid::bigint, c.conrelid::bigint from pg_constraint c
    where c.contype = 'f' and (c.confdeltype in ('c', 'n', 'd') or c.confupdtype in ('c', 'n', 'd'))
"""
# relations where a write runs code of the users' that may do anything: triggers, rules, and functions of their own that
# are not immutable in defaults, checks and indexes
_CODE: LiteralString = """
    select g.tgrelid::bigint from pg_trigger g join pg_proc p on p.oid = g.tgfoid
    where not g.tgisinternal and g.tgenabled <> 'D' and p.pronamespace <> 'pg_catalog'::regnamespace
    union
    select r.ev_class::bigint from pg_rewrite r where r.ev_type <> '1' and r.ev_enabled <> 'D' and r.ev_class >= 16384
    union
    select a.adrelid::bigint from pg_attrdef a
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
    join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid and p.provolatile <> 'i'
    union
    select c.conrelid::bigint from pg_constraint c
    join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = c.oid
    join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid and p.provolatile <> 'i'
    where c.conrelid <> 0
    union
    select a.attrelid::bigint from pg_attribute a join pg_type t on t.oid = a.atttypid and t.typtype = 'd'
    join pg_constraint c on c.contypid = t.oid
    join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = c.oid
    join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid and p.provolatile <> 'i'
"""
_WORDS = {
    "SQLVALUEFUNCTION": "it asks for the time or the user",
    "TABLESAMPLECLAUSE": "it takes a sample of rows",
    "COERCEVIAIO": "it reads texts as times",
}


def read_effects(connection: psycopg.Connection[Any]) -> Effects:
    """The effects of reading and writing every table and view. Raises `psycopg.Error`."""
    with reading(connection):
        relations = {row.oid: row for row in fetch(connection, _Relation, _RELATIONS)}
        views = {row.oid: row for row in fetch(connection, _View, _VIEWS)}
        inherits = fetch(connection, _pair, _INHERITS)
        cascades = fetch(connection, _pair, _CASCADES)
        code = set(fetch(connection, int, _CODE))
    return _Assembly(relations, views, inherits, cascades, code).effects()


def _pair(one: int, other: int) -> tuple[int, int]:
    return one, other


class _Assembly:
    """The rows of the system catalog on their way to effects."""

    def __init__(
        self,
        relations: Mapping[int, _Relation],
        views: Mapping[int, _View],
        inherits: Collection[tuple[int, int]],
        cascades: Collection[tuple[int, int]],
        code: Collection[int],
    ) -> None:
        self._relations = relations
        self._views = views
        self._names = {oid: (row.schema, row.name) for oid, row in relations.items()}
        family = families((self._name(child), self._name(parent)) for child, parent in inherits)
        self._family: Callable[[Table], Table] = lambda table: family.get(table, table)
        self._members: defaultdict[Table, set[int]] = defaultdict(set)
        for oid, table in self._names.items():
            self._members[self._family(table)].add(oid)
        self._onward: defaultdict[Table, set[Table]] = defaultdict(set)
        for target, source in cascades:
            self._onward[self._family(self._name(target))].add(self._family(self._name(source)))
        self._code = {self._family(self._name(oid)) for oid in code}

    def effects(self) -> Effects:
        unsteady = {table: self._unsteady(oid) for oid, table in self._names.items()}
        return Effects(
            reads={table: self._stored(oid) for oid, table in self._names.items()},
            unsteady={table: reason for table, reason in unsteady.items() if reason},
            touches={table: self._touches(oid) for oid, table in self._names.items()},
        )

    def _name(self, oid: int) -> Table:
        return self._names.get(oid, ("", str(oid)))

    def _below(self, oid: int) -> set[int]:
        """A relation, and all that it is made from."""
        found: set[int] = set()
        todo = [oid]
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo.extend(self._views[at].relations if at in self._views else ())
        return found

    def _stored(self, oid: int) -> frozenset[Table]:
        return frozenset(self._family(self._name(at)) for at in self._below(oid) if at not in self._views)

    def _unsteady(self, oid: int) -> str | None:
        for at in sorted(self._below(oid)):
            of = "" if at == oid else f" ({'.'.join(self._name(at))})"
            if reason := self._reason(at, through=at != oid):
                return reason + of
        return None

    def _reason(self, oid: int, *, through: bool) -> str | None:
        """Why a relation is unsteady; ``through`` a view its row-level security is that of the view's owner."""
        if oid not in self._relations:
            return "it reads a system table, a temporary one or a sequence"
        members = [self._relations[other] for other in self._members[self._family(self._name(oid))]]
        if any(member.kind == "f" for member in members):
            return "it is a foreign table, or has one as a part"
        if self._relations[oid].kind == "m":
            return "it is a materialized view"
        if any(member.filtered if through else member.binds for member in members):
            return "the database's own row-level security decides what it shows"
        if (view := self._views.get(oid)) is not None:
            if view.functions:
                return f"it calls {', '.join(sorted(view.functions)[:3])}, which may answer otherwise next time"
            if view.words:
                return _WORDS[sorted(view.words)[0]]
        return None

    def _touches(self, oid: int) -> frozenset[Table] | None:
        # a view that can be written to writes to a table that it is made from, or runs its triggers
        touched = reachable([self._family(self._name(oid)), *self._stored(oid)], self._onward)
        if touched & self._code or any(self._family(self._name(at)) in self._code for at in self._below(oid)):
            return None
        return frozenset(table for table in touched if table != self._name(oid) or oid not in self._views)
