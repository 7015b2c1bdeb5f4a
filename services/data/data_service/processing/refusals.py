"""What a plan may not do with protected fields, and what it may not tell, beyond what the planner refuses by name."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from contracts.problems import Problem

from data_service.plan.nodes import ColumnOutput, ReadPlan
from data_service.plan.plans import DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import CreatePlan


def without_tales(plan: Plan, seen: Catalog) -> Plan:
    """The plan, whose creates tell no key that the role does not see; ``seen`` is the catalog as the role sees it.

    Raises `Problem` 42501 where new rows are held against a field that the role does not see as it is, or take it from
    others: whether there was one would tell its value, and so would what was taken.
    """
    found: Plan = _quiet(plan, seen)
    return found


def _quiet(plan: Any, seen: Catalog) -> Any:
    if isinstance(plan, DocumentPlan):
        return DocumentPlan(tuple(MemberPlan(member.key, _quiet(member.plan, seen)) for member in plan.members))
    if not isinstance(plan, CreatePlan):
        return plan
    resource = seen.by_name[plan.resource.name]
    for field in plan.conflict.target if plan.conflict is not None else ():
        _demand_comparable(resource, field.name)
    for one in plan.nested:  # what is taken from a row stands in another afterwards, and may be seen there
        earlier = seen.by_name[one.plan.resource.name] if one.first else resource
        for _, name in one.fills:
            _demand_comparable(earlier, name)
    if plan.nested:
        nested = tuple(dataclasses.replace(one, plan=_quiet(one.plan, seen)) for one in plan.nested)
        plan = dataclasses.replace(plan, nested=nested)
    if all(resource.by_name[name].guard is None for name in resource.key):
        return plan
    return dataclasses.replace(plan, tells_key=False)


def _demand_comparable(resource: Resource, name: str) -> None:
    if not _is_comparable(resource.by_name[name]):
        raise Problem("42501", f'permission denied for column "{name}" of table {resource.name}')


def _is_comparable(field: Field) -> bool:
    guard = field.guard
    return guard is None or (guard.form == "clear" and guard.store == "token")


def refuse_unopened(plan: Plan) -> None:
    """Raises `Problem` PGRST127 where a field that only Python can open stands where no stage reaches it."""
    for output in _outputs(plan):
        guard = output.column.field.guard
        if guard is not None and not guard.in_sql:
            raise Problem(
                "PGRST127",
                "Feature not implemented",
                details=f"The field {output.column.field.name} is protected; it can't be read beside aggregates.",
            )


def refuse_handlers(plan: Plan) -> None:
    """Raises `Problem` PGRST127 where a handler of the database writes rows that Python changes on their way out."""
    if isinstance(plan, ReadPlan):
        root: ReadPlan | None = plan
    else:
        root = getattr(plan, "read", None) or getattr(plan, "returning", None)
    if root is not None and root.writer is not None:
        details = "Rules of data processing change these rows on their way out: they can be had as JSON."
        raise Problem("PGRST127", "Feature not implemented", details=details)


def _outputs(node: Any) -> Iterator[ColumnOutput]:
    if isinstance(node, ColumnOutput):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _outputs(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for part in dataclasses.fields(node):
            yield from _outputs(getattr(node, part.name))
