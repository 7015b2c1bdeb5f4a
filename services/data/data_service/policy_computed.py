"""The configuration's part on computed fields: which functions over a row make what, in Hasura's words."""

from collections.abc import Mapping

from contracts.catalog import Catalog, Resource

from data_service.policy_document import Faults, Node, mapping, name, suggestion
from data_service.reflect.options import Computed

_KEYS = ("function", "table_argument", "comment")
Resources = Mapping[str, tuple[Node, Mapping[str, Node]]]


def read_computed(resources: Resources, faults: Faults, catalog: Catalog | None) -> dict[tuple[str, str], Computed]:
    """The ``computed_fields`` of resources, by resource and function. What is wrong goes to ``faults``."""
    found: dict[tuple[str, str], Computed] = {}
    for key, (_, keys) in resources.items():
        given = mapping(keys["computed_fields"], faults, "computed_fields") if "computed_fields" in keys else {}
        for field, node in given.items():
            function, computed = _read(field, node, faults)
            if not function:
                continue
            if (key, function) in found:
                faults.add(node.line, f"{function} is the field {found[key, function].name} of {key} already")
            found[key, function] = computed
            resource = catalog.by_name.get(key) if catalog is not None else None
            if resource is not None:
                _check(resource, function, computed, node, faults)
    return found


def _read(field: str, node: Node, faults: Faults) -> tuple[str, Computed]:
    """The function of a field, "" where there is none, and what is said of it."""
    if not isinstance(node.value, Mapping):
        return name(node, faults, field) or "", Computed(field)
    keys = mapping(node, faults, field, _KEYS)
    if "function" not in keys:
        faults.add(node.line, f"{field} needs function")
    given = {key: name(item, faults, key) for key, item in keys.items()}
    return given.get("function") or "", Computed(field, given.get("table_argument") or "", given.get("comment"))


def _check(resource: Resource, function: str, computed: Computed, node: Node, faults: Faults) -> None:
    if all(one.name != computed.name or one.function != function for one in resource.row_functions):
        near = suggestion(function, [one.function for one in resource.row_functions])
        which = f"its argument {computed.row}" if computed.row else "one of its arguments"
        needed = f"{which} is such a row, all others have names, and it does not write"
        faults.add(node.line, f"{function} is no function over a row of {resource.name}{near}: {needed}")
