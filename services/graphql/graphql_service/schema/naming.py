"""Naming conventions: Hasura's default, whose names are the database's, and ``graphql-default`` (graphql.md §11).

Translation knows names by the first; under the second, types wear other names, and each tells which is meant.
"""

from typing import cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
)

_FUNCTIONS = ("stddev_pop", "stddev_samp", "var_pop", "var_samp")
# Hasura's own words; all other names are tables', columns' and functions'
_WORDS = frozenset(
    {
        "affected_rows", "distinct_on", "order_by", "on_conflict", "pk_columns", "update_columns", "bool_and",
        "bool_or", "covar_samp", "batch_size", "initial_value", "_is_null", "_has_key", "_has_keys_any",
        "_has_keys_all", "_contained_in", "_jsonb_path_exists", "_jsonb_path_match", "_ancestor_any", "_descendant_any",
        "_matches_any", "_matches_fulltext", "_delete_key", "_delete_elem", "_delete_at_path", *_FUNCTIONS,
    }
)  # fmt: skip


class Naming:
    """``hasura-default``: every name as it is."""

    def field(self, name: str) -> str:
        """A field's, argument's or root field's name."""
        return name

    def type(self, name: str) -> str:
        """A type's name, scalars' apart."""
        return name

    def word(self, name: str) -> str:
        """One of Hasura's own words."""
        return name

    def meant(self, word: str) -> str:
        """What `word` was made of."""
        return word

    def value(self, name: str) -> str:
        """An enum's value that names no column."""
        return name

    def worn(self, type_: GraphQLNamedType) -> None:
        """Let a type that was just made wear its names."""

    def arguments(self, field: GraphQLField) -> GraphQLField:
        """A field whose arguments wear their names."""
        return field


class CamelCase(Naming):
    """``graphql-default``: PascalCase types, camelCase fields and arguments, upper-case enum values."""

    def field(self, name: str) -> str:
        plain = name.lstrip("_")
        first, *others = plain.split("_") if plain else [""]
        return name[: len(name) - len(plain)] + first[:1].lower() + first[1:] + "".join(map(_capital, others))

    def type(self, name: str) -> str:
        return "".join(map(_capital, name.split("_"))) or name

    def word(self, name: str) -> str:
        return self.field(name) if name in _WORDS else name

    def meant(self, word: str) -> str:
        return _MEANT.get(word, word)

    def value(self, name: str) -> str:
        return name.upper()

    def worn(self, type_: GraphQLNamedType) -> None:
        if isinstance(type_, GraphQLEnumType):
            if type_.name == "order_by" or type_.name.endswith("_constraint"):
                type_.values = {self.value(name): value for name, value in type_.values.items()}
        elif isinstance(type_, GraphQLInputObjectType):
            fields = type_._fields
            type_._fields = lambda: self._inputs(cast("dict[str, GraphQLInputField]", _called(fields)))
        elif isinstance(type_, GraphQLObjectType):
            given = type_._fields
            type_._fields = lambda: self._outputs(cast("dict[str, GraphQLField]", _called(given)))
        else:
            return
        type_.name = self.type(type_.name)

    def arguments(self, field: GraphQLField) -> GraphQLField:
        field.args = {self.word(name): self._argument(name, argument) for name, argument in field.args.items()}
        return field

    def _argument(self, name: str, argument: GraphQLArgument) -> GraphQLArgument:
        if self.word(name) == name:
            return argument
        return GraphQLArgument(argument.type, argument.default_value, argument.description, out_name=name)

    def _outputs(self, fields: dict[str, GraphQLField]) -> dict[str, GraphQLField]:
        return {self.word(name): self.arguments(field) for name, field in fields.items()}

    def _inputs(self, fields: dict[str, GraphQLInputField]) -> dict[str, GraphQLInputField]:
        return {
            self.word(name): field
            if self.word(name) == name
            else GraphQLInputField(field.type, field.default_value, field.description, out_name=name)
            for name, field in fields.items()
        }


def _called(fields: object) -> object:
    return fields() if callable(fields) else fields


def _capital(part: str) -> str:
    return part[:1].upper() + part[1:]


_MEANT = {CamelCase().field(word): word for word in _WORDS}
HASURA, CAMEL_CASE = Naming(), CamelCase()
