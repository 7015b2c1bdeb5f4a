"""The OpenAPI 2.0 document that PostgREST's own clients read: its ``definitions`` with their notes on keys.

Notes stand in the descriptions: ``<pk/>``, and ``<fk table='…' column='…'/>`` (spec: rest.md §10).
"""

import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from contracts.catalog import Catalog, Resource
from contracts.fields import Field

from rest_service import schemas
from rest_service.grammar.keys import filter_key
from rest_service.openapi_functions import in_words, older_paths
from rest_service.schemas import Schema

_RETURNS = ("return=representation", "return=minimal", "return=headers-only")
_COUNTS = ("count=exact", "count=planned", "count=estimated")
_RESOLUTIONS = ("resolution=ignore-duplicates", "resolution=merge-duplicates")
# id: place, name, what it is, its values
_SHARED: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "select": ("query", "select", "Filtering Columns", ()),
    "on_conflict": ("query", "on_conflict", "On Conflict", ()),
    "order": ("query", "order", "Ordering", ()),
    "range": ("header", "Range", "Limiting and Pagination", ()),
    "rangeUnit": ("header", "Range-Unit", "Limiting and Pagination", ()),
    "offset": ("query", "offset", "Limiting and Pagination", ()),
    "limit": ("query", "limit", "Limiting and Pagination", ()),
    "preferCount": ("header", "Prefer", "Preference", _COUNTS),
    "preferReturn": ("header", "Prefer", "Preference", _RETURNS),
    "preferPost": ("header", "Prefer", "Preference", (*_RETURNS, *_RESOLUTIONS)),
}
_READ = ("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount")
_MODIFIERS = re.compile(r"\(.*?\)")


def describe(catalog: Catalog, title: str, url: str, schema: str | None = None) -> dict[str, Any]:
    """The document of a catalog, served at ``url``; of one ``schema``, by the names that its tables have there."""
    address = urlsplit(url)
    if schema is not None:
        catalog = _within(catalog, schema)
    parameters: dict[str, Schema] = {name: _shared(*told) for name, told in _SHARED.items()}
    paths: dict[str, Any] = {}
    for resource in catalog.resources:
        filters = _filters(resource)
        parameters |= filters
        parameters[f"body.{resource.name}"] = _body(resource)
        paths[f"/{quote(resource.name, safe='')}"] = _operations(resource, list(filters))
    paths |= older_paths(catalog)
    return {
        "swagger": "2.0",
        "info": {"title": title, "version": catalog.version or "0"},
        "host": address.netloc,
        "basePath": address.path,
        "schemes": [address.scheme],
        "consumes": ["application/json", "text/csv"],
        "produces": ["application/json", "application/vnd.pgrst.object+json", "text/csv"],
        "definitions": {resource.name: _definition(resource) for resource in catalog.resources},
        "parameters": parameters,
        "paths": paths,
    }


def _within(catalog: Catalog, schema: str) -> Catalog:
    """What of a catalog is in a schema, each by its own name."""
    replace = msgspec.structs.replace
    own = {resource.name: resource.table for resource in catalog.resources if resource.schema == schema}
    resources = tuple(
        replace(
            resource,
            name=resource.table,
            relations=tuple(replace(one, target=own.get(one.target, one.target)) for one in resource.relations),
        )
        for resource in catalog.resources
        if resource.schema == schema
    )
    functions = tuple(replace(one, name=one.function) for one in catalog.functions if one.schema == schema)
    return replace(catalog, resources=resources, functions=functions)


def _shared(place: str, name: str, description: str, values: tuple[str, ...]) -> Schema:
    found: Schema = {"name": name, "in": place, "required": False, "type": "string", "description": description}
    return {**found, "enum": list(values)} if values else found


def _definition(resource: Resource) -> Schema:
    definition: Schema = {
        "type": "object",
        "properties": {field.name: _property(resource, field) for field in resource.fields},
    }
    if required := [field.name for field in resource.fields if not field.nullable]:
        definition["required"] = required
    if resource.comment:
        definition["description"] = resource.comment
    return definition


def _property(resource: Resource, field: Field) -> Schema:
    schema = schemas.of_field(field)
    found: Schema = {"format": _MODIFIERS.sub("", field.db_type)}
    kind = schema.get("type")
    if kind is not None:  # this version of the format knows no null
        found["type"] = kind if isinstance(kind, str) else kind[0]
    if found.get("type") == "array":
        element = schema.get("items", {}).get("type")
        found["items"] = {"type": element[0]} if element else {}
    if field.values:
        found["enum"] = list(field.values)
    if "maxLength" in schema:
        found["maxLength"] = schema["maxLength"]
    if description := "\n\n".join(filter(None, (field.comment, *_notes(resource, field)))):
        found["description"] = description
    return found


def _notes(resource: Resource, field: Field) -> list[str]:
    notes = ["Note:\nThis is a Primary Key.<pk/>"] if field.name in resource.key else []
    for relation in resource.relations:
        if relation.owning and relation.junction is None and len(relation.pairs) == 1:
            own, other = relation.pairs[0]
            if own == field.name:
                target = relation.target
                notes.append(
                    f"Note:\nThis is a Foreign Key to `{target}.{other}`.<fk table='{target}' column='{other}'/>"
                )
    return notes


def _filters(resource: Resource) -> dict[str, Schema]:
    return {
        f"rowFilter.{resource.name}.{field.name}": {
            "name": filter_key(field.name), "in": "query", "required": False, "type": "string"
        }
        for field in resource.fields
        if field.filterable
    }  # fmt: skip


def _body(resource: Resource) -> Schema:
    schema = {"$ref": _pointer("definitions", resource.name)}
    return {"name": resource.name, "in": "body", "required": False, "schema": schema}


def _operations(resource: Resource, filters: list[str]) -> dict[str, Any]:
    body = f"body.{resource.name}"
    rows = {"type": "array", "items": {"$ref": _pointer("definitions", resource.name)}}
    read = {"200": {"description": "OK", "schema": rows}, "206": {"description": "Partial Content"}}
    found = {"get": _operation(resource, [*filters, *_READ], read)}
    if resource.insertable:
        found["post"] = _operation(resource, [body, "select", "preferPost"], {"201": {"description": "Created"}})
    if resource.updatable:
        found["patch"] = _operation(resource, [*filters, body, "preferReturn"], {"204": {"description": "No Content"}})
    if resource.deletable:
        found["delete"] = _operation(resource, [*filters, "preferReturn"], {"204": {"description": "No Content"}})
    return found


def _operation(resource: Resource, parameters: list[str], responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": [resource.name],
        **in_words(resource.comment),
        "parameters": [{"$ref": _pointer("parameters", name)} for name in parameters],
        "responses": responses,
    }


def _pointer(section: str, name: str) -> str:
    return f"#/{section}/{quote(name.replace('~', '~0').replace('/', '~1'), safe='~.')}"
