"""What a question of parity is made of: one operation, the three ways to say it, and the answer all must give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.filters import Compare, Comparison, FieldRef, Param, RelationRef
from contracts.operations import FieldOutput, Operation, Read, Sort

from tests.fixtures.guarded_store import ADMIN, Who

F, P, R = FieldRef, Param, RelationRef
Row = dict[str, Any]


@dataclass(frozen=True)
class Rest:
    """A request by REST: the method, the address after ``/rest/v1/``, and what else is preferred."""

    method: str
    address: str
    body: Any = None
    prefer: str = ""


def get(address: str) -> Rest:
    """A read by REST."""
    return Rest("GET", address)


@dataclass(frozen=True)
class Graphql:
    """A GraphQL document whose answer stands under the key ``rows``: at the root, or one level below it."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Soap:
    """A SOAP call by zeep, as Python's values."""

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def call(operation: str, **arguments: Any) -> Soap:
    """A SOAP call."""
    return Soap(operation, arguments)


@dataclass(frozen=True)
class Message:
    """A SOAP body as XML text, for what zeep refuses to write since no WSDL allows it."""

    text: str


@dataclass(frozen=True)
class NotAsked:
    """The protocol has no words for the question, and why."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The problem's code as the engine says it, and as each dialect does where that differs (errors.md)."""

    code: str
    graphql: str = "validation-failed"
    rest: str = ""
    soap: str = ""


@dataclass(frozen=True)
class After:
    """What the admin reads after a write."""

    read: Read
    rows: list[Row]
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, to be asked of the engine and in each protocol, and its answer.

    ``rows`` is the answer in the keys' order; ``order`` None: in this order; else the fields that decide the order,
    rows alike in them may come in any (no fields: no order at all). ``total`` counts all rows of the filter. A write
    with ``after`` is undone afterwards.
    """

    name: str
    ask: Operation
    rest: Rest | NotAsked
    graphql: Graphql | NotAsked
    soap: Soap | Message | NotAsked
    values: tuple[Any, ...] = ()
    who: Who = ADMIN
    rows: list[Row] = field(default_factory=list)
    order: tuple[str, ...] | None = None
    total: int | None = None
    after: After | None = None
    refused: Refused | None = None


def out(*names: str) -> tuple[FieldOutput, ...]:
    """Outputs of fields under their own names."""
    return tuple(FieldOutput(name, F(name)) for name in names)


def compare(name: str, operator: Comparison, index: int = 0) -> Compare:
    """A field compared with a value."""
    return Compare(F(name), operator, P(index))


def by(*names: str) -> tuple[Sort, ...]:
    """An ascending order by fields."""
    return tuple(Sort(F(name)) for name in names)


def strings(*items: str) -> dict[str, list[str]]:
    """An ArrayOfString as zeep takes it."""
    return {"string": list(items)}


def order_by(*items: Any) -> dict[str, Any]:
    """An OrderByList as zeep takes it: names, or (name, descending), or (name, descending, nulls)."""
    terms = [(item,) if isinstance(item, str) else item for item in items]
    return {"item": [dict(zip(("field", "descending", "nulls"), term, strict=False)) for term in terms]}
