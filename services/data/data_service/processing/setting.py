"""What steps and stages are made for, and what they work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.catalog import Catalog, Resource

from data_service.execute.foreign import Foreign
from data_service.processing.rules import ResourceRules


@dataclass(frozen=True, slots=True)
class Means:
    """What steps and stages work with beside the rules: processes, remote sources, keys. The app gives them.

    ``foreign`` calls functions that are not the database's own, by their source.
    """

    foreign: Mapping[str, Foreign] = field(default_factory=dict)


NO_MEANS = Means()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a step or stage is made for: a resource (the full one), its rules, a role, and the means."""

    resource: Resource
    rules: ResourceRules
    role: str
    catalog: Catalog
    means: Means
