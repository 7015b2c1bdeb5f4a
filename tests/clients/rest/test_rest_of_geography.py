"""Geometries and geographies, where PostgreSQL has PostGIS: GeoJSON in and out, in each protocol."""

import json

import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from lxml import etree

from tests.fixtures.guarded_store import ADMIN, SOAP_NAMESPACE, Suite, Who

SCRIPT = """
create schema gis;
create extension postgis schema gis;
create table harbours (id int primary key, name text not null, place gis.geometry(Point, 4326), area gis.geometry, reach gis.geography);
create table boats (id int primary key, name text, harbour_id int references harbours (id), seen gis.geometry(Point, 4326));
insert into harbours values
  (1, 'Bergen', 'SRID=4326;POINT(5.32 60.39)', 'SRID=4326;POLYGON((5 60, 6 60, 6 61, 5 61, 5 60))', 'POINT(5.32 60.39)'),
  (2, 'Skagen', 'SRID=4326;POINT(10.6 57.72)', null, 'POINT(10.6 57.72)'),
  (3, 'Nowhere', null, null, null);
insert into boats values (1, 'Fram', 1, 'SRID=4326;POINT(5.5 60.5)'), (2, 'Gjoa', 1, null);
create function harbours_north_of(latitude float8) returns setof harbours language sql stable
  as $$ select * from harbours where gis.st_y(place) > latitude $$;
create function harbour(which int) returns harbours language sql stable as $$ select * from harbours where id = which $$;
create function middle() returns gis.geometry language sql stable as $$ select gis.st_setsrid(gis.st_makepoint(7, 59), 4326) $$;
create function far(from_place gis.geometry) returns float8 language sql stable
  as $$ select max(gis.st_distance(place, from_place)) from harbours $$;
"""
CONFIG = """
version: 1
resources:
  harbours:
    permissions:
      sailor: {select: {columns: [id, name, place], filter: {id: {_lt: 3}}}}
"""
GEOJSON = "application/geo+json"
BERGEN = {"type": "Point", "coordinates": [5.32, 60.39]}
SKAGEN = {"type": "Point", "coordinates": [10.6, 57.72]}


@pytest.fixture(scope="module")
def url(postgres_server):
    with psycopg.connect(postgres_server.url()) as connection:
        found = connection.execute("select from pg_available_extensions where name = 'postgis'").fetchone()
    if found is None:
        pytest.skip("the server has no PostGIS (make setup installs it where apt has it)")
    return postgres_server.create_database("geography", SCRIPT)


@pytest.fixture(scope="module")
def coast(url, tmp_path_factory):
    config = tmp_path_factory.mktemp("coast") / "trivet.yaml"
    config.write_text(CONFIG)
    engine = Engine(PostgresDatabase(url, size=2, limit=5.0), config=config)
    engine.refresh()
    yield Suite(engine, lambda: None)
    engine.close()


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def without_crs(value):
    """A value whose geometries don't name their reference system, as those of features don't."""
    if isinstance(value, dict):
        return {name: without_crs(item) for name, item in value.items() if name != "crs"}
    return [without_crs(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "path, features",
    [
        ("harbours?select=id,name,place&id=lt.3&order=id", [feature(BERGEN, id=1, name="Bergen"), feature(SKAGEN, id=2, name="Skagen")]),
        ("harbours?select=place,n:name&id=eq.2", [feature(SKAGEN, n="Skagen")]),
        ("harbours?select=id,place&id=eq.3", [feature({"type": None}, id=3)]),  # as PostGIS has it before 3.4
        ("harbours?select=id,place&id=eq.99", []),
        ("harbours?select=id,place&order=id.desc&limit=1&offset=1", [feature(SKAGEN, id=2)]),
        ("harbours?select=id,reach&id=eq.1", [feature(BERGEN, id=1)]),
        ("harbours?select=place,boats(name)&id=eq.1&boats.order=id", [feature(BERGEN, boats=[{"name": "Fram"}, {"name": "Gjoa"}])]),
        ("boats?select=name,...harbours(place)&id=eq.1", [feature(BERGEN, name="Fram")]),
        ("boats?select=seen,harbours(place)&id=eq.1", [feature({"type": "Point", "coordinates": [5.5, 60.5]}, harbours={"place": BERGEN})]),
        ("harbours?select=id,place,area&id=eq.2", [feature(SKAGEN, id=2, area=None)]),
        ("rpc/harbours_north_of?latitude=60&select=name,place", [feature(BERGEN, name="Bergen")]),
        ("rpc/harbour?which=2&select=id,place", [feature(SKAGEN, id=2)]),
        ("rpc/middle", [feature({"type": "Point", "coordinates": [7, 59]})]),
    ],
)  # fmt: skip
def test_features(coast, path, features):
    answer = coast.get(path, Accept=GEOJSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{GEOJSON}; charset=utf-8"), answer.text
    assert without_crs(json.loads(answer.data)) == {"type": "FeatureCollection", "features": features}


def test_a_page_of_features(coast):
    answer = coast.get("harbours?select=id,place&order=id&limit=2", Accept=GEOJSON, Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, "0-1/3")
    again = coast.get("harbours?select=id,place&order=id&limit=2", Accept=GEOJSON, If_None_Match=answer.headers["ETag"])
    assert again.status_code in (200, 304)


@pytest.mark.parametrize("path", ["boats?select=id,name", "harbours?select=count()", "harbours?select="])
def test_rows_without_a_geometry(coast, path):
    answer = coast.get(path, Accept=GEOJSON)
    assert (answer.status_code, answer.json["code"]) == (400, "22023")
    assert answer.json["message"] == "geometry column is missing"


def test_writes(coast):
    back = {"Prefer": "return=representation"}
    new = {"id": 7, "name": "New", "place": BERGEN, "area": "SRID=4326;POINT(1 2)", "reach": SKAGEN}
    made = coast.send("POST", "harbours?select=id,place", ADMIN, new, Accept=GEOJSON, **back)
    assert (made.status_code, made.json["features"]) == (201, [feature(BERGEN, id=7)]), made.text
    changed = coast.send("PATCH", "harbours?id=eq.7&select=id,place", ADMIN, {"place": SKAGEN, "reach": BERGEN}, **back)
    assert (changed.status_code, without_crs(changed.json)) == (200, [{"id": 7, "place": SKAGEN}]), changed.text
    put = {"id": 7, "name": "Put", "place": BERGEN, "area": None, "reach": None}
    put = coast.send("PUT", "harbours?id=eq.7&select=place", ADMIN, put, Accept=GEOJSON, **back)
    assert put.json["features"] == [feature(BERGEN)]
    gone = coast.send("DELETE", "harbours?id=eq.7&select=name,place", Accept=GEOJSON, **back)
    assert (gone.status_code, gone.json["features"]) == (200, [feature(BERGEN, name="Put")])
    wrong = coast.send("POST", "harbours", ADMIN, {"id": 8, "name": "x", "place": {"type": "Nothing"}}, **back)
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (400, "application/json; charset=utf-8")


def test_geometries_in_json_are_geojson(coast):
    (row,) = coast.get("harbours?select=id,place,area&id=eq.1").json
    assert without_crs(row["place"]) == BERGEN
    assert row["area"]["type"] == "Polygon"
    assert coast.get("harbours?select=place->coordinates&id=eq.1").json == [{"coordinates": [5.32, 60.39]}]
    for name in ("place", "reach"):
        for condition, found in ((f"eq.{json.dumps(BERGEN)}", [1]), (f"neq.{json.dumps(BERGEN)}", [2])):
            assert coast.get(f"harbours?select=id&{name}={condition}").json == [{"id": number} for number in found]
        assert coast.get(f'harbours?select=id&{name}=in.("POINT(1 2)")').json == []


def test_a_role_gets_features_of_what_it_sees(coast):
    sailor = Who("sailor")
    answer = coast.get("harbours?order=id", sailor, Accept=GEOJSON)
    assert answer.json["features"] == [feature(BERGEN, id=1, name="Bergen"), feature(SKAGEN, id=2, name="Skagen")]
    assert coast.get("harbours?select=id,area", sailor, Accept=GEOJSON).json["code"] == "42703"


NORTH = '{type: "Polygon", coordinates: [[[0, 59], [20, 59], [20, 70], [0, 70], [0, 59]]]}'


@pytest.mark.parametrize(
    "where, found",
    [
        (f"place: {{_st_within: {NORTH}}}", [1]),
        (f"_not: {{place: {{_st_intersects: {NORTH}}}}}", [2]),
        ('area: {_st_contains: {type: "Point", coordinates: [5.5, 60.5]}}', [1]),
        ('place: {_st_equals: {type: "Point", coordinates: [10.6, 57.72]}}', [2]),
        ('place: {_st_d_within: {distance: 1.0, from: {type: "Point", coordinates: [5, 60]}}}', [1]),
        ('reach: {_st_d_within: {distance: 50000, from: {type: "Point", coordinates: [10.6, 57.5]}}}', [2]),
        ('reach: {_st_d_within: {distance: 1, from: {type: "Point", coordinates: [0, 0]}, use_spheroid: false}}', []),
        ('reach: {_st_intersects: {type: "Point", coordinates: [10.6, 57.72]}}', [2]),
        ('place: {_eq: "SRID=4326;POINT(10.6 57.72)"}', [2]),
        ("place: {_is_null: true}", [3]),
        ('area: {_st_touches: {type: "Point", coordinates: [5, 60]}}', [1]),
        (f"area: {{_st_overlaps: {NORTH}}}", []),
        (f"area: {{_st_crosses: {NORTH}}}", []),
        ('place: {_st_3d_d_within: {distance: 1, from: {type: "Point", coordinates: [10.6, 57.72]}}}', [2]),
        ('place: {_st_3d_intersects: {type: "Point", coordinates: [10.6, 57.72]}}', [2]),
    ],
)
def test_graphql_relates_geometries(coast, where, found):
    answer = coast.ask(f"{{ harbours(where: {{{where}}}, order_by: {{id: asc}}) {{ id }} }}").json
    assert answer == {"data": {"harbours": [{"id": number} for number in found]}}


def test_graphql_by_variables(coast):
    query = "query($near: st_d_within_input!) { harbours(where: {place: {_st_d_within: $near}}) { id place } }"
    (row,) = coast.ask(query, near={"distance": 1, "from": BERGEN}).json["data"]["harbours"]
    assert without_crs(row) == {"id": 1, "place": BERGEN}
    mutation = "mutation($new: [harbours_insert_input!]!) { insert_harbours(objects: $new) { returning { place } } }"
    made = coast.ask(mutation, new=[{"id": 9, "name": "G", "place": SKAGEN, "reach": SKAGEN}]).json
    assert without_crs(made) == {"data": {"insert_harbours": {"returning": [{"place": SKAGEN}]}}}
    assert coast.ask("mutation { delete_harbours_by_pk(id: 9) { id } }").json["data"]["delete_harbours_by_pk"]


@pytest.mark.parametrize("where", ["reach: {_st_contains: {}}", "name: {_st_within: {}}", "place: {_st_d_within: {}}"])
def test_graphql_has_only_what_fits(coast, where):
    assert "errors" in coast.ask(f"{{ harbours(where: {{{where}}}) {{ id }} }}").json


def test_soap_writes_geometries_as_geojson(coast):
    text = coast.post("<ListHarbours><filter><id><eq>1</eq></id></filter></ListHarbours>").data
    assert without_crs(json.loads(etree.fromstring(text).findtext(f".//{{{SOAP_NAMESPACE}}}place"))) == BERGEN


def test_documents_tell_of_geojson(coast):
    paths = coast.get("openapi.json").json["paths"]
    assert GEOJSON in paths["/harbours"]["get"]["responses"]["200"]["content"]
