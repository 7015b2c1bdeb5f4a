"""Functions under GraphQL names: root fields that call them, computed fields, their arguments, and what they give."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from contracts.catalog import Argument, Function, Returns, RowFunction
from contracts.fields import Field

from graphql_service.schema.exposed import Exposed, ExposedField

if TYPE_CHECKING:
    from graphql_service.schema.exposure import Exposure


@dataclass(eq=False)
class ExposedFunction:
    """A function under the name of its root field; ``rows`` are what it gives where it gives rows.

    ``aggregate`` is the root field of their aggregates, ``root`` says of which root both are fields.
    """

    name: str
    aggregate: str
    root: Literal["query", "mutation"]
    arguments_type: str
    function: Function
    rows: Exposed | None
    exposure: "Exposure"

    @property
    def reads_only(self) -> bool:
        """True where it promises to change nothing, or as a field of the query may not."""
        return self.function.reads_only or self.root == "query"

    @cached_property
    def arguments(self) -> dict[str, "ExposedArgument"]:
        """Its arguments by GraphQL name."""
        return self.exposure.expose_arguments(self.function.arguments)

    @property
    def told(self) -> str:
        """What its arguments are for."""
        return f'function "{self.function.name}"'

    @property
    def value(self) -> ExposedField:
        """What it gives where that is no row, as a field."""
        field = value_field(self.name, self.function.returns)
        return ExposedField(self.name, field, self.exposure.scalar(field))


@dataclass(eq=False)
class ExposedCall:
    """A function over a row of ``resource`` that takes arguments, as the field or relation ``name`` of that."""

    name: str
    arguments_type: str
    made: RowFunction
    resource: str
    exposure: "Exposure"

    @cached_property
    def arguments(self) -> dict[str, "ExposedArgument"]:
        """Its arguments by GraphQL name, the row apart."""
        return self.exposure.expose_arguments(self.made.arguments)

    @property
    def told(self) -> str:
        """What its arguments are for."""
        return f'computed field "{self.name}" defined on table "{self.resource}"'


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
