"""What an answer depends on, and what a write touches: for keeping answers as long as they are true.

From the plan as access left it (policies and all), and what the database said of its tables and views
(`data_service.reflect.effects`).
"""

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from chassis.versions import EVERYTHING, word_of
from contracts.catalog import Catalog, Handler
from contracts.fields import FieldType

from data_service.plan.nodes import (
    AggregateOutput,
    AggregateTest,
    Column,
    ColumnOutput,
    GroupTest,
    Link,
    ReadPlan,
    Scan,
    Source,
    Test,
)
from data_service.plan.plans import CallPlan, DocumentPlan, Plan
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan
from data_service.policy_rules import NO_CACHE, CacheRule
from data_service.reflect.effects import Effects, Table

# texts that PostgreSQL reads as the time at hand where it wants a time, in whatever company
_NOW = re.compile(r"now|today|tomorrow|yesterday", re.IGNORECASE)
# types whose values are texts that mean the same at any time
_TIMELESS: frozenset[FieldType] = frozenset(
    {"int2", "int4", "int8", "numeric", "float4", "float8", "bool", "text", "uuid", "json", "bytes", "enum", "interval"}
)
_TIME_CASTS = ("date", "time")  # how the names of types begin to which a text is cast as a time


@dataclass(frozen=True)
class Dependencies:
    """What the answers to a read depend on: ``words`` of stored tables (`chassis.versions`), ``claims`` of the caller.

    ``timed``: a value may be read as the time at hand, so that each request's must be looked at (`tells_time`).
    ``unsteady``: why answers may differ although nobody has written to those tables, None where they can't.
    """

    words: tuple[int, ...]
    claims: tuple[str, ...]
    timed: bool
    unsteady: str | None


def of_read(plan: Plan, effects: Effects, catalog: Catalog) -> Dependencies:
    """What the answers to a plan that only reads depend on."""
    tables: set[Table] = set()
    claims: set[str] = set()
    reasons: list[str] = []
    timed = False
    for node in _walk(plan):
        match node:
            case Scan() if node.call is not None:
                reasons.append(f"{node.resource.name}: what a function gives may change at any time")
            case Scan():
                table = (node.resource.schema, node.resource.table)
                tables |= effects.reads.get(table, frozenset())
                if table not in effects.reads:
                    reasons.append(f"{node.resource.name}: nothing is known of it")
                elif table in effects.unsteady:
                    reasons.append(f"{node.resource.name}: {effects.unsteady[table]}")
            case Link() if node.relation.expression:
                reasons.append(f"{node.relation.name}: what a function gives may change at any time")
            case Source(kind="claim"):
                claims.add(node.what)
            case Column() if node.field.expression:
                reasons.append(f"{node.field.name} is computed, perhaps from the time at hand")
            case ReadPlan(writer=Handler(features=False)):
                reasons.append("what a function gives may change at any time")
            case ReadPlan(count="planned" | "estimated"):
                reasons.append("the database estimates how many rows there are")
            case ColumnOutput() | AggregateOutput() if _reads_time(node):
                reasons.append("a text is cast as a time, and may mean the time at hand")
            case Test() | AggregateTest() | GroupTest() if catalog.engine == "postgresql" and _is_timed(node):
                timed = True
                if isinstance(node.right, Source) and node.right.kind == "constant" and tells_time([node.right.what]):
                    reasons.append("a rule compares with the time at hand")
    return Dependencies(_words(tables), tuple(sorted(claims)), timed, reasons[0] if reasons else None)


class Reading(NamedTuple):
    """What answers that may be kept depend on, as `Dependencies` has it, and for how long they may be.

    ``age``: seconds, None where their versions alone decide; ``most`` the same where a value tells the time (None: not
    at all).
    """

    words: tuple[int, ...]
    claims: tuple[str, ...]
    timed: bool
    age: float | None
    most: float | None


def reading_of(plan: Plan, effects: Effects, catalog: Catalog, cache: CacheRule) -> Reading | None:
    """What the answers to a plan that only reads depend on; None where none may be kept."""
    if cache == NO_CACHE or any(_is_volatile(node) for node in _walk(plan)):
        return None
    found = of_read(plan, effects, catalog)
    age = lifetime(found, cache)
    if age is None:
        return None
    return Reading(found.words, found.claims, found.timed, None if age == math.inf else age, cache.max_age)


def lifetime(found: Dependencies, cache: CacheRule) -> float | None:
    """The seconds for which an answer may be kept, infinite where its versions alone decide; None: not at all."""
    if cache.only_writer and found.unsteady is None:
        return math.inf
    return cache.max_age


def of_write(plan: Plan, effects: Effects) -> tuple[int, ...]:
    """The words of all that a plan may change: cascades and triggers included, everything where that is not known."""
    if any(isinstance(node, CallPlan) and _writes_itself(node) for node in _walk(plan)):
        return (EVERYTHING,)
    touched: set[Table] = set()
    for table in _written(plan):
        tables = effects.touches.get(table)
        if tables is None:
            return (EVERYTHING,)
        touched |= tables
    return _words(touched)


def tells_time(values: Iterable[Any]) -> bool:
    """Whether one of these values might be read as the time at hand."""
    for value in values:
        if isinstance(value, str):
            if _NOW.search(value):
                return True
        elif isinstance(value, dict):
            if tells_time(value.values()):
                return True
        elif isinstance(value, list | tuple) and tells_time(value):
            return True
    return False


def _words(tables: Iterable[Table]) -> tuple[int, ...]:
    return tuple(sorted({word_of(f"{schema}.{name}") for schema, name in tables}))


def _written(plan: Plan) -> Iterator[Table]:
    plans = [member.plan for member in plan.members] if isinstance(plan, DocumentPlan) else [plan]
    for one in plans:
        resource = None
        if isinstance(one, CreatePlan):
            resource = one.resource
            for nested in one.nested:
                yield from _written(nested.plan)
        elif isinstance(one, UpdatePlan | DeletePlan):
            resource = one.scan.resource
        if resource is not None:
            yield resource.schema, resource.table


def _writes_itself(call: CallPlan) -> bool:
    """Whether it may write what is not seen here; the project's Python writes by operations of their own."""
    invocation = call.read.scan.call
    return call.writes and (invocation is None or invocation.function.source != "python")


def _is_volatile(node: Any) -> bool:
    """Whether it calls a function that gives something else each time, or to everybody."""
    if isinstance(node, Source):
        return node.kind == "session"
    if not isinstance(node, Scan) or node.call is None:
        return False
    return not node.call.function.reads_only


def _walk(node: Any) -> Iterator[Any]:
    """All nodes of a plan; what a resource is made of is no part of it."""
    if isinstance(node, tuple):
        for item in node:
            yield from _walk(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        yield node
        if isinstance(node, Column) and node.field.cell is not None:
            yield from _walk(node.field.cell)
        for field in dataclasses.fields(node):
            yield from _walk(getattr(node, field.name))


def _is_timed(test: Test | AggregateTest | GroupTest) -> bool:
    """Whether the value compared with might become a time: one does of which we can't say that it doesn't."""
    columns = (test.left,) if isinstance(test, Test) else test.columns
    return any(column.type not in _TIMELESS or column.field.domain is not None for column in columns)


def _reads_time(output: ColumnOutput | AggregateOutput) -> bool:
    """Whether a cast reads as a time what was none."""
    casts = [output.cast] + ([output.before] if isinstance(output, AggregateOutput) else [])
    columns = (output.column,) if isinstance(output, ColumnOutput) else output.columns
    times = any(cast is not None and cast.strip().lower().startswith(_TIME_CASTS) for cast in casts)
    return times and any(column.type in ("text", "json", "other", "enum") for column in columns)
