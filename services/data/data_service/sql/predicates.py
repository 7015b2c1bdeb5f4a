"""Predicates, joins and aggregates written: what statements of every kind are made of."""

from contracts.catalog import Resource
from contracts.fields import Field

from data_service.plan.nodes import (
    AggregateOutput,
    AggregateTest,
    All,
    Any_,
    Cell,
    Column,
    Forgotten,
    GroupTest,
    IsTest,
    Link,
    Negation,
    Predicate,
    Related,
    Scan,
    Somewhere,
    Source,
    Test,
)
from data_service.sql.dialect import Dialect
from data_service.sql.masks import guarded, marking
from data_service.sql.statements import Bind, Encode, Statement
from data_service.sql.values import fit_patterns, plain_text

# what a database may raise on a row's own value: never run on a row that a policy hides
_QUIET = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "in", "isdistinct", "like", "ilike"})


class Predicates:
    """Writes predicates; numbers aliases and the places of values."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._binds: list[Bind] = []
        self._fixed: dict[str, str] = {}
        self._aliases = 0
        self._cells: dict[tuple[str, str], str] = {}
        self._calls_by_column: dict[tuple[str, Column], str] = {}  # of functions that get more than the row
        self._calls_by_alias: dict[str, str] = {}  # of levels whose rows a function makes of a row above them

    def statement(self, sql: str) -> Statement:
        """The statement of this text, with the values collected so far."""
        return Statement(sql, tuple(self._binds))

    def alias(self) -> str:
        """A new alias for a level."""
        self._aliases += 1
        return f"t{self._aliases}"

    def bind(self, source: Source, encode: Encode) -> str:
        """The place of a value."""
        self._binds.append(Bind(source, encode))
        return self.dialect.place(len(self._binds))

    def bind_fixed(self, text: str) -> str:
        """The place of a text that is the same for all requests, and one place however often it is used.

        A key has no business in a statement's own text, and what is grouped or ordered by must be the same expression.
        """
        if text not in self._fixed:
            self._fixed[text] = self.bind(Source("constant", text), plain_text)
        return self._fixed[text]

    def column(self, alias: str, column: Column) -> str:
        """A column's value as the role sees it."""
        field = column.field
        if column.arguments:
            name = self._called(alias, column)
        else:
            name = self._seen(alias, field) if field.cell is None else self._seen_in_part(alias, field, field.cell)
        return self.dialect.inside(name, column) if column.path or column.text else name

    def _seen(self, alias: str, field: Field) -> str:
        name = self._computed(alias, field) if field.expression else f"{alias}.{self.dialect.name(field.name)}"
        return name if field.guard is None else guarded(name, field.guard, self)

    def _seen_in_part(self, alias: str, field: Field, cell: Cell) -> str:
        """A value that is null in some rows; one text however often it is used, for rows may be told apart by it."""
        key = (alias, field.name)
        if key not in self._cells:
            holds = self.predicate(cell.holds, alias)
            self._cells[key] = f"(case when {holds} then {self._seen(alias, field)} end)"
        return self._cells[key]

    def _computed(self, alias: str, field: Field) -> str:
        """The value of a field that is an expression over the level's columns."""
        return self.dialect.computed(self._written(alias, field.expression), field)

    def _called(self, alias: str, column: Column) -> str:
        """What a function makes of the level's row and of what it gets beside it; one text, as for `_seen_in_part`."""
        key = (alias, column)
        if key not in self._calls_by_column:
            call = self.dialect.row_call(self._written(alias, column.field.expression), column.arguments, self.bind)
            self._calls_by_column[key] = self.dialect.computed(call, column.field)
        return self._calls_by_column[key]

    def _written(self, alias: str, expression: tuple[str, ...]) -> str:
        parts = [
            f"{alias}.{self.dialect.name(part)}" if position % 2 else part for position, part in enumerate(expression)
        ]
        return "".join(parts)

    def rows_of(self, resource: Resource, alias: str) -> str:
        """A resource's rows under ``alias``, or those that a function makes of the row above (`join` says of which)."""
        return f"{self._calls_by_alias.get(alias) or self.dialect.table(resource)} as {alias}"

    def where(self, alias: str, scan: Scan, where: Predicate | None, join: str = "") -> str:
        """The whole condition on a level: the join to the level above, the policy's rows, and the client's filter."""
        if scan.rows is Forgotten:
            raise AssertionError(f"no row filter was decided for {scan.resource.name}")
        parts = [join] if join else []
        policy = self.predicate(scan.rows, alias) if scan.rows is not None else ""  # type: ignore[arg-type]
        client = self.predicate(where, alias) if where is not None else ""
        if policy:
            parts.append(policy)
        if client:
            fenced = policy and where is not None and _loud(where)
            parts.append(f"case when {policy} then {client} else false end" if fenced else client)
        return " and ".join(parts)

    def predicate(self, item: Predicate, alias: str) -> str:
        """A predicate in brackets where it needs them."""
        match item:
            case All():
                return self._joined(item.items, alias, " and ", "true")
            case Any_():
                return self._joined(item.items, alias, " or ", "false")
            case Negation():
                return f"not ({self.predicate(item.item, alias)})"
            case IsTest():
                return self.dialect.is_test(self._looked_up(alias, item.left, itself=True), item.value)
            case Test():
                return self._test(item, alias)
            case Related():
                inner = self.alias()
                where = self.where(inner, item.link.target, item.where, self.join(item.link, alias, inner))
                return f"exists (select 1 from {self.rows_of(item.link.target.resource, inner)} where {where})"
            case Somewhere():
                inner = self.alias()
                where = self.where(inner, item.scan, item.where)
                table = self.dialect.table(item.scan.resource)
                return f"exists (select 1 from {table} as {inner}{' where ' + where if where else ''})"
            case AggregateTest():
                return self._aggregate_test(item, alias)
            case GroupTest():
                raise AssertionError("a condition on groups is none on rows")

    def join(self, link: Link, alias: str, inner: str) -> str:
        """The condition that ties the level ``inner`` to the level ``alias``."""
        relation, name = link.relation, self.dialect.name
        if relation.expression:
            call = self._written(alias, relation.expression)
            self._calls_by_alias[inner] = (
                self.dialect.row_call(call, link.arguments, self.bind) if link.arguments else call
            )
            return "true"
        if relation.junction is None or link.junction is None:
            return " and ".join(f"{inner}.{name(b)} = {alias}.{name(a)}" for a, b in relation.pairs)
        between = self.alias()
        near = " and ".join(f"{between}.{name(b)} = {alias}.{name(a)}" for a, b in relation.pairs)
        mine = ", ".join(f"{inner}.{name(b)}" for _, b in relation.junction.onward)
        theirs = ", ".join(f"{between}.{name(a)}" for a, _ in relation.junction.onward)
        where = self.where(between, link.junction, None, near)
        table = self.dialect.table(link.junction.resource)
        return f"({mine}) in (select {theirs} from {table} as {between} where {where})"

    def aggregate(self, output: AggregateOutput, alias: str) -> str:
        """An aggregate over the rows of a level."""
        columns = [self.column(alias, column) for column in output.columns]
        if output.before is not None:
            columns = [self.dialect.cast(column, output.before) for column in columns]
        return self.dialect.aggregate(output.function, columns, output.columns, output.distinct)

    def aggregate_value(self, output: AggregateOutput, expression: str) -> str:
        """An aggregate as it stands in the answer."""
        alike = output.function in ("min", "max", "sum") and output.before is None and output.columns
        if output.cast is not None and not alike:
            return self.dialect.cast(expression, output.cast)
        if output.cast is not None:
            return self.dialect.output(expression, output.columns[0], output.cast)
        return self.dialect.aggregated(expression, output.columns[0]) if alike else expression

    def _joined(self, items: tuple[Predicate, ...], alias: str, word: str, empty: str) -> str:
        if not items:
            return empty
        parts = [self.predicate(part, alias) for part in items]
        return parts[0] if len(parts) == 1 else "(" + word.join(parts) + ")"

    def _test(self, test: Test, alias: str) -> str:
        left = self._looked_up(alias, test.left)
        if isinstance(test.right, Column):
            return self.dialect.compare_columns(left, test, self.column(alias, test.right))
        listed = test.operator == "in" or test.quantifier is not None
        encode = self.dialect.list_encoder(test.left) if listed else self.dialect.encoder(test.left, test.operator)
        if test.operator in ("like", "ilike"):
            encode = fit_patterns(encode)
        guard = test.left.field.guard
        if guard is not None and not guard.in_sql:
            encode = marking(guard, encode)
        return self.dialect.compare(left, test, self.bind(test.right, encode))

    def _looked_up(self, alias: str, column: Column, *, itself: bool = False) -> str:
        """A column's value as it is compared: what stands for it where only that can be (`Guard.searchable`).

        ``itself``: what is kept in the column, to see whether there is anything.
        """
        guard = column.field.guard
        if guard is None or guard.in_sql:
            return self.column(alias, column)
        name = guard.stored.name if itself or not guard.index else guard.index
        return f"{alias}.{self.dialect.name(name)}"

    def _aggregate_test(self, test: AggregateTest, alias: str) -> str:
        inner = self.alias()
        where = self.where(inner, test.link.target, test.where, self.join(test.link, alias, inner))
        value = self.aggregate(AggregateOutput("", test.function, test.columns, test.distinct), inner)
        left = f"(select {value} from {self.rows_of(test.link.target.resource, inner)} where {where})"
        return self.dialect.compare_aggregate(left, test, lambda encode: self.bind(test.right, encode))


def is_of_one_row(item: Predicate) -> bool:
    """True where the predicate asks for nothing beside what is stored in the row at hand."""
    match item:
        case All() | Any_():
            return all(is_of_one_row(part) for part in item.items)
        case Negation():
            return is_of_one_row(item.item)
        case Test():
            return is_stored(item.left) and (not isinstance(item.right, Column) or is_stored(item.right))
        case IsTest():
            return is_stored(item.left)
        case _:
            return False


def is_stored(column: Column) -> bool:
    """True where a column's value is the row's own: no function that may look elsewhere has a say in it."""
    field = column.field
    if field.expression or column.arguments or field.representation is not None:
        return False
    return field.cell is None or is_of_one_row(field.cell.holds)


def _loud(item: Predicate) -> bool:
    """True where evaluating the predicate may raise an error that quotes a row's value."""
    match item:
        case All() | Any_():
            return any(_loud(part) for part in item.items)
        case Negation():
            return _loud(item.item)
        case Test():
            between = isinstance(item.right, Column) and _made(item.right)
            return _made(item.left) or between or item.operator not in _QUIET
        case IsTest():
            return _made(item.left)
        case _:
            return False  # a level of its own, fenced there


def _made(column: Column) -> bool:
    """True where the value is worked out of what is stored, which may fail."""
    return bool(column.path or column.text or column.field.expression)
