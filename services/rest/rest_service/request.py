"""A request in PostgREST's dialect becomes an operation, its values, and the wish that shapes the answer."""

from typing import Literal, NamedTuple, Protocol, cast
from urllib.parse import quote, unquote_plus

import msgspec
from contracts.filters import Not, Or, Param
from contracts.operations import (
    Aggregate,
    Assign,
    Conflict,
    Count,
    Create,
    Delete,
    FieldOutput,
    Node,
    Operation,
    Read,
    Shape,
    Update,
    Value,
)
from contracts.problems import Problem

from rest_service import media, preferences, tree
from rest_service.grammar import names
from rest_service.grammar.filters import Literals, parse_filter, parse_having
from rest_service.grammar.keys import TOP_LEVEL, parse_key
from rest_service.grammar.logic import parse_logic
from rest_service.grammar.order import parse_order
from rest_service.grammar.select import parse_select
from rest_service.media import Media
from rest_service.page import Page, parse_page
from rest_service.payload import Payload, parse_payload
from rest_service.preferences import Preferences
from rest_service.tree import Branch
from rest_service.upserts import conflict_of, refuse_another_row, refuse_other_filters

Kind = Literal["read", "create", "update", "put", "delete", "call"]
KINDS: dict[str, Kind] = {
    "GET": "read", "HEAD": "read", "POST": "create", "PATCH": "update", "PUT": "put", "DELETE": "delete",
}  # fmt: skip
Pairs = list[tuple[str, str]]


class Headers(Protocol):
    """A request's headers, by names in any case."""

    def get(self, name: str, /) -> str | None:
        """The header's value, or None."""
        ...


class Incoming(NamedTuple):
    """What matters of an HTTP request: ``resource`` is decoded, ``query`` is the raw query string.

    ``profile`` is the schema that its headers chose, where there is a choice; ``key`` is the resource's primary key,
    which only PUT needs; ``payload`` is what the body holds, where that was read already. ``media`` is the format that
    was chosen for it, where the database writes it itself.
    """

    method: str
    resource: str
    query: str
    headers: Headers
    body: bytes = b""
    profile: str | None = None
    key: tuple[str, ...] = ()
    payload: Payload | None = None
    media: Media | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How the client wants its answer.

    ``address`` is the resource as it stands in addresses, ``applied`` the ``Preference-Applied`` header without and
    with a conflict rule that took effect. ``profile`` is the schema that answers, ``schema`` the one that was asked for
    expressly; ``columns`` are the response keys where they are known beforehand; ``query`` is the canonical query
    string; ``body`` False where no body is to be sent; ``void``: the function that is called gives nothing;
    ``values``: it gives one value, or many, that are no rows; ``streams``: it gives rows that can be had one after the
    other. ``pages``: by keys (`rest_service.keyset`).
    """

    kind: Kind
    resource: str
    media: Media
    preferences: Preferences
    address: str = ""
    applied: tuple[str | None, str | None] = (None, None)
    page: Page = Page()
    profile: str | None = None
    schema: str | None = None
    query: str = ""
    columns: tuple[str, ...] = ()
    body: bool = True
    void: bool = False
    values: Literal["one", "many"] | None = None
    streams: bool = False
    pages: bool = False

    def on(self, page: Page, query: str) -> "Wish":
        """The same wish for another page, told by another query string."""
        return Wish(
            kind=self.kind,
            resource=self.resource,
            media=self.media,
            preferences=self.preferences,
            address=self.address,
            applied=self.applied,
            page=page,
            profile=self.profile,
            schema=self.schema,
            query=query,
            columns=self.columns,
            body=self.body,
            pages=self.pages,
        )


class Asked(NamedTuple):
    """An operation with its values, and the wish for its answer."""

    operation: Operation
    values: list[Value]
    wish: Wish


class _Shape(NamedTuple):
    """The tree that the query string described, and the root's page."""

    root: Branch
    page: Page


def translate(incoming: Incoming) -> Asked:
    """The operation that a request asks for, by a method of `KINDS`. Raises `Problem` PGRST1xx."""
    kind = KINDS[incoming.method]
    wanted = preferences.parse([incoming.headers.get("Prefer") or ""])
    wish = Wish(
        kind=kind,
        resource=incoming.resource,
        media=incoming.media or media.choose(incoming.headers.get("Accept")),
        preferences=wanted,
        address=f"/{quote(incoming.resource, safe='')}",
        applied=(wanted.applied(kind, resolved=False), wanted.applied(kind)),
        profile=incoming.profile,
        schema=incoming.profile if incoming.headers.get(profile_header(incoming.method)) else None,
        pages=kind == "read" and wanted.get("pages") is not None,
    )
    pairs = parse_query(incoming.query)
    literals = Literals()
    shape = _shape(incoming, pairs, literals)
    if kind == "read":
        return _read(incoming, wish, pairs, shape, literals)
    return _write(incoming, wish, pairs, shape, literals)


def profile_header(method: str) -> str:
    """The name of the header that chooses a schema (rest.md §7)."""
    return "Accept-Profile" if method in ("GET", "HEAD", "OPTIONS") else "Content-Profile"


def parse_query(query: str) -> Pairs:
    """The decoded pairs of a query string; parts without ``=`` are ignored."""
    parts = (part.partition("=") for part in query.split("&"))
    return [(unquote_plus(key), unquote_plus(value)) for key, found, value in parts if found]


def canonical(pairs: Pairs) -> str:
    """The query string with its parameters in order, encoded in one way."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in sorted(pairs))


def first_of(pairs: Pairs, key: str) -> str | None:
    """The first value of a parameter, None where it was not given."""
    return next((value for name, value in pairs if name == key), None)


# --- the query string ----------------------------------------------------------------------------------------------


def _shape(incoming: Incoming, pairs: Pairs, literals: Literals) -> _Shape:
    select = first_of(pairs, "select")
    root = tree.grow(parse_select("*" if select is None else select))
    for name, text in pairs:
        if name not in TOP_LEVEL:
            attach(root, name, text, literals)
    for branch in tree.embeds(root):
        set_page(branch, parse_page(branch.span.get("limit"), branch.span.get("offset")), literals)
    return _Shape(root, _root_page(incoming, root, literals))


def attach(root: Branch, name: str, text: str, literals: Literals) -> None:
    """Give one parameter to the branch that it is for."""
    key = parse_key(name)
    branch = tree.find(root, key.path)
    if key.function is not None:
        rows = tree.within(branch, key.field.name) if key.function == "count" and key.field else None
        found = parse_having(key.function, None if rows else key.field, text, literals)
        (rows or branch).having.append(found)
    elif key.field is not None:
        branch.filters.append(parse_filter(key.field, text, literals))
    elif key.role in ("and", "or"):
        logic = parse_logic(key.role, text, literals)
        branch.filters.append(Not(logic) if key.negated else logic)
    elif key.role == "order":
        branch.sort.extend(parse_order(text))
    else:
        branch.span[key.role] = text


def _root_page(incoming: Incoming, root: Branch, literals: Literals) -> Page:
    """The root's page; a write has none, and the ``Range`` header counts with GET only."""
    if KINDS[incoming.method] != "read":
        return Page()
    span = incoming.headers.get("Range") if incoming.method == "GET" else None
    page = parse_page(root.span.get("limit"), root.span.get("offset"), span)
    set_page(root, page, literals)
    return page


def set_page(branch: Branch, page: Page, literals: Literals) -> None:
    """Give a branch its limit and offset."""
    branch.limit = None if page.limit is None else literals.add(page.limit)
    branch.offset = None if page.offset is None else literals.add(page.offset)


# --- operations ----------------------------------------------------------------------------------------------------


def _read(incoming: Incoming, wish: Wish, pairs: Pairs, shape: _Shape, literals: Literals) -> Asked:
    count = count_of(wish)
    head = incoming.method == "HEAD"
    wanted: Shape = "one" if wish.media.single else "none" if head else "many"
    node = handled(tree.build(shape.root, wanted), wish.media)
    wish = msgspec.structs.replace(
        wish, page=shape.page, query=canonical(pairs), columns=columns_of(shape.root), body=not head
    )
    return Asked(Read(wish.resource, node, wish.schema, count), literals.values, wish)


def _write(incoming: Incoming, wish: Wish, pairs: Pairs, shape: _Shape, literals: Literals) -> Asked:
    wish = msgspec.structs.replace(
        wish, columns=columns_of(shape.root), body=wish.preferences.get("return") == "representation"
    )
    back = _returning(wish, shape.root)
    if wish.kind == "delete":
        delete = Delete(
            wish.resource, tree.restriction(shape.root), wish.schema, _at_most(wish, literals), back, count_of(wish)
        )
        return Asked(delete, literals.values, wish)
    payload = incoming.payload
    if payload is None:
        columns = first_of(pairs, "columns")
        listed = names.names(columns, "columns parameter") if columns is not None else None
        payload = parse_payload(incoming.headers.get("Content-Type"), incoming.body, listed)
    if wish.kind == "update":
        return Asked(_update(wish, payload, shape.root, back, literals), literals.values, wish)
    if wish.kind == "put":
        # of several rows PostgREST puts the first, and its clients may rely on it
        payload = payload._replace(rows=payload.rows[:1])
        refuse_another_row(payload, refuse_other_filters(shape.root, incoming.key), literals.values)
        conflict: Conflict | None = Conflict(update=payload.columns)
    else:
        conflict = conflict_of(wish.preferences.get("resolution"), first_of(pairs, "on_conflict"), payload.columns)
    return Asked(_create(wish, payload, conflict, back, literals), literals.values, wish)


def _create(wish: Wish, payload: Payload, conflict: Conflict | None, back: Node, literals: Literals) -> Operation:
    return Create(
        wish.resource,
        payload.columns,
        literals.add(payload.rows),
        wish.schema,
        ragged=payload.ragged,
        missing=cast("Literal['default', 'null']", wish.preferences.get("missing") or "null"),
        conflict=conflict,
        returning=back,
        count=count_of(wish),
        tells_key=back.shape != "none" or wish.preferences.get("return") == "headers-only",
    )


def _update(wish: Wish, payload: Payload, root: Branch, back: Node, literals: Literals) -> Operation:
    if len(payload.rows) > 1:
        raise Problem("PGRST102", "Only one object can be given to update rows with")
    row = payload.rows[0] if payload.rows else {}
    if not row or not payload.columns:
        # nothing to set is no write at all: a read of no rows answers for it
        return Read(wish.resource, msgspec.structs.replace(back, filter=Or()), wish.schema)
    defaults = wish.preferences.get("missing") == "default"
    assigns = tuple(
        Assign(column, literals.add(row.get(column)), "default" if defaults and column not in row else "value")
        for column in payload.columns
    )
    return Update(
        wish.resource,
        assigns,
        tree.restriction(root),
        wish.schema,
        _at_most(wish, literals),
        back,
        count_of(wish),
    )


def _returning(wish: Wish, root: Branch) -> Node:
    if wish.body:
        return handled(tree.returning(root, "one" if wish.media.single else "many"), wish.media)
    tree.build(root)  # what is wrong with the query string is wrong even where nothing is read back
    return Node(outputs=(), shape="one") if wish.media.single else Node(shape="none")


def _at_most(wish: Wish, literals: Literals) -> Param | None:
    most = wish.preferences.max_affected
    return None if most is None else literals.add(most)


def handled(node: Node, wanted: Media) -> Node:
    """The node, whose rows the database writes itself where that is wanted, and there are any to write."""
    if wanted.handler is None or node.shape != "many":
        return node
    return msgspec.structs.replace(node, media=wanted.handler)


def count_of(wish: Wish) -> Count | None:
    """How the rows are to be counted."""
    return cast("Count | None", wish.preferences.get("count"))


def columns_of(root: Branch) -> tuple[str, ...]:
    """The response's keys, none where only data knows them (``*``, spreads)."""
    plain = [item for item in root.items if isinstance(item, FieldOutput | Aggregate)]
    return tuple(item.key for item in plain) if len(plain) == len(root.items) else ()
