"""What a promised SOAP service promises: its resources as they are, in the order in which they were promised before."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from contracts.promise import Promise
from data_service.policies import ServiceRule

from trivet_cli.faults import CannotStart

T = TypeVar("T", Field, Resource)


def promise_of(service: str, rule: ServiceRule, catalog: Catalog, before: Promise | None) -> Promise:
    """The promise of a service as ``catalog`` (its role's) lets it be made now; of another version it begins anew.

    Raises `CannotStart` where the role has no such resource.
    """
    missing = [name for name in rule.resources if name not in catalog.by_name]
    if missing:
        raise CannotStart(f"{service}: the role {rule.role} has no {', '.join(missing)}")
    if before is not None and before.version != rule.version:
        before = None
    known = before.catalog if before is not None else None
    resources = _in_order((catalog.by_name[name] for name in rule.resources), known.resources if known else ())
    writable = {name: rights for name, rights in catalog.writable.items() if name in rule.resources}
    hidden = {
        name: _in_order(fields, (known.hidden if known else {}).get(name, ()))
        for name, fields in catalog.hidden.items()
        if name in rule.resources
    }
    return Promise(
        service=service,
        namespace=rule.namespace,
        version=rule.version,
        role=rule.role,
        public=rule.public,
        catalog=Catalog(
            engine=catalog.engine,
            version="",
            schemas=catalog.schemas,
            resources=tuple(_promised(each, known.by_name.get(each.name) if known else None) for each in resources),
            writable=writable,
            hidden=hidden,
        ),
    )


def _promised(resource: Resource, before: Resource | None) -> Resource:
    """A resource alone: related rows stand behind the fields of a row, so that none could be appended before them."""
    fields = _in_order(resource.fields, before.fields if before is not None else ())
    return msgspec.structs.replace(resource, fields=fields, relations=(), inherited=(), row_functions=())


def _in_order(found: Iterable[T], before: Iterable[T]) -> tuple[T, ...]:
    """What was there before in its order, then what is new."""
    places = {each.name: place for place, each in enumerate(before)}
    return tuple(sorted(found, key=lambda each: places.get(each.name, len(places))))
