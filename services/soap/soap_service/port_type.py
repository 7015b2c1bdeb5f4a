"""What the service offers a role: its operations and their types, made from the catalog."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

from contracts.catalog import Catalog, Resource
from contracts.problems import Problem

from soap_service import xsd
from soap_service.elements import near
from soap_service.function_type import FunctionType, function_types, rows_of
from soap_service.names import escape, fold, numbered, pascal_case
from soap_service.nesting import nested
from soap_service.profiles import NET, Profile
from soap_service.resource_type import GENERAL, OF_RESOURCES, ResourceType, Verb, bare, type_of


@dataclass(frozen=True)
class Operation:
    """An operation of the port type; a `Verb.CALL` has the function that is ``called``.

    The ``type`` of those that are `GENERAL` has no name and no fields.
    """

    verb: Verb
    type: ResourceType
    called: FunctionType | None = None

    @property
    def name(self) -> str:
        """The operation's name, which is also its request element's."""
        return self.verb.of(self.type.name if self.called is None else self.called.name)


# type names of our own, and names kept for operations to come, so that no resource's name ever has to change for them
_SHARED = (
    *xsd.FILTERS, *(xsd.array_of(scalar) for scalar in xsd.SCALARS),
    "Page", "CallPage", "OrderBy", "OrderByList",
    "Aggregate", "AggregateList", "Having", "HavingList", "GroupOrder", "GroupOrderList",
    "ServiceFault", "Violation", "AuthToken", "Row", "RowField", "ArrayOfRow",
    "Login", "LoginResponse", "Logout", "LogoutResponse", "GetVersion", "GetVersionResponse", "Query", "QueryResponse",
)  # fmt: skip
_serials = count()


def next_serial() -> int:
    """A number that no other port type has."""
    return next(_serials)


class PortType:
    """All operations of one role; made once for a catalog and kept. ``serial`` tells it from all others.

    ``only`` names the resources and functions of a part, empty: all. What is there has the same names in any part.
    ``related`` are the resources whose rows come as ``Related`` types too (`nesting`).
    ``empty``: there is nothing but what is of no resource, as logging in.
    """

    def __init__(self, catalog: Catalog, profile: Profile = NET, only: tuple[str, ...] = ()) -> None:
        self.serial = next_serial()
        self.catalog = catalog
        self.profile = profile
        self.only = only
        names = _type_names(catalog, profile)
        visible = {resource.name for resource in catalog.resources if resource.fields}
        types = nested(
            [
                type_of(resource, name, catalog, profile, visible)
                for resource, name in zip(catalog.resources, names, strict=True)
            ]
        )
        self.by_resource = {type.resource.name: type for type in types}
        taken = {fold(name) for name in _SHARED}.union(*(_family(escape(name)) for name in names))
        functions = list(function_types(catalog.calls, self.by_resource, taken, profile))
        if only:
            types, functions = _part(types, functions, only)
            self.by_resource = {type.resource.name: type for type in types}
        self.types, self.functions = tuple(types), tuple(functions)
        self.related = {element.relation.target for type in types for element in type.relations if element.related}
        found = [Operation(verb, type) for type in types for verb in type.verbs]
        for called in functions:
            type = called.rows or rows_of(called.function, called.name, (), profile)
            found.append(Operation(Verb.CALL, type, called))
        self.empty = not found
        general = [verb for verb in GENERAL if verb is not Verb.QUERY or visible]
        found += [Operation(verb, bare("", (), profile)) for verb in general]
        self.operations = {operation.name: operation for operation in found}


def _part(
    types: list[ResourceType], functions: list[FunctionType], only: tuple[str, ...]
) -> tuple[list[ResourceType], list[FunctionType]]:
    """The types and functions that are named, by their own names or XML's. Raises `Problem` TRV109."""
    known = {name: type.resource.name for type in types for name in (type.name, type.resource.name)}
    calls = {name: called.name for called in functions for name in (called.name, called.function.name)}
    for name in only:
        if name not in known and name not in calls:
            raise Problem("TRV109", f"There is no table {name}", hint=near(name, known))
    chosen = {known[name] for name in only if name in known}
    called = {calls[name] for name in only if name in calls}
    return (
        [type.within(chosen) for type in types if type.resource.name in chosen],
        [
            each
            for each in functions
            if each.name in called and (each.own or each.rows is None or each.rows.resource.name in chosen)
        ],
    )


def _type_names(catalog: Catalog, profile: Profile) -> list[str]:
    """A name for each resource, in PascalCase and not yet escaped, unlike all others."""
    taken = {fold(name) for name in _SHARED}
    names = []
    for resource in catalog.resources:
        name = next(name for name in _candidates(resource, profile) if taken.isdisjoint(_family(escape(name))))
        taken |= _family(escape(name))
        names.append(name)
    return names


def _candidates(resource: Resource, profile: Profile) -> Iterator[str]:
    name, schema = pascal_case(resource.name), pascal_case(resource.schema)
    tries = [name, schema + name] if schema and not fold(name).startswith(fold(schema)) else [name]
    for candidate in chain(tries, numbered(name)):
        # (without a limit a name is escaped once it has its affixes)
        yield candidate if profile.limit is None else profile.spell_type(candidate)


def _family(name: str) -> set[str]:
    """All names that come with a type's: two resources must not share any, for some toolkits make classes of each."""
    names = [f"Related{name}", f"ArrayOfRelated{name}", f"Related{name}Filter"]
    names += [name, f"ArrayOf{name}", f"{name}Filter", f"{name}Input", f"{name}Patch", f"ArrayOf{name}Input"]
    names += [f"{name}Group", f"ArrayOf{name}Group", *(f"{name}Group{part}" for part in ("Key", "Numbers", "Counts"))]
    for operation in [verb.of(name) for verb in OF_RESOURCES]:
        names += [operation, f"{operation}Response"]
    return {fold(each) for each in names}
