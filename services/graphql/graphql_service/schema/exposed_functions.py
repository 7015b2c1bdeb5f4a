"""Functions under GraphQL names: the root fields that call them, their arguments, and what they give."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from contracts.catalog import WHOLE_BODY, Argument, Engine, Function, Returns
from contracts.fields import Field

from graphql_service.names import assign
from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.naming import Naming
from graphql_service.schema.scalars import scalar_of


@dataclass(eq=False)
class ExposedFunction:
    """A function under the name of its root field; ``rows`` are what it gives where it gives rows."""

    name: str
    arguments_type: str
    function: Function
    rows: Exposed | None
    engine: Engine
    naming: Naming

    @cached_property
    def arguments(self) -> dict[str, "ExposedArgument"]:
        """Its arguments by GraphQL name."""
        names = assign([argument.name or WHOLE_BODY for argument in self.function.arguments], ())
        names = {given: self.naming.field(name) for given, name in names.items()}
        found = {}
        for argument in self.function.arguments:
            name, field = names[argument.name or WHOLE_BODY], argument_field(argument)
            found[name] = ExposedArgument(ExposedField(name, field, scalar_of(field, self.engine)), argument)
        return found

    @property
    def value(self) -> ExposedField:
        """What it gives where that is no row, as a field."""
        field = value_field(self.name, self.function.returns)
        return ExposedField(self.name, field, scalar_of(field, self.engine))


def argument_field(argument: Argument) -> Field:
    """An argument as a field."""
    return Field(
        name=argument.name,
        type=argument.type,
        db_type=argument.db_type,
        element=argument.element,
        values=argument.values,
        nullable=argument.nullable,
        comment=argument.comment,
    )


def value_field(name: str, returns: Returns) -> Field:
    """What a function gives, where that is no row, as a field under a name."""
    return Field(name=name, type=returns.type, db_type=returns.db_type, element=returns.element, values=returns.values)


class ExposedArgument(NamedTuple):
    """An argument of a function: how it is shown, and what it is."""

    shown: ExposedField
    argument: Argument
