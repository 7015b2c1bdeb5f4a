"""Statements written: one text for a whole tree of levels, in the words of a dialect."""

from collections.abc import Iterable

from contracts.catalog import Catalog, Handler

from data_service.plan.nodes import (
    AffectedOutput,
    AggregateOutput,
    Column,
    ColumnOutput,
    ConstantOutput,
    EmbedOutput,
    GroupOutput,
    Invocation,
    Link,
    PlanOutput,
    Predicate,
    ReadPlan,
    RowsOutput,
    Scan,
    SortTerm,
    Source,
)
from data_service.plan.write_nodes import RowCheck
from data_service.sql.dialect import Dialect
from data_service.sql.groups import grouped_order, grouped_pairs, grouped_rows
from data_service.sql.predicates import Predicates
from data_service.sql.statements import SURE, Bind, Caps, ReadStatement, Statement

_NO_CAPS = Caps()
MOST_BREACHES = 1000  # broken rules that are told of at once


def countable(plan: ReadPlan) -> bool:
    """True where the database's own guess is of the rows that are asked for: it knows nothing of groups."""
    return not plan.grouped and not plan.distinct_on


class Emitter(Predicates):
    """Writes one statement; the places of its values are collected on the way. ``caps`` bound each level's rows.

    ``written`` is the write that stands before it, and gives its rows as ``w``; else they are bound.
    """

    def __init__(self, dialect: Dialect, full: Catalog, caps: Caps, written: Statement | None = None) -> None:
        super().__init__(dialect)
        self._full = full
        self._caps = caps
        self._after_write = written is not None
        if written is not None:
            self._binds.extend(written.binds)
        self._calls: dict[int, tuple[str, str]] = {}  # by the invocation's id: a name, and what it stands for
        self._firsts: dict[str, str] = {}  # of a summary's alias: the condition on the rows that it shows

    # --- whole statements ----------------------------------------------------------------------------------------

    def read(self, plan: ReadPlan) -> ReadStatement:
        """The statement of a read: columns body, rows, total."""
        alias = self.alias()
        total = self._asked_total(plan)
        caps = self._caps_of(plan, alias)
        body = "null" if plan.shape == "none" else self._body(plan, alias)
        page = self._from(plan, alias, caps=caps)
        if plan.shape in ("one", "maybe"):
            sql = f"select {body}, count(*) over (), {total} from {page} limit 1"
        else:
            sql = f"select {body}, count(*), {total} from {page}"
        offset = Bind(plan.offset, self.dialect.whole_number) if plan.offset else None
        return ReadStatement(self.statement(sql), plan.shape, offset)

    def stream(self, plan: ReadPlan) -> Statement:
        """The statement whose rows are those of a read of shape ``many``, each as one JSON object."""
        alias = self.alias()
        made = self.dialect.object(grouped_pairs(self, plan, alias)) if plan.grouped else ""
        page = self._from(plan, alias, caps=Caps(None, self._caps.most))  # no cap holds for those that nobody limits
        return self.statement(f"select {made or self._object(plan.outputs, alias)} from {page}")

    def document(self, members: Iterable[tuple[str, ReadPlan | ConstantOutput]]) -> Statement:
        """One statement for several reads: a single column holding one object."""
        pairs = []
        for key, plan in members:
            if isinstance(plan, ConstantOutput):
                pairs.append((key, self.dialect.text(plan.value)))
            else:
                pairs.append((key, self.dialect.nest(self._nested(plan, None))))
        return self.statement("select " + self.dialect.document(pairs))

    def back(self, plan: ReadPlan, check: Predicate | None) -> Statement:
        """The read over written rows: columns body, rows, rows for which ``check`` does not hold."""
        body, page = self.answer(plan, self.alias())
        return self.statement(f"select {body}, count(*), {self._failing(plan, check)} from {page}")

    def answer(self, plan: ReadPlan, alias: str) -> tuple[str, str]:
        """The body of an answer that written rows give, and where these come from under ``alias``."""
        page = self.source(plan, alias) if plan.shape == "none" else self._from(plan, alias)
        if plan.shape in ("none", "summary") or plan.writer is not None:
            return ("null" if plan.shape == "none" else self._body(plan, alias)), page
        array = self.dialect.array(self._object(plan.outputs, alias))
        return (array if plan.shape == "many" else self.dialect.first(array)), page

    def failing(self, plan: ReadPlan, check: Predicate | None) -> Statement | None:
        """A statement that counts the written rows for which ``check`` does not hold; None where there is none."""
        return None if check is None else self.statement(f"select {self._failing(plan, check)}")

    def breaches(self, plan: ReadPlan, checks: tuple[RowCheck, ...]) -> Statement:
        """A statement that gives a JSON array of the written rows of which a check is false, by their numbers.

        Its elements are ``{"row": …, "rule": …}``, in the order of the rows, at most `MOST_BREACHES`.
        """
        parts = []
        for number, check in enumerate(checks):
            alias = self.alias()
            rows = (
                f"(select {alias}.*, row_number() over () - 1 as trivet_row from {self.source(plan, alias)}) as {alias}"
            )
            false = f"({self.predicate(check.holds, alias)}) is false"
            parts.append(f"select {alias}.trivet_row, {number} as trivet_rule from {rows} where {false}")
        alias = self.alias()
        pairs = [("row", f"{alias}.trivet_row"), ("rule", f"{alias}.trivet_rule")]
        found = f"{' union all '.join(parts)} order by 1, 2 limit {MOST_BREACHES}"
        return self.statement(f"select {self.dialect.array(self.dialect.object(pairs))} from ({found}) as {alias}")

    def _failing(self, plan: ReadPlan, check: Predicate | None) -> str:
        if check is None:
            return "0"
        alias = self.alias()
        return f"(select count(*) from {self.source(plan, alias)} where ({self.predicate(check, alias)}) is not true)"

    def counted(self, plan: ReadPlan) -> Statement:
        """A statement whose rows are all those of the plan's filter, without its page."""
        alias = self.alias()
        return self.statement(f"select 1 from {self.filtered(plan, alias)}")

    def source(self, plan: ReadPlan, alias: str) -> str:
        """Where a level's rows come from, under ``alias``."""
        resource = plan.scan.resource
        if plan.scan.call is not None:
            return f"{self._given(plan.scan, plan.scan.call)} as {alias}"
        if plan.scan.written and self._after_write:
            return f"w as {alias}"
        if plan.scan.written:
            full = self._full.by_name[resource.name]
            place = self.bind(Source("rows"), self.dialect.written_rows(full))
            return f"{self.dialect.recordset(full, place)} as {alias}"
        return self.rows_of(resource, alias)

    def statement(self, sql: str) -> Statement:
        """The statement of this text, with the calls that it reads from and the values collected so far."""
        calls = ", ".join(f"{name} as ({select})" for name, select in self._calls.values())
        return super().statement(f"with {calls} {sql}" if calls else sql)

    def _given(self, scan: Scan, call: Invocation) -> str:
        """The rows that a function gives. One of the database's own is called once, however often they are read."""
        if scan.written:
            of_resource = call.function.returns.resource is not None
            full = self._full.by_name[scan.resource.name] if of_resource else scan.resource
            return self.dialect.returned(full, self.bind(Source("rows"), self.dialect.returned_rows(full)))
        if id(call) not in self._calls:
            self._calls[id(call)] = (f"call{len(self._calls) + 1}", self.dialect.call(call, self.bind))
        return self._calls[id(call)][0]

    # --- levels --------------------------------------------------------------------------------------------------

    def _body(self, plan: ReadPlan, alias: str) -> str:
        if plan.writer is not None:
            return self._handled(plan, plan.writer, alias)
        if plan.shape == "summary":
            return self._object(plan.outputs, alias)
        if plan.grouped:
            made = self.dialect.object(grouped_pairs(self, plan, alias))
        else:
            made = self._made(plan, alias)
        return self.dialect.array(made) if plan.shape == "many" else made

    def _handled(self, plan: ReadPlan, handler: Handler, alias: str) -> str:
        """What a handler makes of the level's rows."""
        if handler.resource is not None:
            full = self._full.by_name[handler.resource]
            row = [f"{alias}.{self.dialect.name(field.name)}" for field in full.columns]
            return self.dialect.handled(handler, self.dialect.row(full, row))
        pairs = (
            grouped_pairs(self, plan, alias)
            if plan.grouped
            else [pair for output in plan.outputs for pair in self.pairs(output, alias)]
        )
        return self.dialect.handled(handler, self.dialect.record(pairs))

    def _from(self, plan: ReadPlan, alias: str, join: str = "", caps: Caps = _NO_CAPS) -> str:
        """The level's page as a source under ``alias``."""
        if alias in self._firsts:
            page = self._page(plan, alias, join, caps)
            return f"(select {alias}.*, row_number() over () as trivet_row from {page}) as {alias}"
        return self._page(plan, alias, join, caps)

    def _page(self, plan: ReadPlan, alias: str, join: str, caps: Caps) -> str:
        if plan.grouped:
            page = grouped_order(self, plan, alias) + self._limit(plan, caps)
            return f"({grouped_rows(self, plan, alias, join)}{page}) as {alias}"
        filtered = self.filtered(plan, alias, join)
        order = self._order(plan, alias)
        limit = self._limit(plan, caps)
        if plan.distinct_on:
            columns = [self.column(alias, column) for column in plan.distinct_on]
            return f"({self.dialect.distinct_on(alias, columns, filtered, order)}{limit}) as {alias}"
        if not order and not limit:
            return filtered
        return f"(select {alias}.* from {filtered}{order}{limit}) as {alias}"

    def filtered(self, plan: ReadPlan, alias: str, join: str = "") -> str:
        where = self.where(alias, plan.scan, plan.where, join)
        return f"{self.source(plan, alias)}{' where ' + where if where else ''}"

    def _asked_total(self, plan: ReadPlan) -> str:
        """All rows of the filter, as far as they are to be counted."""
        if plan.count == "exact" or (plan.count and not countable(plan)):
            return self._total(plan)
        if plan.count != "estimated":
            return "null"
        alias = self.alias()
        return f"(select count(*) from (select 1 from {self.filtered(plan, alias)} limit {SURE + 1}) as {alias})"

    def _total(self, plan: ReadPlan) -> str:
        alias = self.alias()
        if plan.grouped:
            return f"(select count(*) from ({grouped_rows(self, plan, alias, '')}) as {alias})"
        filtered = self.filtered(plan, alias)
        if plan.distinct_on:
            columns = ", ".join(self.column(alias, column) for column in plan.distinct_on)
            return f"(select count(*) from (select distinct {columns} from {filtered}) as {alias})"
        return f"(select count(*) from {filtered})"

    def _caps_of(self, plan: ReadPlan, alias: str) -> Caps:
        """The caps on a level's page. Aggregates are over all rows; of a summary only the rows shown are capped."""
        if plan.shape == "summary":
            return self._summary_caps(plan, alias)
        return Caps(None, self._caps.most) if plan.shape in ("one", "maybe") else self._caps

    def _summary_caps(self, plan: ReadPlan, alias: str) -> Caps:
        if self._caps.unasked is None or not any(isinstance(output, RowsOutput) for output in plan.outputs):
            return _NO_CAPS
        if all(isinstance(output, RowsOutput | ConstantOutput) for output in plan.outputs):
            return self._caps
        last = str(self._caps.unasked)
        if plan.limit is not None:
            last = self.dialect.integer(self.bind(plan.limit, self.dialect.limit(self._caps)))
        self._firsts[alias] = f"{alias}.trivet_row <= {last}"
        return _NO_CAPS

    def _limit(self, plan: ReadPlan, caps: Caps) -> str:
        caps = caps.lowered(plan.scan.limit)
        text = ""
        if plan.limit is not None:
            text = f" limit {self.bind(plan.limit, self.dialect.limit(caps))}"
        elif caps.unasked is not None:
            text = f" limit {caps.unasked}"
        if plan.offset is not None:
            text += self.dialect.offset(self.bind(plan.offset, self.dialect.whole_number), bool(text))
        return text

    def _order(self, plan: ReadPlan, alias: str) -> str:
        terms = [self._sort_term(term, alias) for term in plan.sort]
        return f" order by {', '.join(terms)}" if terms else ""

    def _sort_term(self, term: SortTerm, alias: str) -> str:
        expression = self.sort_value(term, term.links, alias)
        nullable = bool(term.links) or term.column is None or term.column.field.nullable or bool(term.column.path)
        return self.dialect.sort(expression, term.descending, term.nulls_first, nullable)

    def sort_value(self, term: SortTerm, links: tuple[Link, ...], alias: str) -> str:
        if not links:
            return self.dialect.sortable(self.column(alias, term.column), term.column) if term.column else "null"
        link, inner = links[0], self.alias()
        if len(links) == 1 and term.aggregate:
            columns = () if term.column is None else (term.column,)
            value = self.aggregate(AggregateOutput("", term.aggregate, columns), inner)
        else:
            value = self.sort_value(term, links[1:], inner)
        where = self.where(inner, link.target, None, self.join(link, alias, inner))
        return f"(select {value} from {self.rows_of(link.target.resource, inner)} where {where})"

    def _nested(self, plan: ReadPlan, link: tuple[Link, str] | None) -> str:
        """A level as a scalar sub-select, joined to the level above by ``link``."""
        alias = self.alias()
        join = self.join(link[0], link[1], alias) if link else ""
        single = plan.shape in ("one", "maybe") or (
            link is not None and link[0].relation.cardinality == "one" and plan.shape != "summary"
        )
        if single and not plan.grouped:
            made = self._made(plan, alias)
            source = (
                self._from(plan, alias, join)
                if plan.sort or plan.limit or plan.offset
                else self.filtered(plan, alias, join)
            )
            return f"(select {made} from {source} limit 1)"
        if plan.shape == "summary" and not any(_sums_up(output) for output in plan.outputs):
            return f"(select {self._object(plan.outputs, alias)})"  # one object, however many rows there are
        caps = self._caps_of(plan, alias)
        return f"(select {self._body(plan, alias)} from {self._from(plan, alias, join, caps)})"

    def _made(self, plan: ReadPlan, alias: str) -> str:
        """What becomes of a row: an object, but for a function's result that is no row."""
        call = plan.scan.call
        if call is None or call.function.returns.kind == "rows":
            return self._object(plan.outputs, alias)
        column = Column(plan.scan.resource.fields[0])
        return self.dialect.scalar(self.column(alias, column), column)

    # --- outputs -------------------------------------------------------------------------------------------------

    def _object(self, outputs: Iterable[PlanOutput], alias: str) -> str:
        return self.dialect.object([pair for output in outputs for pair in self.pairs(output, alias)])

    def pairs(self, output: PlanOutput, alias: str) -> list[tuple[str, str]]:
        match output:
            case ColumnOutput():
                return [(output.key, self._value(output, self.column(alias, output.column)))]
            case ConstantOutput():
                return [(output.key, self.dialect.text(output.value))]
            case AffectedOutput() if self._after_write:
                return [(output.key, "(select count(*) from w)")]
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
                array = self.dialect.array(self._object(output.outputs, alias), self._firsts.get(alias, ""))
                return [(output.key, self.dialect.nest(array))]

    def _value(self, output: ColumnOutput, expression: str) -> str:
        return self.dialect.output(expression, output.column, output.cast)

    def _spread(self, embed: EmbedOutput, alias: str) -> list[tuple[str, str]]:
        """The embed's outputs one by one: values of a to-one relation, arrays of a to-many."""
        pairs = []
        plan = embed.plan
        for position in range(len(plan.outputs)):
            inner = self.alias()
            join = self.join(embed.link, alias, inner)
            for key, value in self.pairs(plan.outputs[position], inner):
                one = embed.link.relation.cardinality == "one"
                page = self._from(plan, inner, join, _NO_CAPS if one else self._caps)
                made = self.dialect.carried(value) if one else self.dialect.array(value)
                pairs.append((key, self.dialect.nest(f"(select {made} from {page}{' limit 1' if one else ''})")))
        return pairs


def _sums_up(output: PlanOutput) -> bool:
    """True where the output is made of a level's rows together."""
    if isinstance(output, GroupOutput):
        return any(_sums_up(inner) for inner in output.outputs)
    return isinstance(output, AggregateOutput | RowsOutput)
