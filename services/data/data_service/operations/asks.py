"""What the project's code asks of the database, as operations: the same ones that clients' requests become."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.filters import And, Compare, Comparison, FieldRef, Filter, Given, Operand, Param, RelationRef
from contracts.operations import (
    Assign,
    Call,
    Create,
    Delete,
    FieldOutput,
    Node,
    Operation,
    Output,
    Read,
    Sort,
    Star,
    Update,
)
from contracts.problems import Problem

from data_service import policy_document
from data_service.plan.names import find_resource
from data_service.policy_document import Faults
from data_service.policy_filters import FilterReader, Wrap

_ALL = 2**31 - 1  # rows: no cap but the configuration's
_ORDERS = {
    "asc": (False, None), "asc_nulls_first": (False, "first"), "asc_nulls_last": (False, "last"),
    "desc": (True, None), "desc_nulls_first": (True, "first"), "desc_nulls_last": (True, "last"),
}  # fmt: skip


class Asked:
    """One question: its ``operation`` and ``values``, the resource, and whether the answer is a row or a number."""

    def __init__(self, verb: str, content: Mapping[str, Any], seen: Catalog, full: Catalog) -> None:
        """Read a question of one who sees ``seen``. Raises `Problem`."""
        self.values: list[Any] = []
        self.verb = verb
        self.resource: Resource | None = None
        self._seen = seen
        if verb != "call":
            self.resource = find_resource(seen, full, str(content["resource"]), None)
        self.operation = self._read(verb, content)

    def _read(self, verb: str, content: Mapping[str, Any]) -> Operation:
        match verb:
            case "list":
                return self._list(content)
            case "get":
                return self._get(content)
            case "count":
                return self._count(content)
            case "create":
                return self._create(content)
            case "update":
                return self._update(content)
            case "delete":
                return self._delete(content)
            case _:
                return self._call(content)

    def _list(self, content: Mapping[str, Any]) -> Operation:
        limit, offset = content["limit"], content["offset"]
        return Read(
            self._name,
            Node(
                outputs=_outputs(content["fields"]),
                filter=self._filter(content["where"]),
                sort=tuple(_sort(term) for term in content["order_by"]),
                limit=self._param(_ALL if limit is None else limit),
                offset=None if offset is None else self._param(offset),
            ),
        )

    def _get(self, content: Mapping[str, Any]) -> Operation:
        resource, key = self._resource, content["key"]
        if not resource.key:
            raise Problem(
                "PGRST100", f"'{resource.name}' has no primary key that can be seen here; list takes any filter"
            )
        given = key if isinstance(key, Mapping) else {resource.key[0]: key}
        if set(given) != set(resource.key):
            raise Problem("PGRST100", f"the key of '{resource.name}' is {', '.join(resource.key)}")
        parts = tuple(Compare(FieldRef(name), "eq", self._param(given[name])) for name in resource.key)
        return Read(self._name, Node(_outputs(content["fields"]), And(parts), shape="maybe"))

    def _count(self, content: Mapping[str, Any]) -> Operation:
        return Read(self._name, Node(filter=self._filter(content["where"]), shape="none"), count="exact")

    def _create(self, content: Mapping[str, Any]) -> Operation:
        rows = content["rows"]
        if not all(isinstance(row, dict) for row in rows):
            raise Problem("PGRST102", "The rows to create are not a list of objects")
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        ragged = any(len(row) != len(columns) for row in rows)
        return Create(
            self._name, columns, self._param(rows), ragged=ragged, missing="default", returning=self._returning()
        )  # fmt: skip

    def _update(self, content: Mapping[str, Any]) -> Operation:
        assigns = tuple(Assign(name, self._param(value)) for name, value in content["values"].items())
        where = self._filter(content["where"]) or And()
        return Update(self._name, assigns, where, returning=self._returning())

    def _delete(self, content: Mapping[str, Any]) -> Operation:
        return Delete(self._name, self._filter(content["where"]) or And(), returning=self._returning())

    def _call(self, content: Mapping[str, Any]) -> Operation:
        given = tuple(Given(name, self._param(value)) for name, value in content["arguments"].items())
        return Call(str(content["function"]), given)

    @property
    def _resource(self) -> Resource:
        assert self.resource is not None
        return self.resource

    @property
    def _name(self) -> str:
        return self._resource.name

    def _returning(self) -> Node:
        """All that the caller may see of the rows; nothing where that is nothing."""
        return Node() if self._resource.fields else Node(shape="none")

    def _param(self, value: Any) -> Param:
        self.values.append(value)
        return Param(len(self.values) - 1)

    def _filter(self, where: Any) -> Filter | None:
        faults = Faults("where")
        found = _Reader(faults, self._seen, self).read(_noded(where), self._resource)
        if faults.found:
            raise Problem("PGRST100", "; ".join(fault.message for fault in faults.found))
        return found

    @property
    def types(self) -> dict[str, str]:
        """The portable types of the resource's fields."""
        return {field.name: field.type for field in self.resource.fields} if self.resource is not None else {}


class _Reader(FilterReader):
    """Reads filters whose values are a question's: none of them names a session variable."""

    def __init__(self, faults: Faults, catalog: Catalog, asked: Asked) -> None:
        super().__init__(faults, catalog)
        self._asked = asked

    def _compared(self, word: Comparison, node: policy_document.Node, wrap: Wrap) -> Filter:
        operand: Operand = self._asked._param(node.plain())
        return wrap(word, operand)


def _noded(value: Any) -> policy_document.Node:
    if isinstance(value, Mapping):
        return policy_document.Node(1, {str(key): _noded(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return policy_document.Node(1, tuple(_noded(item) for item in value))
    return policy_document.Node(1, value)


def _outputs(fields: Sequence[str] | None) -> tuple[Output, ...]:
    return (Star(),) if fields is None else tuple(FieldOutput(name, FieldRef(name)) for name in fields)


def _sort(term: Mapping[str, Any]) -> Sort:
    """One term of an order: a field's direction, or that of a to-one relation's field."""
    via: list[RelationRef] = []
    while isinstance(term, Mapping) and len(term) == 1:
        ((name, how),) = term.items()
        if not isinstance(how, Mapping):
            if how not in _ORDERS:
                raise Problem("PGRST100", f"there is no order {how!r}", hint=f"It is one of {', '.join(_ORDERS)}")
            descending, nulls = _ORDERS[how]
            return Sort(FieldRef(name), descending, nulls, tuple(via))  # type: ignore[arg-type]
        via.append(RelationRef(name))
        term = how
    raise Problem("PGRST100", "each term of an order is one field and its direction")
