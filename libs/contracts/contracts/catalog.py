"""The shape of a database as it is exposed: resources, their fields, keys and relations; and functions."""

from functools import cached_property
from typing import Any, Literal

import msgspec

from contracts.fields import Field, FieldType, Representation
from contracts.graphql import Bounds, EnumValue, GraphqlNaming

ResourceKind = Literal["table", "view", "materialized", "foreign", "partitioned"]
Cardinality = Literal["one", "many"]
Engine = Literal["postgresql", "sqlite"]
Volatility = Literal["immutable", "stable", "volatile"]
WHOLE_BODY = "body"  # what the argument without a name is called where it needs one
_BODY_FORMS: dict[str, Literal["json", "text", "xml", "bytes"]] = {
    "json": "json", "jsonb": "json", "text": "text", "xml": "xml", "bytea": "bytes",
}  # fmt: skip
ANY_MEDIA = "*/*"
FunctionSource = Literal["database", "python", "remote"]
Way = Literal["select", "select_by_pk", "select_aggregate"]  # by Hasura's words for the root fields


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """A primary or unique key by its constraint's name."""

    name: str
    fields: tuple[str, ...]
    primary: bool = False


class Junction(msgspec.Struct, frozen=True, kw_only=True):
    """The resource between two others in a many-to-many relation.

    ``pairs`` join the relation's own resource to the junction (own field, junction's field); ``onward`` join the
    junction to the target (junction's field, target's field). ``constraint`` and ``onward_constraint`` name the two
    foreign keys.
    """

    resource: str
    constraint: str
    onward_constraint: str
    onward: tuple[tuple[str, str], ...]


class Relation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way from one resource to another.

    ``pairs`` are (own field, target's field); with a junction (own field, junction's field). ``constraint`` is the
    foreign key's name; ``owning`` is True where the foreign key is on the relation's own resource. ``optional``: a
    to-one relation whose foreign key may be null. ``unique``: to-one in both directions. ``expression``, as a `Field`
    has it, calls the function that gives the related rows: then there are no pairs.
    """

    name: str
    target: str
    cardinality: Cardinality
    pairs: tuple[tuple[str, str], ...]
    constraint: str
    owning: bool = False
    optional: bool = True
    unique: bool = False
    junction: Junction | None = None
    expression: tuple[str, ...] = ()


class Argument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One argument of a function; a single one without a name (``""``) takes a request's whole body.

    ``type``, ``db_type``, ``element`` and ``values`` are as a `Field`'s. ``variadic``: the last one, an array whose
    elements may be given one by one. ``schema`` is the JSON Schema of a structured value (of Python's types).
    ``representation`` is how values of its domain are given; facades never get it.
    """

    name: str
    type: FieldType
    db_type: str
    element: FieldType | None = None
    required: bool = True
    variadic: bool = False
    nullable: bool = True
    values: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    comment: str | None = None
    representation: Representation | None = None


def covers(arguments: tuple[Argument, ...], names: frozenset[str]) -> bool:
    """True where ``names`` are all of some of ``arguments``, and none that is required is missing."""
    known = {argument.name for argument in arguments}
    required = {argument.name for argument in arguments if argument.required}
    return "" not in known and names <= known and required <= names


class RowFunction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a function of the database makes of one row: a ``field``, or a ``relation`` to rows of a resource.

    ``function`` is its exposed name, ``place`` its schema and name in the database. It is given only where it is named:
    no star and no list of fields has it. With ``arguments`` it takes more than the row: then it is called where these
    are said, and can only be read. ``session`` is the argument that no client gives, as a `Function` has it.
    ``comment`` is said of a relation.
    """

    function: str
    place: tuple[str, str] = ("", "")
    field: Field | None = None
    relation: Relation | None = None
    comment: str | None = None
    arguments: tuple[Argument, ...] = ()
    session: Argument | None = None

    @property
    def name(self) -> str:
        """The field's or relation's name."""
        made = self.field or self.relation
        return "" if made is None else made.name

    def takes(self, names: frozenset[str]) -> bool:
        """True where it can be called with just these arguments beside the row: it knows them all and misses none."""
        return covers(self.arguments, names)


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A table or view as it is exposed.

    ``name`` is unique in the catalog (a schema other than the first prefixes it: ``sales_orders``); ``schema`` and
    ``table`` are the database's own names. ``key`` names the primary key's fields, empty where there is none.
    ``rows``: about how many it had when the catalog was read, as a power of ten (a role's own limit, where that is
    less); it is no part of the catalog's version.
    ``inherited`` are relations that a view has from the tables behind it, and that lead to such a view;
    ``row_functions`` are what functions make of a row. ``ways``: how a role may ask for its rows, None where in every
    way (`enters`).
    """

    name: str
    schema: str
    table: str
    kind: ResourceKind
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    uniques: tuple[Unique, ...] = ()
    relations: tuple[Relation, ...] = ()
    inherited: tuple[Relation, ...] = ()
    row_functions: tuple[RowFunction, ...] = ()
    comment: str | None = None
    insertable: bool = False
    updatable: bool = False
    deletable: bool = False
    aggregates: bool = True
    rows: int | None = None
    ways: tuple[Way, ...] | None = None

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by name, those that functions make of a row alone too."""
        made = (one.field for one in self.row_functions if one.field is not None and not one.arguments)
        return {field.name: field for field in (*made, *self.fields)}

    def enters(self, *ways: Way) -> bool:
        """True where rows may be asked for in one of these ways; relations lead here whatever they are."""
        return self.ways is None or not set(ways).isdisjoint(self.ways)

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields that are columns of the table itself."""
        return tuple(field for field in self.fields if field.origin == "column")

    @cached_property
    def relations_by_name(self) -> dict[str, Relation]:
        """Relations by name."""
        return {relation.name: relation for relation in self.relations}

    @cached_property
    def row_relations(self) -> dict[str, Relation]:
        """The relations that functions make of a row alone, by name."""
        made = (one.relation for one in self.row_functions if not one.arguments)
        return {relation.name: relation for relation in made if relation is not None}

    @cached_property
    def row_calls(self) -> dict[str, RowFunction]:
        """The functions that get more than the row, be it the session alone, by their fields' and relations' names."""
        return {one.name: one for one in self.row_functions if one.arguments or one.session is not None}


class Returns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a function gives: a scalar, rows (one, or ``many``), or nothing.

    Scalars have ``type``, ``db_type``, ``element`` and ``values`` as a `Field` has them, or a JSON ``schema``. Rows are
    those of the ``resource`` (its exposed name; its relations can be embedded), else they have the ``fields``.
    ``media`` is the media type that a scalar is a document of: PostgreSQL says so by a domain of that name.
    """

    kind: Literal["scalar", "rows", "void"]
    many: bool = False
    type: FieldType = "other"
    db_type: str = ""
    element: FieldType | None = None
    values: tuple[str, ...] = ()
    resource: str | None = None
    fields: tuple[Field, ...] = ()
    schema: dict[str, Any] | None = None
    media: str | None = None


class Handler(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An aggregate of the database that writes rows in a ``media`` type of its own (``*/*``: in any), in one value.

    ``name`` is its exposed name, ``schema`` and ``function`` are the database's own. It takes whole rows of the
    ``resource``, or (None) any rows as they were selected; ``type`` is what it gives. ``features``: it is no aggregate,
    but PostGIS's function that makes a GeoJSON feature of a row.
    """

    name: str
    schema: str
    function: str
    media: str
    type: FieldType
    resource: str | None = None
    features: bool = False


class Function(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A function that can be called; overloads are several of one ``name``, told apart by their arguments.

    ``name`` is the exposed name (a schema other than the first prefixes it), ``schema`` and ``function`` are the
    source's own names. What is not ``volatile`` reads only. ``session`` is the argument that no client gives: it gets
    the caller's session variables, as JSON. ``settings`` are those of the transaction that it is called in
    (`SET` of a function of the database); facades never get them.
    """

    name: str
    schema: str
    function: str
    arguments: tuple[Argument, ...] = ()
    returns: Returns
    volatility: Volatility = "volatile"
    source: FunctionSource = "database"
    comment: str | None = None
    session: Argument | None = None
    settings: dict[str, str] = {}

    @property
    def reads_only(self) -> bool:
        """True where it promises to change nothing."""
        return self.volatility != "volatile"

    @property
    def whole_body(self) -> Argument | None:
        """The single argument without a name, where there is one: it takes a request's whole body."""
        return self.arguments[0] if len(self.arguments) == 1 and not self.arguments[0].name else None

    @property
    def body_form(self) -> Literal["json", "text", "xml", "bytes"] | None:
        """In which form it takes a whole body; None where it does not."""
        only = self.whole_body
        return None if only is None else _BODY_FORMS.get(only.db_type)

    def takes(self, names: frozenset[str]) -> bool:
        """True where it can be called with just these arguments: it knows them all and misses none."""
        return covers(self.arguments, names)


class Writable(msgspec.Struct, frozen=True, kw_only=True):
    """Which fields a role may give when it creates and updates a resource.

    ``presets``: whatever it gives, an update of the role's sets fields of the policy's.
    """

    create: frozenset[str] | None = None
    update: frozenset[str] | None = None
    presets: bool = False


class Catalog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """All resources and functions, in a stable order; ``version`` changes whenever an answer could.

    Limited to a role (``role`` set), a resource's ``insertable`` and so on say what the role may do, its fields what
    the role may see, and ``writable`` by resource name what it may give. A resource that a role can only write has
    no fields in ``fields`` but those in ``writable`` stand in ``hidden``. ``bounds`` are those of its documents,
    ``graphql`` are names that the configuration gives for these. ``handlers`` write rows in media types of their own.
    ``enums`` are the rows of enum tables by resource name, those of which the role sees nothing but fields that refer
    to them included.
    """

    engine: Engine
    version: str
    schemas: tuple[str, ...]
    resources: tuple[Resource, ...]
    functions: tuple[Function, ...] = ()
    role: str | None = None
    writable: dict[str, Writable] = {}
    hidden: dict[str, tuple[Field, ...]] = {}
    bounds: Bounds | None = None
    graphql: GraphqlNaming | None = None
    enums: dict[str, tuple[EnumValue, ...]] = {}
    handlers: tuple[Handler, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Resource]:
        """Resources by exposed name."""
        return {resource.name: resource for resource in self.resources}

    @cached_property
    def by_table(self) -> dict[tuple[str, str], Resource]:
        """Resources by database schema and table name."""
        return {(resource.schema, resource.table): resource for resource in self.resources}

    @cached_property
    def callable_names(self) -> frozenset[str]:
        """The exposed names of all functions, those that are only called for rows too."""
        of_rows = (one.function for resource in self.resources for one in resource.row_functions)
        handlers = (one.name for one in self.handlers if not one.features)
        return frozenset((*of_rows, *handlers, *(function.name for function in self.functions)))

    @cached_property
    def functions_by_name(self) -> dict[str, tuple[Function, ...]]:
        """Functions by exposed name: all overloads of each, in the catalog's order."""
        found: dict[str, tuple[Function, ...]] = {}
        for function in self.functions:
            found[function.name] = (*found.get(function.name, ()), function)
        return found

    def handler(self, media: str, resource: str | None) -> Handler | None:
        """What writes rows in a media type: of this resource, else of any; None where nothing does.

        One for the resource and any type goes before all others, as PostgREST has it.
        """
        found = self._handlers
        own = None if resource is None else found.get((ANY_MEDIA, resource)) or found.get((media, resource))
        return own or found.get((media, None))

    @cached_property
    def handled(self) -> frozenset[str]:
        """The media types that handlers write."""
        return frozenset(one.media for one in self.handlers)

    @cached_property
    def _handlers(self) -> dict[tuple[str, str | None], Handler]:
        return {(one.media, one.resource): one for one in reversed(self.handlers)}

    @cached_property
    def calls(self) -> dict[str, Function]:
        """Functions by a name of their own, for protocols that know no overloads.

        One of several has its arguments in its name (``add_by_a_b``, ``add`` where there are none); those that not
        even their arguments' names tell apart are left out: nobody could say which one is meant.
        """
        found: dict[str, Function] = {}
        for name, overloads in self.functions_by_name.items():
            signatures = [tuple(argument.name for argument in function.arguments) for function in overloads]
            for function, signature in zip(overloads, signatures, strict=True):
                if signatures.count(signature) == 1:
                    parts = [part or WHOLE_BODY for part in signature] if len(overloads) > 1 else []
                    found[f"{name}_by_{'_'.join(parts)}" if parts else name] = function
        return found


encode = msgspec.json.Encoder(order="deterministic").encode
_decoder = msgspec.json.Decoder(Catalog)


def decode(text: bytes) -> Catalog:
    """The catalog in a JSON text. Raises `msgspec.ValidationError` where it is none."""
    return _decoder.decode(text)
