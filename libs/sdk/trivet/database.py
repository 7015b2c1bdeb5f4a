"""The database as an operation sees it: the same resources, names and rules that its caller has, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

Row = dict[str, Any]
Rows = list[Row]
Where = Mapping[str, Any]  # Hasura's boolean expressions: {"price": {"_gt": 3}, "category": {"name": {"_eq": "Tools"}}}
Order = Mapping[str, str] | Sequence[Mapping[str, str]]  # {"price": "desc"}; also asc_nulls_first and the like
Ask = Callable[[str, dict[str, Any]], Any]


class Database:
    """All that one call does is one transaction: committed when its function returns, undone when it raises.

    Values are Python's: numbers of fixed scale are `Decimal`, dates `date`, and so on. Every method raises
    `trivet.Problem`; what the database refused undoes the whole call, even where the problem is caught.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def list(
        self,
        resource: str,
        where: Where | None = None,
        *,
        fields: Sequence[str] | None = None,
        order_by: Order | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Rows:
        """The rows for which ``where`` holds (None: all that the caller may see), with all or only some fields."""
        found: Rows = self._ask(
            "list",
            {
                "resource": resource,
                "where": where or {},
                "fields": fields,
                "order_by": [order_by] if isinstance(order_by, Mapping) else order_by or (),
                "limit": limit,
                "offset": offset,
            },
        )
        return found

    def get(self, resource: str, key: Any, *, fields: Sequence[str] | None = None) -> Row | None:
        """The row of this primary key (a mapping by field where it has several), None where there is none."""
        found: Row | None = self._ask("get", {"resource": resource, "key": key, "fields": fields})
        return found

    def count(self, resource: str, where: Where | None = None) -> int:
        """How many rows ``where`` holds for."""
        return int(self._ask("count", {"resource": resource, "where": where or {}}))

    @overload
    def create(self, resource: str, rows: Mapping[str, Any]) -> Row: ...
    @overload
    def create(self, resource: str, rows: Sequence[Mapping[str, Any]]) -> Rows: ...
    def create(self, resource: str, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Row | Rows:
        """Create a row, or several, and give them back as they are now."""
        single = isinstance(rows, Mapping)
        made: Rows = self._ask("create", {"resource": resource, "rows": [rows] if single else list(rows)})
        return made[0] if single else made

    def update(self, resource: str, where: Where, values: Mapping[str, Any]) -> Rows:
        """Set values in all rows that ``where`` holds for, and give these rows back."""
        changed: Rows = self._ask("update", {"resource": resource, "where": where, "values": values})
        return changed

    def delete(self, resource: str, where: Where) -> Rows:
        """Delete the rows that ``where`` holds for, and give back what they were."""
        gone: Rows = self._ask("delete", {"resource": resource, "where": where})
        return gone

    def call(self, function: str, /, **arguments: Any) -> Any:
        """What a function of the database gives."""
        return self._ask("call", {"function": function, "arguments": arguments})
