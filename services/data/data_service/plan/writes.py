"""Writes planned, and whole operations: the entry of planning."""

from contracts.catalog import Catalog, Resource, Writable
from contracts.fields import Field
from contracts.operations import (
    Call,
    Conflict,
    Constant,
    Create,
    Delete,
    Document,
    Nested,
    Node,
    Operation,
    Read,
    Update,
)
from contracts.problems import Problem

from data_service.plan.calls import plan_call
from data_service.plan.filters import Names, at, optional_source, plan_filter, source_of
from data_service.plan.names import find_field, find_relation, find_resource, forbidden_table, nearest, unwritable
from data_service.plan.nested import with_nested
from data_service.plan.nodes import AffectedOutput, ConstantOutput, Predicate, ReadPlan, Scan
from data_service.plan.plans import CallPlan, DocumentPlan, MemberPlan, Plan
from data_service.plan.reads import plan_node, plan_read
from data_service.plan.write_nodes import (
    Change,
    ConflictPlan,
    CreatePlan,
    DeletePlan,
    Given,
    NestedPlan,
    UpdatePlan,
    WritePlan,
)

_JSON = frozenset({"json"})
# ways to change a field: PostgreSQL's sign for each, and the types that know it
_CHANGES: dict[str, tuple[str, frozenset[str]]] = {
    "increment": ("+", frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})),
    "append": ("||", _JSON),
    "prepend": ("||", _JSON),
    "delete_key": ("-", _JSON),
    "delete_elem": ("-", _JSON),
    "delete_at_path": ("#-", _JSON),
}
_ALL = Writable()


def plan_operation(operation: Operation, catalog: Catalog, full: Catalog) -> Plan:
    """The plan of an operation for one who sees ``catalog``.

    ``full`` is the catalog as it is, to tell what is forbidden from what does not exist. Raises `Problem`.
    """
    names = Names(catalog, full)
    if isinstance(operation, Document):
        return DocumentPlan(tuple(_member(names, member.key, member.operation) for member in operation.members))
    return _single(names, operation)


def _member(names: Names, key: str, operation: Read | Create | Update | Delete | Call | Constant) -> MemberPlan:
    if isinstance(operation, Constant):
        return MemberPlan(key, ConstantOutput(key, operation.value))
    with at(key):
        return MemberPlan(key, _single(names, operation))


def _single(names: Names, operation: Read | Create | Update | Delete | Call) -> ReadPlan | WritePlan | CallPlan:
    if isinstance(operation, Read):
        return plan_read(names, operation)
    if isinstance(operation, Call):
        return plan_call(names, operation)
    if isinstance(operation, Create):
        return _create(names, operation)
    return _update(names, operation) if isinstance(operation, Update) else _delete(names, operation)


def _create(names: Names, create: Create) -> CreatePlan:
    resource = _writable_resource(names, create.resource, create.schema, "insertable")
    given = tuple(Given(_given_field(names, resource, name, "create")) for name in create.columns)
    plan = CreatePlan(
        resource=resource,
        given=given,
        rows=source_of(create.rows),
        ragged=create.ragged or not given,
        defaults=create.missing == "default" or not given,
        returning=_returning(names, resource, create.returning),
        conflict=None if create.conflict is None else _conflict(names, resource, create, create.conflict),
        tells_key=create.tells_key,
    )
    return plan if not create.nested else with_nested(plan, tuple(_nested(names, resource, n) for n in create.nested))


def _nested(names: Names, resource: Resource, nested: Nested) -> NestedPlan:
    """Rows created over a relation. Raises `Problem` PGRST200, PGRST201; PGRST127 where there is no key to fill in."""
    relation = find_relation(names.catalog, resource, nested.relation)
    create = nested.create
    if relation.junction is not None or not relation.pairs:
        raise Problem("PGRST127", "Feature not implemented", details="Rows can't be created over this relation.")
    if relation.target != create.resource or create.returning.shape != "none" or create.count is not None:
        raise Problem("PGRST100", f"the create nested in '{relation.name}' does not fit the relation")
    with at(relation.name):
        plan = _create(names, create)
    pairs = relation.pairs if relation.owning else tuple((other, own) for own, other in relation.pairs)
    return NestedPlan(relation.name, plan, source_of(nested.of), pairs, first=relation.owning)


def _conflict(names: Names, resource: Resource, create: Create, conflict: Conflict) -> ConflictPlan | None:
    """The rule for rows that are there already; None where nothing can be: there is no key."""
    target = _target(names, resource, conflict)
    if not target:
        return None
    if resource.kind != "table" and names.full.engine == "sqlite":  # only tables have conflicts there
        raise Problem("PGRST127", "Feature not implemented", details=f"Upserts into a {resource.kind} resource.")
    if conflict.update is None:
        return ConflictPlan(target, Scan(resource))
    _writable_resource(names, create.resource, create.schema, "updatable")
    keys = {field.name for field in target}
    changes = tuple(
        _given_field(names, resource, name, "update") for name in dict.fromkeys(conflict.update) if name not in keys
    )
    where = None
    if conflict.filter is not None:
        with at("filter"):
            where = plan_filter(names, resource, conflict.filter)
    return ConflictPlan(target, Scan(resource), changes, where)


def _target(names: Names, resource: Resource, conflict: Conflict) -> tuple[Field, ...]:
    """The fields of the key that rows are held against. Raises `Problem` 42703, 42704."""
    full = names.full.by_name[resource.name]
    if conflict.constraint is not None:
        found = next((unique for unique in full.uniques if unique.name == conflict.constraint), None)
        if found is None:
            message = f'constraint "{conflict.constraint}" for table "{resource.name}" does not exist'
            raise Problem("42704", message)
        return tuple(full.by_name[name] for name in found.fields)
    given = names.catalog.writable.get(resource.name, _ALL).create or frozenset()
    for name in conflict.fields:
        if name not in given:
            find_field(resource, name)  # one that can neither be seen nor given is not there
    return tuple(full.by_name[name] for name in conflict.fields or full.key)


def _update(names: Names, update: Update) -> UpdatePlan:
    resource = _writable_resource(names, update.resource, update.schema, "updatable")
    where = _write_filter(names, resource, update, "UPDATE")
    changes = []
    for assign in update.assigns:
        field = _given_field(names, resource, assign.field, "update")
        sign, types = _CHANGES.get(assign.how, ("", None))
        if types is not None and field.type not in types:
            raise Problem("42883", f"operator does not exist: {field.db_type} {sign} unknown")
        changes.append(Change(field, source_of(assign.value), assign.how))
    returning = _returning(names, resource, update.returning)
    at_most = optional_source(update.at_most)
    return UpdatePlan(Scan(resource), tuple(changes), where, returning, at_most, presets_alone=update.presets_alone)


def _delete(names: Names, delete: Delete) -> DeletePlan:
    resource = _writable_resource(names, delete.resource, delete.schema, "deletable")
    where = _write_filter(names, resource, delete, "DELETE")
    returning = _returning(names, resource, delete.returning)
    return DeletePlan(Scan(resource), where, returning, optional_source(delete.at_most))


def _writable_resource(names: Names, name: str, schema: str | None, right: str) -> Resource:
    resource = find_resource(names.catalog, names.full, name, schema)
    if not getattr(resource, right):
        if not getattr(names.full.by_name[resource.name], right):
            raise Problem("55000", f'"{name}" can\'t be written so: it is a {resource.kind}', status=405)
        raise forbidden_table(name)
    return resource


def _write_filter(names: Names, resource: Resource, write: Update | Delete, verb: str) -> Predicate | None:
    if write.filter is None:
        raise Problem("21000", f"{verb} requires a WHERE clause")
    with at("filter"):
        return plan_filter(names, resource, write.filter)


def _given_field(names: Names, resource: Resource, name: str, verb: str) -> Field:
    """The field that a write may give. Raises `Problem` PGRST204, 42501, 428C9."""
    allowed = getattr(names.catalog.writable.get(resource.name, _ALL), verb)
    full = names.full.by_name[resource.name].by_name
    if name in resource.by_name and not full[name].writable:
        raise unwritable(full[name], verb)
    if name not in full or (allowed is not None and name not in allowed):
        if name in resource.by_name:
            raise Problem("42501", f'permission denied for column "{name}" of table {resource.name}')
        near = nearest(name, allowed if allowed is not None else full)
        raise Problem(
            "PGRST204",
            f"Could not find the '{name}' column of '{resource.name}' in the schema cache",
            hint=f"Perhaps you meant '{near}'" if near else None,
        )
    return full[name]


def _returning(names: Names, resource: Resource, node: Node) -> ReadPlan:
    scan = Scan(resource, written=True)
    if node.shape == "none":
        return ReadPlan(scan, (), shape="none")
    plan = plan_node(names, scan, node)
    if plan.grouped:
        details = "Aggregates over the rows that a write returns are not implemented."
        raise Problem("PGRST127", "Feature not implemented", details=details)
    silent = node.shape == "summary" and all(isinstance(o, AffectedOutput | ConstantOutput) for o in plan.outputs)
    if not resource.fields and not silent:
        raise forbidden_table(resource.name)
    return plan
