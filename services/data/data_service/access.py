"""Permissions: row filters, presets and checks at every node of a plan."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from contracts.catalog import Catalog, Resource, Way
from contracts.filters import Filter
from contracts.graphql import GraphqlNaming
from contracts.problems import Problem

from data_service.plan.filters import Names, plan_filter, source_of
from data_service.plan.nodes import All, Predicate, ReadPlan, Scan, Source, Test
from data_service.plan.plans import DocumentPlan, MemberPlan, Plan
from data_service.plan.write_nodes import Change, ConflictPlan, CreatePlan, DeletePlan, Preset, UpdatePlan
from data_service.policies import Rules
from data_service.policy_bounds import DocumentRules
from data_service.policy_rules import CallRule


class Allowed(Protocol):
    """Who says what a role may do; `data_service.policies.Policies` is one."""

    @property
    def documents(self) -> DocumentRules:
        """What one GraphQL document may hold, by role."""
        ...

    @property
    def graphql(self) -> GraphqlNaming | None:
        """The names of GraphQL's schema, where the configuration has some."""
        ...

    def rules(self, role: str, resource_name: str, /) -> Rules:
        """What a role may do with a resource."""
        ...

    def call(self, role: str, function: str, /) -> CallRule | None:
        """How a role may call a function, None where it may not."""
        ...


def restrict(plan: Plan, full: Catalog, policies: Allowed, role: str) -> Plan:
    """The plan with the role's rules at every node. Raises `Problem` 42501 where a right is missing."""
    restricted: Plan = _Restriction(full, policies, role).plan(plan)
    return restricted


class _Restriction:
    """One pass over a plan for one role."""

    def __init__(self, full: Catalog, policies: Allowed, role: str) -> None:
        self._names = Names(full, full)
        self._policies = policies
        self._role = role

    def plan(self, plan: Any) -> Any:
        match plan:
            case CreatePlan():
                return self._create(plan)
            case UpdatePlan():
                return self._update(plan)
            case DeletePlan():
                return self._delete(plan)
            case DocumentPlan():
                return DocumentPlan(tuple(MemberPlan(m.key, self.plan(m.plan)) for m in plan.members))
            case ReadPlan():
                self._enter(plan)
        return _rewrite(plan, self._readable)

    def _enter(self, plan: ReadPlan) -> None:
        """Hold a read against the ways in which the role may ask for rows. Raises `Problem` 42501."""
        if plan.scan.call is not None:
            return
        select = self._rules(plan.scan.resource).select
        if select is not None and select.ways is not None and not _ways_of(plan) & set(select.ways):
            raise _denied(plan.scan.resource)

    def _rules(self, resource: Resource) -> Rules:
        return self._policies.rules(self._role, resource.name)

    def _readable(self, scan: Scan) -> Scan:
        if scan.call is not None:
            function = scan.call.function
            if self._policies.call(self._role, function.name) is None:
                raise Problem("42501", f"permission denied for function {function.name}")
            if function.returns.resource is None:  # what it gives is nobody's but its own
                return dataclasses.replace(scan, rows=None)
        select = self._rules(scan.resource).select
        if select is None:
            raise Problem("42501", f"permission denied for table {scan.resource.name}")
        if scan.written:  # what the role wrote it may see as it is now, as far as its columns go
            return dataclasses.replace(scan, rows=None, limit=None)
        return dataclasses.replace(scan, rows=self._filter(scan.resource, select.filter), limit=select.limit)

    def _filter(self, resource: Resource, item: Filter | None) -> Predicate | None:
        """A policy's own filter: it sees all fields, and the rows it looks at elsewhere are not filtered again."""
        if item is None:
            return None
        try:
            predicate = plan_filter(self._names, self._names.full.by_name[resource.name], item)
        except Problem:  # the configuration is older than the table: closed, and nothing told of the rule
            raise _denied(resource) from None
        return unrestricted(predicate)

    def _returning(self, returning: ReadPlan) -> ReadPlan:
        if returning.shape == "none" or not returning.scan.resource.fields:  # nothing of the rows is asked for
            return dataclasses.replace(returning, scan=dataclasses.replace(returning.scan, rows=None))
        restricted: ReadPlan = _rewrite(returning, self._readable)
        return restricted

    def _presets(self, resource: Resource, presets: Mapping[str, Any]) -> tuple[Preset, ...]:
        fields = self._names.full.by_name[resource.name].by_name
        missing = presets.keys() - fields.keys()
        if missing:  # the configuration is older than the table: closed until somebody looks at it
            raise _denied(resource)
        return tuple(Preset(fields[name], source_of(operand)) for name, operand in presets.items())

    def _create(self, plan: CreatePlan) -> CreatePlan:
        rule = self._rules(plan.resource).insert
        if rule is None:
            raise Problem("42501", f"permission denied for table {plan.resource.name}")
        return dataclasses.replace(
            plan,
            resource=self._names.full.by_name[plan.resource.name],
            given=tuple(item for item in plan.given if not (item.filled and item.field.name in rule.presets)),
            presets=self._presets(plan.resource, rule.presets),
            check=self._filter(plan.resource, rule.check),
            returning=self._returning(plan.returning),
            conflict=None if plan.conflict is None else self._conflict(plan.conflict),
            nested=tuple(dataclasses.replace(one, plan=self._create(one.plan)) for one in plan.nested),
        )

    def _conflict(self, conflict: ConflictPlan) -> ConflictPlan:
        """What is changed instead of created is held to the rules of updates; what is left alone needs none."""
        resource = conflict.scan.resource
        if conflict.changes is None:
            return dataclasses.replace(conflict, scan=dataclasses.replace(conflict.scan, rows=None))
        rule = self._rules(resource).update
        if rule is None:
            raise Problem("42501", f"permission denied for table {resource.name}")
        return dataclasses.replace(
            conflict,
            scan=self._writing(conflict.scan, rule.filter),
            where=_rewrite(conflict.where, self._readable),
            presets=self._presets(resource, rule.presets),
            check=self._filter(resource, rule.check),
        )

    def _update(self, plan: UpdatePlan) -> UpdatePlan:
        resource = plan.scan.resource
        rule = self._rules(resource).update
        if rule is None:
            raise Problem("42501", f"permission denied for table {resource.name}")
        sets = plan.changes or plan.presets_alone
        presets = tuple(Change(p.field, p.source) for p in self._presets(resource, rule.presets)) if sets else ()
        return dataclasses.replace(
            plan,
            scan=self._writing(plan.scan, rule.filter),
            where=_rewrite(plan.where, self._readable),
            changes=(*plan.changes, *presets),
            check=self._filter(resource, rule.check),
            returning=self._returning(plan.returning),
        )

    def _delete(self, plan: DeletePlan) -> DeletePlan:
        rule = self._rules(plan.scan.resource).delete
        if rule is None:
            raise Problem("42501", f"permission denied for table {plan.scan.resource.name}")
        return dataclasses.replace(
            plan,
            scan=self._writing(plan.scan, rule.filter),
            where=_rewrite(plan.where, self._readable),
            returning=self._returning(plan.returning),
        )

    def _writing(self, scan: Scan, item: Filter | None) -> Scan:
        """What may be written is within what may be seen: else a write's count would tell of hidden rows."""
        select = self._rules(scan.resource).select
        filters = [item, select.filter if select is not None else None]
        parts = [part for part in (self._filter(scan.resource, f) for f in filters) if part is not None]
        return dataclasses.replace(scan, rows=All(tuple(parts)) if parts else None)


def _ways_of(plan: ReadPlan) -> set[Way]:
    """The ways that each allow a read."""
    if plan.grouped or plan.shape == "summary":
        return {"select_aggregate"}
    conditions = plan.where.items if isinstance(plan.where, All) else (plan.where,)
    equal = {one.left.field.name for one in conditions if isinstance(one, Test) and _is_value(one)}
    key = plan.scan.resource.key
    return {"select", "select_by_pk"} if key and equal.issuperset(key) else {"select"}


def _is_value(test: Test) -> bool:
    """True where a whole field must equal one value."""
    whole = not test.left.path and not test.left.text
    return whole and test.operator == "eq" and test.quantifier is None and isinstance(test.right, Source)


def unrestricted(predicate: Predicate) -> Predicate:
    """A predicate of the configuration's own: it sees all rows that it looks at."""
    found: Predicate = _rewrite(predicate, lambda scan: dataclasses.replace(scan, rows=None))
    return found


def _rewrite(node: Any, scan: Callable[[Scan], Scan]) -> Any:
    """The tree with every scan in it replaced: none can be overlooked, for all of the tree is walked."""
    if isinstance(node, Scan):
        return scan(node)
    if isinstance(node, tuple):
        return tuple(_rewrite(item, scan) for item in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        changed = {f.name: _rewrite(getattr(node, f.name), scan) for f in dataclasses.fields(node)}
        return dataclasses.replace(node, **changed)
    return node


def _denied(resource: Resource) -> Problem:
    return Problem("42501", f"permission denied for table {resource.name}")
