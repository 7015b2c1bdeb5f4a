"""Requests to try: one question about a resource, chosen here so that every facade asks the same in its own words."""

from collections.abc import Callable
from typing import Any

import msgspec
from contracts.catalog import Catalog, Relation, Resource
from contracts.data import Data
from contracts.fields import Field
from contracts.problems import Problem
from flask import Flask, Response, request

from chassis.facade import Gate

PATH = "/-/example"  # inside the suite only: the gateway asks for it
LIMIT = 5
_FIELDS = 10
_FIELDS_OF_EMBED = 8
_UNSHOWN = ("bytes", "other")
_UNSORTABLE = ("bytes", "other", "json", "array", "range")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The last rows of a resource: these fields, and one related row each (``target``, all that is seen of it).

    ``sort`` names the fields of the key, all descending: the newest come first, where the database counts its rows up.
    It is empty where rows can't be put in order so.
    """

    resource: Resource
    fields: tuple[Field, ...]
    sort: tuple[str, ...] = ()
    relation: Relation | None = None
    target: Resource | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request as a facade's clients send it; ``path`` is from the gateway's root, query included."""

    method: str
    path: str
    headers: dict[str, str] = {}
    body: str = ""


Write = Callable[[Catalog, Question], Example]


def choose(catalog: Catalog, name: str) -> Question:
    """The question about a resource. ``catalog`` is what the role sees. Raises `Problem` TRV110."""
    resource = catalog.by_name.get(name)
    if resource is None or not resource.fields:
        raise Problem("TRV110", "There is no such resource to read", details=name)
    relation = _relation(resource, catalog)
    joins = {own for own, _ in relation.pairs} if relation is not None else set()
    return Question(
        resource=resource,
        fields=_fields(resource, joins - set(resource.key)),
        sort=_sort(resource),
        relation=relation,
        target=catalog.by_name[relation.target] if relation is not None else None,
    )


def install(app: Flask, data: Data, gate: Gate, write: Write) -> None:
    """Answer ``GET /-/example?resource=…`` with the facade's own request for that resource, under the caller's role."""

    def example() -> Response:
        catalog = data.catalog(gate.caller())
        found = write(catalog, choose(catalog, request.args.get("resource", "")))
        return Response(msgspec.json.encode(found), content_type="application/json")

    app.add_url_rule(PATH, "example", example, methods=["GET"])


def _fields(resource: Resource, left_out: set[str]) -> tuple[Field, ...]:
    shown = [field for field in resource.fields if field.type not in _UNSHOWN and field.name not in left_out]
    plain = [field for field in shown if field.name in resource.key or not _is_long(field)]
    return tuple((plain or shown or list(resource.fields))[:_FIELDS])


def _is_long(field: Field) -> bool:
    return field.type == "json" or (field.type == "text" and field.length is None and field.db_type.lower() == "text")


def _sort(resource: Resource) -> tuple[str, ...]:
    key = [resource.by_name.get(name) for name in resource.key]
    sortable = all(field is not None and field.type not in _UNSORTABLE for field in key)
    return resource.key if sortable else ()


def _relation(resource: Resource, catalog: Catalog) -> Relation | None:
    """A to-one relation whose target is small enough to show whole; the first of the smallest."""
    sizes: list[tuple[int, int, Relation]] = []
    for place, relation in enumerate(resource.relations):
        target: Any = catalog.by_name.get(relation.target)
        if target is None or relation.cardinality != "one" or not relation.owning or target.name == resource.name:
            continue
        if 0 < len(target.fields) <= _FIELDS_OF_EMBED and all(field.type not in _UNSHOWN for field in target.fields):
            sizes.append((len(target.fields), place, relation))
    return min(sizes, key=lambda size: size[:2])[2] if sizes else None
