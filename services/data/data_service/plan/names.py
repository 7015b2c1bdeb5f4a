"""Names held against the catalog: resources, fields and relations, or a problem that suggests the nearest."""

import difflib
from collections.abc import Collection

from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from contracts.filters import FieldRef, RelationRef
from contracts.problems import Problem

from data_service.plan.nodes import Column
from data_service.plan.row_calls import find_made_field, find_made_relation, passed_to

_VIEWS = ("view", "materialized")
_NEAR = 0.75  # similarity from which a name is suggested
_CARDINALITIES = {(True, "one"): "many-to-one", (False, "many"): "one-to-many"}


def nearest(name: str, names: Collection[str]) -> str | None:
    """The most similar of ``names``, None where none is similar enough."""
    found = difflib.get_close_matches(name, names, n=1, cutoff=_NEAR)
    return found[0] if found else None


def find_resource(catalog: Catalog, full: Catalog, name: str, schema: str | None) -> Resource:
    """The resource of this name (in this schema, where one was asked for).

    Raises `Problem` PGRST106 (schema), PGRST205 (no such resource), 42501 (the role may do nothing with it).
    """
    if schema is not None and schema not in full.schemas:
        shown = ", ".join(full.schemas)
        raise Problem("PGRST106", f"Invalid schema: {schema}", hint=f"Only the following schemas are exposed: {shown}")
    found = _look_up(catalog, name, schema)
    if found is not None:
        return found
    if _look_up(full, name, schema) is not None:
        raise forbidden_table(name)
    prefix = schema or (full.schemas[0] if full.schemas else "public")
    known = catalog.by_name if schema is None else [table for place, table in catalog.by_table if place == schema]
    near = nearest(name, known)
    raise Problem(
        "PGRST205",
        f"Could not find the table '{prefix}.{name}' in the schema cache",
        hint=f"Perhaps you meant the table '{prefix}.{near}'" if near else None,
    )


def forbidden_table(name: str) -> Problem:
    """The role may not do this with the resource."""
    return Problem("42501", f"permission denied for table {name}")


def _look_up(catalog: Catalog, name: str, schema: str | None) -> Resource | None:
    return catalog.by_name.get(name) if schema is None else catalog.by_table.get((schema, name))


def find_field(resource: Resource, name: str) -> Field:
    """The field of this name. Raises `Problem` 42703."""
    field = resource.by_name.get(name)
    if field is None:
        near = nearest(name, resource.by_name)
        raise Problem(
            "42703",
            f"column {resource.name}.{name} does not exist",
            hint=f'Perhaps you meant to reference the column "{resource.name}.{near}".' if near else None,
        )
    return field


def find_column(resource: Resource, ref: FieldRef, *, search: bool = False) -> Column:
    """The column that a reference names, to do anything with it; ``search``: to find equal values, and nothing else.

    Raises `Problem` 42703, 42883 (a path into what has no inside), PGRST100 (it can only be read, or only searched).
    """
    column = find_output(resource, ref)
    guard = column.field.guard
    if guard is not None and not guard.in_sql and not (search and guard.searchable and not ref.path):
        raise Problem(
            "PGRST100",
            f"the field '{ref.name}' of '{resource.name}' is protected and can't be used so",
            hint="It can be read" + (", and looked up by eq, neq, in and is null" if guard.searchable else ""),
        )
    if not column.field.filterable:
        raise Problem(
            "PGRST100",
            f"the field '{ref.name}' of '{resource.name}' can only be read",
            hint="It is not made by the database: it can't be filtered, ordered, grouped or aggregated by",
        )
    return column


def find_output(resource: Resource, ref: FieldRef) -> Column:
    """The column that a reference names, to read it. Raises `Problem` 42703, 42883 (a path into what has no inside)."""
    if ref.arguments is None:
        field = find_field(resource, ref.name)
        arguments = passed_to(resource, field)
    else:
        field, arguments = find_made_field(resource, ref.name, ref.arguments)
    if ref.text and not ref.path and field.type != "json":
        raise Problem("42883", f"operator does not exist: {field.db_type} #>> unknown")
    if ref.path and field.type not in ("json", "array", "other", "text"):
        raise Problem("42883", f"operator does not exist: {field.db_type} {'->>' if ref.text else '->'} unknown")
    return Column(field, ref.path, ref.text, arguments)


def find_relation(catalog: Catalog, resource: Resource, ref: RelationRef) -> Relation:
    """The relation that a reference names: by its own name, else in PostgREST's ways (rest.md 2.4).

    Raises `Problem` PGRST200 (none fits), PGRST201 (several fit), 42883 (its function takes other arguments).
    """
    if ref.arguments is not None:
        return find_made_relation(resource, ref.name, ref.arguments)
    made = resource.row_relations.get(ref.name)  # a function over the row goes before any foreign key
    if made is not None:
        return made
    named = resource.relations_by_name.get(ref.name)
    if named is not None and ref.hint is None and not ref.by_target:
        return named
    fitting = _candidates(catalog, resource, ref.name)
    if named is not None and ref.hint is None and not (len(fitting) > 1 and named in fitting):
        return named
    if ref.hint is not None:
        hinted = [relation for relation in fitting if _hinted(catalog, relation, ref.hint)]
        if named is not None and named not in fitting and _hinted(catalog, named, ref.hint):
            hinted.append(named)
        fitting = hinted
    if not fitting:
        raise _no_relation(catalog, resource, ref)
    if len(fitting) > 1:
        raise _several_relations(catalog, resource, ref.name, fitting)
    return fitting[0]


def _candidates(catalog: Catalog, resource: Resource, name: str) -> list[Relation]:
    by_target = [
        r for r in (*resource.relations, *resource.inherited) if name in (r.target, catalog.by_name[r.target].table)
    ]
    if by_target:
        if name in (resource.name, resource.table):  # a self-reference by the table's name leads to the many side
            return [r for r in by_target if not r.owning] or by_target
        return by_target
    # what a view inherits is known by key and column where it leads to a table, else where it leads to the view itself
    to_tables = [r for r in resource.inherited if catalog.by_name[r.target].kind not in _VIEWS]
    to_itself = [r for r in resource.inherited if r.target == resource.name]
    return _by_key(resource, [*resource.relations, *to_tables], name) or _by_key(resource, to_itself, name)


def _by_key(resource: Resource, relations: list[Relation], name: str) -> list[Relation]:
    """The relations by a foreign key of this name, else by this column: their own before the other side's."""
    direct = [r for r in relations if r.junction is None]
    by_constraint = [r for r in direct if r.constraint == name]
    if by_constraint:
        owning = [r for r in by_constraint if r.owning]
        return owning if owning and len(by_constraint) > 1 else by_constraint
    by_column = [r for r in direct if len(r.pairs) == 1 and r.pairs[0][0] == name]
    return [r for r in by_column if r.owning] or [r for r in by_column if r.target != resource.name]


def _hinted(catalog: Catalog, relation: Relation, hint: str) -> bool:
    if relation.junction is not None:
        junction = catalog.by_name[relation.junction.resource]
        names = (junction.name, junction.table, relation.constraint, relation.junction.onward_constraint)
        return hint in names or hint == relation.name
    single = relation.pairs[0] if len(relation.pairs) == 1 else ()
    return hint in (relation.constraint, relation.name) or hint in single


def _no_relation(catalog: Catalog, resource: Resource, ref: RelationRef) -> Problem:
    known = {*resource.relations_by_name, *(r.target for r in resource.relations), *resource.row_relations}
    near = None if ref.name in known else nearest(ref.name, known)  # known: it is the hint that is wrong
    by = f" using the hint '{ref.hint}'" if ref.hint else ""
    return Problem(
        "PGRST200",
        f"Could not find a relationship between '{resource.name}' and '{ref.name}' in the schema cache",
        details=f"Searched for a foreign key relationship between '{resource.name}' and '{ref.name}'{by} "
        f"in the schema '{resource.schema}', but no matches were found.",
        hint=f"Perhaps you meant '{near}' instead of '{ref.name}'." if near else None,
    )


def cardinality(relation: Relation) -> str:
    """The relation's cardinality in PostgREST's words."""
    if relation.junction is not None:
        return "many-to-many"
    if relation.unique:
        return "one-to-one"
    return _CARDINALITIES.get((relation.owning, relation.cardinality), "one-to-many")


def _several_relations(catalog: Catalog, resource: Resource, name: str, fitting: list[Relation]) -> Problem:
    hints = ", ".join(f"'{name}!{_hint_of(relation)}'" for relation in fitting)
    return Problem(
        "PGRST201",
        f"Could not embed because more than one relationship was found for '{resource.name}' and '{name}'",
        details=[_described(catalog, resource, relation) for relation in fitting],
        hint=f"Try changing '{name}' to one of the following: {hints}. "
        "Find the desired relationship in the 'details' key.",
    )


def _hint_of(relation: Relation) -> str:
    return relation.junction.resource if relation.junction else relation.constraint


def _described(catalog: Catalog, resource: Resource, relation: Relation) -> dict[str, str]:
    target = catalog.by_name[relation.target]
    own = ", ".join(pair[0] for pair in relation.pairs)
    other = ", ".join(pair[1] for pair in relation.pairs)
    if relation.junction is None:
        text = f"{relation.constraint} using {resource.table}({own}) and {target.table}({other})"
    else:
        onward = ", ".join(pair[0] for pair in relation.junction.onward)
        text = (
            f"{relation.junction.resource} using {relation.constraint}({other}) "
            f"and {relation.junction.onward_constraint}({onward})"
        )
    return {
        "cardinality": cardinality(relation),
        "embedding": f"{resource.name} with {target.name}",
        "relationship": text,
    }


def unwritable(field: Field, verb: str) -> Problem:
    """The database alone makes the values of a field, in PostgreSQL's words."""
    name = field.name
    message = f'cannot insert a non-DEFAULT value into column "{name}"'
    if verb == "update":
        message = f'column "{name}" can only be updated to DEFAULT'
    details = f'Column "{name}" is a generated column.'
    if field.identity is not None:
        details = f'Column "{name}" is an identity column defined as GENERATED ALWAYS.'
    return Problem("428C9", message, details=details)
