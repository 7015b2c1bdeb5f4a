"""Conditions in the language of operations: what is compared, with what, and how that is joined."""

from typing import Any, Literal, Union

import msgspec


class Element(msgspec.Struct, frozen=True, tag_field="is", omit_defaults=True, forbid_unknown_fields=True):
    """A part of an operation: its JSON says what it ``is``, and has nothing that is not known."""


# --- operands ------------------------------------------------------------------------------------------------------


class Param(Element, tag="param", frozen=True):
    """The value at this index of the values that travel beside the operation."""

    index: int


class Claim(Element, tag="claim", frozen=True):
    """A session variable of the principal (``x-hasura-user-id``, lower case). Policies only."""

    name: str


class Literally(Element, tag="literally", frozen=True):
    """A constant of a policy. Policies only: facades lift literals out."""

    value: Any


class Given(Element, tag="given", frozen=True):
    """One argument of a function; the name ``""`` is the single argument without a name, which takes the whole body.

    ``form`` says what the value is: a JSON value; ``text`` in the type's own text form (as in a query string; of a
    variadic argument a list of such texts); for a whole body also ``xml`` text, or ``bytes`` in base64.
    """

    name: str
    value: Param
    form: Literal["json", "text", "xml", "bytes"] = "json"


class FieldRef(Element, tag="field", frozen=True):
    """A field, or the place ``path`` inside a JSON field; ``text`` where the last step takes text (``->>``).

    ``text`` without a path is the whole JSON as PostgreSQL writes it. With ``arguments``, be it none of them, it is
    what a function that takes more than the row makes of it.
    """

    name: str
    path: tuple[str | int, ...] = ()
    text: bool = False
    arguments: tuple[Given, ...] | None = None


class RelationRef(Element, tag="relation", frozen=True):
    """A relation: by its name in the catalog, or in PostgREST's ways.

    Those are the target's name, a foreign key's name or its column, narrowed by ``hint`` (a foreign key's name, a
    column, a junction). ``arguments`` as for a `FieldRef`: then a function that takes more than the row gives the rows.
    ``by_target``: PostgREST's ways count more than names, so that what several lead to is none of their names.
    """

    name: str
    hint: str | None = None
    arguments: tuple[Given, ...] | None = None
    by_target: bool = False


Operand = Union[Param, FieldRef, Claim, Literally]  # noqa: UP007  (msgspec resolves the union at run time)

# --- filters -------------------------------------------------------------------------------------------------------

AggregateFunction = Literal[
    "count", "sum", "avg", "min", "max",
    "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "bool_and", "bool_or",
]  # fmt: skip
TestFunction = Literal[AggregateFunction, "corr", "covar_samp"]  # what related rows may be compared by
Comparison = Literal[
    "eq", "neq", "gt", "gte", "lt", "lte",
    "like", "ilike", "match", "imatch", "similar",
    "in",
    "isdistinct",
    "contains", "contained", "overlaps", "has_key", "has_keys_any", "has_keys_all", "path_exists", "path_match",
    "left_of", "right_of", "not_right_of", "not_left_of", "adjacent",
    "fts", "plfts", "phfts", "wfts",
    "st_contains", "st_crosses", "st_equals", "st_intersects", "st_overlaps", "st_touches", "st_within", "st_d_within",
    "st_3d_intersects", "st_3d_d_within",
]  # fmt: skip


class Compare(Element, tag="compare", frozen=True):
    """``left`` compared with ``right``; for ``in`` the right side's value is a list.

    ``quantifier``: the right side's value is a list, of which any or all must hold. ``config`` is the text search
    configuration. In ``like`` patterns ``%`` and ``_`` are wild and ``\\`` escapes. ``st_…`` are PostGIS's functions,
    of a geometry as GeoJSON or text; for ``st_d_within`` the right side's value is an object: ``distance``, ``from``
    which geometry, and of a geography whether to ``use_spheroid``.
    """

    left: FieldRef
    operator: Comparison
    right: Operand
    quantifier: Literal["any", "all"] | None = None
    config: str | None = None


class Is(Element, tag="is", frozen=True):
    """``left`` IS null, not null, true, false or unknown."""

    left: FieldRef
    value: Literal["null", "not_null", "true", "false", "unknown"]


class And(Element, tag="and", frozen=True):
    """All hold; true where empty."""

    items: tuple["Filter", ...] = ()


class Or(Element, tag="or", frozen=True):
    """Any holds; false where empty."""

    items: tuple["Filter", ...] = ()


class Not(Element, tag="not", frozen=True):
    """SQL's NOT: unknown stays unknown."""

    item: "Filter"


class Exists(Element, tag="exists", frozen=True):
    """Some related row exists for which ``filter`` holds."""

    relation: RelationRef
    filter: "Filter | None" = None


class ExistsIn(Element, tag="exists_in", frozen=True):
    """Some row of any resource exists for which ``filter`` holds. Policies only."""

    resource: str
    filter: "Filter | None" = None


class CompareAggregate(Element, tag="compare_aggregate", frozen=True):
    """An aggregate over related rows compared with a value; ``fields`` empty means ``count(*)``.

    ``corr`` and ``covar_samp`` are of two fields.
    """

    relation: RelationRef
    function: TestFunction
    operator: Comparison
    right: Operand
    fields: tuple[str, ...] = ()
    distinct: bool = False
    filter: "Filter | None" = None


class CompareGroup(Element, tag="compare_group", frozen=True):
    """An aggregate over a group compared with a value; ``fields`` empty counts its rows. `Node.having` only."""

    function: AggregateFunction
    operator: Comparison
    right: Operand
    fields: tuple[FieldRef, ...] = ()
    distinct: bool = False


Filter = Union[And, Or, Not, Compare, Is, Exists, ExistsIn, CompareAggregate, CompareGroup]  # noqa: UP007
