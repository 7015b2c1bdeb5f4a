"""What the service offers a role: its operations and their types, made from the catalog."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import chain, count

from contracts.catalog import WHOLE_BODY, Argument, Catalog, Field, FieldType, Function, Relation, Resource, Returns
from contracts.structured import is_structured

from soap_service import xsd
from soap_service.names import camel_case, escape, fold, numbered, pascal_case, unique
from soap_service.profiles import NET, Profile
from soap_service.structures import Structure, structure_of


class Verb(Enum):
    """What an operation does; its name begins so."""

    GET = "Get"
    LIST = "List"
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    AGGREGATE = "Aggregate"
    CALL = "Call"


@dataclass(frozen=True)
class FieldElement:
    """A field and the name of its element; ``filter_name`` is its name beside and, or, not."""

    name: str
    field: Field
    filter_name: str


@dataclass(frozen=True)
class RelationElement:
    """A relation and the name of its element; ``target`` is the resource that it leads to."""

    name: str
    relation: Relation


@dataclass(frozen=True)
class ResourceType:
    """A resource as XML: its names, and the fields that the role may see (``fields``) and give.

    ``key`` is empty where rows can't be told apart. ``create`` and ``patch`` are None where the role may not write.
    ``patch_name`` and ``nulls_name`` are the elements of an update beside the key's.
    """

    resource: Resource
    name: str
    element: str
    fields: tuple[FieldElement, ...]
    relations: tuple[RelationElement, ...]
    key: tuple[FieldElement, ...]
    create: tuple[FieldElement, ...] | None
    patch: tuple[FieldElement, ...] | None
    patch_name: str
    nulls_name: str

    @cached_property
    def verbs(self) -> tuple[Verb, ...]:
        """What can be done with the resource."""
        allowed = {
            Verb.GET: bool(self.key),
            Verb.LIST: bool(self.fields),
            Verb.CREATE: self.create is not None,
            Verb.UPDATE: bool(self.key) and bool(self.patch),
            Verb.DELETE: bool(self.key) and self.resource.deletable,
            Verb.AGGREGATE: bool(self.fields) and self.resource.aggregates,
        }
        return tuple(verb for verb, may in allowed.items() if may)

    @cached_property
    def numbers(self) -> tuple[FieldElement, ...]:
        """The fields that can be added up."""
        return tuple(element for element in self.fields if element.field.filterable and element.field.type in _NUMBERS)

    @cached_property
    def groupable(self) -> tuple[FieldElement, ...]:
        """The fields that can be grouped by and aggregated over."""
        return tuple(each for each in self.fields if each.field.filterable and each.field.type != "array")

    @cached_property
    def by_filter_name(self) -> dict[str, FieldElement]:
        """The fields that can be filtered by, by their element in a filter."""
        return {element.filter_name: element for element in self.fields if element.field.filterable}


@dataclass(frozen=True)
class Operation:
    """An operation of the port type; a `Verb.CALL` has the function that is ``called``."""

    verb: Verb
    type: ResourceType
    called: "FunctionType | None" = None

    @property
    def name(self) -> str:
        """The operation's name, which is also its request element's."""
        return self.verb.value + (self.type.name if self.called is None else self.called.name)


@dataclass(frozen=True)
class FunctionType:
    """A function as XML: its name, the elements of its arguments, and its result.

    ``rows`` is the type of the rows that it gives, ``own`` where that is made for them alone; ``value`` the element of
    what is no row. With neither it gives nothing. ``structures`` are those of arguments that are more than a value, by
    their elements.
    """

    function: Function
    name: str
    arguments: tuple[FieldElement, ...]
    rows: ResourceType | None
    own: bool
    value: FieldElement | None
    structures: Mapping[str, Structure]


# type names of our own, and names kept for operations to come, so that no resource's name ever has to change for them
_SHARED = (
    *xsd.FILTERS, *(xsd.array_of(scalar) for scalar in xsd.SCALARS),
    "Page", "OrderBy", "OrderByList",
    "Aggregate", "AggregateList", "Having", "HavingList", "GroupOrder", "GroupOrderList",
    "ServiceFault", "Violation", "AuthToken", "Row", "ArrayOfRow",
    "Login", "LoginResponse", "Logout", "LogoutResponse", "GetVersion", "GetVersionResponse", "Query", "QueryResponse",
)  # fmt: skip
SET_NULL = "setNull"
_serials = count()
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
CONNECTIVES = ("and", "or", "not")


def next_serial() -> int:
    """A number that no other port type has."""
    return next(_serials)


class PortType:
    """All operations of one role; made once for a catalog and kept. ``serial`` tells it from all others."""

    def __init__(self, catalog: Catalog, profile: Profile = NET) -> None:
        self.serial = next_serial()
        self.catalog = catalog
        self.profile = profile
        names = _type_names(catalog, profile)
        visible = {resource.name for resource in catalog.resources if resource.fields}
        self.types = tuple(
            _type_of(resource, name, self, visible) for resource, name in zip(catalog.resources, names, strict=True)
        )
        self.by_resource = {type.resource.name: type for type in self.types}
        self.related = {
            self.by_resource[element.relation.target].name for type in self.types for element in type.relations
        }
        self.operations = {
            operation.name: operation
            for type in self.types
            for operation in (Operation(verb, type) for verb in type.verbs)
        }
        self.functions = tuple(_function_types(self, names))
        for called in self.functions:
            operation = Operation(Verb.CALL, called.rows or _made(called.function, called.name, (), profile), called)
            self.operations[operation.name] = operation


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
    verbs = [verb.value for verb in Verb] + ["Upsert"]
    verbs.remove(Verb.CALL.value)
    names = [name, f"ArrayOf{name}", f"Related{name}", f"ArrayOfRelated{name}"]
    names += [f"{name}Filter", f"{name}Input", f"{name}Patch", f"ArrayOf{name}Input"]
    names += [f"{name}Group", f"ArrayOf{name}Group", *(f"{name}Group{part}" for part in ("Key", "Numbers", "Counts"))]
    for operation in [*(verb + name for verb in verbs), f"Create{name}Batch"]:
        names += [operation, f"{operation}Response"]
    return {fold(each) for each in names}


def _type_of(resource: Resource, name: str, port: PortType, visible: set[str]) -> ResourceType:
    catalog, spell = port.catalog, port.profile.spell
    hidden = catalog.hidden.get(resource.name, ())
    elements = _field_elements((*resource.fields, *hidden), port.profile)
    fields = elements[: len(resource.fields)]
    by_name = {element.field.name: element for element in fields}
    key = tuple(by_name[part] for part in resource.key if part in by_name)
    if len(key) < len(resource.key):
        key = ()
    relations = [relation for relation in resource.relations if relation.target in visible]
    relation_names = unique((spell(each.name) for each in relations), [element.name for element in elements])
    element_name = escape(camel_case(name))
    *_, patch_name, nulls_name = unique([*(part.name for part in key), element_name, SET_NULL])
    return ResourceType(
        resource=resource,
        name=escape(name),
        element=element_name,
        fields=fields,
        relations=tuple(map(RelationElement, relation_names, relations)),
        key=key,
        create=_given(elements, catalog, resource, "create") if resource.insertable else None,
        patch=_given(elements, catalog, resource, "update") if resource.updatable else None,
        patch_name=patch_name,
        nulls_name=nulls_name,
    )


def _field_elements(fields: tuple[Field, ...], profile: Profile) -> tuple[FieldElement, ...]:
    names = unique(profile.spell(field.name) for field in fields)
    return tuple(map(FieldElement, names, fields, unique(names, CONNECTIVES)))


def _given(
    elements: tuple[FieldElement, ...], catalog: Catalog, resource: Resource, write: str
) -> tuple[FieldElement, ...]:
    """The fields that the role may give in a write."""
    writable = catalog.writable.get(resource.name)
    names = getattr(writable, write) if writable is not None else None
    return tuple(
        element for element in elements if element.field.writable and (names is None or element.field.name in names)
    )


def _function_types(port: PortType, names: Iterable[str]) -> Iterator[FunctionType]:
    """The functions, each under a name that neither a type nor another function has."""
    taken = {fold(name) for name in _SHARED}.union(*(_family(escape(name)) for name in names))
    for name, function in port.catalog.calls.items():
        plain = pascal_case(name)
        spelt = (port.profile.spell_type(candidate) for candidate in numbered(plain))
        chosen = next(each for each in spelt if taken.isdisjoint(_function_family(each)))
        taken |= _function_family(chosen)
        yield _function_type(port, function, chosen, taken)


def _function_family(name: str) -> set[str]:
    names = (f"Call{name}", f"Call{name}Response", f"{name}Result", f"ArrayOf{name}Result")
    return {fold(each) for each in names}


def _function_type(port: PortType, function: Function, name: str, taken: set[str]) -> FunctionType:
    returns = function.returns
    own = returns.kind == "rows" and returns.resource is None
    rows = port.by_resource.get(returns.resource) if returns.resource is not None else None
    arguments = _field_elements(tuple(map(_of_argument, function.arguments)), port.profile)

    def type_name(base: str) -> str:
        spelt = (port.profile.spell_type(candidate) for candidate in numbered(base))
        chosen = next(each for each in spelt if taken.isdisjoint({fold(each), fold(f"ArrayOf{each}")}))
        taken.update((fold(chosen), fold(f"ArrayOf{chosen}")))
        return chosen

    return FunctionType(
        function=function,
        name=name,
        arguments=arguments,
        rows=_made(function, f"{name}Result", returns.fields, port.profile) if own else rows,
        own=own,
        value=FieldElement("result", _of_result(returns), "result") if returns.kind == "scalar" else None,
        structures={
            element.name: structure_of(
                argument.schema or {}, name + pascal_case(argument.name), port.profile.spell, type_name
            )
            for element, argument in zip(arguments, function.arguments, strict=True)
            if is_structured(argument.schema)
        },
    )


def _made(function: Function, name: str, fields: tuple[Field, ...], profile: Profile) -> ResourceType:
    """What a function's own rows are as XML."""
    resource = Resource(name=function.name, schema=function.schema, table=function.function, kind="view", fields=fields)
    return ResourceType(
        resource=resource,
        name=name,
        element=camel_case(name),
        fields=_field_elements(fields, profile),
        relations=(),
        key=(),
        create=None,
        patch=None,
        patch_name="",
        nulls_name="",
    )


def _of_argument(argument: Argument) -> Field:
    return Field(
        name=argument.name or WHOLE_BODY,
        type=argument.type,
        db_type=argument.db_type,
        element=argument.element,
        values=argument.values,
        nullable=argument.nullable,
        has_default=not argument.required,
        comment=argument.comment,
    )


def _of_result(returns: Returns) -> Field:
    """A value, or a set of values as an array (of arrays: of their JSON texts)."""
    if not returns.many:
        return Field(
            name="result",
            type=returns.type,
            db_type=returns.db_type,
            element=returns.element,
            values=returns.values,
        )
    element: FieldType = "json" if returns.type == "array" else returns.type
    return Field(name="result", type="array", db_type=f"{returns.db_type}[]", element=element, values=returns.values)
