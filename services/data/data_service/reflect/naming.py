"""Names: of resources across schemas, and of relations so that none clashes with another or with a field."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.catalog import Relation

from data_service.reflect.options import Exposure, ExposureError

Rank = Literal["direct", "self", "junction"]


@dataclass(frozen=True)
class Candidate:
    """A relation that has no name yet, and the names it would take: plainest first, surest last.

    ``rank`` decides who gives way: a junction to all others, the to-one end of a self reference (``self``) to its
    to-many end, which PostgREST's clients call by the table's name.
    """

    relation: Relation
    names: tuple[str, ...]
    rank: Rank = "direct"


def name_resources(tables: Sequence[tuple[str, str]], exposure: Exposure) -> dict[tuple[str, str], str]:
    """The exposed name of each (schema, table), the tables given in catalog order.

    It is the table's name, in a schema other than the first ``schema_table``; on a clash the later one takes the
    schema too, else a number. Names from the configuration go first; two alike raise `ExposureError`.
    """
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for place in tables:
        if wished := exposure.resource_names.get(place):
            if wished in taken:
                raise ExposureError(f"two resources are to be named {wished!r}, the second is {'.'.join(place)}")
            names[place] = wished
            taken.add(wished)
    first = exposure.schemas[0] if exposure.schemas else None
    for schema, table in tables:
        if (schema, table) not in names:
            prefixed = f"{schema}_{table}"
            wishes = (table, prefixed) if first in (schema, None) else (prefixed,)
            names[schema, table] = _first_free(wishes, taken)
            taken.add(names[schema, table])
    return names


def name_relations(
    resource: str, candidates: Sequence[Candidate], fields: Collection[str], wished: Mapping[tuple[str, str], str]
) -> list[tuple[str, Candidate]]:
    """The candidates of one resource with their names, all different and none a field's.

    A candidate whose name clashes goes on to its next one (`_climbing` says who); what still clashes at the end is
    numbered in order. ``wished``: `Exposure.relation_names`. Raises `ExposureError` where a wished name is taken.
    """
    steps = [0] * len(candidates)
    while True:
        climbing = _climbing(candidates, steps, fields)
        if not climbing:
            break
        for index in climbing:
            steps[index] += 1
    taken = set(fields)
    named = []
    for candidate, step in zip(candidates, steps, strict=True):
        name = _first_free((candidate.names[step],), taken)
        taken.add(name)
        named.append((name, candidate))
    return _renamed(resource, named, fields, wished)


def to_one_names(columns: Sequence[str], target: str) -> tuple[str, ...]:
    """Names for the owning side of a foreign key: its column without ``_id``, else the target's name."""
    suffix = "_by_" + "_".join(columns)
    column = columns[0]
    if len(columns) == 1 and len(column) > 3 and column.lower().endswith("_id"):
        return column[:-3], column[:-3] + suffix, target + suffix
    return target, target + suffix


def to_many_names(columns: Sequence[str], source: str) -> tuple[str, ...]:
    """Names for the other side of a foreign key of ``source``."""
    return source, f"{source}_by_{'_'.join(columns)}"


def junction_names(target: str, junction: str, onward: Sequence[str]) -> tuple[str, ...]:
    """Names for a way to ``target`` through ``junction``; the last tells its two directions apart."""
    through = f"{target}_by_{junction}"
    return target, through, f"{through}_{'_'.join(onward)}"


def _first_free(wishes: Iterable[str], taken: Collection[str]) -> str:
    last = ""
    for last in wishes:
        if last not in taken:
            return last
    number = 2
    while f"{last}_{number}" in taken:
        number += 1
    return f"{last}_{number}"


def _climbing(candidates: Sequence[Candidate], steps: Sequence[int], fields: Collection[str]) -> list[int]:
    """Which candidates have to leave their present name for their next one."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for index, candidate in enumerate(candidates):
        holders[candidate.names[steps[index]]].append(index)
    climbing: list[int] = []
    for name, indexes in holders.items():
        if len(indexes) > 1 or name in fields:
            able = [index for index in indexes if steps[index] + 1 < len(candidates[index].names)]
            climbing += able if name in fields else _giving_way(candidates, indexes, able)
    return climbing


def _giving_way(candidates: Sequence[Candidate], indexes: Sequence[int], able: list[int]) -> list[int]:
    """Of those that share a name and can leave it, the ones that do: everybody, if none ranks below the others."""
    ranks: tuple[Rank, ...] = ("junction", "self")
    for rank in ranks:
        lower = [index for index in able if candidates[index].rank == rank]
        if lower and len(lower) < len(indexes):
            return lower
    return able


def _renamed(
    resource: str,
    named: list[tuple[str, Candidate]],
    fields: Collection[str],
    wished: Mapping[tuple[str, str], str],
) -> list[tuple[str, Candidate]]:
    renamed = [(wished.get((resource, name), name), candidate) for name, candidate in named]
    seen = set(fields)
    for name, _ in renamed:
        if name in seen:
            raise ExposureError(f"a relation of {resource!r} is to be named {name!r}, which it has already")
        seen.add(name)
    return renamed
