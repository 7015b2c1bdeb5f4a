"""The schema of a role: names, scalars, what is left out, and that every tool can read it (graphql.md §§2–5)."""

import msgspec
import pytest
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from contracts.graphql import EnumValue
from graphql import build_client_schema, get_introspection_query, introspection_from_schema, validate_schema
from graphql_service.names import assign, fitting
from graphql_service.schema import build


def _introspect(suite, role="admin"):
    suite.gate.role = role
    answer = suite.ask(get_introspection_query())
    schema = build_client_schema(answer["data"])
    assert validate_schema(schema) == []
    return schema


def _table(name, *fields, **more):
    found = tuple(
        field if isinstance(field, Field) else Field(name=field, type="int4", db_type="integer") for field in fields
    )
    return Resource(name=name, schema="public", table=name, kind="table", fields=found, **more)


def _catalog(*resources, engine="postgresql"):
    return Catalog(engine=engine, version="1", schemas=("public",), resources=resources)


@pytest.mark.parametrize("role", ["admin", "clerk", "nobody"])
def test_introspection_is_a_valid_schema(suite, role):
    _introspect(suite, role)
    assert suite.data.asked == []


def test_the_exact_names_of_the_convention(suite):
    schema = _introspect(suite)
    assert set(schema.query_type.fields) >= {"album", "album_aggregate", "album_by_pk", "stats", "stats_aggregate"}
    assert "stats_by_pk" not in schema.query_type.fields
    assert {name for name in schema.mutation_type.fields if "album" in name} == {
        "insert_album",
        "insert_album_one",
        "update_album",
        "update_album_by_pk",
        "update_album_many",
        "delete_album",
        "delete_album_by_pk",
    }
    many = schema.mutation_type.fields["update_album_many"]
    assert (str(many.type), str(many.args["updates"].type)) == ("[album_mutation_response]", "[album_updates!]!")
    operators = {
        "_append": "album_append_input",
        "_delete_at_path": "album_delete_at_path_input",
        "_delete_elem": "album_delete_elem_input",
        "_delete_key": "album_delete_key_input",
        "_inc": "album_inc_input",
        "_prepend": "album_prepend_input",
        "_set": "album_set_input",
    }
    updates = {name: str(field.type) for name, field in schema.type_map["album_updates"].fields.items()}
    assert updates == {**operators, "where": "album_bool_exp!"}
    arguments = schema.mutation_type.fields["update_album_by_pk"].args
    assert {name: str(arg.type) for name, arg in arguments.items()} == {
        **operators,
        "pk_columns": "album_pk_columns_input!",
    }
    assert str(schema.type_map["album_delete_at_path_input"].fields["extra"].type) == "[String!]"
    assert set(schema.mutation_type.fields["update_artist"].args) == {"where", "_set", "_inc"}
    assert str(schema.query_type.fields["album"].type) == "[album!]!"
    assert {name: str(arg.type) for name, arg in schema.query_type.fields["album"].args.items()} == {
        "distinct_on": "[album_select_column!]",
        "limit": "Int",
        "offset": "Int",
        "order_by": "[album_order_by!]",
        "where": "album_bool_exp",
    }
    fields = {name: str(field.type) for name, field in schema.type_map["album"].fields.items()}
    assert fields == {
        "id": "Int!",
        "title": "String!",
        "artist_id": "Int!",
        "plays": "bigint",
        "price": "numeric",
        "released": "date",
        "live": "Boolean",
        "ref": "uuid",
        "extra": "jsonb",
        "tags": "[String!]",
        "mood": "mood",
        "slug": "String",
        "artist": "artist!",
        "tracks": "[track!]!",
        "tracks_aggregate": "track_aggregate!",
    }
    assert set(schema.type_map["artist_bool_exp"].fields) == {
        "_and", "_or", "_not", "id", "name", "albums", "albums_aggregate",
    }  # fmt: skip
    assert str(schema.type_map["artist_bool_exp"].fields["id"].type) == "Int_comparison_exp"
    assert set(schema.type_map["album_max_fields"].fields) >= {"id", "title", "released", "mood"}
    assert not {"live", "extra", "tags", "ref"} & set(schema.type_map["album_max_fields"].fields)
    assert set(schema.type_map["album_avg_fields"].fields) == {"id", "artist_id", "plays", "price"}
    assert str(schema.type_map["album_avg_fields"].fields["id"].type) == "Float"
    assert str(schema.type_map["album_sum_fields"].fields["price"].type) == "numeric"
    assert "slug" not in schema.type_map["album_insert_input"].fields
    assert set(schema.type_map["album_inc_input"].fields) == {"id", "artist_id", "plays", "price"}
    assert {name: str(f.type) for name, f in schema.type_map["track_pk_columns_input"].fields.items()} == {
        "album_id": "Int!",
        "number": "smallint!",
    }
    assert "_ilike" in schema.type_map["String_comparison_exp"].fields
    assert "_ilike" not in schema.type_map["Int_comparison_exp"].fields
    assert "_has_key" in schema.type_map["jsonb_comparison_exp"].fields
    assert "_contains" in schema.type_map["String_array_comparison_exp"].fields


def test_a_role_sees_only_what_it_may_use(suite):
    schema = _introspect(suite, "clerk")
    assert set(schema.query_type.fields) == {"album", "album_by_pk"}
    assert set(schema.mutation_type.fields) == {"insert_album", "insert_album_one", "insert_track"}
    assert set(schema.type_map["album"].fields) == {"id", "title", "artist_id"}
    assert set(schema.type_map["album_insert_input"].fields) == {"title"}
    assert set(schema.type_map["track_mutation_response"].fields) == {"affected_rows"}
    assert set(schema.type_map["track_insert_input"].fields) == {"number", "album"}
    for query in ("{ artist { id } }", "{ album { price } }", "{ album_aggregate { aggregate { count } } }"):
        assert suite.ask(query)["errors"]
    assert suite.ask("mutation { delete_album(where: {}) { affected_rows } }")["errors"]


def test_a_role_that_may_see_nothing(suite):
    schema = _introspect(suite, "nobody")
    assert list(schema.query_type.fields) == ["no_queries_available"]
    assert schema.mutation_type is None
    assert suite.ask("{ no_queries_available __typename }")["data"]["__typename"] == "query_root"
    assert suite.error("mutation { x }")[0] == "no mutations exist"
    assert suite.data.asked == []


def test_introspection_beside_data(suite):
    answer = suite.ask(
        "query($n: String!, $i: Int!) { b: album(limit: $i) { id } __type(name: $n) { name fields { name } } a: __schema { queryType { name } } __typename }",
        {"n": "artist", "i": 1},
    )
    assert list(answer["data"]) == ["b", "__type", "a", "__typename"]
    assert [field["name"] for field in answer["data"]["__type"]["fields"]] == [
        "id",
        "name",
        "albums",
        "albums_aggregate",
    ]
    assert len(suite.data.asked) == 1


def test_names_that_graphql_cannot_say(suite):
    table = _table("Order Details", "unit price", "unit_price", "2nd", "名前", "住所", "a.b", "__x", "true", "_and")
    suite.data.catalogs["admin"] = _catalog(table)
    schema = _introspect(suite)
    assert list(schema.query_type.fields) == ["Order_Details", "Order_Details_aggregate", "Order_Details_grouped"]
    names = list(schema.type_map["Order_Details"].fields)
    assert names == ["unit_price_2", "unit_price", "_2nd", "_", "_2", "a_b", "_x", "true_2", "_and_2"]
    suite.ask(
        "{ Order_Details(where: {_2: {_eq: 1}}, order_by: {unit_price_2: asc}, distinct_on: unit_price_2) { _2nd } }"
    )
    (document, _), *_ = suite.data.asked
    read = document.members[0].operation
    assert read.resource == "Order Details"
    assert (read.node.filter.left.name, read.node.outputs[0].field.name) == ("住所", "2nd")
    assert (read.node.sort[0].field.name, read.node.distinct_on) == ("unit price", ("unit price",))


def test_clashes_get_numbers(suite):
    tables = (
        _table("a", "id", "bs_aggregate", relations=(
            Relation(name="bs", target="b", cardinality="many", pairs=(("id", "id"),), constraint="c"),
            Relation(name="id", target="b", cardinality="one", pairs=(("id", "id"),), constraint="c"),
        )),
        _table("a_aggregate", "id"),
        _table("b", "id"),
        _table("date", Field(name="day", type="date", db_type="date")),
        _table("mood", Field(name="m", type="enum", db_type="public.mood")),
        _table("query_root", "id"),
    )  # fmt: skip
    suite.data.catalogs["admin"] = _catalog(*tables)
    schema = _introspect(suite)
    assert {"a", "a_aggregate", "a_aggregate_2", "a_aggregate_2_aggregate"} <= set(schema.query_type.fields)
    assert list(schema.type_map["a"].fields) == ["id", "bs_aggregate", "bs_2", "bs_2_aggregate", "id_2"]
    assert str(schema.query_type.fields["date"].type) == "[date_2!]!"
    assert str(schema.type_map["mood_2"].fields["m"].type) == "mood"
    assert str(schema.query_type.fields["query_root"].type) == "[query_root_2!]!"


def test_scalars_of_sqlite(suite):
    types = {
        "INTEGER": "int8", "INT": "int8", "BIGINT": "int8", "SMALLINT": "int8", "TEXT": "text", "VARCHAR(9)": "text",
        "DECIMAL(10,2)": "numeric", "REAL": "float8", "DATETIME": "timestamp", "BOOLEAN": "bool", "JSON": "json", "ANY": "other",
        "BLOB": "bytes",
    }  # fmt: skip
    fields = tuple(Field(name=f"c{i}", type=kind, db_type=name) for i, (name, kind) in enumerate(types.items()))
    suite.data.catalogs["admin"] = _catalog(_table("t", *fields), engine="sqlite")
    found = [str(field.type) for field in _introspect(suite).type_map["t"].fields.values()]
    assert found == [
        "Int", "Int", "bigint", "smallint", "String", "String",
        "numeric", "float8", "timestamp", "Boolean", "json", "any", "bytea",
    ]  # fmt: skip


def test_scalars_of_postgresql(suite):
    types = {
        "smallint": "int2", "integer": "int4", "bigint": "int8", "real": "float4", "character(3)": "text",
        "citext": "text", '"char"': "text", "timestamp(3) without time zone": "timestamp", "json": "json",
        "inet": "other", 'sales."Odd Type"': "other", "int4range": "range", "money": "other",
    }  # fmt: skip
    fields = tuple(Field(name=f"c{i}", type=kind, db_type=name) for i, (name, kind) in enumerate(types.items()))
    fields += (Field(name="many", type="array", db_type="integer[]", element="int4"),)
    suite.data.catalogs["admin"] = _catalog(_table("t", *fields))
    found = [str(field.type) for field in _introspect(suite).type_map["t"].fields.values()]
    assert found == [
        "smallint", "Int", "bigint", "float4", "bpchar", "citext", "bpchar", "timestamp", "json",
        "inet", "Odd_Type", "int4range", "money", "[Int!]",
    ]  # fmt: skip


def test_a_new_catalog_version_brings_a_new_schema(suite):
    assert suite.ask("{ extra { id } }")["errors"]
    grown = (*suite.data.catalogs["admin"].resources, _table("extra", "id"))
    suite.data.catalogs["admin"] = msgspec.structs.replace(suite.data.catalogs["admin"], resources=grown, version="v2")
    assert "data" in suite.ask("{ extra { id } }")


def test_hundreds_of_tables_cost_little_until_they_are_asked_for(suite):
    tables = []
    for number in range(371):
        fields = [Field(name="id", type="int4", db_type="integer")]
        fields += [Field(name=f"c{i}", type="text", db_type="text") for i in range(9)]
        next_one = Relation(
            name="next", target=f"t{(number + 1) % 371}", cardinality="one", pairs=(("id", "id"),), constraint="c"
        )
        tables.append(
            _table(f"t{number}", *fields, key=("id",), relations=(next_one,), insertable=True, deletable=True)
        )
    catalog = _catalog(*tables)
    schema = build(catalog)
    assert schema.schema.get_type("t7_bool_exp") is schema.schema.get_type("t7_bool_exp")
    assert len(schema.schema.type_map) < 30
    suite.data.catalogs["admin"] = catalog
    types = suite.ask("{ __schema { types { name kind } } }")["data"]["__schema"]["types"]
    assert len(types) > 371 * 10
    assert list(suite.ask("{ t370 { next { next { c8 } } } }")["data"]) == ["t370"]


def test_introspection_comes_in_the_same_order_every_time(suite):
    query = get_introspection_query()
    first = suite.http.post("/graphql", json={"query": query}).data
    again = suite.http.post("/graphql", json={"query": query}).data
    other = type(suite)().http.post("/graphql", json={"query": query}).data
    assert first == again == other


def test_assigned_names():
    assert fitting("a-b c") == "a_b_c"
    assert fitting("1a") == "_1a"
    assert fitting("___a") == "_a"
    assert assign(["x y", "x_y", "x-y"], {"x_y_2"}) == {"x y": "x_y_3", "x_y": "x_y", "x-y": "x_y_4"}


def test_an_enum_tables_enum_gives_way_to_a_type_of_the_databases_own():
    own = Field(name="own", type="enum", db_type="public.color_enum", values=("red",))
    refers = Field(name="refers", type="text", db_type="text", enum="color")
    catalog = Catalog(
        engine="postgresql",
        version="1",
        schemas=("public",),
        resources=(_table("thing", own, refers), _table("color", "id"), _table("color_enum_2", "id")),
        enums={"color": (EnumValue(name="red"),)},
    )
    made = build(catalog).schema
    made.complete()
    fields = {name: str(field.type) for name, field in made.type_map["thing"].fields.items()}
    assert fields == {"own": "color_enum", "refers": "color_enum_2"}
    assert list(made.type_map["color_enum_2"].values) == ["red"]
    assert str(made.query_type.fields["color_enum_2"].type) == "[color_enum_2_2!]!"
    assert validate_schema(build_client_schema(introspection_from_schema(made))) == []
