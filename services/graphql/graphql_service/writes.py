"""Mutation fields become writes, with what they read back (graphql.md §§2, 6)."""

from typing import Any

from contracts.operations import Affected, Assign, Conflict, Create, Delete, How, Node, Output, Read, Rows, Update
from graphql import FieldNode, GraphQLArgument
from msgspec.structs import replace

from graphql_service.coercion import arguments_of
from graphql_service.errors import Misfit, Path
from graphql_service.filters import filter_of, key_filter
from graphql_service.nested import has_nested, nested_create
from graphql_service.places import OPERATORS
from graphql_service.reads import outputs, walk, where_filter
from graphql_service.schema.exposed import Exposed
from graphql_service.schema.upserts import PLACEHOLDER
from graphql_service.selection import Scope
from graphql_service.slots import renamed, rows_of

Nodes = list[FieldNode]
Expected = dict[str, GraphQLArgument]
Given = dict[str, Any]
_HOWS: dict[str, How] = {argument: how for how, argument in OPERATORS.items()}
# what an operator takes where it is not a value of the field's own type
_TAKEN = {"_delete_key": "String", "_delete_elem": "Int", "_delete_at_path": "[String]"}


def insert(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Create:
    """``insert_T``: what a row lacks takes its default."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return _create(scope, exposed, arguments, arguments["objects"], _response(scope, exposed, nodes))


def insert_one(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Create:
    """``insert_T_one``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return _create(scope, exposed, arguments, [arguments["object"]], _one(scope, exposed, nodes))


def update(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Update:
    """``update_T``; without any operator only presets are set: where there are none, no row counts as affected."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    return _update(scope, exposed, nodes, arguments, ("args",))


def update_by_pk(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Update | Read:
    """``update_T_by_pk``; the row as it is where nothing is set. Raises `Misfit` without any operator or preset."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    _demand_operator(exposed, arguments, ("args",))
    assigns = _assigns(scope, exposed, arguments, ("args",))
    filter_ = key_filter(scope, exposed, arguments["pk_columns"])
    returning = _one(scope, exposed, nodes)
    if not assigns and not exposed.presets:  # a form that was saved without a change
        return Read(exposed.resource.name, replace(returning, filter=filter_))
    return Update(exposed.resource.name, assigns, filter=filter_, returning=returning, presets_alone=not assigns)


def update_many(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> list[Update]:
    """``update_T_many``: several updates, one after the other. Raises `Misfit` where one sets nothing."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    made = []
    for index, given in enumerate(arguments["updates"]):
        place = ("args", "updates", index)
        _demand_operator(exposed, given, place)
        made.append(_update(scope, exposed, nodes, given, place))
    return made


def delete(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Delete:
    """``delete_T``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    filter_ = where_filter(scope, exposed, arguments["where"])
    return Delete(exposed.resource.name, filter=filter_, returning=_response(scope, exposed, nodes))


def delete_by_pk(scope: Scope, exposed: Exposed, nodes: Nodes, expected: Expected) -> Delete:
    """``delete_T_by_pk``."""
    arguments = arguments_of(nodes[0], expected, scope.variables)
    filter_ = key_filter(scope, exposed, arguments)
    return Delete(exposed.resource.name, filter=filter_, returning=_one(scope, exposed, nodes))


def _create(scope: Scope, exposed: Exposed, arguments: Given, objects: Any, returning: Node) -> Create:
    rows = rows_of(objects)
    if has_nested(exposed, rows):
        place = ("args", "objects" if "objects" in arguments else "object")
        made = nested_create(scope, exposed, objects, place, _conflict)
    else:
        made = _plain_create(scope, exposed, objects, rows)
    conflict = _conflict(scope, exposed, arguments.get("on_conflict"))
    return replace(made, conflict=conflict, returning=returning)


def _plain_create(scope: Scope, exposed: Exposed, objects: Any, rows: list[Given]) -> Create:
    given = {name for row in rows for name in row}
    names = {name: field.field.name for name, field in exposed.insertable.items() if name in given}
    return Create(
        exposed.resource.name,
        tuple(names.values()),
        scope.param(renamed(objects, names)),
        ragged=any(len(row) != len(given) for row in rows),
        missing="default",
    )


def _conflict(scope: Scope, exposed: Exposed, given: Given | None) -> Conflict | None:
    """The rule for rows that are there already: without columns to update they stay as they are."""
    if given is None:
        return None
    columns = tuple(given.get("update_columns") or ())
    if PLACEHOLDER in columns:
        raise Misfit("erroneous column name", path=("args", "on_conflict"))
    where = given.get("where")
    try:
        filter_ = None if where is None or not columns else filter_of(scope, exposed, where)
    except Misfit as misfit:
        raise misfit.under("args", "on_conflict", "where") from None
    return Conflict(constraint=given["constraint"], update=columns or None, filter=filter_)


def _update(scope: Scope, exposed: Exposed, nodes: Nodes, given: Given, place: Path) -> Update:
    assigns = _assigns(scope, exposed, given, place)
    try:
        filter_ = filter_of(scope, exposed, given["where"])
    except Misfit as misfit:
        raise misfit.under(*place, "where") from None
    returning = _response(scope, exposed, nodes)
    return Update(exposed.resource.name, assigns, filter=filter_, returning=returning, presets_alone=not assigns)


def _demand_operator(exposed: Exposed, given: Given, place: Path) -> None:
    if not exposed.presets and not any(given.get(name) is not None for name in _HOWS):
        raise Misfit("at least one update operator must be provided", path=place)


def _assigns(scope: Scope, exposed: Exposed, given: Given, place: Path) -> tuple[Assign, ...]:
    assigns: list[Assign] = []
    for operator, how in _HOWS.items():
        for name, value in (given.get(operator) or {}).items():
            field = exposed.updatable[name]
            if value is None and operator != "_set":
                taken = _TAKEN.get(operator, field.scalar.name)
                raise Misfit(f"unexpected null value for type '{taken}'", path=(*place, operator, name))
            assigns.append(Assign(field.field.name, scope.param(value), how))
    fields = [assign.field for assign in assigns]
    twice = list(dict.fromkeys(field for field in fields if fields.count(field) > 1))
    if twice:
        raise Misfit(f"Column found in multiple operators: {twice}.", path=place)
    return tuple(assigns)


def _response(scope: Scope, exposed: Exposed, nodes: Nodes) -> Node:
    def make(key: str, name: str, found: Nodes) -> Output:
        counts = scope.types.exposure.naming.meant(name) == "affected_rows"
        return Affected(key) if counts else Rows(key, outputs(scope, exposed, found))

    return Node(walk(scope, nodes, f"{exposed.type_name}_mutation_response", make), shape="summary")


def _one(scope: Scope, exposed: Exposed, nodes: Nodes) -> Node:
    return Node(outputs(scope, exposed, nodes), shape="maybe")
