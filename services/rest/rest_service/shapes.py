"""Requests that differ in literals only share one translation.

The shape of a request (`query_shape`, and the headers that matter) is translated once, with a mark in the place of each
literal: where the marks come out among the operation's values, the literals of every request of that shape belong.
What can't be told apart safely is translated as a whole each time.
"""

from secrets import randbelow, token_hex
from typing import NamedTuple
from urllib.parse import quote

from chassis.bounded import Bounded
from contracts.operations import Operation, Value
from contracts.problems import Problem

from rest_service.page import Page, parse_page
from rest_service.payload import Payload, parse_payload
from rest_service.query_shape import HOLE, QueryShape, cut
from rest_service.request import (
    KINDS,
    Asked,
    Headers,
    Incoming,
    Wish,
    canonical,
    parse_query,
    profile_header,
    translate,
)

_SHAPES = 4096  # that are kept
_LONGEST = 4096  # characters of a shape that is kept
# nothing that a client writes can be one of these by intent
_MARK = token_hex(16)
_NUMBER = 10**18 + randbelow(10**18)
Key = tuple[str | bool | tuple[str, ...] | None, ...]


class _Piece(NamedTuple):
    """A parameter of a canonical query string: its fixed part, encoded, and the literal that follows (None: none)."""

    fixed: str
    literal: int | None


class _Template(NamedTuple):
    """What all requests of a shape have in common.

    ``sources`` says for each of the operation's values which one it is of: the literals, then the page's limit and
    offset, then what the body gives, then ``constants``; None: they are the literals. ``query`` None: the order of the
    parameters depends on values.
    """

    operation: Operation
    wish: Wish
    sources: tuple[int, ...] | None
    constants: tuple[Value, ...]
    query: tuple[_Piece, ...] | None


class _Plain:
    """Says of a shape that its literals can't be told apart."""


_PLAIN = _Plain()
_NO_PAGE = Page()


class Shapes:
    """The translations that were made before, by shape: the least recently used go first."""

    def __init__(self) -> None:
        self._templates: Bounded[Key, _Template | _Plain] = Bounded(_SHAPES, "rest_shapes")

    def __len__(self) -> int:
        return len(self._templates)

    def translate(self, incoming: Incoming) -> Asked:
        """What `request.translate` gives; the operation of a shape that came before is the same object."""
        try:
            found = self._translate(incoming)
        except Problem:  # of several faults the plain way knows which one comes first
            found = None
        return translate(incoming) if found is None else found

    def _translate(self, incoming: Incoming) -> Asked | None:
        method, resource, query, headers, body, profile, *_ = incoming
        kind = KINDS[method]
        if kind == "put":
            return None  # its address must agree with its body
        reads = kind == "read"
        shape = cut(query, paged=reads)
        if shape is None:
            return None
        own = incoming.media
        accept = headers.get("Accept") if own is None else f"{own.type} {own.handler}"
        prefer = headers.get("Prefer")
        schema = profile if headers.get(profile_header(method)) else None
        payload = None
        if reads:
            page = _page(shape, headers.get("Range") if method == "GET" else None)
            key: Key = (
                method, resource, shape.text, accept, prefer, profile, schema, page.limit is None, page.offset is None,
            )  # fmt: skip
        else:
            page = _NO_PAGE
            if kind != "delete":
                if "columns=" in query:
                    return None
                payload = parse_payload(headers.get("Content-Type"), body, None)
                if kind == "update" and (len(payload.rows) != 1 or not payload.columns):
                    return None  # the number of rows would be part of the shape
            columns = None if payload is None else payload.columns
            key = (method, resource, shape.text, accept, prefer, profile, schema, columns)
        template = self._templates.get(key)
        if template is None:
            if _size(key) > _LONGEST:
                return None
            template = _learn(incoming, shape.text, page, payload)
            self._templates.put(key, template)
        if isinstance(template, _Plain):
            return None
        return _asked(template, query, shape, page, payload)


def _size(key: Key) -> int:
    texts = (part if isinstance(part, tuple) else (part,) for part in key)
    return sum(len(text) for group in texts for text in group if isinstance(text, str))


def _page(shape: QueryShape, span: str | None) -> Page:
    """The root's page, as `parse_page` gives it."""
    limit, offset = shape.limit, shape.offset
    if span is None and offset is None:
        if limit is None:
            return _NO_PAGE
        if limit.isdigit() and limit.isascii() and len(limit) < 19:
            return Page(None, int(limit))
    return parse_page(limit, offset, span)


def _asked(template: _Template, query: str, shape: QueryShape, page: Page, payload: Payload | None) -> Asked:
    """A request of a shape that is known."""
    operation, wish, sources, constants, pieces = template
    literals = shape.literals
    if wish.kind == "read":
        texts = shape.texts
        if pieces is None:
            written = canonical(parse_query(query))
        else:
            written = "&".join([fixed if n is None else fixed + _encoded(texts[n]) for fixed, n in pieces])
        wish = wish.on(page, written)
    if sources is None:
        return Asked(operation, literals, wish)
    if payload is None:
        given = (*literals, page.limit, page.offset, *constants)
    elif wish.kind == "create":
        given = (*literals, payload.rows, *constants)
    else:
        given = (*literals, *payload.rows[0].values(), *constants)
    return Asked(operation, [given[n] for n in sources], wish)


def _encoded(text: str) -> str:
    """A text percent-encoded, as it mostly is already."""
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


# --- a shape that is new -------------------------------------------------------------------------------------------


def _learn(incoming: Incoming, text: str, page: Page, payload: Payload | None) -> _Template | _Plain:
    """The template of a shape: what a request of marks becomes."""
    parts = text.split("&") if text else []
    marks: list[Value] = []
    marked: list[str] = []
    reads = KINDS[incoming.method] == "read"
    for part in parts:
        if not part.endswith(HOLE):
            marked.append(part)
            continue
        mark = _mark(part, len(marks), root=reads)
        marks.append(mark)
        if mark is not None:
            marked.append(part[:-1] + _written(mark))
    count = len(marks)
    if payload is None:
        for name, number in (("limit", page.limit), ("offset", page.offset)):
            marks.append(None if number is None else _NUMBER + len(marks))
            if number is not None:
                marked.append(f"{name}={marks[-1]}")
    else:
        payload = _marked_payload(incoming.method, payload, marks)
    request = incoming._replace(query="&".join(marked), headers=_without_range(incoming), payload=payload)
    try:
        operation, values, wish = translate(request)
    except Problem:  # perhaps because of a mark: what a request with literals becomes is its own affair
        return _PLAIN
    sources: list[int] = []
    constants: list[Value] = []
    for value in values:
        at = next((n for n, mark in enumerate(marks) if mark is not None and mark == value), None)
        if at is None:  # it stands in the shape's text
            at = len(marks) + len(constants)
            constants.append(value)
        sources.append(at)
    if any(mark is not None and sources.count(n) != 1 for n, mark in enumerate(marks)):
        return _PLAIN
    same = sources == list(range(count))
    return _Template(
        operation, wish, None if same else tuple(sources), tuple(constants), _pieces(parts) if reads else ()
    )


def _mark(part: str, number: int, *, root: bool) -> Value:
    """The value that stands for the literal of this number, None for the root's limit and offset."""
    key, _, rest = part.partition("=")
    if rest == HOLE:
        return None if root and key in ("limit", "offset") else _NUMBER + number
    mark = f"{_MARK}{number:04}"
    return [mark] if rest.removeprefix("not.").startswith("in.") else mark


def _written(mark: Value) -> str:
    return f"({mark[0]})" if isinstance(mark, list) else str(mark)


def _marked_payload(method: str, payload: Payload, marks: list[Value]) -> Payload:
    """The body whose values are marks, which are added to ``marks``."""
    if KINDS[method] == "create":
        marks.append([{_MARK: "rows"}])
        return Payload(payload.columns, marks[-1])
    row = {column: f"{_MARK}{len(marks) + n:04}" for n, column in enumerate(payload.columns)}
    marks.extend(row.values())
    return Payload(payload.columns, [row])


def _without_range(incoming: Incoming) -> Headers:
    return {name: incoming.headers.get(name) for name in ("Accept", "Prefer", profile_header(incoming.method))}


def _pieces(parts: list[str]) -> tuple[_Piece, ...] | None:
    """The canonical query string's parameters in their order."""
    found: dict[str, _Piece] = {}
    holes = 0
    for part in parts:
        ((key, value),) = parse_query(part)
        if key in found:
            return None
        if part.endswith(HOLE):
            found[key] = _Piece(canonical([(key, value[:-1])]), holes)
            holes += 1
        else:
            found[key] = _Piece(canonical([(key, value)]), None)
    return tuple(found[key] for key in sorted(found))
