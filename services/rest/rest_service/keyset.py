"""Pages by keys: where ``Prefer: pages=keyset`` asks for it, an answer links to the rows after its last one.

An extension that touches no request of PostgREST's: the link holds ``after=.…``, which can't be a filter there. What
follows a row is asked for as any client could: by an order that ends with the key, and a filter on its columns.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from contracts.catalog import Resource
from contracts.fields import FieldType
from contracts.filters import FieldRef
from contracts.operations import FieldOutput, Sort, Star
from contracts.problems import Problem

from rest_service.grammar import names
from rest_service.grammar.order import parse_order
from rest_service.grammar.select import parse_select
from rest_service.request import Incoming, Pairs, canonical, first_of, parse_query

_AFTER, _SIGN = "after", "."  # no value of a filter begins with a point
CURSOR = f"{_AFTER}={_SIGN}"  # in the query string of a page that is not the first
_UNFIT: frozenset[FieldType] = frozenset({"json", "array", "range", "bytes", "other"})
_exact: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)


class Keyset(NamedTuple):
    """A read by pages: its parameters without the cursor, and the response keys of what it is ordered by."""

    address: str
    pairs: Pairs
    keys: tuple[str, ...]


def begun(request: Incoming, resource: Resource) -> tuple[Incoming, Keyset]:
    """The request as any client could have made it, and what the link is made of. Raises `Problem` PGRST100."""
    pairs = parse_query(request.query)
    cursor = next((value for name, value in pairs if name == _AFTER and value.startswith(_SIGN)), None)
    pairs = [(name, value) for name, value in pairs if not (name == _AFTER and value.startswith(_SIGN))]
    limit = first_of(pairs, "limit")
    if limit is None or not limit.isdecimal() or int(limit) < 1 or first_of(pairs, "offset") is not None:
        raise _refusal("pages by keys need a limit, and have no offset")
    terms = _terms(pairs, resource)
    order = ",".join(_written(term) for term in terms)
    pairs = [(name, value) for name, value in pairs if name != "order"] + [("order", order)]
    keyset = Keyset(f"/{quote(request.resource, safe='')}", pairs, _keys(pairs, terms))
    asked = pairs if cursor is None else [*pairs, ("or", _rows_after(terms, _values(cursor, len(terms))))]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in asked)
    return request._replace(query=query), keyset


def link(keyset: Keyset, body: bytes) -> str | None:
    """The address of the rows after those of an answer, None where it has none.

    A page may be shorter than its limit although more follow, for the server has limits of its own.
    """
    rows = _exact.decode(body)
    if not isinstance(rows, list) or not rows:
        return None
    values = msgspec.json.encode([_text(rows[-1][key]) for key in keyset.keys])
    cursor = _SIGN + urlsafe_b64encode(values).decode().rstrip("=")
    return f"{keyset.address}?{canonical([*keyset.pairs, (_AFTER, cursor)])}"


def _terms(pairs: Pairs, resource: Resource) -> list[Sort]:
    """The order that was asked for, and the key after it. Raises `Problem` PGRST100."""
    terms = list(parse_order(first_of(pairs, "order") or ""))
    for term in terms:
        field = resource.by_name.get(term.field.name) if term.field is not None else None
        if term.via or term.aggregate or term.field is None or term.field.path:
            raise _refusal("pages by keys are ordered by columns of the rows themselves")
        if field is not None and field.type in _UNFIT:
            raise _refusal(f"pages can't be ordered by {field.name}, a value of type {field.db_type}")
    if not resource.key:
        raise _refusal(f"{resource.name} has no key by which its pages could be told apart")
    ordered = {term.field.name for term in terms if term.field is not None}
    return terms + [Sort(FieldRef(name)) for name in resource.key if name not in ordered]


def _keys(pairs: Pairs, terms: list[Sort]) -> tuple[str, ...]:
    """The response keys of the order's columns. Raises `Problem` PGRST100 where one is not selected."""
    select = first_of(pairs, "select")
    items = parse_select("*" if select is None else select)
    plain = {item.field: item.key for item in items if isinstance(item, FieldOutput) and item.cast is None}
    every = any(isinstance(item, Star) for item in items)
    keys = []
    for term in terms:
        if term.field is None or (term.field not in plain and not every):
            named = term.field.name if term.field is not None else ""
            raise _refusal(f"pages by keys need {named} among the selected columns")
        keys.append(plain.get(term.field, term.field.name))
    return tuple(keys)


def _name(term: Sort) -> str:
    return names.quote(term.field.name) if term.field is not None else ""


def _nulls_last(term: Sort) -> bool:
    return term.nulls == "last" if term.nulls else not term.descending


def _written(term: Sort) -> str:
    nulls = f".nulls{term.nulls}" if term.nulls else ""
    return f"{_name(term)}.{'desc' if term.descending else 'asc'}{nulls}"


def _rows_after(terms: list[Sort], values: list[str | None]) -> str:
    """The condition on rows that come after the one with these values, as the parameter ``or`` has it."""
    ways = []
    same: list[str] = []
    for term, value in zip(terms, values, strict=True):
        if (beyond := _beyond(term, value)) is not None:
            ways.append(f"and({','.join([*same, beyond])})")
        same.append(f"{_name(term)}.is.null" if value is None else f"{_name(term)}.eq.{_quoted(value)}")
    return f"({','.join(ways)})"


def _beyond(term: Sort, value: str | None) -> str | None:
    """The condition that a column comes after a value, None where nothing does."""
    name = _name(term)
    if value is None:
        return None if _nulls_last(term) else f"{name}.not.is.null"
    sign = "lt" if term.descending else "gt"
    beyond = f"{name}.{sign}.{_quoted(value)}"
    return f"or({beyond},{name}.is.null)" if _nulls_last(term) else beyond


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _values(cursor: str, count: int) -> list[str | None]:
    """The values in a cursor. Raises `Problem` PGRST100 where it is none of this order."""
    text = cursor.removeprefix(_SIGN)
    try:
        found = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=list[str | None])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        found = []
    if len(found) != count:
        raise _refusal("the cursor is none of this order")
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _refusal(why: str) -> Problem:
    return Problem(
        "PGRST100", why, hint="Prefer: pages=keyset asks for pages that are linked by the values of their rows"
    )
