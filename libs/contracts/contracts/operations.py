"""The language in which facades ask and data answers: what the client wants, unjudged.

Literals are lifted out: an operation holds `Param(n)`, and travels with its values beside it, so that two requests
that differ in literals only give byte-identical operations (`encode`). Names are as the client wrote them; only
data's planner holds them against the catalog.
"""

from typing import Any, Literal, Union

import msgspec

from contracts.filters import AggregateFunction, Element, FieldRef, Filter, Given, Param, RelationRef

Value = Any  # a JSON value: None, bool, int, float, Decimal, str, list, dict

# --- outputs -------------------------------------------------------------------------------------------------------


class Star(Element, tag="star", frozen=True):
    """Every field that the role may see, in the catalog's order, under its own name."""


class FieldOutput(Element, tag="output", frozen=True):
    """A field under a response key; ``cast`` is a type name of PostgREST's grammar (``text``, ``int``)."""

    key: str
    field: FieldRef
    cast: str | None = None


class Constant(Element, tag="constant", frozen=True):
    """A fixed text under a response key (GraphQL's ``__typename``)."""

    key: str
    value: str


class Aggregate(Element, tag="aggregate", frozen=True):
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


class Group(Element, tag="group", frozen=True):
    """An object made of further outputs under one key (GraphQL's ``aggregate { max { id } }``)."""

    key: str
    outputs: tuple["Output", ...]


class Rows(Element, tag="rows", frozen=True):
    """In a node of shape ``summary``: the rows themselves as an array (``nodes``, ``returning``)."""

    key: str
    outputs: tuple["Output", ...]


class Affected(Element, tag="affected", frozen=True):
    """In the ``returning`` of a write of shape ``summary``: how many rows the write matched."""

    key: str


class Embed(Element, tag="embed", frozen=True):
    """Related rows under a response key: an object or null for a to-one relation, else an array.

    ``join`` inner keeps only rows that have a related one; ``spread`` lifts the outputs into the parent's object.
    """

    key: str
    relation: RelationRef
    node: "Node"
    join: Literal["left", "inner"] = "left"
    spread: bool = False


Output = Union[Star, FieldOutput, Constant, Aggregate, Group, Rows, Affected, Embed]  # noqa: UP007


class Sort(Element, tag="sort", frozen=True):
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


class Node(Element, tag="node", frozen=True):
    """One level of a read: which rows of a resource, and what of each.

    ``filter`` None is no filter at all, ``And()`` is one that always holds. ``shape`` of a root: ``many`` an array;
    ``one`` exactly one object, else PGRST116; ``maybe`` an object or null; ``summary`` one object of aggregates,
    groups and rows over the page; ``none`` no body. Within an embed only ``many`` (the relation's cardinality
    decides) and ``summary``.

    ``group_by`` names what rows are grouped by, where that is not just the plain outputs beside aggregates; then all
    plain outputs must be of it. ``having`` is a condition on the groups: `CompareGroup`, joined by and, or and not.
    ``media``: a handler of the database (`contracts.catalog.Handler`) writes the rows of a root of shape ``many`` in
    this type, and the answer is what it gives as JSON: a text, bytes in hex, or its JSON; else PGRST107.
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
    media: str | None = None


# --- operations ----------------------------------------------------------------------------------------------------

Count = Literal["exact", "planned", "estimated"]


class Read(Element, tag="read", frozen=True):
    """Rows of a resource. ``schema`` is the profile asked for (None: the first that is exposed)."""

    resource: str
    node: Node = Node()
    schema: str | None = None
    count: Count | None = None


class Conflict(Element, tag="conflict", frozen=True):
    """What becomes of a new row whose key is there already.

    The key is the one of ``fields``, or of the unique ``constraint`` of this name, else the primary key; a resource
    without any has no conflicts. ``update`` names the columns that the old row takes from the new one; None leaves it
    alone. ``filter``: only old rows for which it holds are updated.
    """

    fields: tuple[str, ...] = ()
    constraint: str | None = None
    update: tuple[str, ...] | None = None
    filter: Filter | None = None


class Nested(Element, tag="nested", frozen=True):
    """New rows that belong to those of the create around them, over a relation of that one's resource.

    The relation has no junction, and its target is the resource of ``create``. ``of`` is the index of a list with, for
    each of its rows, the number of the row that it belongs to. Which of the two has the foreign key is created last,
    and takes it from the other.
    """

    relation: RelationRef
    create: "Create"
    of: Param


class Create(Element, tag="create", frozen=True):
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


class Assign(Element, tag="assign", frozen=True):
    """One field set by an update: to a value, moved by one (``increment``), or to its ``default``.

    JSON may also be changed in place, as PostgreSQL's ``||``, ``-`` and ``#-`` do: a value put after or before it, a
    key taken out by name, an element by index, or what stands at a path (a list of texts).
    """

    field: str
    value: Param
    how: How = "value"


class Update(Element, tag="update", frozen=True):
    """Changed rows. ``filter`` None is refused (21000). ``at_most`` rows may be affected, else PGRST124.

    Without ``assigns`` nothing changes, unless ``presets_alone``: then what the policy sets is set all the same.
    """

    resource: str
    assigns: tuple[Assign, ...]
    filter: Filter | None = None
    schema: str | None = None
    at_most: Param | None = None
    returning: Node = Node(shape="none")
    count: Count | None = None
    presets_alone: bool = False


class Delete(Element, tag="delete", frozen=True):
    """Rows that go. ``filter`` None is refused (21000). ``at_most`` rows may be affected, else PGRST124."""

    resource: str
    filter: Filter | None = None
    schema: str | None = None
    at_most: Param | None = None
    returning: Node = Node(shape="none")
    count: Count | None = None


class Call(Element, tag="call", frozen=True):
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


class Member(Element, tag="member", frozen=True):
    """A root member of a document: its answer stands under ``key``."""

    key: str
    operation: "Read | Create | Update | Delete | Call | Constant"


class Document(Element, tag="document", frozen=True):
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
