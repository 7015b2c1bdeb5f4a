"""Statements written: one text for a whole tree of levels, in the words of a dialect."""

from collections.abc import Iterable

from contracts.catalog import Catalog

from data_service.plan.nodes import (
    AffectedOutput,
    AggregateOutput,
    ColumnOutput,
    ConstantOutput,
    EmbedOutput,
    GroupOutput,
    Link,
    PlanOutput,
    Predicate,
    ReadPlan,
    RowsOutput,
    SortTerm,
    Source,
)
from data_service.sql.dialect import Dialect
from data_service.sql.predicates import Predicates
from data_service.sql.statements import Bind, ReadStatement, Statement


class Emitter(Predicates):
    """Writes one statement; the places of its values are collected on the way."""

    def __init__(self, dialect: Dialect, full: Catalog) -> None:
        super().__init__(dialect)
        self._full = full

    # --- whole statements ----------------------------------------------------------------------------------------

    def read(self, plan: ReadPlan, max_rows: int | None) -> ReadStatement:
        """The statement of a read: columns body, rows, total. ``max_rows`` caps the page."""
        alias = self.alias()
        total = self._total(plan) if plan.count == "exact" else "null"
        body = "null" if plan.shape == "none" else self._body(plan, alias)
        page = self._from(plan, alias, cap=max_rows)
        if plan.shape in ("one", "maybe"):
            sql = f"select {body}, count(*) over (), {total} from {page} limit 1"
        else:
            sql = f"select {body}, count(*), {total} from {page}"
        offset = Bind(plan.offset, self.dialect.whole_number) if plan.offset else None
        return ReadStatement(self.statement(sql), plan.shape, offset)

    def document(self, members: Iterable[tuple[str, ReadPlan | ConstantOutput]], max_rows: int | None) -> Statement:
        """One statement for several reads: a single column holding one object."""
        pairs = []
        for key, plan in members:
            if isinstance(plan, ConstantOutput):
                pairs.append((key, self.dialect.text(plan.value)))
            else:
                pairs.append((key, self.dialect.nest(self._nested(plan, None, max_rows))))
        return self.statement("select " + self.dialect.document(pairs))

    def back(self, plan: ReadPlan, check: Predicate | None) -> Statement:
        """The read over written rows: columns body, rows, rows for which ``check`` does not hold."""
        alias = self.alias()
        page = self.source(plan, alias) if plan.shape == "none" else self._from(plan, alias)
        if plan.shape in ("none", "summary"):
            body = "null" if plan.shape == "none" else self._body(plan, alias)
        else:
            array = self.dialect.array(self._object(plan.outputs, alias))
            body = array if plan.shape == "many" else self.dialect.first(array)
        return self.statement(f"select {body}, count(*), {self._failing(plan, check)} from {page}")

    def _failing(self, plan: ReadPlan, check: Predicate | None) -> str:
        if check is None:
            return "0"
        alias = self.alias()
        return f"(select count(*) from {self.source(plan, alias)} where ({self.predicate(check, alias)}) is not true)"

    def counted(self, plan: ReadPlan) -> Statement:
        """A statement whose rows are all those of the plan's filter, without its page."""
        alias = self.alias()
        return self.statement(f"select 1 from {self._filtered(plan, alias)}")

    def source(self, plan: ReadPlan, alias: str) -> str:
        """Where a level's rows come from, under ``alias``."""
        resource = plan.scan.resource
        if plan.scan.written:
            full = self._full.by_name[resource.name]
            place = self.bind(Source("rows"), self.dialect.written_rows(full))
            return f"{self.dialect.recordset(full, place)} as {alias}"
        return f"{self.dialect.table(resource)} as {alias}"

    # --- levels --------------------------------------------------------------------------------------------------

    def _body(self, plan: ReadPlan, alias: str) -> str:
        if plan.shape == "summary":
            return self._object(plan.outputs, alias)
        made = self._grouped_object(plan, alias) if plan.grouped else self._object(plan.outputs, alias)
        return self.dialect.array(made) if plan.shape == "many" else made

    def _from(self, plan: ReadPlan, alias: str, join: str = "", cap: int | None = None) -> str:
        """The level's page as a source under ``alias``."""
        if plan.grouped:
            return self._groups(plan, alias, join, cap)
        filtered = self._filtered(plan, alias, join)
        order = self._order(plan, alias)
        limit = self._limit(plan, cap)
        if plan.distinct_on:
            columns = [self.column(alias, column) for column in plan.distinct_on]
            return f"({self.dialect.distinct_on(alias, columns, filtered, order)}{limit}) as {alias}"
        if not order and not limit:
            return filtered
        return f"(select {alias}.* from {filtered}{order}{limit}) as {alias}"

    def _filtered(self, plan: ReadPlan, alias: str, join: str = "") -> str:
        where = self.where(alias, plan.scan, plan.where, join)
        return f"{self.source(plan, alias)}{' where ' + where if where else ''}"

    def _total(self, plan: ReadPlan) -> str:
        alias = self.alias()
        if plan.grouped:
            return f"(select count(*) from {self._groups(plan, alias, '', None, paged=False)})"
        filtered = self._filtered(plan, alias)
        if plan.distinct_on:
            columns = ", ".join(self.column(alias, column) for column in plan.distinct_on)
            return f"(select count(*) from (select distinct {columns} from {filtered}) as {alias})"
        return f"(select count(*) from {filtered})"

    def _limit(self, plan: ReadPlan, cap: int | None) -> str:
        caps = [number for number in (plan.scan.limit, cap) if number is not None]
        smallest = min(caps) if caps else None
        text = ""
        if plan.limit is not None:
            text = f" limit {self.bind(plan.limit, self.dialect.limit(smallest))}"
        elif smallest is not None:
            text = f" limit {smallest}"
        if plan.offset is not None:
            text += self.dialect.offset(self.bind(plan.offset, self.dialect.whole_number), bool(text))
        return text

    def _order(self, plan: ReadPlan, alias: str) -> str:
        terms = [self._sort_term(term, alias) for term in plan.sort]
        return f" order by {', '.join(terms)}" if terms else ""

    def _sort_term(self, term: SortTerm, alias: str) -> str:
        expression = self._sort_value(term, term.links, alias)
        nullable = bool(term.links) or term.column is None or term.column.field.nullable or bool(term.column.path)
        return self.dialect.sort(expression, term.descending, term.nulls_first, nullable)

    def _sort_value(self, term: SortTerm, links: tuple[Link, ...], alias: str) -> str:
        if not links:
            return self.dialect.sortable(self.column(alias, term.column), term.column) if term.column else "null"
        link, inner = links[0], self.alias()
        if len(links) == 1 and term.aggregate:
            columns = () if term.column is None else (term.column,)
            value = self.aggregate(AggregateOutput("", term.aggregate, columns), inner)
        else:
            value = self._sort_value(term, links[1:], inner)
        where = self.where(inner, link.target, None, self.join(link, alias, inner))
        return f"(select {value} from {self.dialect.table(link.target.resource)} as {inner} where {where})"

    def _nested(self, plan: ReadPlan, link: tuple[Link, str] | None, cap: int | None = None) -> str:
        """A level as a scalar sub-select, joined to the level above by ``link``."""
        alias = self.alias()
        join = self.join(link[0], link[1], alias) if link else ""
        single = plan.shape in ("one", "maybe") or (
            link is not None and link[0].relation.cardinality == "one" and plan.shape != "summary"
        )
        if single and not plan.grouped:
            made = self._object(plan.outputs, alias)
            source = (
                self._from(plan, alias, join, cap) if plan.sort or plan.limit else self._filtered(plan, alias, join)
            )
            return f"(select {made} from {source} limit 1)"
        return f"(select {self._body(plan, alias)} from {self._from(plan, alias, join, cap)})"

    # --- outputs -------------------------------------------------------------------------------------------------

    def _object(self, outputs: Iterable[PlanOutput], alias: str) -> str:
        return self.dialect.object([pair for output in outputs for pair in self._pairs(output, alias)])

    def _pairs(self, output: PlanOutput, alias: str) -> list[tuple[str, str]]:
        match output:
            case ColumnOutput():
                return [(output.key, self._value(output, self.column(alias, output.column)))]
            case ConstantOutput():
                return [(output.key, self.dialect.text(output.value))]
            case AffectedOutput():
                place = self.bind(Source("affected"), self.dialect.whole_number)
                return [(output.key, self.dialect.integer(place))]
            case GroupOutput():
                return [(output.key, self.dialect.nest(self._object(output.outputs, alias)))]
            case EmbedOutput() if output.spread:
                return self._spread(output, alias)
            case EmbedOutput():
                return [(output.key, self.dialect.nest(self._nested(output.plan, (output.link, alias))))]
            case AggregateOutput():
                return [(output.key, self.aggregate_value(output, self.aggregate(output, alias)))]
            case RowsOutput():
                return [(output.key, self.dialect.nest(self.dialect.array(self._object(output.outputs, alias))))]

    def _value(self, output: ColumnOutput, expression: str) -> str:
        return self.dialect.output(expression, output.column, output.cast)

    def _spread(self, embed: EmbedOutput, alias: str) -> list[tuple[str, str]]:
        """The embed's outputs one by one: values of a to-one relation, arrays of a to-many."""
        pairs = []
        plan = embed.plan
        for position in range(len(plan.outputs)):
            inner = self.alias()
            join = self.join(embed.link, alias, inner)
            for key, value in self._pairs(plan.outputs[position], inner):
                page = self._from(plan, inner, join)
                one = embed.link.relation.cardinality == "one"
                made = self.dialect.carried(value) if one else self.dialect.array(value)
                pairs.append((key, self.dialect.nest(f"(select {made} from {page}{' limit 1' if one else ''})")))
        return pairs

    # --- groups --------------------------------------------------------------------------------------------------

    def _groups(self, plan: ReadPlan, alias: str, join: str, cap: int | None, *, paged: bool = True) -> str:
        """The level's rows grouped: columns ``c0``, ``c1`` … in the order of the outputs, and what embeds join on."""
        values, keys = [], []
        for position, output in enumerate(plan.outputs):
            if isinstance(output, ColumnOutput):
                expression = self.dialect.groupable(self.column(alias, output.column), output.column)
                keys.append(expression)
                values.append(f"{expression} as c{position}")
            elif isinstance(output, AggregateOutput):
                values.append(f"{self.aggregate(output, alias)} as c{position}")
        for name in sorted({own for o in plan.outputs if isinstance(o, EmbedOutput) for own, _ in o.link.relation.pairs}):
            joined = f"{alias}.{self.dialect.name(name)}"
            keys.append(joined)
            values.append(f"{joined} as {self.dialect.name(name)}")
        group = f" group by {', '.join(keys)}" if keys else ""
        page = self._order(plan, alias) + self._limit(plan, cap) if paged else ""
        return f"(select {', '.join(values)} from {self._filtered(plan, alias, join)}{group}{page}) as {alias}"

    def _grouped_object(self, plan: ReadPlan, alias: str) -> str:
        pairs = []
        for position, output in enumerate(plan.outputs):
            place = f"{alias}.c{position}"
            if isinstance(output, ColumnOutput):
                pairs.append((output.key, self._value(output, place)))
            elif isinstance(output, AggregateOutput):
                pairs.append((output.key, self.aggregate_value(output, place)))
            else:
                pairs.extend(self._pairs(output, alias))
        return self.dialect.object(pairs)
