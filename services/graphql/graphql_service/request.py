"""A GraphQL document becomes an operation: parsed and validated once, then translated with its variables.

`compile_operation` translates it for one request; `shapes` keeps translations for all requests of a shape.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from chassis.bounded import Bounded
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

from graphql_service import calls, groups, introspection, limits, reads, writes
from graphql_service.costs import Reckoning
from graphql_service.errors import PARSE_FAILED, VALIDATION_FAILED, Error, Misfit, Refusal, refuse
from graphql_service.limits import Limits, Spent
from graphql_service.places import path_of, spread_in, variables_in
from graphql_service.readers import itself
from graphql_service.rules import RULES
from graphql_service.schema import RoleSchema
from graphql_service.schema.roots import NO_QUERIES, NO_QUERIES_TEXT, Root
from graphql_service.selection import Scope, Selected
from graphql_service.variables import Variables

_ERRORS = 20
_TOLD_APART = 20  # the operations of a document that are each looked at alone where there are faults
_TOO_MANY_TOKENS = "tokens. Parsing aborted"  # as graphql-core says it
_COSTS = 64  # of one operation that are kept: it depends on how many rows are asked for or given
_LASTING = 16_384  # characters; a longer document holds data rather than a query: it won't come again
Operation = Any
_Nodes = list[FieldNode]


class PreparedOperation:
    """One operation of a document: its node, its name ("" where it has none), the root fields it may ask for.

    ``roots`` are None where the role has none of its kind. ``variables`` is how its variables are read. ``spent`` is
    what it asks for, and ``headers`` say so; ``unsettled``: what it costs depends on the variables, by this reckoning.
    """

    __slots__ = ("headers", "kept", "name", "node", "roots", "spent", "unsettled", "variables", "writes")

    def __init__(self, node: OperationDefinitionNode, roots: dict[str, Root] | None, variables: Variables) -> None:
        self.name = _name_of(node)
        self.node = node
        self.roots = roots
        self.variables = variables
        self.writes = node.operation is OperationType.MUTATION
        self.spent = Spent(0, 0, 0, 0)
        self.headers: dict[str, str] = {}
        self.unsettled: Reckoning | None = None
        self.kept: Bounded[tuple[int, ...], tuple[Spent, dict[str, str]]] = Bounded(_COSTS)  # `spent_with` by counts


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document whose operations are valid against a role's schema: by name, None for the only one.

    Of several, those that are not are ``refused`` when they are asked for. It is ``lasting`` where its ``text`` is one
    that will come again.
    """

    text: str
    operations: dict[str | None, PreparedOperation]
    refused: dict[str, tuple[Error, ...]]
    fragments: dict[str, FragmentDefinitionNode]
    lasting: bool


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

    @cached_property
    def constants(self) -> dict[str, str] | None:
        """All that the document answers where no data is asked for (``{ __typename }``), else None."""
        found = {m.key: m.operation.value for m in self.document.members if isinstance(m.operation, Constant)}
        return found if len(found) == len(self.document.members) else None


def prepare(role_schema: RoleSchema, text: str, bounds: Limits) -> Prepared:
    """Parse and validate a document. Raises `Refusal` with every error found, unless some operation of it is good."""
    limits.check_text(text, bounds)
    try:
        document = parse(text, max_lexical_tokens=bounds.most_tokens)
        sizes = limits.check_sizes(document, bounds, text)
        faults = validate(role_schema.schema, document, RULES, max_errors=_ERRORS)
    except GraphQLSyntaxError as fault:
        if _TOO_MANY_TOKENS in fault.message:
            bounds.hold("tokens", bounds.most_tokens + 1, text)
        raise Refusal(_syntax_error(fault)) from None
    except (GraphQLError, RecursionError):
        refuse(f"query depth limit of {bounds.depth} exceeded", limits.DEPTH_EXCEEDED)
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    refused = _refused(role_schema, document, fragments) if faults and 1 < len(sizes) <= _TOLD_APART else {}
    if faults and len(refused) in (0, len(sizes)):
        raise Refusal(*(_validation_error(document, fault) for fault in faults))
    operations: dict[str | None, PreparedOperation] = {}
    for node in sizes:
        if _name_of(node) not in refused:
            variables = Variables(role_schema.schema, role_schema.readers, node, variables_in(node, fragments))
            operation = PreparedOperation(node, _roots(role_schema, node.operation), variables)
            _settle(operation, sizes[node], fragments, bounds, text)
            operations[operation.name] = operation
    if len(sizes) == 1:
        operations[None] = next(iter(operations.values()))
    return Prepared(text, operations, refused, fragments, len(text) <= _LASTING)


def _refused(
    role_schema: RoleSchema, document: DocumentNode, fragments: dict[str, FragmentDefinitionNode]
) -> dict[str, tuple[Error, ...]]:
    """The operations of a document that are at fault themselves, by name: Hasura looks at the one that is asked for."""
    refused: dict[str, tuple[Error, ...]] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            spread = [fragments[name] for name in spread_in(node, fragments)]
            alone = DocumentNode(definitions=(node, *spread))
            faults = validate(role_schema.schema, alone, RULES, max_errors=_ERRORS)
            if faults:
                refused[_name_of(node)] = tuple(_validation_error(alone, fault) for fault in faults)
    return refused


def _settle(
    operation: PreparedOperation, size: Spent, fragments: dict[str, FragmentDefinitionNode], bounds: Limits, text: str
) -> None:
    """Find out what an operation costs, at most, whatever its variables. Raises `Refusal` where that is too much."""
    reckoning = Reckoning(operation.roots or {}, fragments, operation.node)
    most = reckoning.most
    # rows to write that come in a variable are not known yet
    open_ended = reckoning.varies and (most > bounds.cost or operation.writes)
    operation.unsettled = reckoning if open_ended else None
    over = open_ended or bounds.hold("cost", most, text)
    operation.spent = replace(size, cost=most, over=size.over if over else (*size.over, "cost"))
    operation.headers = {limits.HEADER: operation.spent.header(bounds)}


def spent_with(
    operation: PreparedOperation, reckoning: Reckoning, given: Mapping[str, Any], bounds: Limits
) -> tuple[Spent, dict[str, str]]:
    """What an operation asks for with these variables, and the headers that say so. Raises `Refusal`."""
    variables = operation.variables.given(given)
    counts = reckoning.counts(variables)
    kept = operation.kept.get(counts)
    if kept is not None:
        return kept
    cost = reckoning.cost(variables)
    held = bounds.hold("cost", cost, operation.name)
    spent = replace(operation.spent, cost=cost, over=operation.spent.over + (() if held else ("cost",)))
    told = spent, {limits.HEADER: spent.header(bounds)}
    if held:  # what exceeds a limit that only reports is logged each time
        operation.kept.put(counts, told)
    return told


def _name_of(operation: OperationDefinitionNode) -> str:
    return operation.name.value if operation.name else ""


def choose(prepared: Prepared, name: str | None) -> PreparedOperation:
    """The operation that is asked for. Raises `Refusal` where there is none, or several and no name."""
    operation = prepared.operations.get(name or None)
    if operation is None:
        if name in prepared.refused:
            raise Refusal(*prepared.refused[name])
        if name:
            refuse(f'no such operation found in the document: "{name}"')
        refuse("exactly one operation has to be present in the document when operationName is not specified")
    return operation


def compile_operation(
    role_schema: RoleSchema, prepared: Prepared, operation: PreparedOperation, given: Mapping[str, Any]
) -> Compiled:
    """Translate an operation with the variables given. Raises `Refusal`."""
    demand_roots(operation)
    return translate(role_schema, prepared, operation, operation.variables.read(given, [], itself))


def demand_roots(operation: PreparedOperation) -> None:
    """Raises `Refusal` where the role has no operations of this kind."""
    if operation.roots is None:
        refuse(f"no {operation.node.operation.value}s exist")


def translate(
    role_schema: RoleSchema, prepared: Prepared, operation: PreparedOperation, variables: dict[str, Any]
) -> Compiled:
    """Translate an operation with variables that were read. Raises `Refusal`."""
    scope = Scope(role_schema.types, prepared.fragments, variables)
    selected: Selected = {}
    try:
        scope.collect(operation.node.selection_set, selected, set())
        return _compile(role_schema, operation, scope, selected)
    except Misfit as misfit:
        raise Refusal(misfit.error()) from None


def _roots(role_schema: RoleSchema, kind: OperationType) -> dict[str, Root] | None:
    if kind is OperationType.QUERY:
        return role_schema.queries
    return (role_schema.mutations or None) if kind is OperationType.MUTATION else None


def _compile(role_schema: RoleSchema, operation: PreparedOperation, scope: Scope, selected: Selected) -> Compiled:
    schema, roots = role_schema.schema, operation.roots or {}
    type_ = schema.mutation_type if operation.writes else schema.query_type
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
    "grouped": _read(groups.groups_node),
    "by_pk": _read(reads.key_node),
    "insert": writes.insert,
    "insert_one": writes.insert_one,
    "update": writes.update,
    "update_by_pk": writes.update_by_pk,
    "update_many": writes.update_many,
    "delete": writes.delete,
    "delete_by_pk": writes.delete_by_pk,
    "call": calls.call,
    "call_aggregate": calls.call_aggregate,
}


def _syntax_error(fault: GraphQLSyntaxError) -> Error:
    places = tuple((place.line, place.column) for place in fault.locations or ())
    return Error("not a valid graphql query", PARSE_FAILED, ("query",), fault.message, places)


def _validation_error(document: DocumentNode, fault: GraphQLError) -> Error:
    """A fault as an entry of ``errors``: at its ``place``, or its node's, ``up`` some steps or down a ``path``."""
    detail = fault.extensions or {}
    place = detail.get("place")
    if place is None:
        node = fault.nodes[0] if fault.nodes else None
        found = path_of(document, node) if node is not None else ()
        place = (*found[: len(found) - detail.get("up", 0)], *detail.get("path", ()))
    return Error(fault.message, detail.get("code", VALIDATION_FAILED), place)
