"""The catalog under GraphQL names: which types, root fields, fields and relations a role's schema has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from contracts.catalog import (
    WHOLE_BODY,
    Argument,
    Catalog,
    EnumValue,
    Field,
    Function,
    GraphqlNames,
    Relation,
    Resource,
    Returns,
    Unique,
    Writable,
)

from graphql_service.names import NOT_FIELDS, assign, assign_wished, fitting, unique
from graphql_service.schema import scalars
from graphql_service.schema.naming import CAMEL_CASE, HASURA
from graphql_service.schema.scalars import Scalar, scalar_of

NUMERIC_FUNCTIONS = ("avg", "sum", "stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance")
FUNCTIONS = ("max", "min", *NUMERIC_FUNCTIONS)
# what related rows may be compared by beside their number
AGGREGATE_TESTS = (
    "avg", "bool_and", "bool_or", "corr", "covar_samp", "max", "min", "stddev_samp", "sum", "var_samp",
)  # fmt: skip
PAIR_TESTS = ("corr", "covar_samp")  # those of two columns
JSON_OPERATORS = ("append", "prepend", "delete_key", "delete_elem", "delete_at_path")

TYPE_PATTERNS = (
    "{}",
    "{}_aggregate",
    "{}_aggregate_fields",
    *(f"{{}}_{function}_fields" for function in FUNCTIONS),
    "{}_bool_exp",
    "{}_aggregate_bool_exp",
    "{}_aggregate_bool_exp_count",
    *(f"{{}}_aggregate_bool_exp_{function}" for function in AGGREGATE_TESTS),
    *(f"{{0}}_select_column_{{0}}_aggregate_bool_exp_{function}_arguments_columns" for function in AGGREGATE_TESTS),
    *(f"{{}}_aggregate_bool_exp_{function}_arguments" for function in PAIR_TESTS),
    "{}_order_by",
    "{}_aggregate_order_by",
    *(f"{{}}_{function}_order_by" for function in FUNCTIONS),
    "{}_select_column",
    "{}_group",
    "{}_group_key",
    "{}_group_order_by",
    "{}_group_key_order_by",
    "{}_having",
    *(f"{{}}_{function}_having" for function in ("sum", "avg", "min", "max")),
    "{}_insert_input",
    "{}_obj_rel_insert_input",
    "{}_arr_rel_insert_input",
    "{}_set_input",
    "{}_inc_input",
    *(f"{{}}_{operator}_input" for operator in JSON_OPERATORS),
    "{}_updates",
    "{}_pk_columns_input",
    "{}_mutation_response",
    "{}_constraint",
    "{}_update_column",
    "{}_on_conflict",
)
# root fields by what they do, with Hasura's word for each in its metadata
_ROOTS = {
    "select": ("select", "{}"),
    "aggregate": ("select_aggregate", "{}_aggregate"),
    "grouped": ("select_grouped", "{}_grouped"),
    "by_pk": ("select_by_pk", "{}_by_pk"),
    "insert": ("insert", "insert_{}"),
    "insert_one": ("insert_one", "insert_{}_one"),
    "update": ("update", "update_{}"),
    "update_by_pk": ("update_by_pk", "update_{}_by_pk"),
    "update_many": ("update_many", "update_{}_many"),
    "delete": ("delete", "delete_{}"),
    "delete_by_pk": ("delete_by_pk", "delete_{}_by_pk"),
}
_ROOT_PATTERNS = tuple(pattern for _, pattern in _ROOTS.values())
_OWN_NAMES = GraphqlNames()
_EVERYTHING = Writable()


class ExposedField(NamedTuple):
    """A field under its GraphQL name."""

    name: str
    field: Field
    scalar: Scalar


class ExposedRelation(NamedTuple):
    """A relation under its GraphQL name, with the resource that it leads to."""

    name: str
    relation: Relation
    target: "Exposed"


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
        word, pattern = _ROOTS[kind]
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
        """What functions make of a row: fields that the role may read."""
        stored = {field.name for field in self.resource.fields}
        found = (one.field for one in self.resource.row_functions if one.field is not None)
        return tuple(field for field in found if field.name not in stored) if stored else ()

    @cached_property
    def relations(self) -> dict[str, ExposedRelation]:
        """The relations to resources that the role may see, by GraphQL name."""
        found: dict[str, ExposedRelation] = {}
        taken = set(NOT_FIELDS) | set(self.field_names.values())
        for relation in (*self.resource.relations, *self.resource.row_relations.values()):
            target = self.exposure.resources.get(relation.target)
            if target is None or not target.readable:
                continue
            patterns = ("{}", "{}_aggregate") if relation.cardinality == "many" else ("{}",)
            name = unique(self.exposure.naming.field(assign([relation.name], ())[relation.name]), taken, patterns)
            taken.update(pattern.format(name) for pattern in patterns)
            found[name] = ExposedRelation(name, relation, target)
        return found

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


@dataclass(eq=False)
class ExposedFunction:
    """A function under the name of its root field; ``rows`` are what it gives where it gives rows."""

    name: str
    arguments_type: str
    function: Function
    rows: Exposed | None
    exposure: "Exposure"

    @cached_property
    def arguments(self) -> dict[str, "ExposedArgument"]:
        """Its arguments by GraphQL name."""
        engine = self.exposure.catalog.engine
        names = assign([argument.name or WHOLE_BODY for argument in self.function.arguments], ())
        names = {given: self.exposure.naming.field(name) for given, name in names.items()}
        found = {}
        for argument in self.function.arguments:
            name, field = names[argument.name or WHOLE_BODY], _argument_field(argument)
            found[name] = ExposedArgument(ExposedField(name, field, scalar_of(field, engine)), argument)
        return found

    @property
    def value(self) -> ExposedField:
        """What it gives where that is no row, as a field."""
        field = _value_field(self.name, self.function.returns)
        return ExposedField(self.name, field, scalar_of(field, self.exposure.catalog.engine))


def _argument_field(argument: Argument) -> Field:
    return Field(
        name=argument.name,
        type=argument.type,
        db_type=argument.db_type,
        element=argument.element,
        values=argument.values,
        nullable=argument.nullable,
        comment=argument.comment,
    )


def _value_field(name: str, returns: Returns) -> Field:
    return Field(name=name, type=returns.type, db_type=returns.db_type, element=returns.element, values=returns.values)


class ExposedArgument(NamedTuple):
    """An argument of a function: how it is shown, and what it is."""

    shown: ExposedField
    argument: Argument


class Exposure:
    """All resources and functions of a role's catalog under GraphQL names."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        camel = catalog.graphql is not None and catalog.graphql.convention == "graphql-default"
        self.naming = CAMEL_CASE if camel else HASURA
        names = [resource.name for resource in catalog.resources]
        types = assign(names, self._reserved(), TYPE_PATTERNS)
        roots = assign(names, ("no_queries_available",), _ROOT_PATTERNS)
        self.resources = {
            resource.name: Exposed(resource, types[resource.name], roots[resource.name], self)
            for resource in catalog.resources
        }
        self.functions = self._expose_functions(types.values(), roots.values())
        results = (called.rows for called in self.functions.values() if called.rows is not None)
        self.by_type = {exposed.type_name: exposed for exposed in (*self.resources.values(), *results)}

    @cached_property
    def inserts(self) -> dict[str, str]:
        """The argument that has the rows, by the root fields that insert."""
        pairs = (("insert", "objects"), ("insert_one", "object"))
        return {exposed.root(kind): word for exposed in self.resources.values() for kind, word in pairs}

    @cached_property
    def scalars(self) -> frozenset[Scalar]:
        """The scalars of all fields that the role may see or give, of functions' arguments and values too."""
        return frozenset(self.scalar(field) for field in self._fields())

    def scalar(self, field: Field) -> Scalar:
        """The scalar of a field, or the enum that its values are of."""
        return scalar_of(field, self.catalog.engine) if field.enum is None else self._enums[field.enum]

    def enum_values(self, scalar: Scalar) -> tuple[EnumValue, ...]:
        """The values of an enum."""
        return next(self.catalog.enums[table] for table, enum in self._enums.items() if enum == scalar)

    @cached_property
    def _enums(self) -> dict[str, Scalar]:
        """The enums of all enum tables that fields refer to, by resource."""
        fields = tuple(self._fields())
        taken = {scalar_of(field, self.catalog.engine).name for field in fields} | scalars.NAMES | scalars.OWN_TYPES
        wishes = {table: f"{fitting(table)}_enum" for table in sorted({field.enum for field in fields if field.enum})}
        return {table: Scalar(name, operators="enum") for table, name in assign_wished(wishes, taken).items()}

    def _fields(self) -> Iterator[Field]:
        for resource in self.catalog.resources:
            yield from resource.fields
            yield from (one.field for one in resource.row_functions if one.field is not None)
            yield from self.catalog.hidden.get(resource.name, ())
        for function in self.catalog.calls.values():
            yield from function.returns.fields
            yield from map(_argument_field, function.arguments)
            if function.returns.kind == "scalar":
                yield _value_field(function.name, function.returns)

    def _expose_functions(self, types: Iterable[str], roots: Iterable[str]) -> dict[str, "ExposedFunction"]:
        """The functions by the names of their root fields, which no resource has."""
        calls = self.catalog.calls
        taken = {pattern.format(name) for name in roots for pattern in _ROOT_PATTERNS} | {"no_queries_available"}
        taken |= {exposed.root(kind) for exposed in self.resources.values() for kind in _ROOTS}
        names = assign(calls, taken, ("{}", "{}_aggregate"))
        if self.naming is not HASURA:
            names = assign_wished({call: self.naming.field(name) for call, name in names.items()}, taken)
        reserved = self._reserved() | {pattern.format(name) for name in types for pattern in TYPE_PATTERNS}
        own = assign(names.values(), reserved, (*TYPE_PATTERNS, "{}_args"))
        return {
            name: ExposedFunction(name, f"{own[name]}_args", calls[call], self._result(calls[call], own[name]), self)
            for call, name in names.items()
        }

    def _result(self, function: Function, type_name: str) -> Exposed | None:
        """What a function's rows are: those of a resource, or of a type of its own; None where it gives none."""
        returns = function.returns
        if returns.kind != "rows":
            return None
        if returns.resource is not None:
            return self.resources.get(returns.resource)
        made = Resource(
            name=function.name,
            schema=function.schema,
            table=function.function,
            kind="view",
            fields=returns.fields,
            comment=f'what the function "{function.name}" gives',
        )
        return Exposed(made, type_name, type_name, self)

    def _reserved(self) -> set[str]:
        every = scalars.NAMES | {scalar.name for scalar in self.scalars}
        suffixes = ("", "_comparison_exp", "_array_comparison_exp")
        return {name + suffix for name in every for suffix in suffixes} | scalars.OWN_TYPES
