"""Lineage: from which stored columns the columns of views, generated columns and copies take their values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Spot = tuple[str, str, str]  # schema, table or view, column


@dataclass(frozen=True)
class Lineage:
    """By column. One that is in neither has values of its own.

    ``same``: the columns whose very values it holds (a view's plain column, a part's of a partitioned table, a foreign
    key's). ``derived``: the columns that it is, or may be, made of.
    """

    same: Mapping[Spot, frozenset[Spot]] = field(default_factory=dict)
    derived: Mapping[Spot, frozenset[Spot]] = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """A text that differs where the lineage does, empty for none."""
        listed = sorted(
            (kind, spot, sorted(of)) for kind, by in (("=", self.same), ("~", self.derived)) for spot, of in by.items()
        )
        return repr(listed).encode() if listed else b""


NO_LINEAGE = Lineage()


def grouped(pairs: Iterable[tuple[Spot, Spot]]) -> dict[Spot, frozenset[Spot]]:
    """Pairs of a column and another one, by the first."""
    found: defaultdict[Spot, set[Spot]] = defaultdict(set)
    for one, other in pairs:
        if one != other:
            found[one].add(other)
    return {spot: frozenset(others) for spot, others in found.items()}
