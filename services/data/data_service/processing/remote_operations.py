"""`operations:` of a source: what of it is served as operations of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.fields import FieldType

from data_service.policy_document import Faults, Node, mapping, name, names
from data_service.processing.asks import Ask, Kind, ask_keys, parse_ask
from data_service.processing.scalars import portable_type, text, truth


@dataclass(frozen=True, slots=True)
class ArgumentRule:
    """An argument of an operation of ours."""

    name: str
    type: FieldType
    required: bool = True


@dataclass(frozen=True, slots=True)
class ReturnsRule:
    """What an operation gives: the value at ``rows`` in the answer, of a ``type``, or objects with ``fields``."""

    rows: tuple[str, ...] = ()
    type: FieldType | None = None
    fields: tuple[tuple[str, FieldType], ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class OperationRule:
    """A remote operation under a name of ours; arguments and result of a SOAP one are told by its WSDL."""

    name: str
    ask: Ask
    arguments: tuple[ArgumentRule, ...] = ()
    returns: ReturnsRule = ReturnsRule()
    reads_only: bool = False
    comment: str | None = None
    line: int = field(default=1, compare=False)


def parse_operations(node: Node | None, kind: Kind, faults: Faults) -> tuple[tuple[OperationRule, ...], bool]:
    """The operations of a source that are served, and whether all are (``'*'``, of a WSDL only)."""
    if node is None:
        return (), False
    if kind == "wsdl" and node.value == "*":
        return (), True
    if kind == "wsdl" and isinstance(node.value, tuple):
        listed = names(node, faults, "operations")
        rules = (OperationRule(snake_case(one.value), Ask("wsdl", one.value), line=one.line) for one in listed)
        return tuple(rules), False
    found = [_operation(key, item, kind, faults) for key, item in mapping(node, faults, "operations").items()]
    return tuple(rule for rule in found if rule is not None), False


def snake_case(name: str) -> str:
    """``GetRates`` as ``get_rates``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", words).lower()


def _operation(key: str, node: Node, kind: Kind, faults: Faults) -> OperationRule | None:
    place = f"the operation {key}"
    if kind == "wsdl":
        keys = mapping(node, faults, place, ("operation", "reads_only", "comment"))
        what = text(keys, "operation", faults) or key
        ask: Ask | None = Ask("wsdl", what)
        arguments: tuple[ArgumentRule, ...] = ()
        returns = ReturnsRule()
    else:
        own = tuple(word for word in ask_keys(kind))
        keys = mapping(node, faults, place, (*own, "takes", "returns", "reads_only", "comment"))
        arguments = _arguments(keys.get("takes"), faults)
        ask = parse_ask(node, keys, {argument.name for argument in arguments}, faults)
        returns = _returns(keys.get("returns"), faults)
        if ask is not None:
            _all_used(node, ask, arguments, faults)
    if ask is None:
        return None
    comment = text(keys, "comment", faults)
    return OperationRule(key, ask, arguments, returns, truth(keys, "reads_only", faults), comment, node.line)


def _arguments(node: Node | None, faults: Faults) -> tuple[ArgumentRule, ...]:
    found = []
    for key, item in (mapping(node, faults, "takes") if node is not None else {}).items():
        if isinstance(item.value, Mapping):
            keys = mapping(item, faults, f"the argument {key}", ("type", "required"))
            kind = portable_type(keys["type"], faults) if "type" in keys else "text"
            found.append(ArgumentRule(key, kind, "required" not in keys or truth(keys, "required", faults)))
        else:
            found.append(ArgumentRule(key, portable_type(item, faults)))
    return tuple(found)


def _returns(node: Node | None, faults: Faults) -> ReturnsRule:
    if node is None:
        return ReturnsRule(type="json")
    if not isinstance(node.value, Mapping):
        return ReturnsRule(type=portable_type(node, faults))
    keys = mapping(node, faults, "returns", ("rows", "type", "fields", "many"))
    given = mapping(keys["fields"], faults, "fields") if "fields" in keys else {}
    fields = tuple((key, portable_type(item, faults)) for key, item in given.items())
    if fields and "type" in keys:
        faults.add(keys["type"].line, "returns has either a type or fields")
    kind = portable_type(keys["type"], faults) if "type" in keys else None
    return ReturnsRule(
        parse_path(keys.get("rows"), faults), None if fields else kind or "json", fields, truth(keys, "many", faults)
    )


def parse_path(node: Node | None, faults: Faults) -> tuple[str, ...]:
    """A way into an answer, as names with dots between."""
    found = name(node, faults, "the path") if node is not None else None
    return tuple(found.split(".")) if found else ()


def _all_used(node: Node, ask: Ask, arguments: tuple[ArgumentRule, ...], faults: Faults) -> None:
    used = set(ask.places())
    for argument in arguments:
        if argument.name not in used:
            faults.add(node.line, f"the argument {argument.name} is sent nowhere: write {{{argument.name}}} where to")
