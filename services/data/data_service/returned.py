"""Which fields of the rows that a write returns are wanted: who may read some of them only gets those back."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from contracts.catalog import Relation

from data_service.plan.nodes import Column
from data_service.plan.plans import DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan


class _All(Exception):
    """A function takes the whole row."""


def returning_wanted(plan: Plan) -> Plan:
    """The plan, whose writes return those fields alone that are read back, where that is known."""
    found: Plan = _narrowed(plan)
    return found


def _narrowed(plan: Any) -> Any:
    if isinstance(plan, DocumentPlan):
        return DocumentPlan(tuple(MemberPlan(member.key, _narrowed(member.plan)) for member in plan.members))
    if isinstance(plan, CreatePlan):
        if plan.conflict is not None or plan.nested or plan.returning.shape == "none":
            return plan
        return dataclasses.replace(plan, returned=_wanted(plan), tells_key=False)
    return dataclasses.replace(plan, returned=_wanted(plan)) if isinstance(plan, UpdatePlan | DeletePlan) else plan


def _wanted(plan: CreatePlan | UpdatePlan | DeletePlan) -> frozenset[str] | None:
    """The names of the fields, and of fields of other resources that are read beside them; None: all."""
    if not isinstance(plan, DeletePlan) and (plan.check is not None or plan.row_checks):
        return None
    try:
        return frozenset(_names(plan.returning))
    except _All:
        return None


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, Column):
        if node.field.expression:
            raise _All
        yield node.field.name
    elif isinstance(node, Relation):
        if node.expression:
            raise _All
        yield from (name for pair in node.pairs for name in pair)
    elif isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for part in dataclasses.fields(node):
            yield from _names(getattr(node, part.name))
