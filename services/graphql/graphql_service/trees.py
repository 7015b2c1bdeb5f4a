"""Rows with others nested in them, as clients write them: what shape they have, and the rows of each level in one list.

A level is reached by steps, each a relation's name and the conflict rule that its rows are under: rows under different
rules are levels of their own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

Row = dict[str, Any]
Step = tuple[str, bytes]
Relations = Mapping[str, Callable[[], "Relations"]]
"""The names in a row that are relations, each with the names that are so in its rows."""
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


def rule_of(nested: Row) -> bytes:
    """What stands for the conflict rule of nested rows: empty where there is none."""
    rule = nested.get("on_conflict")
    return b"" if rule is None else _encode(rule)


def data_of(nested: Row | None) -> list[Row]:
    """The rows nested in a relation."""
    data = None if nested is None else nested["data"]
    return data if isinstance(data, list) else [] if data is None else [data]


def shape_of(rows: list[Row], relations: Relations) -> tuple[Any, ...]:
    """All of rows that a translation of them may depend on: which fields the rows have, at every level."""
    kinds = frozenset(frozenset(row) for row in rows)
    steps = sorted(set(steps_of(rows, relations)))
    return (kinds, *((step, shape_of(rows_at(rows, (step,)), relations[step[0]]())) for step in steps))


def steps_of(rows: list[Row], relations: Relations) -> Iterator[Step]:
    """The steps from rows to those nested in them, in their order; some come more than once."""
    for row in rows:
        for name in row:
            if name in relations and data_of(row[name]):
                yield name, rule_of(row[name])


def rows_at(rows: list[Row], steps: tuple[Step, ...]) -> list[Row]:
    """The rows of a level, those of all rows above it in one list."""
    for step in steps:
        rows = [inner for _, inner in _below(rows, step)]
    return rows


def places_at(rows: list[Row], steps: tuple[Step, ...]) -> list[int]:
    """For each row of a level the number of the one above that it is nested in."""
    return [place for place, _ in _below(rows_at(rows, steps[:-1]), steps[-1])]


def _below(rows: list[Row], step: Step) -> Iterator[tuple[int, Row]]:
    name, rule = step
    for place, row in enumerate(rows):
        nested = row.get(name)
        if nested is not None and rule_of(nested) == rule:
            for inner in data_of(nested):
                yield place, inner
