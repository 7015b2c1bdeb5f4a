"""Values in the configuration: session variables or constants, and whether a constant can be a column's at all."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.fields import Field, FieldType
from contracts.filters import Claim, Comparison, Literally

from data_service.policy_document import Faults, Node, suggestion

SESSION_PREFIX = "x-hasura-"
_SESSION = re.compile(r"x-hasura-[a-z0-9_-]+")
_WHOLE = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_TEXTUAL: frozenset[FieldType] = frozenset({"text", "other"})
_ORDINARY: frozenset[FieldType] = frozenset(
    {"text", "uuid", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "bytes", "enum"}
)
_COLUMN_TYPES: dict[Comparison, frozenset[FieldType]] = {
    **dict.fromkeys(("like", "ilike", "match", "imatch", "similar"), _TEXTUAL),
    **dict.fromkeys(("contains", "contained"), frozenset({"json", "array", "range", "other"})),
    **dict.fromkeys(("has_key", "has_keys_any", "has_keys_all"), frozenset({"json", "other"})),
}


def is_session(node: Node) -> bool:
    """True where the node names a session variable, or was meant to."""
    return isinstance(node.value, str) and node.value.lower().startswith(SESSION_PREFIX)


def operand_of(node: Node, faults: Faults) -> Claim | Literally:
    """A session variable where the text names one (``X-Hasura-User-Id``, in any case), else the value itself."""
    if not is_session(node):
        return Literally(node.plain())
    name = node.value.lower()
    if not _SESSION.fullmatch(name):
        faults.add(node.line, f"`{node.value}` is no session variable's name")
    return Claim(name)


def unusable(node: Node, word: Comparison) -> str | None:
    """Why no comparison by this operator can have this value, None where one can."""
    if node.value is None:
        return "compares with nothing; use _is_null"
    if is_session(node):
        return None
    if word in ("in", "has_keys_any", "has_keys_all"):
        if not isinstance(node.value, tuple):
            return f"needs a list, not {node.kind}"
        return "has null in its list, which nothing equals" if any(i.value is None for i in node.value) else None
    if word in ("like", "ilike", "match", "imatch", "similar", "has_key") and not isinstance(node.value, str):
        return f"needs a text, not {node.kind}"
    return None


def misfit(field: Field, word: Comparison) -> str | None:
    """Why the operator can't be used on this column, None where it can."""
    allowed = _COLUMN_TYPES.get(word)
    if allowed is None or field.type in allowed:
        return None
    return f"can't be used on {field.name}, which is {field.db_type}"


def unfit(field: Field, node: Node) -> str | None:
    """Why the value can't be one of this column's; None where it can, or where only a request will tell."""
    if node.value is None or is_session(node) or _fits(field, node.value):
        return None
    if field.type == "enum":
        return f"{field.name} has no value {node.kind}{suggestion(str(node.value), field.values)}"
    return f"{field.name} is {field.db_type}, which {node.kind} is not"


def _fits(field: Field, value: Any) -> bool:
    check = _CHECKS.get(field.type)
    if check is None:
        return field.type not in _ORDINARY or isinstance(value, str)
    return check(field, value)


def _whole(field: Field, value: Any) -> bool:
    limit = _WHOLE[field.type]
    return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def _number(_: Field, value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _made_by(parse: Callable[[str], object]) -> Callable[[Field, Any], bool]:
    def check(_: Field, value: Any) -> bool:
        try:
            return isinstance(value, str) and parse(value) is not None
        except ValueError:
            return False

    return check


_CHECKS: Mapping[FieldType, Callable[[Field, Any], bool]] = {
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
    "numeric": _number,
    "float4": _number,
    "float8": _number,
    "bool": lambda _, value: isinstance(value, bool),
    "uuid": _made_by(uuid.UUID),
    "date": _made_by(date.fromisoformat),
    "enum": lambda field, value: value in field.values,
    "array": lambda _, value: isinstance(value, tuple),
}
