"""The catalog as a role may see it: what it may read, write and call, and the names that documents show it by."""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import msgspec
from contracts.catalog import Catalog, Function, Handler, Relation, Resource, Writable
from contracts.fields import Field
from contracts.graphql import GraphqlNaming
from contracts.identity import unnarrowed
from contracts.problems import Problem

from data_service.access import Allowed, unrestricted
from data_service.plan.filters import Names, plan_filter
from data_service.plan.nodes import Any_, Cell
from data_service.policies import Rules, SelectRule
from data_service.policy_inherited import cell_of

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
    functions = tuple(_functions(full, policies, role, visible, returned))
    return Catalog(
        engine=full.engine,
        version=full.version,
        schemas=full.schemas,
        resources=resources,
        role=role,
        writable=writable,
        hidden={name: fields for name, fields in hidden.items() if fields},
        functions=functions,
        bounds=policies.documents.of(unnarrowed(role)[0]),
        graphql=_naming(policies.graphql, seen, {function.name for function in functions}),
        enums=full.enums,
        handlers=tuple(_handlers(full, policies, role, visible, cells)) if full.handlers else (),
    )


def _naming(naming: GraphqlNaming | None, seen: Set[str], called: Set[str]) -> GraphqlNaming | None:
    if naming is None:
        return None
    names = {name: own for name, own in naming.resources.items() if name in seen}
    functions = {name: own for name, own in naming.functions.items() if name in called}
    return msgspec.structs.replace(naming, resources=names, functions=functions)


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


def _handlers(
    full: Catalog,
    policies: Allowed,
    role: str,
    visible: Mapping[str, frozenset[str]],
    cells: Mapping[str, Mapping[str, Cell]],
) -> Iterator[Handler]:
    """The handlers that the role may use; those that take a resource's whole rows only if it sees these wholly."""
    for handler in full.handlers:
        name = handler.resource
        if not handler.features and policies.call(role, handler.name) is None:
            continue
        if name is not None and (cells.get(name) or not _sees_all(full.by_name.get(name), visible)):
            continue
        yield handler


def _sees_all(resource: Resource | None, visible: Mapping[str, frozenset[str]]) -> bool:
    return resource is not None and visible.get(resource.name, frozenset()).issuperset(
        field.name for field in resource.columns
    )


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
        ways=rules.select.ways if rules.select is not None else None,
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
        presets=rules.update is not None and bool(rules.update.presets),
    )
