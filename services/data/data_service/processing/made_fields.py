"""The catalog with the fields that rules make: for the facades they are fields like any other."""

import msgspec
from contracts.catalog import Catalog, Field, Resource

from data_service.processing.areas import AREAS
from data_service.processing.rules import Processing, ResourceRules


def with_made_fields(catalog: Catalog, processing: Processing) -> Catalog:
    """The catalog with the made fields of each resource after its columns, in the configuration's order.

    A rule that does not fit makes nothing here; `policies.check_processing` says what is wrong with it.
    """
    if not processing.by_resource:
        return catalog
    resources = tuple(_extended(resource, processing.of(resource.name), catalog) for resource in catalog.resources)
    return msgspec.structs.replace(catalog, resources=resources)


def _extended(resource: Resource, rules: ResourceRules, catalog: Catalog) -> Resource:
    made: list[Field] = []
    for name, field_rules in rules.fields.items():
        for key, area in AREAS.items():
            rule = getattr(field_rules, key)
            if area.make is None or rule is None or name in resource.by_name:
                continue
            field = area.make(name, rule, resource, catalog)
            if field is not None:
                made.append(field)
    return msgspec.structs.replace(resource, fields=(*resource.fields, *made)) if made else resource
