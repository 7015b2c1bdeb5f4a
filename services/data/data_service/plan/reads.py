"""Reads planned: a tree of levels, each a resource with its outputs, filter, sort and page."""

from collections.abc import Iterable, Iterator

from contracts.catalog import Resource
from contracts.filters import And, Compare, FieldRef, Filter, Is, Not, Or, RelationRef
from contracts.operations import (
    Affected,
    Aggregate,
    Constant,
    Count,
    Embed,
    FieldOutput,
    Group,
    Node,
    Output,
    Read,
    Rows,
    Sort,
    Star,
)
from contracts.problems import Problem

from data_service.plan.filters import (
    Names,
    aggregate_columns,
    at,
    optional_source,
    plan_filter,
    plan_having,
    refuse_aggregates,
)
from data_service.plan.handlers import find_handler
from data_service.plan.names import find_column, find_output, find_resource, forbidden_table
from data_service.plan.nodes import (
    AffectedOutput,
    AggregateOutput,
    All,
    Column,
    ColumnOutput,
    ConstantOutput,
    EmbedOutput,
    GroupOutput,
    Link,
    PlanOutput,
    Predicate,
    ReadPlan,
    Related,
    RowsOutput,
    Scan,
    SortTerm,
)
from data_service.plan.row_calls import with_defaults

MAX_DEPTH = 32  # levels of embeds: more is an attack, not a question


def plan_read(names: Names, read: Read) -> ReadPlan:
    """The plan of a read. Raises `Problem` for every name that the role can't see."""
    resource = find_resource(names.catalog, names.full, read.resource, read.schema)
    if not resource.fields:
        raise forbidden_table(read.resource)
    return plan_node(names, Scan(resource), read.node, count=read.count)


def plan_node(names: Names, scan: Scan, node: Node, *, count: Count | None = None, depth: int = 0) -> ReadPlan:
    """The plan of one level and all below it. Raises `Problem`."""
    if depth > MAX_DEPTH:
        raise Problem("PGRST100", f"embeds are nested deeper than {MAX_DEPTH} levels")
    if not depth:
        return _planned(names, scan, node, count, depth)
    try:
        return _planned(names, scan, node, count, depth)
    except Problem as problem:
        unknown = f"column {scan.resource.name}."
        if problem.code == "42703" and problem.message.startswith(unknown):  # PostgREST calls embedded tables so
            problem.message = f"column {scan.resource.name}_{depth}.{problem.message.removeprefix(unknown)}"
        raise


def _planned(names: Names, scan: Scan, node: Node, count: Count | None, depth: int) -> ReadPlan:
    resource = scan.resource
    planned = [(output, tuple(_outputs(names, resource, (output,), depth))) for output in node.outputs]
    outputs = tuple(part for output, parts in planned if not _filters_only(output) for part in parts)
    _refuse_twice(resource, outputs, depth)
    sums_up = any(_aggregates(output) or _grouping(output) for output in outputs)
    grouped = node.shape != "summary" and (bool(node.group_by) or sums_up)
    if sums_up or node.group_by:
        refuse_aggregates(resource)
    keys = _group_keys(resource, node, outputs)
    with at("sort"):
        sort = tuple(_sort_term(names, resource, term, node, grouped=grouped) for term in node.sort)
        if grouped:
            _refuse_ungrouped(resource, keys, outputs, sort)
            _refuse_unfilterable(resource, outputs)
    if node.having is not None and not grouped:
        raise Problem("PGRST100", "there are no groups, and so no condition on them", hint="Select an aggregate")
    return ReadPlan(
        scan=scan,
        outputs=outputs,
        where=_where(names, resource, node, planned),
        sort=sort,
        limit=optional_source(node.limit),
        offset=optional_source(node.offset),
        distinct_on=tuple(find_column(resource, FieldRef(name)) for name in node.distinct_on),
        shape=node.shape,
        grouped=grouped,
        count=count,
        group_by=keys if node.group_by else (),
        having=_having(resource, node),
        writer=None if node.media is None else find_handler(names, resource, node, node.media),
    )


def _refuse_twice(resource: Resource, outputs: Iterable[PlanOutput], depth: int) -> None:
    """Two embeds under one key would be one of them (42712)."""
    keys = [output.key for output in outputs if isinstance(output, EmbedOutput) and not output.spread]
    for key in keys:
        if keys.count(key) > 1:
            raise Problem("42712", f'table name "{resource.name}_{key}_{depth + 1}" specified more than once')


def _filters_only(output: Output) -> bool:
    """True for an embed that asks for nothing: it is there to be filtered by, and gives no key."""
    return isinstance(output, Embed) and all(map(_filters_only, output.node.outputs))


def _grouping(output: PlanOutput) -> bool:
    """True for an aggregate of the level itself; those of a to-one spread are its parent's."""
    if isinstance(output, EmbedOutput):
        return output.spread and any(_grouping(inner) for inner in output.plan.outputs)
    return isinstance(output, AggregateOutput)


def _group_keys(resource: Resource, node: Node, outputs: tuple[PlanOutput, ...]) -> tuple[Column, ...]:
    """What a grouped level's rows are grouped by, as far as it is columns of theirs. Raises `Problem` 42803."""
    plain = tuple(_plain_columns(outputs))
    if not node.group_by:
        return plain
    keys = tuple(dict.fromkeys(find_column(resource, ref) for ref in node.group_by))
    for column in plain:
        if column not in keys:
            raise _ungrouped(resource, column)
    return keys


def _plain_columns(outputs: Iterable[PlanOutput]) -> Iterator[Column]:
    for output in outputs:
        if isinstance(output, ColumnOutput):
            yield output.column
        elif isinstance(output, GroupOutput):
            yield from _plain_columns(output.outputs)


def _having(resource: Resource, node: Node) -> Predicate | None:
    if node.having is None:
        return None
    with at("having"):
        return plan_having(resource, node.having)


def _ungrouped(resource: Resource, column: Column) -> Problem:
    return Problem(
        "42803",
        f'column "{resource.name}.{column.field.name}" must appear in the GROUP BY clause '
        "or be used in an aggregate function",
    )


def _refuse_ungrouped(
    resource: Resource, keys: tuple[Column, ...], outputs: tuple[PlanOutput, ...], sort: tuple[SortTerm, ...]
) -> None:
    """Groups have an order only by their keys and aggregates (42803), and no lists of lists (PGRST127)."""
    for term in sort:
        if term.column is not None and not term.links and not term.aggregate and term.column not in keys:
            raise _ungrouped(resource, term.column)
    if any(_spreads_many(output) for output in outputs):
        raise Problem(
            "PGRST127",
            "Feature not implemented",
            details="One-to-many and many-to-many spreads are not implemented beside aggregates.",
        )


def _refuse_unfilterable(resource: Resource, outputs: tuple[PlanOutput, ...]) -> None:
    """What can only be read can't be grouped by (PGRST100)."""
    for output in outputs:
        if isinstance(output, ColumnOutput):
            find_column(resource, FieldRef(output.column.field.name))
        elif isinstance(output, EmbedOutput) and output.spread:
            _refuse_unfilterable(output.link.target.resource, output.plan.outputs)


def _spreads_many(output: PlanOutput) -> bool:
    if not (isinstance(output, EmbedOutput) and output.spread):
        return False
    return output.link.relation.cardinality == "many" or any(_spreads_many(inner) for inner in output.plan.outputs)


def _where(
    names: Names, resource: Resource, node: Node, planned: Iterable[tuple[Output, tuple[PlanOutput, ...]]]
) -> Predicate | None:
    """The level's own filter, and that of its inner embeds: a row without a related one is not wanted."""
    parts: list[Predicate] = []
    if node.filter is not None:
        with at("filter"):
            parts.append(_plan_filter(names, resource, node, node.filter))
    for output, made in planned:
        if isinstance(output, Embed) and output.join == "inner":
            parts.extend(Related(part.link, part.plan.where) for part in made if isinstance(part, EmbedOutput))
    return parts[0] if len(parts) == 1 else All(tuple(parts)) if parts else None


def _plan_filter(names: Names, resource: Resource, node: Node, item: Filter) -> Predicate:
    """The level's filter; what it says of an embed, beside whether there is one, says nothing (PGRST120)."""
    try:
        return plan_filter(names, resource, item)
    except Problem as problem:
        embeds = {key for key, _ in _embeds(node)} - resource.by_name.keys()
        called = next((name for name in _compared(item) if name in embeds), None)
        if problem.code != "42703" or called is None:
            raise
        raise Problem(
            "PGRST120",
            f"Bad operator on the '{called}' embedded resource",
            details="Only is null or not is null filters are allowed on embedded resources",
        ) from None


def _embeds(node: Node) -> Iterator[tuple[str, RelationRef]]:
    """What a level's embeds are called, and the relations that they follow."""
    return ((output.key, output.relation) for output in node.outputs if isinstance(output, Embed))


def _compared(item: Filter) -> Iterator[str]:
    """The names of the fields that a filter compares, at its own level."""
    match item:
        case And(items=items) | Or(items=items):
            for part in items:
                yield from _compared(part)
        case Not(item=inner):
            yield from _compared(inner)
        case Compare(left=left) | Is(left=left):
            yield left.name


def _outputs(names: Names, resource: Resource, outputs: Iterable[Output], depth: int) -> Iterator[PlanOutput]:
    for output in outputs:
        with at(getattr(output, "key", "*")):
            yield from _output(names, resource, output, depth)


def _output(names: Names, resource: Resource, output: Output, depth: int) -> Iterator[PlanOutput]:
    match output:
        case Star():
            for field in resource.fields:
                yield ColumnOutput(field.name, Column(field))
        case FieldOutput(field=FieldRef("count", (), arguments=None)) if "count" not in resource.by_name:
            # PostgREST's clients count related rows so: PostgreSQL takes t.count for count(t)
            yield _aggregate(resource, Aggregate(output.key, "count", cast=output.cast))
        case FieldOutput():
            yield _field(resource, output)
        case Constant():
            yield ConstantOutput(output.key, output.value)
        case Embed():
            yield _embed(names, resource, output, depth)
        case Aggregate():
            yield _aggregate(resource, output)
        case Group():
            yield GroupOutput(output.key, tuple(_outputs(names, resource, output.outputs, depth)))
        case Rows():
            yield RowsOutput(output.key, tuple(_outputs(names, resource, output.outputs, depth)))
        case Affected():
            yield AffectedOutput(output.key)


def _field(resource: Resource, output: FieldOutput) -> ColumnOutput:
    """A field to be read; of one that the database does not make (`Field.filterable`) there is only the whole."""
    ref = with_defaults(resource, output.field)
    whole = (output.cast is None and not ref.path) or ref.arguments is not None
    find = find_output if whole else find_column
    return ColumnOutput(output.key, find(resource, ref), output.cast)


def _embed(names: Names, resource: Resource, embed: Embed, depth: int) -> EmbedOutput:
    link = names.link(resource, embed.relation)
    plan = plan_node(names, link.target, embed.node, depth=depth + 1)
    if embed.spread and plan.grouped and link.relation.cardinality == "many":
        raise Problem(
            "PGRST127",
            "Feature not implemented",
            details="Aggregates are not implemented for one-to-many or many-to-many spreads.",
        )
    return EmbedOutput(embed.key, link, plan, embed.spread)


def _aggregate(resource: Resource, output: Aggregate) -> AggregateOutput:
    columns = aggregate_columns(resource, output.function, output.fields, cast=output.before is not None)
    return AggregateOutput(output.key, output.function, columns, output.distinct, output.before, output.cast)


def _aggregates(output: PlanOutput) -> bool:
    if isinstance(output, GroupOutput):
        return any(_aggregates(inner) for inner in output.outputs)
    return isinstance(output, AggregateOutput)


def _sort_term(names: Names, resource: Resource, term: Sort, node: Node, *, grouped: bool) -> SortTerm:
    if term.aggregate and not term.via:
        return _group_sort_term(resource, term, grouped=grouped)
    links: list[Link] = []
    level = resource
    for position, ref in enumerate(term.via):
        link = names.link(level, ref)
        last = position == len(term.via) - 1
        if link.relation.cardinality == "many" and not (last and term.aggregate):
            called = next((key for key, relation in _embeds(node) if relation == ref), ref.name)
            raise Problem(
                "PGRST118",
                f"A related order on '{called}' is not possible",
                details=f"'{level.name}' and '{called}' do not form a many-to-one or one-to-one relationship",
            )
        links.append(link)
        level = link.target.resource
    if term.aggregate:
        refuse_aggregates(level)
    column = None if term.field is None else find_column(level, term.field)
    nulls_first = term.descending if term.nulls is None else term.nulls == "first"
    return SortTerm(column, term.descending, nulls_first, tuple(links), term.aggregate)


def _group_sort_term(resource: Resource, term: Sort, *, grouped: bool) -> SortTerm:
    """An order by an aggregate of the groups themselves."""
    if not grouped or term.aggregate is None:
        raise Problem(
            "PGRST100", "an order by an aggregate is one of groups, and there are none", hint="Select an aggregate"
        )
    columns = aggregate_columns(resource, term.aggregate, () if term.field is None else (term.field,))
    nulls_first = term.descending if term.nulls is None else term.nulls == "first"
    return SortTerm(columns[0] if columns else None, term.descending, nulls_first, (), term.aggregate)
