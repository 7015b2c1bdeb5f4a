"""Functions of the database that are called for a row: which one is meant, and what is passed to it beside the row."""

import msgspec
from contracts.catalog import Relation, Resource, RowFunction
from contracts.fields import Field
from contracts.filters import FieldRef, Given
from contracts.problems import Problem

from data_service.plan.nodes import Passed, Source

Arguments = tuple[Given, ...]


def find_made_field(resource: Resource, name: str, given: Arguments) -> tuple[Field, tuple[Passed, ...]]:
    """The field that a function with arguments makes, and what it gets. Raises `Problem` 42703, 42883."""
    made = resource.row_calls.get(name)
    if made is None or made.field is None:
        raise Problem("42703", f"column {resource.name}.{name} does not exist")
    return made.field, _passed(made, given)


def with_defaults(resource: Resource, ref: FieldRef) -> FieldRef:
    """The reference to a field that is read by its name alone: where all its arguments have defaults, with these."""
    made = resource.row_calls.get(ref.name)
    if ref.arguments is not None or ref.name in resource.by_name or made is None or made.field is None:
        return ref
    return msgspec.structs.replace(ref, arguments=()) if made.takes(frozenset()) else ref


def find_made_relation(resource: Resource, name: str, given: Arguments) -> Relation:
    """The relation whose rows a function with arguments gives. Raises `Problem` PGRST200, 42883."""
    made = resource.row_calls.get(name)
    if made is None or made.relation is None:
        raise Problem(
            "PGRST200",
            f"Could not find a relationship between '{resource.name}' and '{name}' in the schema cache",
            details=f"Searched for a function over a row of '{resource.name}' that takes arguments, "
            "but no matches were found.",
        )
    _passed(made, given)
    return made.relation


def passed_to(resource: Resource, made: Field | Relation, given: Arguments = ()) -> tuple[Passed, ...]:
    """What the function behind a field or relation gets beside the row: nothing, where there is none behind it."""
    call = resource.row_calls.get(made.name)
    if call is None or (call.field is not made and call.relation is not made):
        return ()
    return _passed(call, given)


def _passed(made: RowFunction, given: Arguments) -> tuple[Passed, ...]:
    names = [one.name for one in given]
    if len(set(names)) != len(names) or not made.takes(frozenset(names)):
        raise _misfit(made, names)
    known = {argument.name: argument for argument in made.arguments}
    passed = tuple(Passed(known[one.name], Source("param", one.value.index), one.form) for one in given)
    return passed if made.session is None else (*passed, Passed(made.session, Source("session"), "json"))


def _misfit(made: RowFunction, names: list[str]) -> Problem:
    takes = ", ".join(f"{argument.name} => {argument.db_type}" for argument in made.arguments)
    return Problem(
        "42883",
        f"function {made.function}({', '.join(['row', *names])}) does not exist",
        hint=f"It takes a row and {takes or 'nothing else'}",
    )
