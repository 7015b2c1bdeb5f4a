"""A resource as XML: its names, what can be done with it, and the elements of its fields and relations."""

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field

from soap_service.names import camel_case, escape, unique
from soap_service.profiles import Profile

SET_NULL, IF_MATCH = "setNull", "ifMatch"
CONNECTIVES = ("and", "or", "not")
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})


class Verb(Enum):
    """What an operation does; the name of most begins so."""

    GET = "Get"
    LIST = "List"
    CREATE = "Create"
    CREATE_BATCH = "CreateBatch"
    UPDATE = "Update"
    UPSERT = "Upsert"
    DELETE = "Delete"
    AGGREGATE = "Aggregate"
    CALL = "Call"
    LOGIN = "Login"
    LOGOUT = "Logout"
    GET_VERSION = "GetVersion"
    QUERY = "Query"

    def of(self, name: str) -> str:
        """The name of the operation that does this with what has this name: ``CreateOrdersBatch``."""
        return f"Create{name}Batch" if self is Verb.CREATE_BATCH else self.value + name


GENERAL = (Verb.LOGIN, Verb.LOGOUT, Verb.GET_VERSION, Verb.QUERY)
"""What is done with no resource: the names of these operations are their verbs alone."""
OF_RESOURCES = tuple(verb for verb in Verb if verb not in (Verb.CALL, *GENERAL))


@dataclass(frozen=True)
class FieldElement:
    """A field and the name of its element; ``filter_name`` is its name beside and, or, not."""

    name: str
    field: Field
    filter_name: str


@dataclass(frozen=True)
class RelationElement:
    """A relation and the name of its element; ``filter_name`` is its name in a filter, beside the fields'.

    ``related``: from there on relations lead upward alone (`nesting`).
    """

    name: str
    relation: Relation
    filter_name: str
    related: bool = True

    @property
    def upward(self) -> bool:
        """Whether it leads to the one row that a foreign key of its own resource names."""
        return self.relation.owning and self.relation.cardinality == "one" and self.relation.junction is None


@dataclass(frozen=True)
class ResourceType:
    """A resource as XML: its names, and the fields that the role may see (``fields``) and give.

    ``key`` is empty where rows can't be told apart. ``create`` and ``patch`` are None where the role may not write.
    ``patch_name``, ``nulls_name`` and ``match_name`` are the elements of an update beside the key's.
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
    match_name: str
    upward: tuple[RelationElement, ...] = ()

    @cached_property
    def verbs(self) -> tuple[Verb, ...]:
        """What can be done with the resource."""
        allowed = {
            Verb.GET: bool(self.key) and self.resource.enters("select", "select_by_pk"),
            Verb.LIST: bool(self.fields) and self.resource.enters("select"),
            Verb.CREATE: self.create is not None,
            Verb.CREATE_BATCH: self.create is not None,
            Verb.UPDATE: bool(self.key) and bool(self.patch),
            Verb.UPSERT: self._upsertable,
            Verb.DELETE: bool(self.key) and self.resource.deletable,
            Verb.AGGREGATE: bool(self.fields) and self.resource.aggregates and self.resource.enters("select_aggregate"),
        }
        return tuple(verb for verb, may in allowed.items() if may)

    def within(self, resources: Container[str]) -> "ResourceType":
        """The type with relations to these resources alone."""
        kept = tuple(element for element in self.relations if element.relation.target in resources)
        upward = tuple(element for element in self.upward if element.relation.target in resources)
        return replace(self, relations=kept, upward=upward)

    @property
    def _upsertable(self) -> bool:
        """Whether a row with a key that is there already can be told from a new one, and either may be written."""
        given = {element.field.name for element in self.create or ()}
        known = bool(self.key) and given.issuperset(self.resource.key)
        return known and bool(self.patch) and self.resource.kind == "table"

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

    def onward(self, *, related: bool) -> tuple[RelationElement, ...]:
        """The relations that lead on from a row: ``related`` is how one came there."""
        return self.upward if related else self.relations


def type_of(resource: Resource, name: str, catalog: Catalog, profile: Profile, visible: Container[str]) -> ResourceType:
    """A resource of a role's catalog as XML, under a name not yet escaped; ``visible`` are those that can be read."""
    hidden = catalog.hidden.get(resource.name, ())
    elements = field_elements((*resource.fields, *hidden), profile)
    fields = elements[: len(resource.fields)]
    by_name = {element.field.name: element for element in fields}
    key = tuple(by_name[part] for part in resource.key if part in by_name)
    if len(key) < len(resource.key):
        key = ()
    relations = [relation for relation in resource.relations if relation.target in visible]
    relation_names = unique((profile.spell(each.name) for each in relations), [element.name for element in elements])
    filter_names = unique(relation_names, [*CONNECTIVES, *(element.filter_name for element in elements)])
    element_name = escape(camel_case(name))
    *_, patch_name, nulls_name, match_name = unique([*(part.name for part in key), element_name, SET_NULL, IF_MATCH])
    return ResourceType(
        resource=resource,
        name=escape(name),
        element=element_name,
        fields=fields,
        relations=tuple(map(RelationElement, relation_names, relations, filter_names)),
        key=key,
        create=_given(elements, catalog, resource, "create") if resource.insertable else None,
        patch=_given(elements, catalog, resource, "update") if resource.updatable else None,
        patch_name=patch_name,
        nulls_name=nulls_name,
        match_name=match_name,
    )


def bare(name: str, fields: tuple[Field, ...], profile: Profile, *, schema: str = "", table: str = "") -> ResourceType:
    """Rows that are of no resource as XML, under a name that is escaped."""
    resource = Resource(name=table, schema=schema, table=table, kind="view", fields=fields)
    return ResourceType(
        resource=resource,
        name=name,
        element=camel_case(name),
        fields=field_elements(fields, profile),
        relations=(),
        key=(),
        create=None,
        patch=None,
        patch_name="",
        nulls_name="",
        match_name="",
    )


def field_elements(fields: tuple[Field, ...], profile: Profile) -> tuple[FieldElement, ...]:
    """Fields with the names of their elements, no two alike."""
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
