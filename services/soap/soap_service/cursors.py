"""Cursors: where a page ended, so that the next one begins right after it, whatever was added or removed before it.

A cursor holds the last row's values of the order, the key's among them: fields that its client may read anyway. Rows
after it are found by a filter, so that no page costs more than the first.
"""

import base64
import binascii
import hashlib
from decimal import Decimal
from typing import Any

import msgspec
from contracts.filters import And, Compare, FieldRef, Filter, Is, Or, Param
from contracts.operations import FieldOutput, Output, Sort
from contracts.problems import Problem

from soap_service.call import Order
from soap_service.filters import Values, all_of
from soap_service.resource_type import ResourceType

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(tuple[str, list[Any]], float_hook=Decimal).decode
_LONGEST = 8192  # characters


def whole_order(type: ResourceType, sort: tuple[Sort, ...]) -> tuple[Sort, ...]:
    """The order with the key after it, so that no two rows are alike in it. Raises `Problem` PGRST102."""
    if not type.key:
        raise Problem("PGRST102", f"{type.resource.name} has no key, and so no cursors")
    if any(term.via for term in sort):
        raise Problem("PGRST102", "A cursor goes with an order by fields of the rows themselves")
    named = {term.field.name for term in sort if term.field is not None}
    return (*sort, *(Sort(FieldRef(part.field.name)) for part in type.key if part.field.name not in named))


def order_of(type: ResourceType, sort: tuple[Sort, ...]) -> tuple[Order, tuple[Output, ...]]:
    """What a cursor needs of a whole order, and the outputs that its values come in."""
    terms = [(term.field.name, term.descending, term.nulls) for term in sort if term.field is not None]
    mark = hashlib.sha256(_encode([type.resource.name, terms])).hexdigest()[:8]
    keys = tuple(f".{index}" for index in range(len(terms)))  # no element has such a name
    return Order(mark, keys), tuple(FieldOutput(key, FieldRef(term[0])) for key, term in zip(keys, terms, strict=True))


def write(order: Order, values: list[Any]) -> str:
    """The cursor after a row that has these values."""
    return base64.urlsafe_b64encode(_encode((order.mark, values))).decode("ascii").rstrip("=")


def read(text: str, order: Order) -> list[Any]:
    """The values in a cursor. Raises `Problem` PGRST102 where it is none, or one of another order."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        mark, values = _decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        raise Problem("PGRST102", "The cursor is none of ours", hint="Send a nextCursor as it came") from None
    if mark != order.mark or len(values) != len(order.keys) or len(text) > _LONGEST:
        raise Problem("PGRST102", "The cursor belongs to another order", hint="orderBy must stay the same")
    return values


def after(type: ResourceType, sort: tuple[Sort, ...], found: list[Any], values: Values) -> Filter:
    """The filter of the rows that come after one with these values in a whole order."""
    nullable = {element.field.name: element.field.nullable for element in type.fields}
    params = [None if value is None else values.add(value) for value in found]
    choices: list[Filter] = []
    same: list[Filter] = []
    for term, param in zip(sort, params, strict=True):
        assert term.field is not None
        beyond = _beyond(term, term.field, param, nullable=nullable.get(term.field.name, True))
        if beyond is not None:
            choices.append(all_of([*same, beyond]))
        same.append(Is(term.field, "null") if param is None else Compare(term.field, "eq", param))
    return choices[0] if len(choices) == 1 else Or(tuple(choices))


def _beyond(term: Sort, field: FieldRef, param: Param | None, *, nullable: bool) -> Filter | None:
    """What comes after a value in one term's order; None where nothing does."""
    nulls = term.nulls or ("first" if term.descending else "last")
    if param is None:
        return Is(field, "not_null") if nulls == "first" else None
    further = Compare(field, "lt" if term.descending else "gt", param)
    return Or((further, Is(field, "null"))) if nullable and nulls == "last" else further


def joined(filter: Filter | None, more: Filter) -> Filter:
    """Both filters."""
    return more if filter is None else And((filter, more))
