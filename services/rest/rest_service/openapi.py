"""The OpenAPI 3.1 document of what a role may do, built once for each role and version of the catalog."""

import hashlib
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec
from apispec import APISpec
from chassis.bounded import Bounded
from contracts.catalog import ANY_MEDIA, Catalog, Resource

from rest_service import media, openapi_functions, schemas, swagger
from rest_service.grammar.keys import filter_key
from rest_service.resources import can_put
from rest_service.schemas import ComponentNames, Schema

Format = Literal["3.1", "2.0"]
_KEPT = 64
_PROBLEM = "Problem"
_TEXT = {"type": "string"}
_ANYTHING: Schema = {}
_SPATIAL = ("geometry", "geography")

# id, place, name, schema, description
_SHARED: tuple[tuple[str, str, str, Schema, str], ...] = (
    ("select", "query", "select", _TEXT, "Fields, embeds and aggregates: `id,name,customer(name)`"),
    ("order", "query", "order", _TEXT, "Order: `name.asc,id.desc.nullslast`"),
    ("limit", "query", "limit", {"type": "integer", "minimum": 0}, "Rows at most"),
    ("offset", "query", "offset", {"type": "integer", "minimum": 0}, "Rows to skip"),
    ("and", "query", "and", _TEXT, "Conditions that must all hold: `(a.eq.1,b.gt.2)`"),
    ("or", "query", "or", _TEXT, "Conditions of which one must hold: `(a.eq.1,not.b.is.null)`"),
    ("onConflict", "query", "on_conflict", _TEXT, "The unique columns by which an upsert knows a row: `a,b`"),
    ("columns", "query", "columns", _TEXT, "The columns of the body that count: `a,b`"),
    ("range", "header", "Range", {"type": "string", "pattern": r"^\d+-\d*$"}, "Rows from and to: `0-24`"),
    (
        "preferRead",
        "header",
        "Prefer",
        _TEXT,
        "`count=exact|planned|estimated`, `handling=strict|lenient`, `pages=keyset`",
    ),
    (
        "preferWrite",
        "header",
        "Prefer",
        _TEXT,
        "`return=minimal|headers-only|representation`, `count=exact`, `missing=default|null`, "
        "`resolution=merge-duplicates|ignore-duplicates`, "
        "`handling=strict|lenient`, `max-affected=N`",
    ),
)
_READ = ("select", "and", "or", "order", "limit", "offset", "range", "preferRead")
_WRITE = ("select", "and", "or", "preferWrite")
_CREATE = ("select", "columns", "onConflict", "preferWrite")
_PUT = ("select", "columns", "preferWrite")
_UPDATE = ("select", "columns", "and", "or", "preferWrite")


class Document(NamedTuple):
    """A document's bytes and the tag that changes with them."""

    body: bytes
    etag: str


class _Entry(NamedTuple):
    """A resource and the names of its schemas: its rows, what creates and what updates them.

    ``own`` are the media types in which the database writes its rows itself.
    """

    resource: Resource
    rows: str
    create: str
    update: str
    own: tuple[str, ...] = ()


class Documents:
    """The documents of the roles that asked lately."""

    def __init__(self, title: str, url: str) -> None:
        self._title = title
        self._url = url
        self._kept: Bounded[tuple[Format, str | None, str, str | None], Document] = Bounded(_KEPT)

    def get(self, catalog: Catalog, format_: Format = "3.1", schema: str | None = None) -> Document:
        """The document of a catalog, built once; that of 2.0 is of one ``schema`` where there are several."""
        key = (format_, catalog.role, catalog.version, schema)
        document = self._kept.get(key)
        if document is None:
            if format_ == "2.0":
                described = swagger.describe(catalog, self._title, self._url, schema)
            else:
                described = describe(catalog, self._title, self._url)
            body = msgspec.json.encode(described)
            document = Document(body, hashlib.sha256(body).hexdigest()[:32])
            self._kept.put(key, document)
        return document


def describe(catalog: Catalog, title: str, url: str) -> dict[str, Any]:
    """The document of a catalog, served at ``url``."""
    spec = APISpec(
        title=title,
        version=catalog.version or "0",
        openapi_version="3.1.0",
        info={"description": "Every table, view and function of the database, in PostgREST's dialect."},
        servers=[{"url": url}],
        security=[{}, {"bearer": []}, {"basic": []}, {"apikey": []}],
    )
    _add_shared(spec)
    schema_names, filter_names = ComponentNames([_PROBLEM]), ComponentNames(shared[0] for shared in _SHARED)
    rows: dict[str, str] = {}
    for resource in catalog.resources:
        row, create, update = (schema_names.fit(resource.name + part) for part in ("", ".create", ".update"))
        entry = _Entry(resource, row, create, update, _own_media(catalog, resource))
        _add_resource(spec, catalog, entry, _add_filters(spec, resource, filter_names))
        rows[resource.name] = entry.rows
    for path, operations in openapi_functions.paths(catalog, rows).items():
        spec.path(path, operations=operations)
    return spec.to_dict()


def _add_shared(spec: APISpec) -> None:
    for identity, place, name, schema, description in _SHARED:
        spec.components.parameter(identity, place, {"name": name, "schema": schema, "description": description})
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    spec.components.security_scheme("apikey", {"type": "apiKey", "in": "header", "name": "apikey"})
    keys: Schema = {"code": _TEXT, "message": _TEXT, "details": {}, "hint": {"type": ["string", "null"]}}
    spec.components.schema(_PROBLEM, {"type": "object", "properties": keys, "required": list(keys)})
    content = {"application/json": {"schema": _ref(_PROBLEM)}}
    spec.components.response(_PROBLEM, {"description": "A problem", "content": content})


def _add_filters(spec: APISpec, resource: Resource, filter_names: ComponentNames) -> dict[str, str]:
    """Add a parameter for each field that can be filtered by; their names among the components, by field."""
    found = {}
    made = (one.field for one in resource.row_functions if one.field is not None and one.field.name)
    for field in (*resource.fields, *made):
        if not field.filterable or field.name in found:
            continue
        identity = filter_names.fit(f"filter.{resource.name}.{field.name}")
        description = f"Filter on {field.name}: `eq.…`, `gt.…`, `in.(…,…)`, `is.null`"
        parameter = {
            "name": filter_key(field.name),
            "schema": _TEXT,
            "description": description,
            "example": schemas.filter_example(field),
        }
        spec.components.parameter(identity, "query", parameter)
        found[field.name] = identity
    return found


def _add_resource(spec: APISpec, catalog: Catalog, entry: _Entry, filters: dict[str, str]) -> None:
    """Add a resource's schemas and its path with what the role may do there."""
    resource = entry.resource
    spec.tag({"name": resource.name, **({"description": resource.comment} if resource.comment else {})})
    spec.components.schema(entry.rows, schemas.of_row(resource))
    operations: dict[str, Any] = {}
    names = list(filters.values())
    if resource.fields and resource.enters("select"):
        operations["get"] = _get(entry, names)
    if resource.insertable:
        spec.components.schema(entry.create, schemas.to_create(catalog, resource))
        operations["post"] = _post(entry)
    if resource.updatable:
        spec.components.schema(entry.update, schemas.to_update(catalog, resource))
        operations["patch"] = _patch(entry, names)
    if can_put(resource):
        operations["put"] = _put(entry, [name for field, name in filters.items() if field in resource.key])
    if resource.deletable:
        operations["delete"] = _delete(entry, names)
    if operations:
        spec.path(f"/{quote(resource.name, safe='')}", operations=operations)


def _get(entry: _Entry, filters: list[str]) -> dict[str, Any]:
    answers = {
        "200": _rows_answer(entry, "The rows"),
        "206": _rows_answer(entry, "A part of the rows, where a count was asked for"),
    }
    return _operation(entry, "Read", [*filters, *_READ], answers)


def _post(entry: _Entry) -> dict[str, Any]:
    one = _ref(entry.create)
    content = {
        "application/json": {"schema": {"anyOf": [one, {"type": "array", "items": one}]}},
        "application/x-www-form-urlencoded": {"schema": one},
        "text/csv": {"schema": _TEXT},
    }
    operation = _operation(entry, "Create", list(_CREATE), {"201": _rows_answer(entry, "Created")})
    return {**operation, "requestBody": {"content": content, "required": True}}


def _put(entry: _Entry, key: list[str]) -> dict[str, Any]:
    answers = {
        "200": _rows_answer(entry, "The row that was changed"),
        "201": _rows_answer(entry, "The row that was created"),
        "204": {"description": "Created or changed"},
    }
    operation = _operation(entry, "Put", [*key, *_PUT], answers)
    content = {"application/json": {"schema": _ref(entry.create)}}
    return {**operation, "requestBody": {"content": content, "required": True}}


def _patch(entry: _Entry, filters: list[str]) -> dict[str, Any]:
    answers = {"200": _rows_answer(entry, "The updated rows"), "204": {"description": "Updated"}}
    schema = {"schema": _ref(entry.update)}
    content = {"application/json": schema, "application/x-www-form-urlencoded": schema}
    operation = _operation(entry, "Update", [*filters, *_UPDATE], answers)
    return {**operation, "requestBody": {"content": content, "required": True}}


def _delete(entry: _Entry, filters: list[str]) -> dict[str, Any]:
    answers = {"200": _rows_answer(entry, "The deleted rows"), "204": {"description": "Deleted"}}
    return _operation(entry, "Delete", [*filters, *_WRITE], answers)


def _operation(entry: _Entry, verb: str, parameters: list[str], answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"{verb.lower()}.{entry.rows}",
        "tags": [entry.resource.name],
        "summary": f"{verb} rows of {entry.resource.name}",
        "parameters": parameters,
        "responses": {**answers, "default": _PROBLEM},
    }


def _own_media(catalog: Catalog, resource: Resource) -> tuple[str, ...]:
    """The media types in which the database writes a resource's rows itself, but for its own forms of JSON."""
    spatial = any(field.db_type.partition("(")[0].endswith(_SPATIAL) for field in resource.fields)
    found = (
        handler.media
        for handler in catalog.handlers
        if handler.resource in (None, resource.name) and (spatial or not handler.features)
    )
    return tuple(dict.fromkeys(name for name in found if name not in (media.JSON.type, ANY_MEDIA)))


def _rows_answer(entry: _Entry, description: str) -> dict[str, Any]:
    rows = {"type": "array", "items": _ref(entry.rows)}
    return {
        "description": description,
        "headers": {"Content-Range": {"schema": _TEXT, "description": "First row, last row, total: `0-24/1000`"}},
        "content": {
            "application/json": {"schema": rows},
            "application/vnd.pgrst.object+json": {"schema": _ref(entry.rows)},
            **{name: {"schema": _TEXT} for name in ("text/csv", "application/x-ndjson", "application/xml")},
            **{name: {"schema": _ANYTHING} for name in entry.own},
        },
    }


def _ref(component: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{component}"}
