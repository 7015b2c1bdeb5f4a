"""Keys of rows, and the rows of an answer that belong to them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from data_service.processing.enrich import EnrichRule
from data_service.remote.fitting import at_path, fit, rows_at
from data_service.remote.places import text_of

Key = tuple[Any, ...]  # the values of a row's key fields, as JSON has them; none of them null
Name = tuple[str, ...]  # the same as texts, numbers without trailing zeros: equal where the keys are


def name_of(key: Key) -> Name:
    """What a key is known by."""
    return tuple(_word(value, _is_number(value)) for value in key)


def matched(rule: EnrichRule, keys: Sequence[Key], answer: Any) -> dict[Name, Any]:
    """Each key's value in the answer, null for those that it does not hold; of several rows the first counts.

    Raises `ValueError` where the answer or a value is not what the rule says.
    """
    if rule.each:
        rows = rows_at(answer, rule.rows)
        return {name_of(keys[0]): fit(at_path(rows[0], rule.value), rule.type) if rows else None}
    found: dict[Name, Any] = dict.fromkeys(map(name_of, keys))
    numeric = tuple(map(_is_number, keys[0]))
    theirs = tuple(name.split(".") for _, name in rule.keys)
    seen: set[Name] = set()
    for row in rows_at(answer, rule.rows):
        name = tuple(_word(at_path(row, path), number) for path, number in zip(theirs, numeric, strict=True))
        if name in found and name not in seen:
            seen.add(name)
            found[name] = fit(at_path(row, rule.value), rule.type)
    return found


def distinct(keys: Iterable[Key]) -> dict[Name, Key]:
    """Keys by name, each once."""
    return {name_of(key): key for key in keys}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _word(value: Any, number: bool) -> str:
    """A value as text; where the row's own is a number, by what number it is."""
    if not number:
        return text_of(value)
    try:
        found = Decimal(text_of(value).strip())
    except InvalidOperation:
        return text_of(value)
    return f"{found.normalize():f}" if found.is_finite() else text_of(value)
