"""The OpenAPI document is valid whatever the names, and says what the role may do and no more."""

import msgspec
import pytest
from contracts.catalog import Catalog, Relation, Resource, Writable
from contracts.fields import Field
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator
from rest_service import swagger
from rest_service.grammar.keys import parse_key
from rest_service.openapi import describe
from rest_service.schemas import ComponentNames, of_field

ODD = [
    "Order Items", "a/b", "ä", "日本", "x{y}", "a.b", 'say "hi"', "a?b#c", "a.create", "a", "a_b", "a b", "Problem",
    "select", "order", "%41", "a:b", "back\\slash", " ", "*", "café", "cafe\u0301", "new\nline",
]  # fmt: skip
TYPES = [
    "int2", "int4", "int8", "numeric", "float4", "float8", "bool", "text", "uuid", "date", "time", "timetz",
    "timestamp", "timestamptz", "interval", "json", "bytes", "enum", "array", "range", "other",
]  # fmt: skip


def odd_catalog() -> Catalog:
    fields = tuple(
        Field(
            name=name, type=TYPES[n % len(TYPES)], db_type="t", values=("x", "y"), element="int4", nullable=n % 2 == 0
        )
        for n, name in enumerate(ODD)
    )
    more = tuple(Field(name=f"f{n}", type=kind, db_type=kind, element="text") for n, kind in enumerate(TYPES))
    resources = tuple(
        Resource(name=name, schema="public", table=name, kind="table", fields=fields + more if name == "ä" else fields[:1], key=(ODD[0],), comment=name,
                 insertable=True, updatable=True, deletable=True)
        for name in ODD
    )  # fmt: skip
    return Catalog(engine="postgresql", version="1", schemas=("public",), resources=resources)


def valid(document) -> dict:
    plain = msgspec.json.decode(msgspec.json.encode(document))
    OpenAPIV31SpecValidator(plain).validate()
    return plain


def test_odd_names_make_a_valid_document():
    document = valid(describe(odd_catalog(), "T", "http://x/rest/v1"))
    assert len(document["paths"]) == len(ODD)
    assert "/Order%20Items" in document["paths"]
    assert "/x%7By%7D" in document["paths"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(ODD) * 5


def test_filters_are_named_as_the_grammar_reads_them():
    document = describe(odd_catalog(), "T", "http://x")
    parameters = document["components"]["parameters"]
    prefix = "filter.ä.".replace("ä", "_")
    named = {p["name"] for key, p in parameters.items() if key.startswith(prefix)}
    keys = [parse_key(name) for name in named]
    assert {key.field.name for key in keys} >= set(ODD)
    assert all(key.path == () for key in keys)


def test_a_database_without_tables():
    valid(describe(Catalog(engine="sqlite", version="", schemas=(), resources=()), "T", "http://x"))


def test_many_tables_are_no_trouble():
    field_types = [Field(name=f"c{n}", type=TYPES[n], db_type=TYPES[n]) for n in range(20)]
    resources = tuple(
        Resource(name=f"t{n}", schema="public", table=f"t{n}", kind="table", fields=tuple(field_types), insertable=True,
                 updatable=True, deletable=True)
        for n in range(371)
    )  # fmt: skip
    document = describe(Catalog(engine="sqlite", version="1", schemas=("main",), resources=resources), "T", "http://x")
    assert len(document["paths"]) == 371
    assert len(document["components"]["parameters"]) >= 371 * 20


def test_odd_names_make_a_valid_swagger_document():
    document = swagger.describe(odd_catalog(), "T", "http://x/rest/v1")
    OpenAPIV2SpecValidator(msgspec.json.decode(msgspec.json.encode(document))).validate()
    assert set(document["definitions"]) == set(ODD)


def test_swagger_notes_on_keys(film_catalog):
    film = film_catalog.by_name["film"]
    own = Relation(
        name="studio", target="studio", cardinality="one", pairs=(("rate", "no"),), constraint="c", owning=True
    )
    catalog = msgspec.structs.replace(film_catalog, resources=(msgspec.structs.replace(film, relations=(own,)),))
    fields = swagger.describe(catalog, "T", "http://x")["definitions"]["film"]["properties"]
    assert fields["id"]["description"] == "Note:\nThis is a Primary Key.<pk/>"
    assert fields["rate"]["description"].endswith("<fk table='studio' column='no'/>")
    assert fields["rating"]["enum"] == ["G", "PG"]


def test_what_the_role_may_do(film_catalog):
    catalog = msgspec.structs.replace(
        film_catalog, writable={"film": Writable(create=frozenset({"title"}), update=frozenset({"rate"}))}
    )
    document = valid(describe(catalog, "T", "http://x"))
    assert set(document["paths"]["/film"]) == {"get", "post", "put", "patch", "delete"}
    parameters = [name["$ref"].rpartition("/")[2] for name in document["paths"]["/film"]["put"]["parameters"]]
    assert parameters == ["filter.film.id", "select", "columns", "preferWrite"]
    assert set(document["paths"]["/actor"]) == {"get"}
    schemas = document["components"]["schemas"]
    assert set(schemas["film.create"]["properties"]) == {"title"}
    assert schemas["film.create"]["required"] == ["title"]
    assert set(schemas["film.update"]["properties"]) == {"rate"}
    assert "actor.create" not in schemas


def test_a_resource_that_can_only_be_written():
    hidden = (Field(name="text", type="text", db_type="text", nullable=False),)
    box = Resource(name="inbox", schema="public", table="inbox", kind="table", fields=(), insertable=True)
    catalog = Catalog(engine="sqlite", version="1", schemas=("main",), resources=(box,), hidden={"inbox": hidden})
    document = valid(describe(catalog, "T", "http://x"))
    assert set(document["paths"]["/inbox"]) == {"post"}
    assert set(document["components"]["schemas"]["inbox.create"]["properties"]) == {"text"}


def test_fields_that_the_database_makes_are_not_written(film_catalog):
    schemas = describe(film_catalog, "T", "http://x")["components"]["schemas"]
    assert "slug" not in schemas["film.create"]["properties"]
    assert schemas["film"]["properties"]["slug"]["readOnly"] is True
    assert schemas["film.create"]["required"] == ["title"]  # the key has a default


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (
            Field(name="a", type="text", db_type="varchar(5)", length=5, nullable=False),
            {"type": "string", "maxLength": 5},
        ),
        (Field(name="a", type="text", db_type="text"), {"type": ["string", "null"]}),
        (Field(name="a", type="enum", db_type="e", values=("x",)), {"type": ["string", "null"], "enum": ["x", None]}),
        (Field(name="a", type="json", db_type="jsonb"), {}),
        (
            Field(name="a", type="array", db_type="int4[]", element="bool", nullable=False),
            {"type": "array", "items": {"type": ["boolean", "null"]}},
        ),
    ],
)
def test_schema_of_a_field(field, schema):
    assert of_field(field) == {**schema, "description": f"`{field.db_type}`"}


def test_component_names_are_never_given_twice():
    names = ComponentNames(["Problem"])
    assert [names.fit(n) for n in ("Problem", "a b", "a_b", "a_b_2", "")] == [
        "Problem_2",
        "a_b",
        "a_b_2",
        "a_b_2_2",
        "_",
    ]


@pytest.mark.parametrize("path", ["/openapi.json", "/rest/v1/openapi.json"])
def test_the_document_is_served_with_a_tag(client, memory, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.json["openapi"] == "3.1.0"
    assert response.json["servers"] == [{"url": "http://api.example/rest/v1"}]
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    memory.catalog_of = msgspec.structs.replace(memory.catalog_of, version="v2")
    changed = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (changed.status_code, changed.json["info"]["version"]) == (200, "v2")


@pytest.mark.parametrize("path", ["/", "/rest/v1", "/rest/v1/"])
@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_the_root_is_what_postgrest_s_clients_read(client, path, accept):
    response = client.get(path, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.json["swagger"]) == (200, "2.0")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_swagger_has_postgrest_s_parameters(film_catalog):
    document = swagger.describe(film_catalog, "T", "http://x/rest/v1")
    film = document["paths"]["/film"]
    assert film["get"]["summary"] == "Films"
    refs = {method: [one["$ref"].rpartition("/")[2] for one in told["parameters"]] for method, told in film.items()}
    filters = [f"rowFilter.film.{field.name}" for field in film_catalog.by_name["film"].fields]
    assert refs["get"] == [*filters, "select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"]
    assert refs["post"] == ["body.film", "select", "preferPost"]
    assert refs["patch"] == [*filters, "body.film", "preferReturn"]
    assert refs["delete"] == [*filters, "preferReturn"]
    assert document["definitions"]["film"]["properties"]["rate"]["format"] == "numeric"


def test_swagger_of_one_schema_of_several(film_catalog):
    film = film_catalog.by_name["film"]
    other = msgspec.structs.replace(film, name="archive_film", schema="archive")
    catalog = msgspec.structs.replace(film_catalog, schemas=("public", "archive"), resources=(film, other))
    assert set(swagger.describe(catalog, "T", "http://x", "archive")["paths"]) == {"/film"}
    assert set(swagger.describe(catalog, "T", "http://x")["paths"]) == {"/film", "/archive_film"}


def test_the_document_by_its_own_media_type(client):
    response = client.get("/", headers={"Accept": "application/openapi+json"})
    assert response.headers["Content-Type"] == "application/openapi+json; charset=utf-8"
    assert response.json["swagger"] == "2.0"
    assert response.json["basePath"] == "/rest/v1"
    assert client.get("/", headers={"Accept": "text/csv"}).json["code"] == "PGRST107"
    head = client.head("/openapi.json")
    assert (head.status_code, head.data) == (200, b"")
