"""The variables of an operation: read by their declared types, with the shape that its translation depends on."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from graphql import (
    GraphQLBoolean,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    VariableDefinitionNode,
    type_from_ast,
)

from graphql_service.coercion import ABSENT, UNKNOWN, counted, from_literal
from graphql_service.errors import Misfit, Path, Refusal, refuse
from graphql_service.readers import Reader, Readers, Slotting, Tokens, fixed_reader
from graphql_service.scalar_input import describe

_NOT_GIVEN: Final = ...  # the token of a variable that is absent
_FIXABLE = (GraphQLBoolean, GraphQLString)


class _Declared(NamedTuple):
    name: str
    type: GraphQLInputType
    read: Reader
    default: Any


class Variables:
    """How an operation's variables are read.

    ``uses`` are the places where they are used: there a value is wrong. The variables named in ``fixed`` belong to the
    shape with their values.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        readers: Readers,
        operation: OperationDefinitionNode,
        uses: Mapping[str, Path],
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        self._again = (schema, readers, operation, uses)
        self._uses = uses
        self._fixed = fixed
        self._declared = [_declared(schema, readers, node, fixed) for node in operation.variable_definitions]

    def read(self, given: Mapping[str, Any], tokens: Tokens, slot: Slotting) -> dict[str, Any]:
        """The variables by name, without those that are absent; `Reader` tells what becomes of values and ``tokens``.

        Raises `Refusal`. A variable that is given has to be used.
        """
        if not given.keys() <= self._uses.keys():
            unexpected = [name for name in given if name not in self._uses]
            refuse("unexpected variables in variableValues: " + ", ".join(unexpected))
        values: dict[str, Any] = {}
        for name, type_, read, default in self._declared:
            if name in given:
                value = given[name]
                try:
                    values[name] = read(value, tokens, slot)
                except Misfit as misfit:
                    raise self._refusal(misfit, name, value, type_) from None
            else:
                tokens.append(_NOT_GIVEN)
                if default is not ABSENT:
                    values[name] = default
                elif isinstance(type_, GraphQLNonNull):
                    refuse(f'expecting a value for non-nullable variable: "{name}"')
        return values

    def given(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The variables' values as they are given, with the defaults of the others."""
        defaults = {name: default for name, _, _, default in self._declared if default is not ABSENT}
        return {**defaults, **given}

    def fixing(self, name: str) -> "Variables | None":
        """The same with one more variable fixed, None where its values can't belong to a shape."""
        type_ = next(declared.type for declared in self._declared if declared.name == name)
        if name in self._fixed or _plain(type_) not in _FIXABLE:
            return None
        return Variables(*self._again, self._fixed | {name})

    def _refusal(self, misfit: Misfit, name: str, value: Any, type_: GraphQLInputType) -> Refusal:
        if value is None and isinstance(type_, GraphQLNonNull):
            refuse(f'null value found for non-nullable type: "{type_}"')
        use = self._uses[name]
        if use[-2:-1] == ("args",):
            misfit = counted(misfit, str(use[-1]), type_, describe(value))
        return Refusal(misfit.under(*use).error())


def _declared(
    schema: GraphQLSchema, readers: Readers, node: VariableDefinitionNode, fixed: frozenset[str]
) -> _Declared:
    name = node.variable.name.value
    type_ = cast("GraphQLInputType", type_from_ast(schema, node.type))
    # Hasura takes null for what has a default, even where the type says otherwise: it counts as null where it is used
    lenient = node.default_value is not None
    read = readers.of(type_.of_type if lenient and isinstance(type_, GraphQLNonNull) else type_)
    default = ABSENT if node.default_value is None else from_literal(node.default_value, type_, UNKNOWN)
    return _Declared(name, type_, fixed_reader(read) if name in fixed else read, default)


def _plain(type_: GraphQLInputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
