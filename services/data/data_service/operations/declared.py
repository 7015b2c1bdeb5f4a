"""What the project's folder declares, as the catalog and the engine know it: functions, hooks, computed fields."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from contracts.catalog import Argument, Catalog, Function, Returns
from contracts.fields import Field

from data_service.policy_document import Fault, suggestion

Verb = Literal["create", "update", "delete", "read"]
When = Literal["before", "after", "after_commit"]
_RIGHTS = {"create": "insertable", "update": "updatable", "delete": "deletable"}
_DONE = {"create": "created", "update": "changed", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class Operation:
    """A function that clients call: under which key its process knows it, and on which terms it runs.

    ``roles`` may call it beside those of the configuration; ``timeout`` is in seconds; ``place`` is file and line.
    """

    key: str
    roles: frozenset[str]
    timeout: float | None
    above_policies: bool
    place: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that runs before or after what is done with rows of a resource.

    ``takes_rows``: before an update or a delete it wants to know the rows that this is about.
    """

    key: str
    name: str
    resource: str
    verb: Verb
    when: When
    timeout: float | None
    above_policies: bool
    takes_rows: bool
    place: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Declared:
    """All that a folder declares. ``closed``: whether the kernel keeps its processes from everything else."""

    functions: tuple[Function, ...] = ()
    operations: Mapping[str, Operation] = dataclasses.field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()
    computes: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    closed: bool = True

    def of(self, resource: str, verb: str, when: str) -> tuple[Hook, ...]:
        """The hooks of a resource at one occasion, in the order of their files and lines."""
        return tuple(h for h in self.hooks if (h.resource, h.verb, h.when) == (resource, verb, when))

    def misfits(self, catalog: Catalog) -> list[Fault]:
        """What does not fit the database: names taken, hooks of resources that there are not, or of what can't be done.

        ``catalog`` has these functions already.
        """
        found = [
            Fault(*operation.place, f"the database has a function {name} already")
            for name, operation in self.operations.items()
            if len(catalog.functions_by_name[name]) > 1
        ]
        for hook in self.hooks:
            resource = catalog.by_name.get(hook.resource)
            file, line = hook.place
            if resource is None:
                near = suggestion(hook.resource, catalog.by_name)
                found.append(Fault(file, line, f"there is no resource {hook.resource}{near}"))
            elif hook.verb in _RIGHTS and not getattr(resource, _RIGHTS[hook.verb]):
                said = f"rows of {resource.name}, a {resource.kind}, can't be {_DONE[hook.verb]}"
                found.append(Fault(file, line, said))
        return found


def declared_of(described: Mapping[str, Any], folder: Path) -> Declared:
    """What a nursery's description says; files are named from the folder's parent on."""

    def shown(file: str) -> str:
        path = Path(file)
        return str(path.relative_to(folder.parent)) if path.is_relative_to(folder.parent) else file

    operations = described["operations"]
    return Declared(
        functions=tuple(_function(operation) for operation in operations),
        operations={
            o["name"]: Operation(
                f"operation {o['name']}", frozenset(o["roles"]), _seconds(o), o["above_policies"],
                (shown(o["file"]), o["line"]),
            )
            for o in operations
        },
        hooks=tuple(
            Hook(
                h["key"], h["name"], h["resource"], h["verb"], h["when"], _seconds(h), h["above_policies"],
                h["takes_rows"], (shown(h["file"]), h["line"]),
            )
            for h in described["hooks"]
        ),
        computes=frozenset(compute["name"] for compute in described["computes"]),
        faults=tuple(Fault(shown(f["file"]), f["line"], f["message"]) for f in described["faults"]),
        closed=described["closed"],
    )  # fmt: skip


def _seconds(declared: Mapping[str, Any]) -> float | None:
    timeout = declared["timeout"]
    return None if timeout is None else float(timeout)


def _function(described: Mapping[str, Any]) -> Function:
    return Function(
        name=described["name"],
        schema="",
        function=described["name"],
        arguments=msgspec.convert(described["arguments"], tuple[Argument, ...]),
        returns=Returns(**_returns(described["returns"])),
        volatility="stable" if described["reads_only"] else "volatile",
        source="python",
        comment=described["comment"],
    )


def _returns(described: Mapping[str, Any]) -> dict[str, Any]:
    fields = msgspec.convert(described.get("fields", ()), tuple[Field, ...])
    return {**described, "fields": fields, "values": tuple(described.get("values", ()))}
