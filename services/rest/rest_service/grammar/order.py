"""The ``order`` parameter; beside PostgREST's terms also aggregates of the groups (``total.sum().desc``)."""

import re
from typing import Literal, cast

from contracts.filters import AggregateFunction, FieldRef, RelationRef
from contracts.operations import Sort
from contracts.problems import Problem

from rest_service.grammar import names
from rest_service.grammar.scanner import Scanner

_DIRECTION = re.compile(r"\.(asc|desc)")
_AGGREGATE = re.compile(r"\.(sum|avg|count|max|min)\(\)")
_NULLS = re.compile(r"\.nulls(first|last)")


def parse_order(text: str) -> tuple[Sort, ...]:
    """The terms of an order; ``via`` holds the embed's name as it was written. Raises `Problem` PGRST100."""
    scanner = Scanner(text, "order")
    scanner.skip_spaces()
    if scanner.done:
        return ()
    terms = [_term(scanner)]
    while scanner.take(","):
        terms.append(_term(scanner))
    scanner.expect_end()
    return tuple(terms)


def _term(scanner: Scanner) -> Sort:
    name = names.name(scanner)
    via: tuple[RelationRef, ...] = ()
    field: FieldRef | None = None
    aggregate: AggregateFunction | None = None
    if name == "count" and scanner.take("()"):
        aggregate = "count"
    elif scanner.take("("):
        via = (RelationRef(name),)
        field = names.field(scanner)
        scanner.expect(")")
    else:
        field = names.field_of(name, scanner)
        found = scanner.match(_AGGREGATE)
        aggregate = cast("AggregateFunction", found[1]) if found else None
    direction = scanner.match(_DIRECTION)
    nulls = scanner.match(_NULLS)
    scanner.skip_spaces()
    if not (scanner.done or scanner.at(",")):
        raise _fault(scanner, directed=direction is not None, placed=nulls is not None)
    return Sort(
        field,
        descending=direction is not None and direction[1] == "desc",
        nulls=cast("Literal['first', 'last']", nulls[1]) if nulls else None,
        via=via,
        aggregate=aggregate,
    )


def _fault(scanner: Scanner, *, directed: bool, placed: bool) -> Problem:
    """The problem of what follows a term: after its direction, and after where its nulls are."""
    ends = '"," or end of input'
    if placed or not scanner.take("."):
        return scanner.fault(ends if placed else f"delimiter (.), {ends}")
    nulls = '"nullsfirst" or "nullslast"'
    return scanner.fault(nulls if directed else f'"asc", "desc", {nulls}')
