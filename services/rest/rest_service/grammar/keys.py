"""The left side of a query parameter: which embed it is for, and what it says of it."""

import re
from typing import Literal, NamedTuple, cast

from contracts.filters import AggregateFunction, FieldRef

from rest_service.grammar import names
from rest_service.grammar.scanner import Scanner

TOP_LEVEL = ("select", "columns", "on_conflict")
Role = Literal["filter", "having", "order", "limit", "offset", "and", "or"]
_EMBEDDABLE: dict[str, Role] = {"order": "order", "limit": "limit", "offset": "offset", "and": "and", "or": "or"}
_AGGREGATE = re.compile(r"(?:(.*)\.)?(sum|avg|count|max|min)\(\)", re.DOTALL)
_NUMBERED = re.compile(r"(?:\[[0-9]+\])+\Z")
RESERVED = (*TOP_LEVEL, *_EMBEDDABLE)


class Key(NamedTuple):
    """A parsed key: the path of embeds, its role there, and for a filter the field.

    ``having`` (ours; PostgREST has no such key) is an aggregate of groups: ``total.sum()``, ``count()``. Of
    ``a.count()`` only the selection knows whether ``a`` is a field or an embed: here it is the field.
    """

    path: tuple[str, ...]
    role: Role
    field: FieldRef | None = None
    negated: bool = False
    function: AggregateFunction | None = None


def filter_key(field: str) -> str:
    """A field's name as the key of a filter: in quotes where the grammar would take it for something else."""
    return f'"{field}"' if field in RESERVED else names.quote(field)


def parse_key(text: str) -> Key:
    """The key of any parameter but those of the top level only. Raises `Problem` PGRST100."""
    aggregate = _AGGREGATE.fullmatch(text)
    if aggregate is not None:
        inner = Key((), "having") if aggregate[1] is None else _filter_key(aggregate[1])
        return Key(inner.path, "having", inner.field, function=cast("AggregateFunction", aggregate[2]))
    prefix, dot, last = text.rpartition(".")
    role = _EMBEDDABLE.get(last)
    if role is None:
        return _filter_key(text)
    negated = role in ("and", "or") and (prefix == "not" or prefix.endswith(".not"))
    if negated:
        prefix, dot, _ = prefix.rpartition(".")
    return Key(_path(prefix) if dot else (), role, negated=negated)


def _filter_key(text: str) -> Key:
    """The key of a filter; the place in a list that form encoders put behind a repeated key is passed over."""
    scanner = Scanner(text, "tree path")
    path: list[str] = []
    name = names.name(scanner)
    while scanner.take("."):
        path.append(name)
        name = names.name(scanner)
    field = names.field_of(name, scanner)
    scanner.match(_NUMBERED)  # title[0]=..&title[1]=..: how react-admin's provider asks for rows with both of two words
    scanner.expect_end()
    return Key(tuple(path), "filter", field)


def _path(text: str) -> tuple[str, ...]:
    scanner = Scanner(text, "tree path")
    path = [names.name(scanner)]
    while scanner.take("."):
        path.append(names.name(scanner))
    scanner.expect_end()
    return tuple(path)
