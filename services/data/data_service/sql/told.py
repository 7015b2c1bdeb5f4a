"""A write and its answer in one statement, where what rules and answer look at is in the written rows alone."""

import dataclasses
from typing import Any

from contracts.catalog import Catalog, Resource

from data_service.plan.nodes import AggregateOutput, Column, ColumnOutput, Link, Predicate, ReadPlan, Scan, Source
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan, WritePlan
from data_service.sql.dialect import Dialect
from data_service.sql.emit import Emitter
from data_service.sql.predicates import is_of_one_row, is_stored
from data_service.sql.statements import Caps, Statement
from data_service.sql.verdicts import Case

_Check = tuple[str, Predicate]  # which rows are held to it (SQL, with the place of their name), and what must hold


def told_write(plan: WritePlan, resource: Resource, dialect: Dialect, full: Catalog, caps: Caps) -> Statement | None:
    """The statement; None where it takes more than one.

    Its columns are the number of rows written, the body of the answer, the number of rows in it, how many were
    inserted (null where there is no conflict rule), and the key of the first row where only that is told.
    """
    checks = _checks(plan)
    if not dialect.judges or not all(is_of_one_row(check) for _, check in checks) or not _is_own(plan.returning):
        return None
    if _is_told_anyway(plan, checks) or (not isinstance(plan, DeletePlan) and plan.row_checks):
        return None
    written = dialect.written(plan, resource)
    if written is None:
        return None
    at_most = None if isinstance(plan, CreatePlan) else plan.at_most
    return _Telling(plan.returning, Emitter(dialect, full, caps, written)).statement(
        written,
        checks,
        at_most,
        _key(plan, resource),
        merges=isinstance(plan, CreatePlan) and plan.conflict is not None,
    )


def _is_told_anyway(plan: WritePlan, checks: list[_Check]) -> bool:
    """Whether nothing is read back, or nothing written: that is one statement, and takes no more of the rows."""
    if isinstance(plan, UpdatePlan) and not plan.changes:
        return True
    judged_apart = isinstance(plan, CreatePlan) and plan.conflict is not None and bool(checks)
    return plan.returning.shape == "none" and not judged_apart


class _Telling:
    """What is asked of ``w``, the rows that were written."""

    def __init__(self, returning: ReadPlan, emitter: Emitter) -> None:
        self._returning = returning
        self._emitter = emitter
        self._alias = emitter.alias()
        self._body, self._page = emitter.answer(returning, self._alias)
        # the answer is made of all rows: one pass over them is enough
        self._whole = _is_whole(returning)
        self._count = "count(*)" if self._whole else "(select count(*) from w)"

    def statement(
        self, written: Statement, checks: list[_Check], at_most: Source | None, key: tuple[str, ...], *, merges: bool
    ) -> Statement:
        cases = [self._breach(of, check) for of, check in checks]
        if at_most is not None:
            cases.append(self._too_many(at_most))
        if self._returning.shape == "one":
            cases.append(Case("count(*) <> 1", "rows", "count(*)"))
        dialect, count = self._emitter.dialect, self._count
        if cases:
            count += f" + {dialect.verdict(cases, self._emitter.bind_fixed)}"
        inserted = "(select count(*) from w where w.trivet_new)" if merges else "null"
        names = ", ".join(map(dialect.name, key))
        first = f"(select row_to_json(k) from (select {names} from w limit 1) as k)" if key else "null"
        sql = f"select {count}, {self._body}, count(*), {inserted}, {first} from {self._page}"
        return self._emitter.statement(f"with w as ({written.sql}) {sql}")

    def _breach(self, of: str, check: Predicate) -> Case:
        alias = self._alias if self._whole else self._emitter.alias()
        broken = f"{of.format(alias)}({self._emitter.predicate(check, alias)}) is not true"
        if self._whole:
            return Case(f"count(*) filter (where {broken}) > 0", "breach", self._count)
        return Case(f"exists (select 1 from w as {alias} where {broken})", "breach", self._count)

    def _too_many(self, at_most: Source) -> Case:
        dialect = self._emitter.dialect
        most = dialect.integer(self._emitter.bind(at_most, dialect.whole_number))
        return Case(f"{self._count} > {most}", "affected", self._count)


def _checks(plan: WritePlan) -> list[_Check]:
    """What written rows are held to; with a conflict rule the new ones by one check, the changed ones by another."""
    if isinstance(plan, DeletePlan):
        return []
    if not isinstance(plan, CreatePlan) or plan.conflict is None:
        return [] if plan.check is None else [("", plan.check)]
    pairs = (("{0}.trivet_new and ", plan.check), ("not {0}.trivet_new and ", plan.conflict.check))
    return [(of, check) for of, check in pairs if check is not None]


def _key(plan: WritePlan, resource: Resource) -> tuple[str, ...]:
    """The fields of the key that who creates a row is told where nothing is read back."""
    tells = isinstance(plan, CreatePlan) and plan.tells_key and plan.returning.shape == "none"
    return resource.key if tells else ()


def _is_whole(returning: ReadPlan) -> bool:
    limited = returning.limit or returning.offset or returning.distinct_on
    return returning.scan.rows is None and returning.where is None and not limited


def _is_own(returning: ReadPlan) -> bool:
    """Whether an answer takes nothing but what is stored in the rows that were written."""
    scan = returning.scan
    parts = (scan.rows, returning.outputs, returning.where, returning.sort, returning.distinct_on, returning.limit)
    return scan.written and scan.call is None and not returning.grouped and all(map(_is_stored, parts))


def _is_stored(node: Any) -> bool:
    match node:
        case Column():  # a text that is no JSON would fail before the rules have been looked at
            return is_stored(node) and not (node.path and node.field.type == "text")
        case ColumnOutput() if node.cast is not None:  # so may a cast
            return False
        case Link() | Scan() | AggregateOutput():
            return False
        case tuple():
            return all(map(_is_stored, node))
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return all(_is_stored(getattr(node, part.name)) for part in dataclasses.fields(node))
    return True
