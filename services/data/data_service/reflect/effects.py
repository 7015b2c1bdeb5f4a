"""What reading a table or view depends on, and what writing to it touches, as far as the database says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Table = tuple[str, str]  # schema and name


@dataclass(frozen=True)
class Effects:
    """By table or view. One that is in none of them was not there when the database was asked.

    ``reads``: the stored tables whose rows it shows; those that inherit from each other go by one name.
    ``unsteady``: why it may show other rows although nobody has written to these. ``touches``: the stored tables that a
    write to it changes, cascades and triggers included; None where that can't be known.
    """

    reads: Mapping[Table, frozenset[Table]] = field(default_factory=dict)
    unsteady: Mapping[Table, str] = field(default_factory=dict)
    touches: Mapping[Table, frozenset[Table] | None] = field(default_factory=dict)


NO_EFFECTS = Effects()
"""Nothing is known."""


def reachable(start: Iterable[Table], onward: Mapping[Table, Iterable[Table]]) -> frozenset[Table]:
    """All tables that lead on from some, themselves included."""
    found: set[Table] = set()
    todo = list(start)
    while todo:
        table = todo.pop()
        if table not in found:
            found.add(table)
            todo.extend(onward.get(table, ()))
    return frozenset(found)


def families(pairs: Iterable[tuple[Table, Table]]) -> dict[Table, Table]:
    """One name for all that are connected by such pairs, the first by its name."""
    near: defaultdict[Table, set[Table]] = defaultdict(set)
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    return {table: min(reachable([table], near)) for table in near}
