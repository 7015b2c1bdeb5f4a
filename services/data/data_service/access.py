"""Permissions: the catalog as a role may see it, and row filters, presets and checks at every node of a plan."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, Protocol

import msgspec
from contracts.catalog import Catalog, Field, Function, GraphqlNaming, Relation, Resource, Writable
from contracts.identity import unnarrowed
from contracts.operations import Filter
from contracts.problems import Problem

from data_service.plan.filters import Names, plan_filter, source_of
from data_service.plan.nodes import (
    All,
    Any_,
    Cell,
    Change,
    ConflictPlan,
    CreatePlan,
    DeletePlan,
    DocumentPlan,
    MemberPlan,
    Plan,
    Predicate,
    Preset,
    ReadPlan,
    Scan,
    UpdatePlan,
)
from data_service.policies import Rules, SelectRule
from data_service.policy_bounds import DocumentRules
from data_service.policy_inherited import cell_of
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


FieldsOf = Callable[[Resource], tuple[Field, ...]]


def _all_fields(resource: Resource) -> tuple[Field, ...]:
    return resource.fields


def limit_catalog(full: Catalog, policies: Allowed, role: str, returned: FieldsOf = _all_fields) -> Catalog:
    """The catalog as ``role`` may see it: resources, fields, relations, rights and functions.

    ``returned`` are the fields of a resource's rows that a function gives past the resource's policy.
    """
    rules = {resource.name: policies.rules(role, resource.name) for resource in full.resources}
    seen = {name for name, rule in rules.items() if rule.select or rule.insert or rule.update or rule.delete}
    cells = {name: dict(_cells(full, full.by_name[name], rules[name].select)) for name in seen}
    visible = {name: _visible(full.by_name[name], rules[name], cells[name]) for name in seen}
    everywhere = {name: visible[name] - cells[name].keys() for name in seen}
    resources = tuple(
        _limit_resource(
            _with_cells(resource, cells[resource.name]),
            rules[resource.name],
            visible[resource.name],
            everywhere,
            lambda name: policies.call(role, name) is not None,
        )
        for resource in full.resources
        if resource.name in seen
    )
    writable = {name: _writable(full.by_name[name], rules[name]) for name in seen}
    hidden = {
        name: tuple(
            field
            for field in full.by_name[name].fields
            if field.name not in visible[name]
            and field.name in (writable[name].create or set()) | (writable[name].update or set())
        )
        for name in seen
    }
    return Catalog(
        engine=full.engine,
        version=full.version,
        schemas=full.schemas,
        resources=resources,
        role=role,
        writable=writable,
        hidden={name: fields for name, fields in hidden.items() if fields},
        functions=tuple(_functions(full, policies, role, visible, returned)),
        bounds=policies.documents.of(unnarrowed(role)[0]),
        graphql=_naming(policies.graphql, seen),
        enums=full.enums,
    )


def _naming(naming: GraphqlNaming | None, seen: Set[str]) -> GraphqlNaming | None:
    if naming is None:
        return None
    names = {name: own for name, own in naming.resources.items() if name in seen}
    return msgspec.structs.replace(naming, resources=names)


def _functions(
    full: Catalog, policies: Allowed, role: str, visible: Mapping[str, frozenset[str]], returned: FieldsOf
) -> Iterator[Function]:
    """The functions that the role may call; one that gives rows of a resource only if it sees these or may so."""
    for function in full.functions:
        call, resource = policies.call(role, function.name), function.returns.resource
        if call is None:
            continue
        if resource is not None and call.returned:
            fields = tuple(
                msgspec.structs.replace(field, default=None, has_default=False)
                for field in returned(full.by_name[resource])
                if field.origin == "column"
            )
            returns = msgspec.structs.replace(function.returns, resource=None, fields=fields)
            yield msgspec.structs.replace(function, returns=returns)
        elif resource is None or visible.get(resource):
            yield function


def _cells(full: Catalog, resource: Resource, select: SelectRule | None) -> Iterator[tuple[str, Cell]]:
    """The fields that an inherited role sees in some of its rows only, with what must hold of those.

    Where the configuration is older than the table, it holds of none.
    """
    if select is None or not select.parts:
        return
    names = Names(full, full)
    for field in resource.fields:
        hidden, seen = cell_of(select, field.name)
        if hidden and seen is not None:
            try:
                yield field.name, Cell(unrestricted(plan_filter(names, resource, seen)))
            except Problem:
                yield field.name, Cell(Any_(()))


def _with_cells(resource: Resource, cells: Mapping[str, Cell]) -> Resource:
    if not cells:
        return resource
    fields = tuple(
        msgspec.structs.replace(field, cell=cells[field.name], nullable=True) if field.name in cells else field
        for field in resource.fields
    )
    return msgspec.structs.replace(resource, fields=fields)


def without_cells(catalog: Catalog) -> Catalog:
    """A role's catalog as facades get it: without what is behind the fields that are null in some rows."""
    resources = tuple(
        msgspec.structs.replace(
            resource, fields=tuple(msgspec.structs.replace(field, cell=None) for field in resource.fields)
        )
        if any(field.cell is not None for field in resource.fields)
        else resource
        for resource in catalog.resources
    )
    return msgspec.structs.replace(catalog, resources=resources)


def _visible(resource: Resource, rules: Rules, cells: Mapping[str, Cell]) -> frozenset[str]:
    """The fields that may be seen; what is hidden in some rows must be the database's to show."""
    if rules.select is None:
        return frozenset()
    names = frozenset(
        field.name for field in resource.fields if field.name not in cells or field.origin in ("column", "expression")
    )
    return names if rules.select.columns is None else names & rules.select.columns


def _limit_resource(
    resource: Resource,
    rules: Rules,
    visible: frozenset[str],
    everywhere: Mapping[str, frozenset[str]],
    may_call: Callable[[str], bool],
) -> Resource:
    """``everywhere`` are the fields that are seen in all rows, by resource: only those can tie rows to each other."""
    names = everywhere[resource.name]
    cells = visible - names  # a function gets the whole row: what it makes of that can't be held back in part
    return Resource(
        name=resource.name,
        schema=resource.schema,
        table=resource.table,
        kind=resource.kind,
        fields=tuple(field for field in resource.fields if field.name in visible),
        key=resource.key if names.issuperset(resource.key) else (),
        uniques=tuple(unique for unique in resource.uniques if names.issuperset(unique.fields)),
        relations=tuple(relation for relation in resource.relations if _passable(relation, names, everywhere)),
        inherited=tuple(relation for relation in resource.inherited if _passable(relation, names, everywhere)),
        row_functions=tuple(
            one
            for one in resource.row_functions
            if not cells
            and names
            and may_call(one.function)
            and (one.relation is None or _passable(one.relation, names, everywhere))
        ),
        comment=resource.comment,
        insertable=resource.insertable and rules.insert is not None,
        updatable=resource.updatable and rules.update is not None,
        deletable=resource.deletable and rules.delete is not None,
        aggregates=rules.select is not None and rules.select.aggregations,
        rows=_rows(resource, rules.select),
    )


def _rows(resource: Resource, select: SelectRule | None) -> int | None:
    """How many rows the role may get at once: of their number it is told only where it may count them."""
    known = resource.rows if select is not None and select.aggregations else None
    limit = select.limit if select is not None else None
    return known if limit is None else min(limit, known) if known is not None else limit


def _passable(relation: Relation, own: frozenset[str], visible: Mapping[str, frozenset[str]]) -> bool:
    """A relation may be followed where every column that it joins on may be seen: else it would be an oracle."""
    target = visible.get(relation.target, frozenset())
    if not target or not own.issuperset(pair[0] for pair in relation.pairs):
        return False
    junction = relation.junction
    if junction is None:
        return target.issuperset(pair[1] for pair in relation.pairs)
    between = visible.get(junction.resource, frozenset())
    return between.issuperset(
        [*(pair[1] for pair in relation.pairs), *(pair[0] for pair in junction.onward)]
    ) and target.issuperset(pair[1] for pair in junction.onward)


def _writable(resource: Resource, rules: Rules) -> Writable:
    names = frozenset(field.name for field in resource.fields if field.writable)

    def allowed(columns: frozenset[str] | None, presets: Mapping[str, Any]) -> frozenset[str]:
        return (names if columns is None else names & columns) - presets.keys()

    return Writable(
        create=allowed(rules.insert.columns, rules.insert.presets) if rules.insert else frozenset(),
        update=allowed(rules.update.columns, rules.update.presets) if rules.update else frozenset(),
    )


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
            case _:
                return _rewrite(plan, self._readable)

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
        limit = None if scan.written else select.limit
        return dataclasses.replace(scan, rows=self._filter(scan.resource, select.filter), limit=limit)

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
        presets = (
            tuple(Change(p.field, p.source) for p in self._presets(resource, rule.presets)) if plan.changes else ()
        )
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
