"""The configuration's part on promised SOAP services: what each promises to partners (`trivet contract save`)."""

from collections.abc import Mapping
from decimal import Decimal

from contracts import promise
from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE

from data_service.policy_document import Faults, Node, mapping, name, names, suggestion
from data_service.policy_rules import ServiceRule

_KEYS = ("resources", "namespace", "version", "role", "public")
_BLANK = frozenset(" \t\r\n")


def read_services(node: Node | None, faults: Faults, catalog: Catalog | None) -> Mapping[str, ServiceRule]:
    """The services of ``soap:``. What is wrong goes to ``faults``, and is left out."""
    keys = mapping(node, faults, "soap", ("services",)) if node is not None else {}
    given = mapping(keys["services"], faults, "services") if "services" in keys else {}
    found: dict[str, ServiceRule] = {}
    for service, item in given.items():
        if promise.NAME.fullmatch(service) is None:
            faults.add(item.line, f"a service's name is at most 40 letters and digits, not {service}")
        rule = _rule(service, item, faults, catalog)
        if rule is not None:
            found[service] = rule
    return found


def _rule(service: str, node: Node, faults: Faults, catalog: Catalog | None) -> ServiceRule | None:
    keys = mapping(node, faults, service, _KEYS)
    for missing in [key for key in ("resources", "namespace", "version") if key not in keys]:
        faults.add(node.line, f"{service} needs {missing}")
    public = keys.get("public")
    if public is not None and not isinstance(public.value, bool):
        faults.add(public.line, f"public must be true or false, not {public.kind}")
    role = name(keys["role"], faults, "role") if "role" in keys else ADMIN_ROLE
    if not {"resources", "namespace", "version"} <= keys.keys() or role is None:
        return None
    namespace, version = _namespace(keys["namespace"], faults), _version(keys["version"], faults)
    resources = _resources(keys["resources"], faults, catalog)
    is_public = public is not None and public.value is True
    return ServiceRule(resources, namespace, version, role, is_public)


def _resources(node: Node, faults: Faults, catalog: Catalog | None) -> tuple[str, ...]:
    found = names(node, faults, "resources")
    if not found and isinstance(node.value, tuple):
        faults.add(node.line, "resources must name at least one")
    for item in found if catalog is not None else ():
        if catalog is not None and item.value not in catalog.by_name:
            faults.add(item.line, f"there is no resource {item.value}{suggestion(item.value, catalog.by_name)}")
    return tuple(dict.fromkeys(item.value for item in found))


def _namespace(node: Node, faults: Faults) -> str:
    text = name(node, faults, "namespace") or ""
    if text and (":" not in text or _BLANK & set(text)):
        faults.add(node.line, f"namespace must be a URI such as urn:example:partner:v1, not {text}")
    return text


def _version(node: Node, faults: Faults) -> str:
    """A version as it is written: `1`, `1.0` and `2026-11` are all good."""
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return str(node.value)
    return name(node, faults, "version") or ""
