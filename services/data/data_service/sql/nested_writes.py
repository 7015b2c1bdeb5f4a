"""Creates with others nested in them, as statements: each level writes all its rows, and says what others take."""

from collections.abc import Callable
from dataclasses import replace

from contracts.catalog import Catalog

from data_service.plan.nodes import Column, ColumnOutput, ReadPlan, Scan
from data_service.plan.write_nodes import CreatePlan
from data_service.sql.statements import Linked, Nesting, Statement, WriteStatement

Write = Callable[[CreatePlan], WriteStatement]


def nested_write(
    plan: CreatePlan, write: Write, full: Catalog, wanted: tuple[str, ...], back: Statement | None = None
) -> WriteStatement:
    """The statements of a create and of all that is nested in it, each made by ``write``.

    ``wanted`` are the fields of its rows that the create around it takes; ``back`` reads the answer.
    """
    resource = full.by_name[plan.resource.name]
    linked = []
    for one in plan.nested:
        inner = nested_write(one.plan, write, full, tuple(other for _, other in one.fills) if one.first else ())
        linked.append((one.first, Linked(one.relation, one.plan.resource.name, one.of.what, one.fills, inner)))
    taken = (other for first, link in linked if not first for _, other in link.fills)
    names = tuple(dict.fromkeys((*wanted, *taken)))
    keys = ReadPlan(
        Scan(resource, rows=None, written=True),
        tuple(ColumnOutput(name, Column(resource.by_name[name])) for name in names),
        shape="many" if names or back is not None else "none",  # who answers needs the rows themselves
    )
    made = write(replace(plan, nested=(), returning=keys))
    nesting = Nesting(
        linked=tuple(link for _, link in linked),
        first=tuple(link for first, link in linked if first),
        then=tuple(link for first, link in linked if not first),
        rows=tuple(source.what for source in (plan.rows, plan.sent) if source is not None),
        merges=plan.conflict is not None,
        keyed=bool(names),
        back=back,
    )
    return replace(made, nested=nesting)
