"""The ON CONFLICT clause of an insert: what becomes of rows that are there already, the same in both databases."""

from collections.abc import Callable

from data_service.plan.write_nodes import ConflictPlan, Preset
from data_service.sql.predicates import Predicates


def conflict_clause(writer: Predicates, plan: ConflictPlan, alias: str, preset: Callable[[Preset], str]) -> str:
    """The clause, with the space before it; ``alias`` is the old row's, ``preset`` writes a policy's value."""
    name = writer.dialect.name
    target = ", ".join(name(field.name) for field in plan.target)
    if plan.changes is None:
        return f" on conflict ({target}) do nothing"
    # where there is nothing to change, the key is set to what it is: so the old row still counts, and comes back
    taken = plan.changes if plan.changes or plan.presets else plan.target[:1]
    changes = [f"{name(field.name)} = excluded.{name(field.name)}" for field in taken]
    changes += [f"{name(item.field.name)} = {preset(item)}" for item in plan.presets]
    where = writer.where(alias, plan.scan, plan.where)
    return f" on conflict ({target}) do update set {', '.join(changes)}{' where ' + where if where else ''}"
