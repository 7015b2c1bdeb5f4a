"""Calls planned: which function a name and the arguments given mean, and its result as rows to be read."""

import difflib
from collections.abc import Iterable, Sequence

import msgspec
from contracts.catalog import Argument, Function, Resource
from contracts.fields import Field
from contracts.filters import Given
from contracts.operations import Call
from contracts.problems import Problem

from data_service.plan.filters import Names, optional_source, source_of
from data_service.plan.names import nearest
from data_service.plan.nodes import Invocation, Passed, ReadPlan, Scan, Source
from data_service.plan.plans import CallPlan
from data_service.plan.reads import plan_node

RESULT = "result"  # the only field of a function's result that is no row
_WHOLE = {"bytes": "bytea"}  # as PostgreSQL calls them
_LIKE = 0.4  # of two lists of arguments: less is no likeness


def plan_call(names: Names, call: Call) -> ReadPlan | CallPlan:
    """The plan of a call. Raises `Problem` PGRST106, PGRST202, PGRST203, PGRST128, 42501, and those of a read."""
    function = _find_function(names, call)
    arguments = {argument.name: argument for argument in function.arguments}
    passed = tuple(_passed(arguments[given.name], given) for given in call.arguments)
    if function.session is not None:
        passed += (Passed(function.session, Source("session"), "json"),)
    returns = function.returns
    if call.at_most is not None and not returns.many:
        raise Problem(
            "PGRST128",
            "Function must return SETOF or TABLE when max-affected preference is used with handling=strict",
        )
    resource = _of_scalar(function) if returns.kind != "rows" else _of_rows(names, function)
    foreign = function.source != "database"
    scan = Scan(resource, call=Invocation(function, passed), written=foreign)
    read = _read(names, scan, function, call)
    writes = not (call.reads_only or function.reads_only)
    if not writes and not foreign and call.at_most is None:
        return read
    return CallPlan(read, writes, optional_source(call.at_most))


def _read(names: Names, scan: Scan, function: Function, call: Call) -> ReadPlan:
    if function.returns.kind == "void":
        return ReadPlan(scan, (), shape="none")
    node = call.node
    if not function.returns.many and node.shape == "many" and node.media is None:
        node = msgspec.structs.replace(node, shape="maybe")
    return plan_node(names, scan, node, count=call.count)


def _find_function(names: Names, call: Call) -> Function:
    """The function of this name that takes these arguments."""
    schema, full = call.schema, names.full
    if schema is not None and schema not in full.schemas:
        shown = ", ".join(full.schemas)
        raise Problem("PGRST106", f"Invalid schema: {schema}", hint=f"Only the following schemas are exposed: {shown}")
    overloads = [function for function in names.catalog.functions if _is_named(function, call)]
    fitting = [function for function in overloads if _takes(function, call.arguments)]
    if len(fitting) > 1:
        raise _ambiguous(fitting)
    if fitting:
        return fitting[0]
    if not overloads and any(_is_named(function, call) for function in full.functions):
        raise Problem("42501", f"permission denied for function {call.function}")
    raise _unknown(names, call, overloads)


def _is_named(function: Function, call: Call) -> bool:
    if call.schema is None:
        return function.name == call.function
    return (function.schema, function.function) == (call.schema, call.function)


def _takes(function: Function, given: Sequence[Given]) -> bool:
    if len(given) == 1 and not given[0].name:
        return function.body_form == given[0].form
    whole = function.whole_body
    if whole is not None and not whole.required and not given:
        return True
    names = [argument.name for argument in given]
    return len(set(names)) == len(names) and function.takes(frozenset(names))


def _passed(argument: Argument, given: Given) -> Passed:
    return Passed(argument, source_of(given.value), given.form)


def _of_scalar(function: Function) -> Resource:
    returns = function.returns
    field = Field(
        name=RESULT, type=returns.type, db_type=returns.db_type, element=returns.element, values=returns.values
    )
    return _made(function, (field,))


def _of_rows(names: Names, function: Function) -> Resource:
    if function.returns.resource is not None:
        return names.catalog.by_name[function.returns.resource]
    return _made(function, function.returns.fields)


def _made(function: Function, fields: tuple[Field, ...]) -> Resource:
    return Resource(name=function.name, schema=function.schema, table=function.function, kind="view", fields=fields)


def _signature(function: Function) -> str:
    arguments = ", ".join(f"{argument.name} => {argument.db_type}" for argument in function.arguments)
    return f"{function.schema}.{function.function}({arguments})"


def _listed(names: Iterable[str]) -> str:
    """Arguments as they stand in a call."""
    return f"({', '.join(sorted(names))})"


def _ambiguous(fitting: Sequence[Function]) -> Problem:
    return Problem(
        "PGRST203",
        f"Could not choose the best candidate function between: {', '.join(map(_signature, fitting))}",
        hint="Try renaming the parameters or the function itself in the database "
        "so function overloading can be resolved",
    )


def _unknown(names: Names, call: Call, overloads: Sequence[Function]) -> Problem:
    prefix = call.schema or (names.full.schemas[0] if names.full.schemas else "public")
    name = f"{prefix}.{call.function}"
    given = sorted(argument.name for argument in call.arguments if argument.name)
    listed = ", ".join(given)
    whole = next((argument.form for argument in call.arguments if not argument.name), None)
    if whole is not None and whole != "json":
        shown, searched = name, f" with a single unnamed {_WHOLE.get(whole, whole)} parameter"
    else:
        shown = f"{name}({listed})" if given else f"{name} without parameters"
        searched = f" with parameter{'s' if len(given) > 1 else ''} {listed}" if given else " without parameters"
        if not call.reads_only and all(argument.form == "json" for argument in call.arguments):
            searched += " or with a single unnamed json/jsonb parameter"
    return Problem(
        "PGRST202",
        f"Could not find the function {shown} in the schema cache",
        details=f"Searched for the function {name}{searched}, but no matches were found in the schema cache.",
        hint=_hint(names, call, overloads, prefix) if whole in (None, "json") else None,
    )


def _hint(names: Names, call: Call, overloads: Sequence[Function], prefix: str) -> str | None:
    """The overload whose arguments look most like those given, else the function whose name does."""
    if overloads:
        given = _listed(argument.name for argument in call.arguments)
        lists = sorted({_listed(argument.name for argument in one.arguments) for one in overloads})
        like = difflib.get_close_matches(given, lists, n=1, cutoff=_LIKE)
        return f"Perhaps you meant to call the function {prefix}.{call.function}{like[0]}" if like else None
    catalog = names.catalog
    known = (
        catalog.functions_by_name
        if call.schema is None
        else [function.function for function in catalog.functions if function.schema == call.schema]
    )
    near = nearest(call.function, known)
    return f"Perhaps you meant to call the function {prefix}.{near}" if near else None
