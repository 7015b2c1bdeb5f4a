"""Upserts: the conflict rule that ``resolution`` and ``on_conflict`` ask for, and what a PUT must be (rest.md §4)."""

from decimal import Decimal

from contracts.filters import Compare, FieldRef, Filter, Param
from contracts.operations import Conflict, Value
from contracts.problems import Problem

from rest_service.grammar import names
from rest_service.payload import Payload
from rest_service.tree import Branch

_MERGE = "merge-duplicates"


def conflict_of(resolution: str | None, on_conflict: str | None, columns: tuple[str, ...]) -> Conflict | None:
    """The conflict rule of a POST, None for a plain insert. Raises `Problem` PGRST100."""
    if resolution is None:
        return None
    target = names.names(on_conflict, "on_conflict parameter") if on_conflict else ()
    return Conflict(target, update=columns if resolution == _MERGE else None)


def refuse_other_filters(root: Branch, key: tuple[str, ...]) -> dict[str, int]:
    """By field of the key the index of the value that a PUT's address gives it. Raises `Problem` PGRST114, PGRST105."""
    if root.span:
        raise Problem("PGRST114", "limit/offset querystring parameters are not allowed for PUT")
    given = [named for item in root.filters for named in _given(item)]
    if not key or len(given) != len(root.filters) or sorted(name for name, _ in given) != sorted(key):
        message = "Filters must include all and only primary key columns with 'eq' operators"
        raise Problem("PGRST105", message)
    return dict(given)


def refuse_another_row(payload: Payload, key: dict[str, int], values: list[Value]) -> None:
    """Raises `Problem` PGRST115 unless the body is one row, and the one that the address names."""
    same = len(payload.rows) == 1 and all(
        name in payload.columns and _text(payload.rows[0].get(name)) == values[index] for name, index in key.items()
    )
    if not same:
        raise Problem("PGRST115", "Payload values do not match URL in primary key column(s)")


def _given(item: Filter) -> list[tuple[str, int]]:
    """The field that a filter sets equal to a value, and the value's index; nothing for any other filter."""
    match item:
        case Compare(left=FieldRef(name=name, path=()), operator="eq", right=Param(index=index), quantifier=None):
            return [(name, index)]
        case _:
            return []


def _text(value: Value) -> str | None:
    """A value as it stands in an address."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return None if value is None else str(value)
