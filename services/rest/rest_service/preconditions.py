"""Writes of one row that must be as the client has seen it: ``If-Match`` with its GET's entity tag (RFC 9110 §13.1).

An extension: PostgREST reads no such header. The row is read and its tag compared; that it is still the same when it
is written is then a condition of the write itself, over all columns whose values can be compared exactly.
"""

from typing import Any, NamedTuple

import msgspec
from contracts.catalog import Catalog, Engine, Resource
from contracts.fields import FieldType
from contracts.filters import And, Compare, FieldRef, Filter, Is, Param
from contracts.operations import Assign, Create, Delete, FieldOutput, Node, Operation, Read, Update, Value
from contracts.problems import Problem

from rest_service.request import Asked, Incoming

WRITES = frozenset({"PATCH", "PUT", "DELETE"})
# what comes back from its JSON as the very same value
_EXACT: dict[Engine, frozenset[FieldType]] = {
    "postgresql": frozenset({"int2", "int4", "int8", "numeric", "bool", "text", "uuid", "enum", "date"}),
    "sqlite": frozenset({"int2", "int4", "int8", "text"}),
}
_exact: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)


class Guard(NamedTuple):
    """How a row is known again: its fields that can be compared."""

    names: tuple[str, ...]

    def read(self, read: Read) -> Read:
        """The read of what is compared of the row that ``read`` finds."""
        outputs = tuple(FieldOutput(name, FieldRef(name)) for name in self.names)
        return msgspec.structs.replace(read, node=Node(outputs, read.node.filter), count=None)

    def hold(self, asked: Asked, body: bytes) -> Asked:
        """The write, of the row in ``body`` alone and as long as that is as it was. Raises `Problem` TRV111."""
        rows = _exact.decode(body)
        if len(rows) != 1:
            raise changed()
        values = list(asked.values)
        conditions = tuple(_is(name, rows[0][name], values) for name in self.names)
        operation = asked.operation
        if isinstance(operation, Create):
            operation = _update_of(operation, values)
        if not isinstance(operation, Update | Delete):
            return asked  # there is nothing to change
        own = () if operation.filter is None else (operation.filter,)
        operation = msgspec.structs.replace(operation, filter=And((*own, *conditions)))
        return asked._replace(operation=operation, values=values)


def guard_of(catalog: Catalog, resource: Resource) -> Guard:
    """How rows of a resource are known again."""
    fit = _EXACT[catalog.engine]
    return Guard(tuple(field.name for field in resource.fields if field.type in fit and field.filterable))


def changed() -> Problem:
    """The row is not as the request says that it must be."""
    return Problem("TRV111", "The row is not as the request says that it must be", hint="Get it again")


def new(operation: Operation) -> Operation:
    """A PUT as a plain insert, which fails where the row is there."""
    return msgspec.structs.replace(operation, conflict=None) if isinstance(operation, Create) else operation


def seen(request: Incoming) -> Incoming:
    """The GET whose entity tag ``If-Match`` holds: the same address, with the same ``Accept``."""
    get = request.headers.get
    headers = {"Accept": get("Accept"), "Accept-Profile": get("Content-Profile")}
    kept = [part for part in request.query.split("&") if not part.startswith(("columns=", "on_conflict="))]
    return Incoming("GET", request.resource, "&".join(kept), headers)


def _update_of(create: Create, values: list[Value]) -> Update:
    """A PUT of a row that is there."""
    (row,) = values[create.rows.index]
    assigns = []
    for name in create.columns:
        values.append(row.get(name))
        assigns.append(Assign(name, Param(len(values) - 1)))
    return Update(create.resource, tuple(assigns), None, create.schema, None, create.returning, create.count)


def _is(name: str, value: Value, values: list[Value]) -> Filter:
    if value is None:
        return Is(FieldRef(name), "null")
    values.append(value)
    return Compare(FieldRef(name), "eq", Param(len(values) - 1))
