"""The catalog with what rules make of it: fields like any other, and what values of columns must satisfy."""

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.fields import Field

from data_service.processing.areas import AREAS
from data_service.processing.rules import FieldRules, Processing, ResourceRules
from data_service.processing.validate import Validation
from data_service.sql.values import json_text


def with_made_fields(catalog: Catalog, processing: Processing) -> Catalog:
    """The catalog with the made fields of each resource after its columns, in the configuration's order.

    Columns that are validated tell so, unless they are cleansed before: then what a client may give is not what holds.

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
    fields = (*(_described(field, rules.fields.get(field.name)) for field in resource.fields), *made)
    return msgspec.structs.replace(resource, fields=fields) if rules.fields else resource


def _described(field: Field, rules: FieldRules | None) -> Field:
    if rules is None or rules.cleanse is not None or not isinstance(rules.validate, Validation):
        return field
    return msgspec.structs.replace(field, keywords=json_text(rules.validate.keywords).decode())
