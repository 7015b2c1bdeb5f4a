"""Operations of remote sources as functions of ours: what the catalog says of them, and how they are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.catalog import Argument, Function, Returns
from contracts.fields import Field
from contracts.operations import Value
from contracts.problems import Problem

from data_service.processing.asks import Ask
from data_service.processing.remote_operations import OperationRule, ReturnsRule
from data_service.processing.scalars import db_type
from data_service.remote.fitting import at_path, fit, plain, rows_at
from data_service.remote.places import LEFT_OUT
from data_service.remote.source import Source
from data_service.remote.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Operation:
    """A remote operation under a name of ours. ``path`` leads to its result in the source's answer."""

    source: str
    function: Function
    ask: Ask
    path: tuple[str, ...]
    line: int


def described(source: str, rule: OperationRule) -> Operation:
    """An operation whose arguments and result stand in the configuration."""
    arguments = tuple(
        Argument(name=argument.name, type=argument.type, db_type=db_type(argument.type), required=argument.required)
        for argument in rule.arguments
    )
    return Operation(source, _function(rule, arguments, _returns(rule.returns)), rule.ask, rule.returns.rows, rule.line)


def told_by_wsdl(source: str, rule: OperationRule, arguments: tuple[Argument, ...], returns: Returns) -> Operation:
    """An operation whose arguments and result are told by its WSDL."""
    given = {argument.name: f"{{{argument.name}}}" for argument in arguments}
    ask = Ask("wsdl", rule.ask.what, given=given)
    return Operation(source, _function(rule, arguments, returns), ask, (), rule.line)


def called(operation: Operation, source: Source, given: Mapping[str, Value]) -> Any:
    """What the operation gives, as `data_service.execute.foreign.Foreign.call` does. Raises `Problem`."""
    function = operation.function
    values = {
        argument.name: _sent(argument, given[argument.name]) if argument.name in given else LEFT_OUT
        for argument in function.arguments
    }
    again = function.reads_only
    [found] = source.call([lambda deadline: source.asker.ask(operation.ask, values, deadline, again=again)])
    if isinstance(found, Trouble):
        raise _problem(found, operation)
    try:
        return _fitting(found, operation)
    except ValueError as fault:
        trouble = Trouble("failed", f"its answer does not fit: {fault}")
        raise trouble.problem(function.name, operation.source) from None


def _function(rule: OperationRule, arguments: tuple[Argument, ...], returns: Returns) -> Function:
    return Function(
        name=rule.name,
        schema="",
        function=rule.name,
        arguments=arguments,
        returns=returns,
        volatility="stable" if rule.reads_only else "volatile",
        source="remote",
        comment=rule.comment,
    )


def _returns(rule: ReturnsRule) -> Returns:
    if rule.fields:
        fields = tuple(Field(name=name, type=kind, db_type=db_type(kind)) for name, kind in rule.fields)
        return Returns(kind="rows", many=rule.many, fields=fields)
    kind = rule.type or "json"
    if rule.many:
        return Returns(kind="scalar", type="array", db_type=f"{db_type(kind)}[]", element=kind)
    return Returns(kind="scalar", type=kind, db_type=db_type(kind))


def _sent(argument: Argument, value: Value) -> Any:
    if argument.type == "bytes" and isinstance(value, str) and value.startswith("\\x"):
        return bytes.fromhex(value[2:])
    return value


def _fitting(answer: Any, operation: Operation) -> Any:
    returns = operation.function.returns
    if returns.kind == "void":
        return None
    if returns.kind == "rows":
        rows = [_row(row, returns.fields) for row in rows_at(answer, operation.path)]
        return rows if returns.many else next(iter(rows), None)
    if returns.type == "array":
        return [fit(item, returns.element or "json") for item in rows_at(answer, operation.path)]
    found = at_path(answer, operation.path)
    return plain(found) if returns.type == "json" else fit(found, returns.type)


def _row(row: Any, fields: Sequence[Field]) -> dict[str, Value]:
    if not isinstance(row, Mapping):
        raise ValueError("no structure where a row should be")
    return {field.name: fit(row.get(field.name), field.type) for field in fields}


def _problem(trouble: Trouble, operation: Operation) -> Problem:
    """What the source says of the question is for the client; what else is wrong with it is not."""
    if trouble.told is None:
        return trouble.problem(operation.function.name, operation.source)
    return Problem("TRV312", trouble.told, details=f"The source {operation.source} refused {operation.function.name}")
