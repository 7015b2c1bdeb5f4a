"""Calls planned: which function a name and the arguments given mean."""

from contracts.operations import Call
from contracts.problems import Problem

from data_service.plan.filters import Names
from data_service.plan.names import nearest
from data_service.plan.nodes import ReadPlan


def plan_call(names: Names, call: Call) -> ReadPlan:
    """The plan of a call. Raises `Problem` PGRST202 (no such function)."""
    given = ", ".join(argument.name for argument in call.arguments)
    prefix = call.schema or (names.full.schemas[0] if names.full.schemas else "public")
    near = nearest(call.function, names.catalog.functions_by_name)
    raise Problem(
        "PGRST202",
        f"Could not find the function {prefix}.{call.function}({given}) in the schema cache",
        hint=f"Perhaps you meant to call the function {prefix}.{near}" if near else None,
    )
