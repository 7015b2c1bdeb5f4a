"""The configuration's part on GraphQL: what one document may ask at most, for everybody and by role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from contracts.graphql import Bounds

from data_service.policy_document import Faults, Node, mapping

_SWITCHES = ("introspection",)
_SECONDS = ("seconds",)
_NUMBERS = ("depth", "nodes", "aliases", "cost", "tokens", "bytes", "batch")
_LIMITS = (*_NUMBERS, *_SECONDS, *_SWITCHES)
_NOTHING = Bounds()


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """``everybody``'s bounds, and those of roles, which take their place one by one."""

    everybody: Bounds = _NOTHING
    roles: Mapping[str, Bounds] = field(default_factory=dict)

    def of(self, role: str) -> Bounds | None:
        """The bounds of a plain role; None where the configuration has none."""
        own = self.roles.get(role, _NOTHING)
        joined = {name: _first(getattr(own, name), getattr(self.everybody, name)) for name in Bounds.__struct_fields__}
        found = Bounds(**joined)
        return None if found == _NOTHING else found


NO_BOUNDS = DocumentRules()


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def read_bounds(node: Node | None, faults: Faults) -> DocumentRules:
    """The rules of ``graphql:``. What is wrong goes to ``faults``, and is left out."""
    if node is None:
        return NO_BOUNDS
    keys = mapping(node, faults, "graphql", ("report_only", "limits", "roles", "naming"))
    everybody = _read(keys["limits"], faults, "limits") if "limits" in keys else _NOTHING
    if "report_only" in keys:
        everybody = msgspec.structs.replace(everybody, report_only=_switch(keys["report_only"], faults, "report_only"))
    roles = mapping(keys["roles"], faults, "roles") if "roles" in keys else {}
    return DocumentRules(
        everybody, {role: _read(item, faults, f"the limits of {role}") for role, item in roles.items()}
    )


def _read(node: Node, faults: Faults, place: str) -> Bounds:
    found: dict[str, Any] = {}
    for name, item in mapping(node, faults, place, _LIMITS).items():
        if name in _SWITCHES:
            found[name] = _switch(item, faults, name)
        elif name in _SECONDS:
            found[name] = _seconds(item, faults, name)
        elif isinstance(item.value, int) and not isinstance(item.value, bool) and item.value > 0:
            found[name] = item.value
        else:
            faults.add(item.line, f"{name} must be a whole number above 0, not {item.kind}")
    return Bounds(**found)


def _seconds(node: Node, faults: Faults, name: str) -> float | None:
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool) and node.value > 0:
        return float(node.value)
    faults.add(node.line, f"{name} must be a number above 0, not {node.kind}")
    return None


def _switch(node: Node, faults: Faults, name: str) -> bool | None:
    if isinstance(node.value, bool):
        return node.value
    faults.add(node.line, f"{name} must be true or false, not {node.kind}")
    return None
