"""``args``: what a function is given, be it a root field or a computed one."""

from collections.abc import Mapping
from typing import Any, Literal

from contracts.filters import Given
from graphql import FieldNode, GraphQLArgument

from graphql_service.coercion import arguments_of
from graphql_service.errors import NOT_SUPPORTED, Misfit
from graphql_service.schema.exposed_functions import ExposedArgument
from graphql_service.selection import Scope


def given_to(
    scope: Scope,
    arguments: Mapping[str, ExposedArgument],
    node: FieldNode,
    expected: Mapping[str, GraphQLArgument],
    form: Literal["json", "text", "xml", "bytes"] = "json",
) -> tuple[Given, ...]:
    """The arguments that a field gives its function. Raises `Misfit` where one without a default is left out."""
    values: dict[str, Any] = arguments_of(node, expected, scope.variables).get("args") or {}
    given = []
    for name, (_, argument) in arguments.items():
        if name in values:
            given.append(Given(argument.name, scope.param(values[name]), form))
        elif argument.required:
            raise Misfit("Non default arguments cannot be omitted", NOT_SUPPORTED, ("args", "args"))
    return tuple(given)
