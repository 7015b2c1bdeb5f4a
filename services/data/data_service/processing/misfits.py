"""Rules held against what the catalog can't tell: expressions against the database, functions against the project's."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from contracts.filters import (
    And,
    Compare,
    CompareAggregate,
    Exists,
    ExistsIn,
    FieldRef,
    Filter,
    Is,
    Not,
    Or,
    RelationRef,
)

from data_service.policy_document import Fault, suggestion
from data_service.processing.compute import Computation, in_order
from data_service.processing.expression import unknown_words
from data_service.processing.rules import Check, FieldRules, Processing
from data_service.sql.dialect import Dialect
from data_service.sql.probe import probe


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked: the database, by its ``dialect`` and what it says against a statement (None: nothing).

    ``functions`` are those that can compute fields; None: they are not known here.
    """

    dialect: Dialect
    refusal: Callable[[str], str | None]
    functions: Collection[str] | None = None


def misfits(processing: Processing, catalog: Catalog, asked: Asked) -> list[Fault]:
    """What does not fit; ``catalog`` has the fields that rules make."""
    return [
        fault
        for name, rules in processing.by_resource.items()
        if name in catalog.by_name
        for fault in (
            *_of_resource(catalog.by_name[name], rules.fields, asked),
            *_of_checks(catalog.by_name[name], rules.checks, catalog, processing),
        )
    ]


def _of_resource(resource: Resource, rules: Mapping[str, FieldRules], asked: Asked) -> Iterator[Fault]:
    computed = {name: rule.compute for name, rule in rules.items() if isinstance(rule.compute, Computation)}
    sound = {name for name, _ in in_order(computed)}
    for name, computation in computed.items():
        message = None
        if name not in sound:
            message = f"{name} is computed from itself"
        elif computation.sql is not None and name in resource.by_name:
            message = _refused(resource, resource.by_name[name], computation.sql, asked)
        elif computation.python is not None and asked.functions is not None:
            message = _unknown(computation.python, asked.functions)
        if message is not None:
            yield _fault(rules[name].place, message)


def _of_checks(
    resource: Resource, checks: tuple[Check, ...], catalog: Catalog, processing: Processing
) -> Iterator[Fault]:
    """A check sees rows as they are stored: of a protected field that is not its value."""
    for check in checks:
        for owner, name in _looked_at(check.expression, resource, catalog):
            rules = processing.of(owner).fields.get(name)
            if rules is not None and rules.protect is not None:
                yield _fault(check.place, f"a check can't look at {owner}.{name}, which is protected")


def _looked_at(item: Filter | None, resource: Resource, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """The fields that a filter looks at, each with its resource's name."""
    match item:
        case And() | Or():
            for part in item.items:
                yield from _looked_at(part, resource, catalog)
        case Not():
            yield from _looked_at(item.item, resource, catalog)
        case Compare():
            yield resource.name, item.left.name
            if isinstance(item.right, FieldRef):
                yield resource.name, item.right.name
        case Is():
            yield resource.name, item.left.name
        case Exists():
            yield from _looked_at(item.filter, _target(resource, item.relation, catalog), catalog)
        case CompareAggregate():
            target = _target(resource, item.relation, catalog)
            yield from ((target.name, name) for name in item.fields)
            yield from _looked_at(item.filter, target, catalog)
        case ExistsIn():
            yield from _looked_at(item.filter, catalog.by_name[item.resource], catalog)


def _target(resource: Resource, relation: RelationRef, catalog: Catalog) -> Resource:
    return catalog.by_name[resource.relations_by_name[relation.name].target]


def _refused(resource: Resource, field: Field, sql: str, asked: Asked) -> str | None:
    said = asked.refusal(probe(asked.dialect, resource, field))
    if said is None:
        return None
    near = unknown_words(sql, {column.name for column in resource.columns})
    return f"the database refuses the expression of {field.name}: {said}{near[0] if near else ''}"


def _unknown(name: str, functions: Collection[str]) -> str | None:
    if name in functions:
        return None
    return f"there is no function {name} that computes a field{suggestion(name, functions)}"


def _fault(place: str, message: str) -> Fault:
    file, _, line = place.rpartition(":")
    return Fault(file, int(line), message)
