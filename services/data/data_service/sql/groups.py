"""Grouped levels written: what is plain is grouped by, embeds by their content, and aggregates stand over each group.

The level's rows are a sub-select with the columns ``c0``, ``c1`` … by the outputs' order; the groups are one around it.
A to-one spread is part of its parent: its fields are grouped by as well, and its aggregates are over the parent's rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from data_service.plan.nodes import (
    AggregateOutput,
    All,
    Any_,
    Column,
    ColumnOutput,
    ConstantOutput,
    EmbedOutput,
    GroupOutput,
    GroupTest,
    Link,
    Negation,
    PlanOutput,
    Predicate,
    ReadPlan,
    SortTerm,
    Source,
)
from data_service.sql.dialect import Dialect
from data_service.sql.statements import Encode

Path = tuple[EmbedOutput, ...]  # the to-one spreads that lead to an output


class Levels(Protocol):
    """What groups need of the emitter: how it writes the parts of a level."""

    dialect: Dialect

    def alias(self) -> str:
        """A new alias for a level."""
        ...

    def column(self, alias: str, column: Column) -> str:
        """A column's value."""
        ...

    def bind(self, source: Source, encode: Encode) -> str:
        """The place of a value."""
        ...

    def join(self, link: Link, alias: str, inner: str) -> str:
        """The condition that ties the level ``inner`` to the level ``alias``."""
        ...

    def filtered(self, plan: ReadPlan, alias: str, join: str = "") -> str:
        """A level's rows without order and page."""
        ...

    def pairs(self, output: PlanOutput, alias: str) -> list[tuple[str, str]]:
        """An output's keys and values."""
        ...

    def sort_value(self, term: SortTerm, links: tuple[Link, ...], alias: str) -> str:
        """What a term of an order compares."""
        ...

    def aggregate_value(self, output: AggregateOutput, expression: str) -> str:
        """An aggregate as it stands in the answer."""
        ...


@dataclass(frozen=True, slots=True)
class _Item:
    """One output of a grouped level, and the number that its columns have."""

    number: int
    path: Path
    output: PlanOutput

    @property
    def name(self) -> str:
        return f"c{self.number}"


def grouped_rows(levels: Levels, plan: ReadPlan, alias: str, join: str) -> str:
    """The groups of a level, with all that `grouped_pairs` and `grouped_order` take from them; not their page."""
    inner: list[str] = []
    keys: list[str] = []
    outer: list[str] = []
    for item in _items(plan):
        if isinstance(item.output, AggregateOutput):
            inner.extend(_arguments(levels, item, item.output, alias))
            outer.append(f"{_aggregate(levels, item, item.output, alias)} as {item.name}")
        elif not isinstance(item.output, ConstantOutput):
            inner.append(f"{_plain(levels, item, alias)} as {item.name}")
            keys.append(f"{alias}.{item.name}")
            outer.append(f"{alias}.{item.name}")
    for number, column in enumerate(plan.group_by):
        inner.append(f"{levels.dialect.groupable(levels.column(alias, column), column)} as k{number}")
        keys.append(f"{alias}.k{number}")
        outer.append(f"{alias}.k{number}")
    for number, term in enumerate(plan.sort):
        if term.links:
            inner.append(f"{levels.sort_value(term, term.links, alias)} as s{number}")
        elif term.aggregate:
            columns = (term.column,) if term.column is not None else ()
            made = _named(levels, f"s{number}", columns, alias, inner)
            outer.append(f"{levels.dialect.aggregate(term.aggregate, made, columns, False)} as s{number}")
    having = _Having(levels, alias, inner).written(plan.having) if plan.having is not None else ""
    rows = f"(select {', '.join(inner) or '1 as one'} from {levels.filtered(plan, alias, join)}) as {alias}"
    groups = f" group by {', '.join(keys)}" if keys else ""
    return f"select {', '.join(outer) or '1 as one'} from {rows}{groups}{' having ' + having if having else ''}"


def grouped_order(levels: Levels, plan: ReadPlan, alias: str) -> str:
    """The order of a level's groups, empty where none was asked for."""
    terms = []
    for number, term in enumerate(plan.sort):
        if term.links:
            value = levels.dialect.any_of(f"{alias}.s{number}")
        else:
            value = f"s{number}" if term.aggregate else _key(plan, term, alias)
        terms.append(levels.dialect.sort(value, term.descending, term.nulls_first, True))
    return f" order by {', '.join(terms)}" if terms else ""


def grouped_pairs(levels: Levels, plan: ReadPlan, alias: str) -> list[tuple[str, str]]:
    """The keys and values of a group's object, out of the columns that `grouped_rows` gave it."""
    return _pairs(levels, plan.outputs, iter(_items(plan)), alias)


def _pairs(levels: Levels, outputs: Iterable[PlanOutput], items: Iterator[_Item], alias: str) -> list[tuple[str, str]]:
    """Pairs of outputs, whose items are the next ones."""
    pairs: list[tuple[str, str]] = []
    for written in outputs:
        if isinstance(written, GroupOutput):
            made = levels.dialect.object(_pairs(levels, written.outputs, items, alias))
            pairs.append((written.key, levels.dialect.nest(made)))
            continue
        if isinstance(written, EmbedOutput) and written.spread:
            pairs += _pairs(levels, written.plan.outputs, items, alias)
            continue
        item = next(items)
        output, place = item.output, f"{alias}.{item.name}"
        if isinstance(output, AggregateOutput):
            value = levels.aggregate_value(output, place)
        elif isinstance(output, ColumnOutput):
            column = output.column if output.cast is None else levels.dialect.cast_column(output.cast)
            value = levels.dialect.output(place, column, None)
        elif isinstance(output, ConstantOutput):
            value = levels.dialect.text(output.value)
        else:
            value = levels.dialect.unpacked(place)
        pairs.append((output.key, value))
    return pairs


def _items(plan: ReadPlan) -> list[_Item]:
    return [_Item(number, path, output) for number, (path, output) in enumerate(_flat(plan.outputs, ()))]


def _flat(outputs: Iterable[PlanOutput], path: Path) -> Iterator[tuple[Path, PlanOutput]]:
    for output in outputs:
        if isinstance(output, EmbedOutput) and output.spread:
            yield from _flat(output.plan.outputs, (*path, output))
        elif isinstance(output, GroupOutput):
            yield from _flat(output.outputs, path)
        else:
            yield path, output


def _plain(levels: Levels, item: _Item, alias: str) -> str:
    output = item.output
    if not isinstance(output, ColumnOutput):
        return _through(levels, item.path, alias, lambda at: levels.dialect.packed(levels.pairs(output, at)[0][1]))
    column, dialect = output.column, levels.dialect
    if output.cast is not None:
        return _through(
            levels, item.path, alias, lambda at: dialect.output(levels.column(at, column), column, output.cast)
        )
    return _through(levels, item.path, alias, lambda at: dialect.groupable(levels.column(at, column), column))


def _arguments(levels: Levels, item: _Item, output: AggregateOutput, alias: str) -> list[str]:
    """What an aggregate is made of, as columns of the rows."""

    def write(column: Column) -> str:
        value = _through(levels, item.path, alias, lambda at: levels.column(at, column))
        return value if output.before is None else levels.dialect.cast(value, output.before)

    return [f"{write(column)} as {item.name}_{number}" for number, column in enumerate(output.columns)]


def _aggregate(levels: Levels, item: _Item, output: AggregateOutput, alias: str) -> str:
    columns = [f"{alias}.{item.name}_{number}" for number in range(len(output.columns))]
    return levels.dialect.aggregate(output.function, columns, output.columns, output.distinct)


def _named(levels: Levels, name: str, columns: Iterable[Column], alias: str, inner: list[str]) -> list[str]:
    """Columns put among those of the rows under names of their own, and where they then are."""
    places = []
    for number, column in enumerate(columns):
        inner.append(f"{levels.column(alias, column)} as {name}_{number}")
        places.append(f"{alias}.{name}_{number}")
    return places


class _Having:
    """Writes what must hold of a group; what its aggregates are made of is added to the rows' columns."""

    def __init__(self, levels: Levels, alias: str, inner: list[str]) -> None:
        self._levels = levels
        self._alias = alias
        self._inner = inner
        self._count = 0

    def written(self, item: Predicate) -> str:
        match item:
            case All():
                return self._joined(item.items, " and ", "true")
            case Any_():
                return self._joined(item.items, " or ", "false")
            case Negation():
                return f"not ({self.written(item.item)})"
            case GroupTest():
                return self._test(item)
            case _:
                raise AssertionError("the planner lets nothing else pass")

    def _joined(self, items: tuple[Predicate, ...], word: str, empty: str) -> str:
        return f"({word.join(self.written(part) for part in items)})" if items else empty

    def _test(self, test: GroupTest) -> str:
        levels = self._levels
        places = _named(levels, f"h{self._count}", test.columns, self._alias, self._inner)
        self._count += 1
        left = levels.dialect.aggregate(test.function, places, test.columns, test.distinct)
        return levels.dialect.compare_aggregate(left, test, lambda encode: levels.bind(test.right, encode))


def _through(levels: Levels, path: Path, alias: str, write: Callable[[str], str]) -> str:
    """A value at the end of to-one spreads."""
    if not path:
        return write(alias)
    embed, inner = path[0], levels.alias()
    value = _through(levels, path[1:], inner, write)
    rows = levels.filtered(embed.plan, inner, levels.join(embed.link, alias, inner))
    return f"(select {value} from {rows} limit 1)"


def _key(plan: ReadPlan, term: SortTerm, alias: str) -> str:
    """The group's column that a term orders by; the planner let no other pass."""
    if term.column in plan.group_by:
        return f"{alias}.k{plan.group_by.index(term.column)}"
    return next(
        f"{alias}.{item.name}"
        for item in _items(plan)
        if not item.path and isinstance(item.output, ColumnOutput) and item.output.column == term.column
    )
