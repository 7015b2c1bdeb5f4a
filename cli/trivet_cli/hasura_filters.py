"""Hasura's boolean expressions as those of `trivet.yaml`, which are the same language with fewer spellings."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from data_service.policy_filters import BETWEEN_COLUMNS, OPERATORS

Place = tuple[str, str]  # schema and table
_LOGIC = {"$and": "_and", "$or": "_or", "$not": "_not", "$exists": "_exists"}
_ALIASES = {"_ne": "_neq", "_cneq": "_cne", "_cge": "_cgte", "_cle": "_clte"}
_INTEGERS = ("int2", "int4", "int8")
_NUMBERS = (*_INTEGERS, "numeric", "float4", "float8")


class NoCounterpart(Exception):
    """An expression that can't be said here; the message says what of it."""


class Filters:
    """Translates expressions over resources of a catalog that has the relations' names already."""

    def __init__(self, catalog: Catalog, resource_at: Callable[[Any], Resource | None]) -> None:
        self._catalog = catalog
        self._resource_at = resource_at

    def translate(self, expression: Any, resource: Resource) -> dict[str, Any]:
        """An expression over a resource. Raises `NoCounterpart`."""
        if not isinstance(expression, Mapping):
            raise NoCounterpart("a filter that is no mapping")
        found: dict[str, Any] = {}
        for key, item in expression.items():
            word = _LOGIC.get(key, key)
            if word in ("_and", "_or"):
                items = item if isinstance(item, list) else [item]
                found[word] = [self.translate(one, resource) for one in items]
            elif word == "_not":
                found[word] = self.translate(item, resource)
            elif word == "_exists":
                found[word] = self._exists(item)
            else:
                found[key] = self._named(key, item, resource)
        return found

    def value(self, value: Any, field: Field) -> Any:
        """A constant as the column's type has it: Hasura takes numbers in quotes."""
        if not isinstance(value, str) or value.lower().startswith("x-hasura-"):
            return value
        try:
            if field.type in _INTEGERS:
                return int(value)
            if field.type in _NUMBERS:
                return float(value)
        except ValueError:
            return value
        return {"true": True, "false": False}.get(value.lower(), value) if field.type == "bool" else value

    def _exists(self, item: Any) -> dict[str, Any]:
        table, where = (item.get("_table"), item.get("_where", {})) if isinstance(item, Mapping) else (None, {})
        other = self._resource_at(table)
        if other is None:
            raise NoCounterpart(f"_exists over {table}, which is not served")
        return {"_table": other.name, "_where": self.translate(where, other)}

    def _named(self, key: str, item: Any, resource: Resource) -> dict[str, Any]:
        field = resource.by_name.get(key)
        if field is not None:
            return self._column(field, item, resource)
        relation = resource.relations_by_name.get(key)
        if relation is None:
            raise NoCounterpart(f"{key}, which is neither a column nor a relation here")
        return self.translate(item, self._catalog.by_name[relation.target])

    def _column(self, field: Field, item: Any, resource: Resource) -> dict[str, Any]:
        if not isinstance(item, Mapping):  # the short form of _eq
            return {"_eq": self.value(item, field)}
        found: dict[str, Any] = {}
        for key, value in item.items():
            operator = "_" + key[1:] if key.startswith("$") else key
            operator = _ALIASES.get(operator, operator)
            if operator not in OPERATORS:
                raise NoCounterpart(f"the operator {key}")
            if operator in BETWEEN_COLUMNS:
                found[operator] = _other(value, resource)
            elif isinstance(value, list):
                found[operator] = [self.value(one, field) for one in value]
            else:
                found[operator] = value if operator == "_is_null" else self.value(value, field)
        if not found:
            raise NoCounterpart(f"{field.name} without an operator")
        return found


def _other(value: Any, resource: Resource) -> str:
    """The column that another is compared with: one of the same row."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or value not in resource.by_name:
        raise NoCounterpart("a comparison with a column of another table")
    return value
