"""From foreign keys to relations: to-one, back again, and through junctions."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import msgspec
from contracts.catalog import Junction, Relation, Resource

from data_service.reflect.naming import Candidate, junction_names, name_relations, to_many_names, to_one_names

UniqueSets = Mapping[str, Collection[frozenset[str]]]


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key between two exposed resources, by their exposed names.

    ``enforced`` is False where rows may point nowhere all the same: a constraint not validated, a database that does
    not check.
    """

    constraint: str
    source: str
    fields: tuple[str, ...]
    target: str
    target_fields: tuple[str, ...]
    enforced: bool = True


def relate(
    resources: Sequence[Resource],
    foreign_keys: Sequence[ForeignKey],
    uniques: UniqueSets,
    wished: Mapping[tuple[str, str], str],
) -> tuple[Resource, ...]:
    """The resources with their relations, each resource's own foreign keys first.

    ``uniques``: by resource the sets of fields that are unique together, a primary key's too. ``wished``: the names
    of `Exposure.relation_names`. The order of ``resources`` and of their fields decides the order of relations.
    """
    ordered = _in_order(resources, foreign_keys)
    candidates: defaultdict[str, list[Candidate]] = defaultdict(list)
    by_name = {resource.name: resource for resource in resources}
    for key in ordered:
        candidates[key.source].append(_to_one(key, by_name[key.source], uniques))
    for key in ordered:
        candidates[key.target].append(_back(key, uniques))
    for first, second in _junctions(ordered, uniques):
        candidates[first.target].append(_through(first, second))
    return tuple(_with_relations(resource, candidates[resource.name], wished) for resource in resources)


def with_inherited(
    resources: Sequence[Resource],
    foreign_keys: Sequence[ForeignKey],
    inherited: Sequence[ForeignKey],
    uniques: UniqueSets,
) -> tuple[Resource, ...]:
    """The resources with the relations that views have by the ``inherited`` foreign keys, named by these.

    ``uniques`` also has the sets of fields that are unique together in a view's stored table.
    """
    if not inherited:
        return tuple(resources)
    own, by_name = _in_order(resources, foreign_keys), {resource.name: resource for resource in resources}
    added = _in_order(resources, inherited)
    new = set(added)
    found: defaultdict[str, list[Relation]] = defaultdict(list)
    for key in added:
        found[key.source].append(_to_one(key, by_name[key.source], uniques).relation)
        found[key.target].append(_back(key, uniques).relation)
    for first, second in _junctions([*own, *added], uniques):
        if first in new or second in new:
            found[first.target].append(_through(first, second).relation)
    return tuple(
        msgspec.structs.replace(
            resource,
            inherited=tuple(msgspec.structs.replace(one, name=one.constraint) for one in found[resource.name]),
        )
        if resource.name in found
        else resource
        for resource in resources
    )


def _in_order(resources: Sequence[Resource], foreign_keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """In catalog order; of several foreign keys that say the same, the first by name."""
    place = {resource.name: number for number, resource in enumerate(resources)}
    column = {r.name: {field.name: number for number, field in enumerate(r.fields)} for r in resources}

    def order(key: ForeignKey) -> tuple[int, list[int], int, str]:
        return place[key.source], [column[key.source][name] for name in key.fields], place[key.target], key.constraint

    seen: dict[tuple[str, str, frozenset[tuple[str, str]]], ForeignKey] = {}
    for key in sorted(foreign_keys, key=order):
        pairs = frozenset(zip(key.fields, key.target_fields, strict=True))
        seen.setdefault((key.source, key.target, pairs), key)
    return list(seen.values())


def _is_unique(key: ForeignKey, uniques: UniqueSets) -> bool:
    return any(unique <= set(key.fields) for unique in uniques.get(key.source, ()))


def _to_one(key: ForeignKey, source: Resource, uniques: UniqueSets) -> Candidate:
    relation = Relation(
        name="",
        target=key.target,
        cardinality="one",
        pairs=tuple(zip(key.fields, key.target_fields, strict=True)),
        constraint=key.constraint,
        owning=True,
        optional=not key.enforced or any(source.by_name[name].nullable for name in key.fields),
        unique=_is_unique(key, uniques),
    )
    names = to_one_names(key.fields, key.target)
    return Candidate(relation, names, "self" if key.source == key.target else "direct")


def _back(key: ForeignKey, uniques: UniqueSets) -> Candidate:
    unique = _is_unique(key, uniques)
    relation = Relation(
        name="",
        target=key.source,
        cardinality="one" if unique else "many",
        pairs=tuple(zip(key.target_fields, key.fields, strict=True)),
        constraint=key.constraint,
        unique=unique,
    )
    return Candidate(relation, to_many_names(key.fields, key.source))


def _junctions(foreign_keys: Sequence[ForeignKey], uniques: UniqueSets) -> Iterator[tuple[ForeignKey, ForeignKey]]:
    """Pairs of foreign keys of one table that a unique key of it holds both, once in each direction."""
    by_source: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for key in foreign_keys:
        by_source[key.source].append(key)
    for source, keys in by_source.items():
        sets = uniques.get(source, ())
        held = [key for key in keys if any(unique >= set(key.fields) for unique in sets)]
        for first, second in permutations(held, 2):
            one, other = set(first.fields), set(second.fields)
            if not one <= other and not other <= one and any(unique >= one | other for unique in sets):
                yield first, second


def _through(first: ForeignKey, second: ForeignKey) -> Candidate:
    relation = Relation(
        name="",
        target=second.target,
        cardinality="many",
        pairs=tuple(zip(first.target_fields, first.fields, strict=True)),
        constraint=first.constraint,
        junction=Junction(
            resource=first.source,
            constraint=first.constraint,
            onward_constraint=second.constraint,
            onward=tuple(zip(second.fields, second.target_fields, strict=True)),
        ),
    )
    return Candidate(relation, junction_names(second.target, first.source, second.fields), "junction")


def _with_relations(
    resource: Resource, candidates: Sequence[Candidate], wished: Mapping[tuple[str, str], str]
) -> Resource:
    if not candidates:
        return resource
    named = name_relations(resource.name, candidates, resource.by_name, wished)
    relations = tuple(msgspec.structs.replace(candidate.relation, name=name) for name, candidate in named)
    return msgspec.structs.replace(resource, relations=relations)
