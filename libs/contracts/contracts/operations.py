"""The language in which facades ask and data answers: what the client wants, unjudged.

Literals are lifted out: an operation holds `Param(n)`, and travels with its values beside it, so that two requests
that differ in literals only give byte-identical operations (`encode`). Names are as the client wrote them; only
data's planner holds them against the catalog.
"""

from typing import Any, Literal, Union

import msgspec

Value = Any  # a JSON value: None, bool, int, float, Decimal, str, list, dict


class _Node(msgspec.Struct, frozen=True, tag_field="is", omit_defaults=True, forbid_unknown_fields=True):
    pass


# --- operands ------------------------------------------------------------------------------------------------------


class Param(_Node, tag="param", frozen=True):
    """The value at this index of the values that travel beside the operation."""

    index: int


class Claim(_Node, tag="claim", frozen=True):
    """A session variable of the principal (``x-hasura-user-id``, lower case). Policies only."""

    name: str


class Literally(_Node, tag="literally", frozen=True):
    """A constant of a policy. Policies only: facades lift literals out."""

    value: Any


class FieldRef(_Node, tag="field", frozen=True):
    """A field, or the place ``path`` inside a JSON field; ``text`` where the last step takes text (``->>``).

    ``text`` without a path is the whole JSON as PostgreSQL writes it.
    """

    name: str
    path: tuple[str | int, ...] = ()
    text: bool = False


class RelationRef(_Node, tag="relation", frozen=True):
    """A relation: by its name in the catalog, or in PostgREST's ways.

    Those are the target's name, a foreign key's name or its column, narrowed by ``hint`` (a foreign key's name, a
    column, a junction).
    """

    name: str
    hint: str | None = None


Operand = Union[Param, FieldRef, Claim, Literally]  # noqa: UP007  (msgspec resolves the union at run time)

# --- filters -------------------------------------------------------------------------------------------------------

Comparison = Literal[
    "eq", "neq", "gt", "gte", "lt", "lte",
    "like", "ilike", "match", "imatch", "similar",
    "in",
    "isdistinct",
    "contains", "contained", "overlaps", "has_key", "has_keys_any", "has_keys_all", "path_exists", "path_match",
    "left_of", "right_of", "not_right_of", "not_left_of", "adjacent",
    "fts", "plfts", "phfts", "wfts",
]  # fmt: skip


class Compare(_Node, tag="compare", frozen=True):
    """``left`` compared with ``right``; for ``in`` the right side's value is a list.

    ``quantifier``: the right side's value is a list, of which any or all must hold. ``config`` is the text search
    configuration. In ``like`` patterns ``%`` and ``_`` are wild and ``\\`` escapes.
    """

    left: FieldRef
    operator: Comparison
    right: Operand
    quantifier: Literal["any", "all"] | None = None
    config: str | None = None


class Is(_Node, tag="is", frozen=True):
    """``left`` IS null, not null, true, false or unknown."""

    left: FieldRef
    value: Literal["null", "not_null", "true", "false", "unknown"]


class And(_Node, tag="and", frozen=True):
    """All hold; true where empty."""

    items: tuple["Filter", ...] = ()


class Or(_Node, tag="or", frozen=True):
    """Any holds; false where empty."""

    items: tuple["Filter", ...] = ()


class Not(_Node, tag="not", frozen=True):
    """SQL's NOT: unknown stays unknown."""

    item: "Filter"


class Exists(_Node, tag="exists", frozen=True):
    """Some related row exists for which ``filter`` holds."""

    relation: RelationRef
    filter: "Filter | None" = None


class ExistsIn(_Node, tag="exists_in", frozen=True):
    """Some row of any resource exists for which ``filter`` holds. Policies only."""

    resource: str
    filter: "Filter | None" = None


class CompareAggregate(_Node, tag="compare_aggregate", frozen=True):
    """An aggregate over related rows compared with a value; ``fields`` empty means ``count(*)``."""

    relation: RelationRef
    function: "AggregateFunction | PairFunction"
    operator: Comparison
    right: Operand
    fields: tuple[str, ...] = ()
    distinct: bool = False
    filter: "Filter | None" = None


class CompareGroup(_Node, tag="compare_group", frozen=True):
    """An aggregate over a group compared with a value; ``fields`` empty counts its rows. `Node.having` only."""

    function: "AggregateFunction"
    operator: Comparison
    right: Operand
    fields: tuple[FieldRef, ...] = ()
    distinct: bool = False


Filter = Union[And, Or, Not, Compare, Is, Exists, ExistsIn, CompareAggregate, CompareGroup]  # noqa: UP007

# --- outputs -------------------------------------------------------------------------------------------------------

AggregateFunction = Literal[
    "count", "sum", "avg", "min", "max",
    "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "bool_and", "bool_or",
]  # fmt: skip
PairFunction = Literal["corr", "covar_samp"]
"""Aggregates of two fields, which related rows can be compared by."""


class Star(_Node, tag="star", frozen=True):
    """Every field that the role may see, in the catalog's order, under its own name."""


class FieldOutput(_Node, tag="output", frozen=True):
    """A field under a response key; ``cast`` is a type name of PostgREST's grammar (``text``, ``int``)."""

    key: str
    field: FieldRef
    cast: str | None = None


class Constant(_Node, tag="constant", frozen=True):
    """A fixed text under a response key (GraphQL's ``__typename``)."""

    key: str
    value: str


class Aggregate(_Node, tag="aggregate", frozen=True):
    """An aggregate under a response key.

    ``fields`` empty counts rows; several fields are for ``count`` only. ``before`` casts the field, ``cast`` the
    result. In a node of shape ``many`` the plain fields beside it are grouped by.
    """

    key: str
    function: AggregateFunction
    fields: tuple[FieldRef, ...] = ()
    distinct: bool = False
    before: str | None = None
    cast: str | None = None


class Group(_Node, tag="group", frozen=True):
    """An object made of further outputs under one key (GraphQL's ``aggregate { max { id } }``)."""

    key: str
    outputs: tuple["Output", ...]


class Rows(_Node, tag="rows", frozen=True):
    """In a node of shape ``summary``: the rows themselves as an array (``nodes``, ``returning``)."""

    key: str
    outputs: tuple["Output", ...]


class Affected(_Node, tag="affected", frozen=True):
    """In the ``returning`` of a write of shape ``summary``: how many rows the write matched."""

    key: str


class Embed(_Node, tag="embed", frozen=True):
    """Related rows under a response key: an object or null for a to-one relation, else an array.

    ``join`` inner keeps only rows that have a related one; ``spread`` lifts the outputs into the parent's object.
    """

    key: str
    relation: RelationRef
    node: "Node"
    join: Literal["left", "inner"] = "left"
    spread: bool = False


Output = Union[Star, FieldOutput, Constant, Aggregate, Group, Rows, Affected, Embed]  # noqa: UP007


class Sort(_Node, tag="sort", frozen=True):
    """One term of an order; ``via`` leads over to-one relations to the field's resource.

    ``nulls`` None means PostgreSQL's way: last when ascending, first when descending. With ``aggregate`` the last
    relation of ``via`` is to-many, and ``field`` None counts its rows; without ``via`` it is over the group at hand.
    """

    field: FieldRef | None
    descending: bool = False
    nulls: Literal["first", "last"] | None = None
    via: tuple[RelationRef, ...] = ()
    aggregate: AggregateFunction | None = None


Shape = Literal["many", "maybe", "one", "summary", "none"]


class Node(_Node, tag="node", frozen=True):
    """One level of a read: which rows of a resource, and what of each.

    ``filter`` None is no filter at all, ``And()`` is one that always holds. ``shape`` of a root: ``many`` an array;
    ``one`` exactly one object, else PGRST116; ``maybe`` an object or null; ``summary`` one object of aggregates,
    groups and rows over the page; ``none`` no body. Within an embed only ``many`` (the relation's cardinality
    decides) and ``summary``.

    ``group_by`` names what rows are grouped by, where that is not just the plain outputs beside aggregates; then all
    plain outputs must be of it. ``having`` is a condition on the groups: `CompareGroup`, joined by and, or and not.
    """

    outputs: tuple[Output, ...] = (Star(),)
    filter: Filter | None = None
    sort: tuple[Sort, ...] = ()
    limit: Param | None = None
    offset: Param | None = None
    distinct_on: tuple[str, ...] = ()
    group_by: tuple[FieldRef, ...] = ()
    having: Filter | None = None
    shape: Shape = "many"


# --- operations ----------------------------------------------------------------------------------------------------

Count = Literal["exact", "planned", "estimated"]


class Read(_Node, tag="read", frozen=True):
    """Rows of a resource. ``schema`` is the profile asked for (None: the first that is exposed)."""

    resource: str
    node: Node = Node()
    schema: str | None = None
    count: Count | None = None


class Conflict(_Node, tag="conflict", frozen=True):
    """What becomes of a new row whose key is there already.

    The key is the one of ``fields``, or of the unique ``constraint`` of this name, else the primary key; a resource
    without any has no conflicts. ``update`` names the columns that the old row takes from the new one; None leaves it
    alone. ``filter``: only old rows for which it holds are updated.
    """

    fields: tuple[str, ...] = ()
    constraint: str | None = None
    update: tuple[str, ...] | None = None
    filter: Filter | None = None


class Nested(_Node, tag="nested", frozen=True):
    """New rows that belong to those of the create around them, over a relation of that one's resource.

    The relation has no junction, and its target is the resource of ``create``. ``of`` is the index of a list with, for
    each of its rows, the number of the row that it belongs to. Which of the two has the foreign key is created last,
    and takes it from the other.
    """

    relation: RelationRef
    create: "Create"
    of: Param


class Create(_Node, tag="create", frozen=True):
    """New rows. ``rows`` is the index of a list of objects; of them only ``columns`` are used.

    ``ragged``: objects may lack columns, which then take their default (``missing`` default) or null. ``nested`` are
    created with them; only the outermost create has a ``returning`` and a ``count``, and is of all their rows.
    ``tells_key``: the key of a single new row is wanted, where nothing else of it is.
    """

    resource: str
    columns: tuple[str, ...]
    rows: Param
    schema: str | None = None
    ragged: bool = False
    missing: Literal["default", "null"] = "null"
    conflict: Conflict | None = None
    returning: Node = Node(shape="none")
    count: Count | None = None
    nested: tuple[Nested, ...] = ()
    tells_key: bool = True


How = Literal["value", "increment", "default", "append", "prepend", "delete_key", "delete_elem", "delete_at_path"]


class Assign(_Node, tag="assign", frozen=True):
    """One field set by an update: to a value, moved by one (``increment``), or to its ``default``.

    JSON may also be changed in place, as PostgreSQL's ``||``, ``-`` and ``#-`` do: a value put after or before it, a
    key taken out by name, an element by index, or what stands at a path (a list of texts).
    """

    field: str
    value: Param
    how: How = "value"


class Update(_Node, tag="update", frozen=True):
    """Changed rows. ``filter`` None is refused (21000). ``at_most`` rows may be affected, else PGRST124."""

    resource: str
    assigns: tuple[Assign, ...]
    filter: Filter | None = None
    schema: str | None = None
    at_most: Param | None = None
    returning: Node = Node(shape="none")
    count: Count | None = None


class Delete(_Node, tag="delete", frozen=True):
    """Rows that go. ``filter`` None is refused (21000). ``at_most`` rows may be affected, else PGRST124."""

    resource: str
    filter: Filter | None = None
    schema: str | None = None
    at_most: Param | None = None
    returning: Node = Node(shape="none")
    count: Count | None = None


class Given(_Node, tag="given", frozen=True):
    """One argument of a call; the name ``""`` is the single argument without a name, which takes the whole body.

    ``form`` says what the value is: a JSON value; ``text`` in the type's own text form (as in a query string; of a
    variadic argument a list of such texts); for a whole body also ``xml`` text, or ``bytes`` in base64.
    """

    name: str
    value: Param
    form: Literal["json", "text", "xml", "bytes"] = "json"


class Call(_Node, tag="call", frozen=True):
    """A function called with arguments by name, and what is read of its result.

    ``node`` reads rows as any other does. Of a scalar the only output is `Star`, and its filter, sort and page are
    empty. In the shape ``many`` a function that returns a set gives an array, another its one value or object (null
    where there is none); in ``one`` a set must be of one row. ``reads_only``: in a read-only transaction, in which
    a function that writes fails (25006). ``at_most`` rows may come back, else PGRST124.
    """

    function: str
    arguments: tuple[Given, ...] = ()
    node: Node = Node()
    schema: str | None = None
    count: Count | None = None
    reads_only: bool = False
    at_most: Param | None = None


class Member(_Node, tag="member", frozen=True):
    """A root member of a document: its answer stands under ``key``."""

    key: str
    operation: "Read | Create | Update | Delete | Call | Constant"


class Document(_Node, tag="document", frozen=True):
    """Several operations answered as one object, in order.

    Reads alone, and calls that read only, are one statement; others run in order in one transaction, all or nothing.
    """

    members: tuple[Member, ...]


Write = Union[Create, Update, Delete]  # noqa: UP007
Operation = Union[Read, Create, Update, Delete, Call, Document]  # noqa: UP007

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[Operation] = msgspec.json.Decoder(Operation)


def encode(operation: Operation) -> bytes:
    """The canonical text of an operation: the same operation gives the same bytes."""
    return _encoder.encode(operation)


def decode(text: bytes) -> Operation:
    """The operation in a canonical text. Raises `msgspec.ValidationError` where it is none."""
    return _decoder.decode(text)
