"""What every kind of rule is to those that read the configuration, and the place that a rule is read for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.fields import Field

from data_service.policy_document import Faults, Node


@dataclass(frozen=True, slots=True)
class Place:
    """Which field a rule is read for. Without a ``catalog`` names and types can't be checked yet.

    ``resource`` and ``column`` are the database's own, None where they are not known or there is no such column.
    """

    resource_name: str
    name: str
    catalog: Catalog | None = None
    resource: Resource | None = None
    column: Field | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of rule.

    ``parse`` reads it; what is wrong goes to the faults, and None is given. With ``make`` the field exists by this
    rule alone, and must not be a column: it gives the field for its name, the rule, the resource and the catalog, None
    where the rule does not fit them (`parse` says why). Any other rule is about a column.
    """

    parse: Callable[[Node, Faults, Place], Any]
    make: Callable[[str, Any, Resource, Catalog], Field | None] | None = None
