"""A resource under GraphQL names: which root fields, fields and relations it has in a role's schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from contracts.catalog import Relation, Resource, RowFunction, Unique, Writable
from contracts.fields import Field
from contracts.graphql import GraphqlNames

from graphql_service.names import NOT_FIELDS, assign, assign_wished, fitting, unique
from graphql_service.schema import scalars
from graphql_service.schema.naming import HASURA
from graphql_service.schema.patterns import ROOTS
from graphql_service.schema.scalars import Scalar

if TYPE_CHECKING:
    from graphql_service.schema.exposed_functions import ExposedCall
    from graphql_service.schema.exposure import Exposure

_OWN_NAMES = GraphqlNames()
_EVERYTHING = Writable()


class ExposedField(NamedTuple):
    """A field under its GraphQL name."""

    name: str
    field: Field
    scalar: Scalar


class ExposedRelation(NamedTuple):
    """A relation under its GraphQL name, with the resource that it leads to; ``comment`` is what is said of it."""

    name: str
    relation: Relation
    target: "Exposed"
    comment: str | None = None


@dataclass(eq=False)
class Exposed:
    """A resource as a role's schema shows it. What isn't asked for is never worked out."""

    resource: Resource
    type_name: str
    root_name: str
    exposure: "Exposure"

    @property
    def readable(self) -> bool:
        """True where the role may see any field."""
        return bool(self.resource.fields)

    @cached_property
    def field_names(self) -> dict[str, str]:
        """GraphQL names by field, the fields that can only be written included."""
        hidden = self.exposure.catalog.hidden.get(self.resource.name, ())
        names = dict.fromkeys(field.name for field in (*self.resource.fields, *hidden, *self.made))
        own, naming = self._names.fields, self.exposure.naming
        if not own and naming is HASURA:
            return assign(names, NOT_FIELDS)
        return assign_wished({name: own.get(name) or naming.field(fitting(name)) for name in names}, NOT_FIELDS)

    @property
    def _names(self) -> GraphqlNames:
        naming = self.exposure.catalog.graphql
        return _OWN_NAMES if naming is None else naming.resources.get(self.resource.name, _OWN_NAMES)

    def root(self, kind: str) -> str:
        """The name of the root field that does this."""
        word, pattern = ROOTS[kind]
        return self._names.roots.get(word) or self.exposure.naming.field(pattern.format(self.root_name))

    def aggregate_name(self, relation: str) -> str:
        """The name beside a relation's own for its aggregates."""
        return self.exposure.naming.field(f"{relation}_aggregate")

    @cached_property
    def aggregates(self) -> dict[str, "ExposedRelation"]:
        """The to-many relations by the names of their aggregates."""
        many = (one for one in self.relations.values() if one.relation.cardinality == "many")
        return {self.aggregate_name(one.name): one for one in many}

    @cached_property
    def fields(self) -> dict[str, ExposedField]:
        """The fields that the role may see, by GraphQL name, in the catalog's order."""
        return {exposed.name: exposed for exposed in map(self._expose, (*self.resource.fields, *self.made))}

    @property
    def made(self) -> tuple[Field, ...]:
        """What functions make of a row: fields that the role may read, some with arguments (`calls`)."""
        stored = {field.name for field in self.resource.fields}
        found = (one.field for one in self.resource.row_functions if one.field is not None)
        return tuple(field for field in found if field.name not in stored) if stored else ()

    @cached_property
    def relations(self) -> dict[str, ExposedRelation]:
        """The relations to resources that the role may see, by GraphQL name."""
        found: dict[str, ExposedRelation] = {}
        taken = set(NOT_FIELDS) | set(self.field_names.values())
        for relation, comment in self._all_relations():
            target = self.exposure.resources.get(relation.target)
            if target is None or not target.readable:
                continue
            patterns = ("{}", "{}_aggregate") if relation.cardinality == "many" else ("{}",)
            name = unique(self.exposure.naming.field(assign([relation.name], ())[relation.name]), taken, patterns)
            taken.update(pattern.format(name) for pattern in patterns)
            found[name] = ExposedRelation(name, relation, target, comment)
        return found

    def _all_relations(self) -> Iterator[tuple[Relation, str | None]]:
        """Those of foreign keys, and those that functions make of a row, with what is said of them."""
        yield from ((relation, None) for relation in self.resource.relations)
        made = {one.name: one for one in self.resource.row_functions}
        yield from ((one.relation, one.comment or executes(one)) for one in made.values() if one.relation is not None)

    @property
    def calls(self) -> dict[str, "ExposedCall"]:
        """The functions that take arguments beside the row, by the GraphQL names of their fields and relations."""
        return self.exposure.row_calls.get(self.resource.name, {}) if self.resource.row_functions else {}

    @property
    def tested(self) -> dict[str, ExposedRelation]:
        """The relations that rows can be filtered and ordered by: those that take no arguments."""
        calls = self.calls
        return {name: one for name, one in self.relations.items() if name not in calls} if calls else self.relations

    @cached_property
    def insertable(self) -> dict[str, ExposedField]:
        """The fields that the role may give when it creates, by GraphQL name."""
        return self._givable(self._writable.create) if self.resource.insertable else {}

    @cached_property
    def nestable(self) -> dict[str, ExposedRelation]:
        """The relations over which new rows can be nested in new rows, by GraphQL name."""
        return {
            name: relation
            for name, relation in self.relations.items()
            if relation.relation.pairs and relation.relation.junction is None and relation.target.can_insert
        }

    @cached_property
    def updatable(self) -> dict[str, ExposedField]:
        """The fields that the role may set, by GraphQL name."""
        return self._givable(self._writable.update) if self.resource.updatable else {}

    @property
    def can_insert(self) -> bool:
        """True where the role may give some field when it creates."""
        return self.resource.insertable and any(self._given(self._writable.create))

    @property
    def can_update(self) -> bool:
        """True where the role may set some field."""
        return self.resource.updatable and any(self._given(self._writable.update))

    @property
    def presets(self) -> bool:
        """True where an update of the role's sets something whatever it is given."""
        return self.resource.updatable and self._writable.presets

    @property
    def has_key(self) -> bool:
        """True where the role sees all of the primary key."""
        return bool(self.resource.key) and all(name in self.resource.by_name for name in self.resource.key)

    @property
    def key(self) -> tuple[ExposedField, ...]:
        """The primary key's fields; empty where there is none or the role does not see all of it."""
        if not self.has_key:
            return ()
        return tuple(self.fields[self.field_names[name]] for name in self.resource.key)

    @cached_property
    def constraints(self) -> dict[str, Unique]:
        """The unique keys that new rows may be held against, by GraphQL name: those of which the role sees all."""
        if not self.insertable or self.resource.kind != "table":
            return {}
        names = assign([unique.name for unique in self.resource.uniques], NOT_FIELDS)
        return {names[unique.name]: unique for unique in self.resource.uniques}

    @cached_property
    def filterable(self) -> dict[str, ExposedField]:
        """The fields that can be filtered, ordered and told apart by, by GraphQL name."""
        return {name: field for name, field in self.fields.items() if field.field.filterable}

    @cached_property
    def columns(self) -> dict[str, ExposedField]:
        """The fields that can be filtered by and are the row's own, not what a function makes of it."""
        made = {field.name for field in self.made}
        return {name: field for name, field in self.filterable.items() if field.field.name not in made}

    @property
    def comparable(self) -> tuple[ExposedField, ...]:
        """The fields that have a least and a greatest value."""
        engine = self.exposure.catalog.engine
        return tuple(
            field
            for field in self.columns.values()
            if field.field.enum is None and scalars.comparable(field.field, engine)
        )

    @property
    def numbers(self) -> tuple[ExposedField, ...]:
        """The fields that can be added up."""
        return tuple(field for field in self.columns.values() if field.field.type in scalars.NUMBERS)

    @property
    def _writable(self) -> Writable:
        return self.exposure.catalog.writable.get(self.resource.name, _EVERYTHING)

    def _givable(self, names: frozenset[str] | None) -> dict[str, ExposedField]:
        given = {field.name: field for field in self._given(names)}
        chosen = (given[name] for name in self.field_names if name in given)
        return {exposed.name: exposed for exposed in map(self._expose, chosen)}

    def _given(self, names: frozenset[str] | None) -> Iterator[Field]:
        hidden = self.exposure.catalog.hidden.get(self.resource.name, ())
        for field in (*hidden, *self.resource.fields):
            if field.writable and (names is None or field.name in names):
                yield field

    def _expose(self, field: Field) -> ExposedField:
        name = self.field_names[field.name]
        return ExposedField(name, field, self.exposure.scalar(field))


def executes(made: RowFunction) -> str:
    """What is said of a computed field of which nothing else is."""
    return f'A computed field, executes function "{made.function}"'
