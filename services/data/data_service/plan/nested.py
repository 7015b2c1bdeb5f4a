"""Nested creates: which fields of which rows are filled in from others, as plans."""

import dataclasses

from data_service.plan.names import unwritable
from data_service.plan.write_nodes import CreatePlan, Given, NestedPlan


def with_nested(plan: CreatePlan, nested: tuple[NestedPlan, ...]) -> CreatePlan:
    """A create with those nested in it: each takes into its rows what it gets from the other side.

    Raises `Problem` 428C9 for a field that can't be written.
    """
    own = [pair[0] for one in nested if one.first for pair in one.fills]
    later = tuple(_later(one) for one in nested)
    if not own:
        return dataclasses.replace(plan, nested=later)
    # not each row need have another nested in it: those that haven't may give the field themselves
    defaults = plan.defaults or not plan.ragged
    return dataclasses.replace(_filled(plan, own), ragged=True, defaults=defaults, nested=later)


def _later(nested: NestedPlan) -> NestedPlan:
    if nested.first:
        return nested
    return dataclasses.replace(nested, plan=_filled(nested.plan, [pair[0] for pair in nested.fills]))


def _filled(plan: CreatePlan, names: list[str]) -> CreatePlan:
    fields = plan.resource.by_name
    given = {item.field.name: item for item in plan.given}
    for name in names:
        if not fields[name].writable:
            raise unwritable(fields[name], "create")
        given[name] = Given(fields[name], filled=True)
    return dataclasses.replace(plan, given=tuple(given.values()))
