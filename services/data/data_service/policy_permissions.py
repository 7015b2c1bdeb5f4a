"""What the configuration permits one role to do with one resource, read into rules and held against the catalog."""

from collections.abc import Mapping
from typing import Any, get_args

from contracts.catalog import Resource, Way
from contracts.filters import Filter

from data_service.policy_document import Faults, Node, mapping, names, suggestion
from data_service.policy_filters import FilterReader
from data_service.policy_rules import DeleteRule, InsertRule, Presets, Rules, SelectRule, UpdateRule
from data_service.policy_values import operand_of, unfit

_WAYS_KEY = "query_root_fields"
_MEANINGS = {
    "columns": ": a list of names, or '*' for all",
    "filter": ": which rows; {} is every row",
    "check": ": what a new row must satisfy; {} is anything",
}


class PermissionReader:
    """Reads what roles may do with one resource; what is wrong goes to ``faults``, and is left out."""

    def __init__(self, faults: Faults, filters: FilterReader, resource: Resource | None) -> None:
        self._faults = faults
        self._filters = filters
        self._resource = resource

    def read(self, node: Node, role: str) -> Rules:
        """The rules of a role."""
        given = mapping(node, self._faults, f"the permissions of {role}", ("select", "insert", "update", "delete"))
        return Rules(
            select=self._select(given["select"]) if "select" in given else None,
            insert=self._insert(given["insert"]) if "insert" in given else None,
            update=self._update(given["update"]) if "update" in given else None,
            delete=self._delete(given["delete"]) if "delete" in given else None,
        )

    def _keys(self, node: Node, what: str, needed: tuple[str, ...], *others: str) -> Mapping[str, Node]:
        found = mapping(node, self._faults, what, (*needed, *others))
        if isinstance(node.value, Mapping):
            for key in needed:
                if key not in found:
                    self._faults.add(node.line, f"{what} needs {key}{_MEANINGS[key]}")
        return found

    def _select(self, node: Node) -> SelectRule:
        keys = self._keys(node, "select", ("columns", "filter"), "limit", "allow_aggregations", _WAYS_KEY)
        return SelectRule(
            columns=self._columns(keys.get("columns")),
            filter=self._filter(keys.get("filter")),
            limit=self._limit(keys.get("limit")),
            aggregations=self._aggregations(keys.get("allow_aggregations")),
            ways=self._ways(keys[_WAYS_KEY]) if _WAYS_KEY in keys else None,
        )

    def _insert(self, node: Node) -> InsertRule:
        keys = self._keys(node, "insert", ("columns", "check"), "set")
        self._possible(node, "insertable", "created")
        columns, presets = self._columns(keys.get("columns"), writes=True), self._presets(keys)
        return InsertRule(columns, self._filter(keys.get("check")), presets)

    def _update(self, node: Node) -> UpdateRule:
        keys = self._keys(node, "update", ("columns", "filter"), "check", "set")
        self._possible(node, "updatable", "changed")
        columns, presets = self._columns(keys.get("columns"), writes=True), self._presets(keys)
        filter_ = self._filter(keys.get("filter"))
        # as PostgreSQL's own policies do: what may be reached must stay so, unless a check says otherwise
        return UpdateRule(columns, filter_, self._filter(keys["check"]) if "check" in keys else filter_, presets)

    def _delete(self, node: Node) -> DeleteRule:
        keys = self._keys(node, "delete", ("filter",))
        self._possible(node, "deletable", "deleted")
        return DeleteRule(self._filter(keys.get("filter")))

    def _possible(self, node: Node, right: str, done: str) -> None:
        if self._resource is not None and not getattr(self._resource, right):
            kind = self._resource.kind
            self._faults.add(node.line, f"rows of {self._resource.name}, a {kind}, can't be {done}")

    def _filter(self, node: Node | None) -> Filter | None:
        return self._filters.read(node, self._resource) if node is not None else None

    def _columns(self, node: Node | None, *, writes: bool = False) -> frozenset[str] | None:
        if node is None:
            return frozenset()
        if node.value == "*":
            return None
        if isinstance(node.value, str):
            self._faults.add(node.line, f"columns must be a list or '*', not {node.kind}")
            return frozenset()
        found = names(node, self._faults, "columns")
        for item in found:
            self._column(item, item.value, writes)
        return frozenset(item.value for item in found)

    def _column(self, node: Node, column: str, writes: bool) -> None:
        if self._resource is None:
            return
        field = self._resource.by_name.get(column)
        if field is None:
            near = suggestion(column, self._resource.by_name)
            self._faults.add(node.line, f"{self._resource.name} has no column {column}{near}")
        elif writes and not field.writable:
            self._faults.add(node.line, f"{column} is made by the database and can't be written")

    def _presets(self, keys: Mapping[str, Node]) -> Presets:
        if "set" not in keys:
            return {}
        given = mapping(keys["set"], self._faults, "set")
        listed: Any = keys["columns"].value if "columns" in keys else ()
        listed = {item.value: item.line for item in listed} if isinstance(listed, tuple) else {}
        for column, node in given.items():
            if column in listed:
                self._faults.add(node.line, f"{column} is preset, so it can't be in columns too")
            self._column(node, column, True)
            self._preset_value(column, node)
        return {column: operand_of(node, self._faults) for column, node in given.items()}

    def _preset_value(self, column: str, node: Node) -> None:
        field = self._resource.by_name.get(column) if self._resource is not None else None
        fault = unfit(field, node) if field is not None else None
        if fault is not None:
            self._faults.add(node.line, fault)

    def _limit(self, node: Node | None) -> int | None:
        if node is None or (isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0):
            return None if node is None else node.value
        self._faults.add(node.line, f"limit must be a whole number from 0, not {node.kind}")
        return None

    def _ways(self, node: Node) -> tuple[Way, ...]:
        found: list[Way] = []
        for item in names(node, self._faults, _WAYS_KEY):
            way = next((one for one in get_args(Way) if one == item.value), None)
            if way is None:
                near = suggestion(item.value, get_args(Way))
                self._faults.add(item.line, f"{_WAYS_KEY} has no {item.value}{near}; it has {', '.join(get_args(Way))}")
            else:
                found.append(way)
        return tuple(dict.fromkeys(found))

    def _aggregations(self, node: Node | None) -> bool:
        if node is not None and not isinstance(node.value, bool):
            self._faults.add(node.line, f"allow_aggregations must be true or false, not {node.kind}")
        return node is not None and node.value is True
