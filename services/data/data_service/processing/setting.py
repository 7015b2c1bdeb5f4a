"""What steps and stages are made for, and what they work with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contracts.catalog import Catalog, Resource
from contracts.fields import FieldType
from contracts.operations import Value
from contracts.problems import Problem

from data_service.execute.foreign import Foreign
from data_service.operations.python import Python
from data_service.processing.rules import ResourceRules
from data_service.processing.secrets import Secrets
from data_service.processing.stages import Occasion, Row
from data_service.remote.remote import Remote


class Computers(Protocol):
    """The project's own functions that compute fields, run outside of the service."""

    @property
    def functions(self) -> Collection[str] | None:
        """Their names; None where they are not known here."""
        ...

    def compute(
        self, function: str, rows: list[Row], types: Mapping[str, FieldType], occasion: Occasion
    ) -> Sequence[Value]:
        """One value for each row, whose fields have these types, from one call of the function. Raises `Problem`."""
        ...


class _NoComputers:
    """There are none, or none here."""

    def __init__(self, functions: Collection[str] | None) -> None:
        self.functions = functions

    def compute(
        self, function: str, rows: list[Row], types: Mapping[str, FieldType], occasion: Occasion
    ) -> Sequence[Value]:
        raise Problem("TRV301", f"there is no function {function}")


NO_COMPUTERS = _NoComputers(())
ELSEWHERE = _NoComputers(None)  # for commands that compute nothing: what rules name is the service's to check


@dataclass(frozen=True, slots=True)
class Means:
    """What steps and stages work with beside the rules: processes, remote sources, keys. The app gives them.

    ``foreign`` calls functions that are not the database's own, by their source. ``remote`` has the sources open.
    ``computers`` compute fields. ``python`` is the project's own code as it is loaded now: the engine fills it in.
    """

    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    remote: Remote | None = None
    secrets: Secrets | None = None
    computers: Computers = NO_COMPUTERS
    python: Python | None = None


NO_MEANS = Means()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a step or stage is made for: a resource (the full one), its rules, a role, and the means."""

    resource: Resource
    rules: ResourceRules
    role: str
    catalog: Catalog
    means: Means
