"""Checks across fields, and bounds of what is moved: held by the database against the rows as they were written.

Only there is a row as it will be: with its defaults, with the fields that an update leaves alone, and after triggers. A
check that is unknown, for a field in it is null, holds, as SQL's own CHECK has it.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from contracts.catalog import Catalog, Relation, Resource

from data_service.access import unrestricted
from data_service.plan.filters import Names, plan_filter
from data_service.plan.nodes import Column, Source
from data_service.plan.nodes import Test as Comparing
from data_service.plan.plans import DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import Change, CreatePlan, RowCheck, UpdatePlan
from data_service.processing.rules import ResourceRules
from data_service.processing.validate import BOUNDS, Validation

RulesOf = Callable[[str], ResourceRules]


def with_row_checks(plan: Plan, catalog: Catalog, rules_of: RulesOf) -> Plan:
    """The plan whose writes are held against the rules of their resources; ``catalog`` is the full one."""
    names = Names(catalog, catalog)
    found: Plan = _checked(plan, names, rules_of, ())
    return found


def _checked(plan: Any, names: Names, rules_of: RulesOf, path: tuple[str, ...]) -> Any:
    match plan:
        case DocumentPlan():
            members = (MemberPlan(m.key, _checked(m.plan, names, rules_of, (*path, m.key))) for m in plan.members)
            return DocumentPlan(tuple(members))
        case CreatePlan():
            if plan.nested:
                inner = (replace(n, plan=_checked(n.plan, names, rules_of, (*path, n.relation))) for n in plan.nested)
                plan = replace(plan, nested=tuple(inner))
            checks = tuple(_across(plan.resource, names, rules_of(plan.resource.name), path))
        case UpdatePlan() if plan.changes:
            rules = rules_of(plan.scan.resource.name)
            checks = (*_across(plan.scan.resource, names, rules, path), *_bounds(plan, rules, path))
        case _:
            return plan
    return replace(plan, row_checks=checks) if checks else plan


def _across(resource: Resource, names: Names, rules: ResourceRules, path: tuple[str, ...]) -> Iterator[RowCheck]:
    full = names.full.by_name[resource.name]
    for number, check in enumerate(rules.checks):
        holds = unrestricted(plan_filter(names, full, check.expression))
        about = frozenset(_fields_in(holds))
        yield RowCheck(holds, check.message, f"{resource.name}.checks.{number}", path, about=about)


def _bounds(plan: UpdatePlan, rules: ResourceRules, path: tuple[str, ...]) -> Iterator[RowCheck]:
    """The bounds of fields that are moved: what comes of it must lie within them."""
    for change in plan.changes:
        field_rules = rules.fields.get(change.field.name)
        if change.how == "increment" and field_rules is not None and isinstance(field_rules.validate, Validation):
            yield from _of_field(plan.scan.resource.name, change, field_rules.validate, path)


def _of_field(resource_name: str, change: Change, validation: Validation, path: tuple[str, ...]) -> Iterator[RowCheck]:
    name = change.field.name
    for keyword, (operator, words) in BOUNDS.items():
        if keyword in validation.keywords:
            bound = validation.keywords[keyword]
            holds = Comparing(Column(change.field), operator, Source("constant", bound))
            message = validation.message or words.format(bound)
            yield RowCheck(holds, message, f"{resource_name}.{name}.{keyword}", path, name, frozenset({name}))


def _fields_in(node: Any) -> Iterator[str]:
    """The names of all fields in a predicate, those of related rows and of the way to them too."""
    if isinstance(node, Column):
        yield node.field.name
    elif isinstance(node, Relation):
        yield from (own for own, _ in node.pairs)
    elif isinstance(node, tuple):
        for item in node:
            yield from _fields_in(item)
    elif is_dataclass(node) and not isinstance(node, type):
        for part in fields(node):
            yield from _fields_in(getattr(node, part.name))
