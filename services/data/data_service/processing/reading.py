"""The rules of a resource read from its part of the configuration: `fields` and `checks`."""

from collections.abc import Mapping

from contracts.catalog import Catalog, Resource

from data_service.policy_document import Faults, Node, mapping, suggestion
from data_service.policy_filters import FilterReader
from data_service.processing.area import Place
from data_service.processing.areas import AREAS
from data_service.processing.rules import Check, FieldRules, ResourceRules

KEYS = ("fields", "checks")


def read_rules(
    name: str, keys: Mapping[str, Node], faults: Faults, catalog: Catalog | None, resource: Resource | None
) -> ResourceRules:
    """The rules of the resource ``name``; ``resource`` is the catalog's, with the fields that rules make.

    What is wrong goes to the faults, and is left out.
    """
    given = mapping(keys["fields"], faults, "fields") if "fields" in keys else {}
    fields = {field: _field(Place(name, field, catalog, resource), node, faults) for field, node in given.items()}
    return ResourceRules(fields, _checks(keys.get("checks"), faults, catalog, resource))


def _field(place: Place, node: Node, faults: Faults) -> FieldRules:
    given = mapping(node, faults, place.name, AREAS)
    made = [area for area in given if AREAS[area].make is not None]
    found = place.resource.by_name.get(place.name) if place.resource is not None else None
    column = found if found is not None and found.origin == "column" else None
    if len(made) > 1:
        faults.add(given[made[1]].line, f"{place.name} is made by {made[0]} already, so it can't have {made[1]}")
    if made and column is not None:
        faults.add(node.line, f"{place.resource_name} has a column {place.name} already; give it another name")
    if not made and place.resource is not None and column is None:
        columns = [field.name for field in place.resource.columns]
        near = suggestion(place.name, columns)
        faults.add(node.line, f"{place.resource_name} has no column {place.name}{near}")
    at = Place(place.resource_name, place.name, place.catalog, place.resource, column)
    rules = {area: AREAS[area].parse(item, faults, at) for area, item in given.items()}
    return FieldRules(f"{faults.file}:{node.line}", **rules)


def _checks(node: Node | None, faults: Faults, catalog: Catalog | None, resource: Resource | None) -> tuple[Check, ...]:
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        faults.add(node.line, f"checks must be a list of {{expression: …, message: …}}, not {node.kind}")
        return ()
    found = [_check(item, faults, FilterReader(faults, catalog), resource) for item in node.value]
    return tuple(check for check in found if check is not None)


def _check(node: Node, faults: Faults, filters: FilterReader, resource: Resource | None) -> Check | None:
    keys = mapping(node, faults, "a check", ("expression", "message"))
    missing = [key for key in ("expression", "message") if key not in keys]
    for key in missing:
        faults.add(node.line, f"a check needs {key}")
    if missing:
        return None
    message = keys["message"]
    if not isinstance(message.value, str) or not message.value:
        faults.add(message.line, f"the message of a check must be a text, not {message.kind}")
        return None
    expression = filters.read(keys["expression"], resource)
    if expression is None:
        if keys["expression"].value == {}:
            faults.add(keys["expression"].line, "a check needs something to hold; {} always does")
        return None
    return Check(expression, message.value, f"{faults.file}:{node.line}")
