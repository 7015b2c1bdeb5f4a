"""A GraphQL document becomes an operation: parsed and validated once, then translated with its variables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.operations import Constant, Document, Member, Read, Value
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from graphql_service import introspection, limits, reads, writes
from graphql_service.coercion import variables_of
from graphql_service.errors import PARSE_FAILED, VALIDATION_FAILED, Error, Misfit, Path, Refusal, refuse
from graphql_service.limits import Limits
from graphql_service.places import path_of, variables_in
from graphql_service.rules import RULES
from graphql_service.schema import RoleSchema
from graphql_service.schema.roots import NO_QUERIES, NO_QUERIES_TEXT, Root
from graphql_service.selection import Scope, Selected

_TOKENS = 200_000  # a larger document is no use to anyone, and parsing takes time
_ERRORS = 20
Operation = Any
_Nodes = list[FieldNode]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document that is valid against a role's schema, by operation's name ("" where it has none).

    ``uses`` are the places where an operation uses its variables.
    """

    operations: dict[str, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    uses: dict[str, dict[str, Path]]
    constant: dict[str, "Compiled"] = field(default_factory=dict)  # operations that depend on no variables


@dataclass(frozen=True, eq=False)
class Compiled:
    """An operation of a document, translated.

    ``keys`` are the response keys in order; ``document`` answers those that aren't in ``introspective``. ``lists`` are
    those answered by several members of it, with the members' keys.
    """

    scope: Scope
    root: Selected
    keys: tuple[str, ...]
    document: Document
    introspective: dict[str, _Nodes]
    lists: dict[str, tuple[str, ...]]

    @property
    def values(self) -> list[Value]:
        """The literals that were lifted out."""
        return self.scope.values

    @property
    def constants(self) -> dict[str, str] | None:
        """All that the document answers where no data is asked for (``{ __typename }``), else None."""
        found = {m.key: m.operation.value for m in self.document.members if isinstance(m.operation, Constant)}
        return found if len(found) == len(self.document.members) else None


def prepare(role_schema: RoleSchema, text: str, bounds: Limits) -> Prepared:
    """Parse and validate a document. Raises `Refusal` with every error found."""
    try:
        document = parse(text, max_lexical_tokens=_TOKENS)
        limits.check(document, bounds)
        faults = validate(role_schema.schema, document, RULES, max_errors=_ERRORS)
    except GraphQLSyntaxError as fault:
        raise Refusal(_syntax_error(fault)) from None
    except (GraphQLError, RecursionError):
        refuse(f"query depth limit of {bounds.depth} exceeded", limits.DEPTH_EXCEEDED)
    if faults:
        raise Refusal(*(_validation_error(document, fault) for fault in faults))
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return Prepared(
        {_name_of(node): node for node in operations},
        fragments,
        {_name_of(node): variables_in(node, fragments) for node in operations},
    )


def _name_of(operation: OperationDefinitionNode) -> str:
    return operation.name.value if operation.name else ""


def choose(prepared: Prepared, name: str | None) -> OperationDefinitionNode:
    """The operation that is asked for. Raises `Refusal` where there is none, or several and no name."""
    operations = prepared.operations
    if name:
        if name not in operations:
            refuse(f"no such operation found in the document: '{name}'")
        return operations[name]
    if len(operations) != 1:
        refuse("exactly one operation has to be present in the document when operationName is not specified")
    return next(iter(operations.values()))


def compile_operation(
    role_schema: RoleSchema, prepared: Prepared, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> Compiled:
    """Translate an operation with the variables given. Raises `Refusal`."""
    name = _name_of(operation)
    if not given and name in prepared.constant:
        return prepared.constant[name]
    roots = _roots(role_schema, operation)
    variables = variables_of(role_schema.schema, operation, given, prepared.uses[name])
    scope = Scope(role_schema.types, prepared.fragments, variables)
    selected: Selected = {}
    try:
        scope.collect(operation.selection_set, selected, set())
        compiled = _compile(role_schema, roots, scope, selected)
    except Misfit as misfit:
        raise Refusal(misfit.error()) from None
    if not operation.variable_definitions:
        prepared.constant[name] = compiled
    return compiled


def _roots(role_schema: RoleSchema, operation: OperationDefinitionNode) -> dict[str, Root]:
    if operation.operation is OperationType.QUERY:
        return role_schema.queries
    if operation.operation is OperationType.MUTATION and role_schema.mutations:
        return role_schema.mutations
    refuse(f"no {operation.operation.value}s exist")


def _compile(role_schema: RoleSchema, roots: dict[str, Root], scope: Scope, selected: Selected) -> Compiled:
    type_ = role_schema.schema.mutation_type if roots is role_schema.mutations else role_schema.schema.query_type
    assert type_ is not None
    members: list[Member] = []
    introspective: dict[str, _Nodes] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, nodes in selected.items():
        name = nodes[0].name.value
        if name in introspection.FIELDS:
            introspective[key] = nodes
        elif name == "__typename":
            members.append(Member(key, Constant(key, type_.name)))
        elif name == NO_QUERIES and name not in roots:
            members.append(Member(key, Constant(key, NO_QUERIES_TEXT)))
        else:
            expected = type_.fields[name].args
            made = _member(scope, name, roots[name], nodes, expected)
            if isinstance(made, list):
                lists[key] = tuple(f"{key}[{index}]" for index in range(len(made)))
                members.extend(map(Member, lists[key], made))
            else:
                members.append(Member(key, made))
    return Compiled(scope, selected, tuple(selected), Document(tuple(members)), introspective, lists)


def _member(scope: Scope, name: str, root: Root, nodes: _Nodes, expected: Any) -> Operation:
    try:
        return _MEMBERS[root.kind](scope, root.exposed, nodes, expected)
    except Misfit as misfit:
        raise misfit.under("selectionSet", name) from None


def _read(make: Callable[..., Any]) -> Callable[..., Read]:
    return lambda scope, exposed, nodes, expected: Read(exposed.resource.name, make(scope, exposed, nodes, expected))


_MEMBERS: dict[str, Callable[..., Operation]] = {
    "select": _read(reads.rows_node),
    "aggregate": _read(reads.summary_node),
    "by_pk": _read(reads.key_node),
    "insert": writes.insert,
    "insert_one": writes.insert_one,
    "update": writes.update,
    "update_by_pk": writes.update_by_pk,
    "update_many": writes.update_many,
    "delete": writes.delete,
    "delete_by_pk": writes.delete_by_pk,
}


def _syntax_error(fault: GraphQLSyntaxError) -> Error:
    places = tuple((place.line, place.column) for place in fault.locations or ())
    return Error("not a valid graphql query", PARSE_FAILED, ("query",), fault.message, places)


def _validation_error(document: DocumentNode, fault: GraphQLError) -> Error:
    detail = fault.extensions or {}
    node = fault.nodes[0] if fault.nodes else None
    path = path_of(document, node) if node is not None else ()
    return Error(fault.message, detail.get("code", VALIDATION_FAILED), (*path, *detail.get("path", ())))
