"""Keys of several columns, keys that are foreign keys, one-to-one, and two relations to one table: read and written."""

import sqlite3

import psycopg
import pytest
from data_service.execute.database import Database
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

from tests.fixtures.guarded_store import ADMIN, Who
from tests.hasura.conftest import Library

TABLES = """
create table person ({id}, name text not null);
create table profile ({id}, person_id integer not null unique references person (id), bio text);
create table passport (person_id integer primary key references person (id), number text not null);
create table parcel ({id}, sender_id integer not null references person (id), receiver_id integer references person (id),
  label text);
create table region (country text, code text, name text, primary key (country, code));
create table town ({id}, name text not null, country text, region_code text,
  foreign key (country, region_code) references region (country, code));
create table visit (town_id integer references town (id), person_id integer references person (id), day date not null,
  note text, primary key (town_id, person_id, day));
insert into person (name) values ('Ann'), ('Bob'), ('Cy');
insert into profile (person_id, bio) values (1, 'ann'), (2, null);
insert into region values ('xx', 'r1', 'R');
insert into town (name, country, region_code) values ('T', 'xx', 'r1'), ('U', 'xx', null);
insert into visit values (1, 1, '2020-01-01', 'n'), (1, 2, '2020-01-02', null), (2, 1, '2020-01-03', 'm');
"""
POLICIES = """
version: 1
resources:
  person:
    permissions: {clerk: {select: {columns: '*', filter: {}}, insert: {columns: [name], check: {}}}}
  parcel:
    permissions:
      clerk:
        select: {columns: '*', filter: {sender_id: {_eq: X-Hasura-Person}}}
        insert: {columns: [label, receiver_id], check: {}, set: {sender_id: X-Hasura-Person}}
"""
CLERK = Who("clerk", {"person": "2"})
FAILED = "validation-failed"
SAME_REGION = "on_conflict: {constraint: region_pkey, update_columns: [name]}"

READ = [
    ('visit_by_pk(town_id: 1, person_id: 1, day: "2020-01-01") { note town { region { name } } }', {"note": "n", "town": {"region": {"name": "R"}}}),
    ('region_by_pk(country: "xx", code: "r1") { town { name } town_aggregate { aggregate { count } } }', {"town": [{"name": "T"}], "town_aggregate": {"aggregate": {"count": 1}}}),
    ("person(order_by: {profile: {bio: asc}, id: asc}) { profile { bio } }", [{"profile": {"bio": "ann"}}, {"profile": {"bio": None}}, {"profile": None}]),
    ("person(where: {profile: {bio: {_is_null: true}}}) { id }", [{"id": 2}]),
    ("person(where: {_not: {profile: {}}}) { id }", [{"id": 3}]),
    ("town(where: {region: {}}) { id }", [{"id": 1}]),
    ("town(order_by: [{region: {name: asc}}, {visit_aggregate: {max: {day: desc}}}]) { id }", [{"id": 1}, {"id": 2}]),
    ("visit(distinct_on: [town_id, person_id], order_by: [{person_id: asc}, {town_id: desc}]) { day }", [{"day": "2020-01-03"}, {"day": "2020-01-01"}, {"day": "2020-01-02"}]),
    ('visit_aggregate(distinct_on: person_id, order_by: {person_id: asc}, where: {town: {name: {_eq: "T"}}}) { aggregate { count max { day } } nodes { note } }', {"aggregate": {"count": 2, "max": {"day": "2020-01-02"}}, "nodes": [{"note": "n"}, {"note": None}]}),
]  # fmt: skip
WRITTEN = [
    (ADMIN, 'insert_person_one(object: {name: "a", profile: {data: {bio: "b"}}, passport: {data: {number: "n"}}}) { profile { bio person { name } } passport { number } }', {"profile": {"bio": "b", "person": {"name": "a"}}, "passport": {"number": "n"}}),
    (ADMIN, 'insert_passport_one(object: {number: "n", person: {data: {name: "p"}}}) { number person { name } }', {"number": "n", "person": {"name": "p"}}),
    (ADMIN, 'insert_parcel(objects: [{label: "1", sender: {data: {name: "s"}}, receiver: null}, {label: "2", sender: {data: {name: "t"}}, receiver: {data: {name: "r"}}}, {label: "3", sender_id: 1}]) { affected_rows returning { sender { name } receiver { name } } }',
     {"affected_rows": 6, "returning": [{"sender": {"name": "s"}, "receiver": None}, {"sender": {"name": "t"}, "receiver": {"name": "r"}}, {"sender": {"name": "Ann"}, "receiver": None}]}),
    (ADMIN, f'insert_town(objects: [{{name: "a", region: {{data: {{country: "n", code: "1", name: "N"}}, {SAME_REGION}}}}}, {{name: "b", region: {{data: {{country: "n", code: "1", name: "N"}}, {SAME_REGION}}}}}, {{name: "c", region: {{data: {{country: "n", code: "2"}}}}}}, {{name: "d"}}]) {{ affected_rows returning {{ name country region_code }} }}',
     {"affected_rows": 7, "returning": [{"name": "a", "country": "n", "region_code": "1"}, {"name": "b", "country": "n", "region_code": "1"}, {"name": "c", "country": "n", "region_code": "2"}, {"name": "d", "country": None, "region_code": None}]}),
    (ADMIN, 'insert_region_one(object: {country: "fr", code: "a", town: {data: [{name: "t1"}, {name: "t2", visit: {data: [{day: "2020-01-01", person: {data: {name: "v"}}}]}}]}}) { town(order_by: {name: asc}) { region_code visit { person { name } } } }',
     {"town": [{"region_code": "a", "visit": []}, {"region_code": "a", "visit": [{"person": {"name": "v"}}]}]}),
    (ADMIN, 'insert_visit(objects: [{town_id: 1, person_id: 1, day: "2020-01-01", note: "x"}, {town_id: 1, person_id: 3, day: "2020-01-01"}], on_conflict: {constraint: visit_pkey, update_columns: [note]}) { affected_rows returning { note } }', {"affected_rows": 2, "returning": [{"note": "x"}, {"note": None}]}),
    (ADMIN, 'update_visit_by_pk(pk_columns: {town_id: 1, person_id: 1, day: "2020-01-01"}, _set: {day: "2022-02-02"}) { day note }', {"day": "2022-02-02", "note": "x"}),
    (ADMIN, 'delete_visit_by_pk(town_id: "1", person_id: 1, day: "2022-02-02") { note town { visit { note } } }', {"note": "x", "town": {"visit": [{"note": None}, {"note": None}]}}),
    (CLERK, 'insert_parcel_one(object: {label: "z", receiver: {data: {name: "q"}}}) { sender_id receiver { name } }', {"sender_id": 2, "receiver": {"name": "q"}}),
    (CLERK, 'insert_parcel(objects: [{label: "a"}, {receiver_id: null}, {receiver_id: 1}]) { affected_rows returning { sender { name } receiver { id } } }',
     {"affected_rows": 3, "returning": [{"sender": {"name": "Bob"}, "receiver": None}, {"sender": {"name": "Bob"}, "receiver": None}, {"sender": {"name": "Bob"}, "receiver": {"id": 1}}]}),
]  # fmt: skip
REFUSED = [
    (ADMIN, 'insert_person_one(object: {name: "a", profile: {data: [{bio: "b"}]}}) { id }', ".object.profile.data", FAILED, "expected an object for type 'profile_insert_input', but found a list"),
    (ADMIN, 'insert_town_one(object: {name: "t", country: "n", region: {data: {country: "n", code: "1"}}}) { id }', ".object.region", FAILED, 'cannot insert object relationship "region" as "country" column values are already determined'),
    (ADMIN, 'insert_region_one(object: {country: "n", code: "1", town: {data: [{name: "t", country: "n"}]}}) { code }', ".object.town.data[0]", FAILED, 'cannot insert "country" columns as their values are already being determined by parent insert'),
    (ADMIN, f'insert_town_one(object: {{name: "a", region: {{data: {{country: "xx", code: "r1"}}, {SAME_REGION[:-1]}, where: {{name: {{_eq: "?"}}}}}}}}}}) {{ id }}', ".object.region", "not-supported", 'cannot proceed to insert object relation "region" since insert to table "region" affects zero rows'),
    (CLERK, 'insert_person_one(object: {name: "n", profile: {data: {bio: "x"}}}) { id }', ".object.profile", FAILED, "field 'profile' not found in type: 'person_insert_input'"),
    (CLERK, 'insert_parcel_one(object: {sender_id: 2}) { id }', ".object.sender_id", FAILED, "field 'sender_id' not found in type: 'parcel_insert_input'"),
]  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def post_office(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("post")
    config = folder / "trivet.yaml"
    config.write_text(POLICIES, encoding="utf-8")
    database: Database
    if request.param == "sqlite":
        with sqlite3.connect(folder / "post.db") as connection:
            connection.executescript(TABLES.format(id="id integer primary key"))
        connection.close()
        database = SqliteDatabase(folder / "post.db", size=2, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("post")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES.format(id="id serial primary key"))
        database = PostgresDatabase(url, size=2, limit=5.0)
    yield Library(database, request.param, config)
    database.close()


@pytest.mark.parametrize(("field", "expected"), READ)
def test_reads(post_office, field, expected):
    assert post_office.data_of(f"{{ {field} }}") == {field.partition("(")[0]: expected}


@pytest.mark.parametrize(("who", "field", "place", "code", "message"), REFUSED)
def test_refusals(post_office, who, field, place, code, message):
    path = f"$.selectionSet.{field.partition('(')[0]}.args{place}"
    assert post_office.error_of(f"mutation {{ {field} }}", who=who) == (path, code, message)


def test_writes(post_office):
    """In order, and on the same rows."""
    for who, field, expected in WRITTEN:
        assert post_office.data_of(f"mutation {{ {field} }}", who=who) == {field.partition("(")[0]: expected}
