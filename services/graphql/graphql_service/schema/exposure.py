"""The catalog under GraphQL names: which types, root fields, fields and relations a role's schema has."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from contracts.catalog import WHOLE_BODY, Argument, Catalog, Function, Resource
from contracts.fields import Field
from contracts.graphql import EnumValue, GraphqlFunction

from graphql_service.names import assign, assign_wished, fitting, unique
from graphql_service.schema import scalars
from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.exposed_functions import (
    ExposedArgument,
    ExposedCall,
    ExposedFunction,
    argument_field,
    value_field,
)
from graphql_service.schema.naming import CAMEL_CASE, HASURA
from graphql_service.schema.patterns import CALL_PATTERNS, ROOT_PATTERNS, ROOTS, TYPE_PATTERNS
from graphql_service.schema.scalars import Scalar, scalar_of

_OWN_FUNCTION = GraphqlFunction()


class Exposure:
    """All resources and functions of a role's catalog under GraphQL names; ``stringify``: see `told_as`."""

    def __init__(self, catalog: Catalog, *, stringify: bool = False) -> None:
        self.catalog = catalog
        self._as_text = scalars.BIG if stringify else frozenset()
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

    def told_as(self, field: ExposedField) -> str | None:
        """What a field's values are cast to in answers: ``text``, where JavaScript would lose digits of its numbers."""
        return "text" if field.scalar.name in self._as_text and field.field.filterable else None

    def expose_arguments(self, arguments: Iterable[Argument]) -> dict[str, ExposedArgument]:
        """Arguments by GraphQL name."""
        arguments = tuple(arguments)
        names = assign([argument.name or WHOLE_BODY for argument in arguments], ())
        names = {given: self.naming.field(name) for given, name in names.items()}
        found = {}
        for argument in arguments:
            name, field = names[argument.name or WHOLE_BODY], argument_field(argument)
            found[name] = ExposedArgument(ExposedField(name, field, self.scalar(field)), argument)
        return found

    @cached_property
    def row_calls(self) -> dict[str, dict[str, ExposedCall]]:
        """The functions that take arguments beside a row, by resource and the GraphQL names of what they make."""
        taken = set(self.by_type) | {called.arguments_type for called in self.functions.values()}
        found: dict[str, dict[str, ExposedCall]] = {}
        for exposed in self.resources.values():
            takers = {id(one.field or one.relation): one for one in exposed.resource.row_functions if one.arguments}
            if takers:
                own = found[exposed.resource.name] = {}
                fields = ((name, id(one.field)) for name, one in exposed.fields.items())
                relations = ((name, id(one.relation)) for name, one in exposed.relations.items())
                for name, made in (*fields, *relations):
                    if made in takers:
                        type_name = unique(f"{name}_{exposed.type_name}_args", taken)
                        taken.add(type_name)
                        own[name] = ExposedCall(name, type_name, takers[made], exposed.resource.name, self)
        return found

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
        if field.enum is not None:
            return self._enums[field.enum]
        found = scalar_of(field, self.catalog.engine)
        row = field.type == "other" or (field.type == "array" and field.element in (None, "other"))
        return found._replace(name=f"{found.name}_scalar") if row and found.name in self._row_types else found

    @cached_property
    def _row_types(self) -> frozenset[str]:
        """Scalars that have the names of tables: a row as a value, which is no object (Hasura's ``T_scalar``)."""
        return frozenset(fitting(resource.table) for resource in self.catalog.resources) - scalars.NAMES

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
            yield from (argument_field(given) for one in resource.row_functions for given in one.arguments)
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
        given = {} if self.catalog.graphql is None else self.catalog.graphql.functions
        told = {call: given[function.name] for call, function in calls.items() if function.name in given}
        names = assign(calls, taken, CALL_PATTERNS)
        if told:
            wishes = {call: told[call].name or call if call in told else call for call in calls}
            names = assign_wished(wishes, taken, CALL_PATTERNS)
        if self.naming is not HASURA:
            names = assign_wished({call: self.naming.field(name) for call, name in names.items()}, taken)
        reserved = self._reserved() | {pattern.format(name) for name in types for pattern in TYPE_PATTERNS}
        own = assign(names.values(), reserved, (*TYPE_PATTERNS, "{}_args"))
        found = (
            self._expose_function(calls[call], name, own[name], told.get(call, _OWN_FUNCTION))
            for call, name in names.items()
        )
        return {called.name: called for called in found}

    def _expose_function(self, function: Function, name: str, type_name: str, told: GraphqlFunction) -> ExposedFunction:
        aggregate = told.roots.get("function_aggregate") or self.naming.field(f"{name}_aggregate")
        root = told.exposed_as or ("query" if function.reads_only else "mutation")
        rows = self._result(function, type_name)
        shown = told.roots.get("function") or name
        return ExposedFunction(shown, aggregate, root, f"{type_name}_args", function, rows, self)

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
