"""The ``select`` parameter: fields, casts, aggregates and embeds in the order in which they are wanted."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from contracts.filters import AggregateFunction, FieldRef, RelationRef
from contracts.operations import Aggregate, FieldOutput, Star

from rest_service.grammar import names
from rest_service.grammar.scanner import Scanner

AGGREGATE = re.compile(r"(sum|avg|count|max|min)\(\)")


@dataclass(frozen=True)
class EmbedItem:
    """An embed as it was written; ``items`` empty: it is there for filtering only."""

    alias: str | None
    relation: RelationRef
    join: Literal["left", "inner"]
    spread: bool
    items: tuple["Item", ...]


Item = Star | FieldOutput | Aggregate | EmbedItem


def parse_select(text: str) -> tuple[Item, ...]:
    """The items of a ``select`` parameter, none for an empty one. Raises `Problem` PGRST100."""
    scanner = Scanner(text, "select parameter")
    scanner.skip_spaces()
    if scanner.done:
        return ()
    items = _items(scanner, 0)
    scanner.expect_close()
    return items


def _items(scanner: Scanner, depth: int) -> tuple[Item, ...]:
    items = [_item(scanner, depth)]
    while scanner.take(","):
        items.append(_item(scanner, depth))
    return tuple(items)


def _item(scanner: Scanner, depth: int) -> Item:
    scanner.skip_spaces()
    if scanner.take("..."):
        item: Item = _embed(scanner, None, names.name(scanner), depth, spread=True)
    elif scanner.take("*"):
        item = Star()
    else:
        item = _named(scanner, depth)
    scanner.skip_spaces()
    return item


def _named(scanner: Scanner, depth: int) -> Item:
    alias, name = None, names.name(scanner)
    if scanner.at(":") and not scanner.at("::"):
        scanner.take(":")
        alias, name = name, names.name(scanner)
    if name == "count" and scanner.take("()"):
        return Aggregate(alias or "count", "count", cast=_cast(scanner))
    if scanner.at("!") or scanner.at("("):
        return _embed(scanner, alias, name, depth, spread=False)
    return _column(scanner, alias, name)


def _column(scanner: Scanner, alias: str | None, name: str) -> Item:
    field = names.field_of(name, scanner)
    before = _cast(scanner)
    if not scanner.take("."):
        return FieldOutput(alias or key_of(field), field, before)
    found = scanner.match(AGGREGATE)
    if found is None:
        raise scanner.fault("an aggregate (sum(), avg(), count(), max(), min())")
    function = cast("AggregateFunction", found[1])
    return Aggregate(alias or function, function, (field,), before=before, cast=_cast(scanner))


def key_of(field: FieldRef) -> str:
    """The response key of a field without alias: the last name of its JSON path, else its own."""
    keys = [step for step in field.path if isinstance(step, str)]
    return keys[-1] if keys else field.name


def _cast(scanner: Scanner) -> str | None:
    return names.name(scanner) if scanner.take("::") else None


def _embed(scanner: Scanner, alias: str | None, name: str, depth: int, *, spread: bool) -> EmbedItem:
    join, hint = _narrowing(scanner)
    scanner.expect("(")
    scanner.skip_spaces()
    below = scanner.enter(depth)
    items = () if scanner.at(")") else _items(scanner, below)
    scanner.expect(")")
    return EmbedItem(alias, RelationRef(name, hint, by_target=True), join, spread, items)


def _narrowing(scanner: Scanner) -> tuple[Literal["left", "inner"], str | None]:
    join: Literal["left", "inner"] = "left"
    hint = None
    for _ in range(2):
        if not scanner.take("!"):
            break
        is_quoted = scanner.at('"')
        word = names.name(scanner)
        if word in ("inner", "left") and not is_quoted:
            join = cast("Literal['left', 'inner']", word)
        else:
            hint = word
    return join, hint
