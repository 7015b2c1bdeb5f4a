"""What steps and stages are made for, and what they work with."""

from dataclasses import dataclass

from contracts.catalog import Catalog, Resource

from data_service.processing.rules import ResourceRules


@dataclass(frozen=True, slots=True)
class Means:
    """What steps and stages work with beside the rules: processes, remote sources, keys. The app gives them."""


NO_MEANS = Means()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a step or stage is made for: a resource (the full one), its rules, a role, and the means."""

    resource: Resource
    rules: ResourceRules
    role: str
    catalog: Catalog
    means: Means
