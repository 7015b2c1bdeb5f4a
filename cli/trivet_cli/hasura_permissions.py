"""Hasura's permissions as those of `trivet.yaml`. What can't be said stays closed, and is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contracts.catalog import Resource
from contracts.identity import ADMIN_ROLE, BACKEND

from trivet_cli.hasura_filters import Filters, NoCounterpart

_VERBS = ("select", "insert", "update", "delete")
Rules = dict[str, dict[str, Any]]  # by role, then by verb


@dataclass
class Permissions:
    """What roles may do with a resource, and what of it a role may do only on behalf of a server of one's own."""

    open: Rules = field(default_factory=dict)
    backend: Rules = field(default_factory=dict)
    computed: list[tuple[str, str]] = field(default_factory=list)  # role and computed field


def read_permissions(
    entry: dict[str, Any], resource: Resource, filters: Filters, tell: Callable[[str], None]
) -> Permissions:
    """The permissions of a table's entry; ``tell`` gets what is not carried over."""
    found = Permissions()
    for verb in _VERBS:
        for item in entry.get(f"{verb}_permissions") or []:
            role, permission = str(item["role"]), item.get("permission") or {}
            place = f"{verb} on {resource.name} for {role}"
            if role == ADMIN_ROLE:
                continue
            try:
                made = _Rule(permission, resource, filters, partial(_tell_of, tell, place)).read(verb)
            except NoCounterpart as fault:
                tell(f"{place} stays closed: {fault}")
                continue
            rules = found.backend if permission.get("backend_only") else found.open
            rules.setdefault(role, {})[verb] = made
            found.computed += [(role, str(name)) for name in permission.get("computed_fields") or []]
    return found


def _tell_of(tell: Callable[[str], None], place: str, text: str) -> None:
    tell(f"{place}: {text}")


class _Rule:
    """One permission of Hasura's."""

    def __init__(
        self, permission: dict[str, Any], resource: Resource, filters: Filters, tell: Callable[[str], None]
    ) -> None:
        self._given = permission
        self._resource = resource
        self._filters = filters
        self._tell = tell

    def read(self, verb: str) -> dict[str, Any]:
        """The rule. Raises `NoCounterpart`."""
        if self._given.get("validate_input"):
            raise NoCounterpart("validate_input: a webhook would have to agree")
        if verb != "select" and not getattr(self._resource, f"{verb}able" if verb == "insert" else f"{verb[:-1]}able"):
            raise NoCounterpart("the database can't do it")
        made: dict[str, Any] = {}
        if verb != "delete":
            made["columns"] = self._columns(verb)
        if verb != "insert":
            made["filter"] = self._filter("filter")
        if verb in ("insert", "update"):
            made["check"] = self._filter("check")
            made |= {"set": presets} if (presets := self._presets()) else {}
        if verb == "select":
            made |= dict(self._extras())
        return made

    def _filter(self, key: str) -> dict[str, Any]:
        return self._filters.translate(self._given.get(key) or {}, self._resource)

    def _columns(self, verb: str) -> Any:
        given = self._given.get("columns")
        presets = self._given.get("set") or {}
        if given == "*" or (given is None and verb == "insert"):  # (older metadata leaves them out)
            return "*"
        fields = self._resource.by_name
        unknown = [name for name in given or [] if name not in fields]
        if unknown:
            self._tell(f"there are no columns {', '.join(unknown)}")
        made = [name for name in given or [] if name in fields and verb != "select" and not fields[name].writable]
        if made:
            self._tell(f"{', '.join(made)} can't be written: the database makes them")
        return [name for name in given or [] if name not in unknown and name not in made and name not in presets]

    def _presets(self) -> dict[str, Any]:
        presets = self._given.get("set") or {}
        unknown = [name for name in presets if name not in self._resource.by_name]
        if unknown:  # whoever relies on a preset must not lose it
            raise NoCounterpart(f"it presets {', '.join(unknown)}, which is not there")
        return {name: self._filters.value(value, self._resource.by_name[name]) for name, value in presets.items()}

    def _extras(self) -> Iterator[tuple[str, Any]]:
        if self._given.get("limit") is not None:
            yield "limit", int(self._given["limit"])
        if self._given.get("allow_aggregations"):
            yield "allow_aggregations", True
        if self._given.get("query_root_fields") is not None:
            yield "query_root_fields", [str(word) for word in self._given["query_root_fields"]]
        if self._given.get("subscription_root_fields") is not None:
            self._tell("subscription_root_fields is not carried over: there are no subscriptions")


def with_backend(resources: dict[str, dict[str, Any]], backend: dict[str, Rules]) -> list[str]:
    """Add a role for each that has ``backend_only`` rules: it may do what that role may, and these. Their names."""
    roles = sorted({role for rules in backend.values() for role in rules})
    for role in roles:
        for name, entry in resources.items():
            permissions = entry.setdefault("permissions", {})
            joined = {**permissions.get(role, {}), **backend.get(name, {}).get(role, {})}
            if joined:
                permissions[role + BACKEND] = joined
    return [role + BACKEND for role in roles]
