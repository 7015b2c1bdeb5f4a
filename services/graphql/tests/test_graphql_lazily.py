"""Schemas are made as far as documents need them, and introspection is the same every time."""

from graphql import get_introspection_query
from graphql_service.limits import Limits
from graphql_service.request import prepare
from graphql_service.schema import build


def test_root_fields_are_made_when_they_are_named(role_schema):
    schema = build(role_schema.types.exposure.catalog)
    roots = schema.schema.query_type.fields
    assert "album" in roots
    assert roots.get("nothing") is None
    assert roots._made == {}
    prepare(schema, "{ album { id } }", Limits())
    assert list(roots._made) == ["album"]
    assert list(roots) == list(schema.queries)


def test_types_are_found_by_their_names(role_schema):
    lazily, whole = (build(role_schema.types.exposure.catalog) for _ in range(2))
    whole.schema.complete()
    for name, type_ in whole.schema.type_map.items():
        if not name.startswith("__"):
            found = lazily.schema.get_type(name)
            assert found is not None, name
            assert (found.name, type(found)) == (name, type(type_))
    for name in (
        "album_nope",
        "nope_bool_exp",
        "_bool_exp",
        "album_select_column_track_aggregate_bool_exp_avg_arguments_columns",
    ):
        assert lazily.schema.get_type(name) is None


def test_introspection_is_the_same_every_time(suite):
    asked = {"query": get_introspection_query()}
    first = suite.http.post("/graphql", json=asked).data
    suite.http.post("/graphql", json={"query": "{ track { number } artist { name } }"})
    assert suite.http.post("/graphql", json={**asked, "query": asked["query"] + " "}).data == first
    assert suite.http.post("/graphql", json=asked).data == first
