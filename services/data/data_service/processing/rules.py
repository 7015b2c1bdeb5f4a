"""The rules of data processing, as the configuration gives them: by resource, by field, by what they do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from contracts.filters import Filter

K = TypeVar("K")
V = TypeVar("V")


def _empty() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Check:
    """What must not be false of any row that is written, and what is said where it is; ``place`` is ``file:line``."""

    expression: Filter
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The rules of one field, by area; None where there is none. Each area's module has the type of its rules.

    ``place`` is ``file:line``.
    """

    place: str
    cleanse: object | None = None
    validate: object | None = None
    compute: object | None = None
    protect: object | None = None
    enrich: object | None = None


@dataclass(frozen=True, slots=True)
class ResourceRules:
    """The rules of one resource: of its ``fields`` by name, those that exist by a rule alone too, and across them."""

    fields: Mapping[str, FieldRules] = field(default_factory=_empty)
    checks: tuple[Check, ...] = ()


NO_RULES = ResourceRules()


@dataclass(frozen=True, slots=True)
class Processing:
    """All rules, by the exposed name of the resource."""

    by_resource: Mapping[str, ResourceRules] = field(default_factory=_empty)

    def of(self, resource_name: str) -> ResourceRules:
        """The rules of a resource; empty where it has none."""
        return self.by_resource.get(resource_name, NO_RULES)


NO_PROCESSING = Processing()
