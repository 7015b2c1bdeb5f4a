"""The catalog under GraphQL names: which types, root fields, fields and relations a role's schema has."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from contracts.catalog import Catalog, EnumValue, Function, Resource
from contracts.fields import Field

from graphql_service.names import assign, assign_wished, fitting
from graphql_service.schema import scalars
from graphql_service.schema.exposed import Exposed
from graphql_service.schema.exposed_functions import ExposedFunction, argument_field, value_field
from graphql_service.schema.naming import CAMEL_CASE, HASURA
from graphql_service.schema.patterns import ROOT_PATTERNS, ROOTS, TYPE_PATTERNS
from graphql_service.schema.scalars import Scalar, scalar_of


class Exposure:
    """All resources and functions of a role's catalog under GraphQL names."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        camel = catalog.graphql is not None and catalog.graphql.convention == "graphql-default"
        self.naming = CAMEL_CASE if camel else HASURA
        names = [resource.name for resource in catalog.resources]
        types = assign(names, self._reserved(), TYPE_PATTERNS)
        roots = assign(names, ("no_queries_available",), ROOT_PATTERNS)
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
            yield from map(argument_field, function.arguments)
            if function.returns.kind == "scalar":
                yield value_field(function.name, function.returns)

    def _expose_functions(self, types: Iterable[str], roots: Iterable[str]) -> dict[str, ExposedFunction]:
        """The functions by the names of their root fields, which no resource has."""
        calls = self.catalog.calls
        taken = {pattern.format(name) for name in roots for pattern in ROOT_PATTERNS} | {"no_queries_available"}
        taken |= {exposed.root(kind) for exposed in self.resources.values() for kind in ROOTS}
        names = assign(calls, taken, ("{}", "{}_aggregate"))
        if self.naming is not HASURA:
            names = assign_wished({call: self.naming.field(name) for call, name in names.items()}, taken)
        reserved = self._reserved() | {pattern.format(name) for name in types for pattern in TYPE_PATTERNS}
        own = assign(names.values(), reserved, (*TYPE_PATTERNS, "{}_args"))
        return {
            name: ExposedFunction(
                name,
                f"{own[name]}_args",
                calls[call],
                self._result(calls[call], own[name]),
                self.catalog.engine,
                self.naming,
            )
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
