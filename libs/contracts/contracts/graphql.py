"""What GraphQL alone is told with a catalog: bounds of a role's documents, names of its own, and enums' values."""

from typing import Literal

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one document of a role may ask at most, where the configuration says so; None: as the facade's settings say.

    ``depth`` counts levels, ``nodes`` fields, ``aliases`` those under another name, ``cost`` rows, ``tokens`` and
    ``bytes`` measure its text, ``batch`` is how many may come at once, ``seconds`` the time that each may take.
    ``introspection`` False: it may not ask what there is. ``report_only``: nothing is refused for these.
    """

    depth: int | None = None
    nodes: int | None = None
    aliases: int | None = None
    cost: int | None = None
    tokens: int | None = None
    bytes: int | None = None
    batch: int | None = None
    seconds: float | None = None
    introspection: bool | None = None
    report_only: bool | None = None


class GraphqlNames(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a resource goes by in GraphQL: its ``fields``, and its root fields by what they do (``select_by_pk``).

    ``enum``: its rows are the values of an enum.
    """

    roots: dict[str, str] = {}
    fields: dict[str, str] = {}
    enum: bool = False


class GraphqlFunction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a function goes by in GraphQL, and its root fields (``function``, ``function_aggregate``) by what they do.

    ``exposed_as`` says of which root it is a field, where that is not the one that its volatility leads to; of the
    query's it can only read.
    """

    name: str | None = None
    roots: dict[str, str] = {}
    exposed_as: Literal["query", "mutation"] | None = None


class EnumValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of an enum table: its key, and what its other column says of that."""

    name: str
    comment: str | None = None


class GraphqlNaming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The names of GraphQL's schema: Hasura's ``convention``, and names of their own by resource and function."""

    convention: Literal["hasura-default", "graphql-default"] = "hasura-default"
    resources: dict[str, GraphqlNames] = {}
    functions: dict[str, GraphqlFunction] = {}
