"""Rows that aggregates of the database write in media types of their own: of one table, of any rows, in any type."""

import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.guarded_store import ADMIN, Suite, Who

SCRIPT = r"""
create table paths (id int primary key, name text not null, steps int[], owner int, trivet_record int);
create table owners (id int primary key, label text);
alter table paths add foreign key (owner) references owners (id);
alter table paths add column gone int;
alter table paths drop column gone;
insert into owners values (7, 'Seven');
insert into paths values (1, 'short', '{1,2}', 7, 5), (2, 'long, "wide"', '{3,4,5}', null, null), (3, 'none', null, null, 0);
create view long_paths as select * from paths where array_length(steps, 1) > 2;
create table counts (n int);
insert into counts values (1), (2), (3);
create function all_paths() returns setof paths language sql stable as $$ select * from paths order by id $$;
create function one_path(which int) returns paths language sql stable as $$ select * from paths where id = which $$;
create function pairs() returns table (a int, b text) language sql stable as $$ values (1, 'x'), (2, null) $$;

create domain "application/vnd.steps" as bytea;
create function add_steps(state bytea, next paths) returns "application/vnd.steps" language sql immutable
  as $$ select state || coalesce(decode(lpad(to_hex(array_length(next.steps, 1)), 2, '0'), 'hex'), '\xff') $$;
create aggregate steps_of (paths) (initcond = '', stype = "application/vnd.steps", sfunc = add_steps);

create domain "text/tab-separated-values" as text;
create function add_line(state text, next anyelement) returns "text/tab-separated-values" language sql immutable
  as $$ select state || (select string_agg(coalesce(value, '-'), e'\t') from json_each_text(row_to_json(next))) || e'\n' $$;
create aggregate lines_of (anyelement) (initcond = '', stype = "text/tab-separated-values", sfunc = add_line);

create domain "application/vnd.names+json" as jsonb;
create function add_name(state jsonb, next anyelement) returns "application/vnd.names+json" language sql immutable
  as $$ select state || (to_jsonb(next) -> 'name') $$;
create aggregate names_of (anyelement) (initcond = '[]', stype = "application/vnd.names+json", sfunc = add_name);

create domain "text/csv" as text;
create function mark(text) returns "text/csv" language sql immutable as $$ select 'mark' || $1 $$;
create function add_cell(state text, next paths) returns text language sql immutable as $$ select state || ',' || next.id $$;
create aggregate marked (paths) (initcond = '', stype = text, sfunc = add_cell, finalfunc = mark);

create domain "*/*" as text;
create function add_number(state text, next counts) returns "*/*" language sql immutable as $$ select state || next.n $$;
create aggregate any_counts (counts) (initcond = 'n', stype = "*/*", sfunc = add_number);

create domain "application/vnd.pgrst.object+json" as text;
create function add_nothing(state text, next anyelement) returns "application/vnd.pgrst.object+json" language sql immutable
  as $$ select 'never' $$;
create aggregate never (anyelement) (initcond = '', stype = "application/vnd.pgrst.object+json", sfunc = add_nothing);
"""
CONFIG = """
version: 1
resources:
  paths:
    permissions:
      walker: {select: {columns: "*", filter: {id: {_lt: 3}}}, insert: {columns: "*", check: {}}}
      guest: {select: {columns: [id, name], filter: {}}}
      stranger: {select: {columns: "*", filter: {}}}
functions:
  steps_of: {permissions: {walker: {}, guest: {}}}
  lines_of: {permissions: {walker: {}, guest: {}}}
  all_paths: {permissions: {walker: {}}}
"""
STEPS, TABS, NAMES = "application/vnd.steps", "text/tab-separated-values", "application/vnd.names+json"


@pytest.fixture(scope="module")
def rooms(postgres_server, tmp_path_factory):
    config = tmp_path_factory.mktemp("handlers") / "trivet.yaml"
    config.write_text(CONFIG)
    engine = Engine(
        PostgresDatabase(postgres_server.create_database("handlers", SCRIPT), size=2, limit=5.0), config=config
    )
    engine.refresh()
    yield Suite(engine, lambda: None)
    engine.close()


@pytest.mark.parametrize(
    "path, accept, kind, body",
    [
        ("paths?order=id", STEPS, STEPS, b"\x02\x03\xff"),
        ("paths?select=*&order=id.desc", STEPS, STEPS, b"\xff\x03\x02"),
        ("paths?id=eq.2", f"text/html, {STEPS};q=0.9, */*;q=0.1", STEPS, b"\x03"),
        ("paths?id=eq.99", STEPS, STEPS, b""),
        ("paths?order=id&limit=1&offset=1", STEPS, STEPS, b"\x03"),
        ("rpc/all_paths?id=gt.1", STEPS, STEPS, b"\x03\xff"),
        ("rpc/one_path?which=1", STEPS, STEPS, b"\x02"),
        ("rpc/one_path?which=99", STEPS, STEPS, b""),
        ("paths?id=eq.1", "text/csv", "text/csv; charset=utf-8", b"mark,1"),
        ("paths?select=id&id=eq.1", "text/csv", "text/csv; charset=utf-8", b"id\n1"),
        ("owners", "text/csv", "text/csv; charset=utf-8", b"id,label\n7,Seven"),
        ("paths?select=id,n:name&order=id", TABS, f"{TABS}; charset=utf-8", b'1\tshort\n2\tlong, "wide"\n3\tnone\n'),
        ("paths?select=trivet_record,owners(label)&order=id&limit=2", TABS, f"{TABS}; charset=utf-8",
         b'5\t{"label" : "Seven"}\n-\t-\n'),
        ("paths?select=...owners(label),id::text&id=eq.1", TABS, f"{TABS}; charset=utf-8", b"Seven\t1\n"),
        ("paths?select=owner,count()&order=owner", TABS, f"{TABS}; charset=utf-8", b"7\t1\n-\t2\n"),
        ("long_paths?select=id", TABS, f"{TABS}; charset=utf-8", b"2\n"),
        ("rpc/pairs", TABS, f"{TABS}; charset=utf-8", b"1\tx\n2\t-\n"),
        ("owners?select=name:label", NAMES, NAMES, b'["Seven"]'),
        ("counts?order=n", "magic/number", "application/octet-stream", b"n123"),
        ("counts?order=n", "*/*", "application/octet-stream", b"n123"),
        ("counts?select=n&n=eq.1", "*/*", "application/json; charset=utf-8", b'[{"n" : 1}]'),
        ("counts?n=eq.1", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8", b'{"n" : 1}'),
    ],
)  # fmt: skip
def test_rows_as_the_database_writes_them(rooms, path, accept, kind, body):
    answer = rooms.get(path, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"], answer.data) == (200, kind, body)
    assert rooms.get(path, Accept=accept, If_None_Match=answer.headers["ETag"]).status_code == 304


@pytest.mark.parametrize(
    "path, accept",
    [
        ("paths?select=id", STEPS),
        ("paths?select=id,name,steps,owner,trivet_record", STEPS),
        ("owners", STEPS),
        ("long_paths", STEPS),
        ("rpc/pairs", STEPS),
        ("owners", "magic/number"),
    ],
)
def test_what_nothing_writes(rooms, path, accept):
    answer = rooms.get(path, Accept=accept)
    assert (answer.status_code, answer.json["code"]) == (406, "PGRST107")


def test_a_page_says_where_it_is(rooms):
    answer = rooms.get("paths?order=id&limit=2", Accept=STEPS, Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"], answer.data) == (206, "0-1/3", b"\x02\x03")
    head = rooms.send("HEAD", "paths?order=id&limit=2", Accept=STEPS, Prefer="count=exact")
    assert (head.status_code, head.headers["Content-Range"], head.data) == (206, "0-1/3", b"")
    assert head.headers["Content-Type"] == STEPS


def test_rows_that_a_write_returns(rooms):
    back = {"Prefer": "return=representation"}
    made = rooms.send("POST", "paths", ADMIN, [{"id": 8, "name": "new", "steps": [1]}], Accept=STEPS, **back)
    assert (made.status_code, made.headers["Content-Type"], made.data) == (201, STEPS, b"\x01")
    changed = rooms.send("PATCH", "paths?id=eq.8&select=id,name", ADMIN, {"name": "newer"}, Accept=TABS, **back)
    assert (changed.status_code, changed.data) == (200, b"8\tnewer\n")
    gone = rooms.send("DELETE", "paths?id=eq.8", Accept=STEPS, **back)
    assert (gone.status_code, gone.data) == (200, b"\x01")


@pytest.mark.parametrize(
    "role, path, accept, status, body",
    [
        ("walker", "paths?order=id", STEPS, 200, b"\x02\x03"),
        ("walker", "rpc/all_paths", STEPS, 200, b"\x02\x03"),
        ("walker", "paths?select=id&order=id", TABS, 200, b"1\n2\n"),
        ("walker", "paths", NAMES, 406, None),  # nobody has let it
        ("guest", "paths", STEPS, 406, None),  # that would get columns which the guest does not see
        ("guest", "paths?select=*&order=id&limit=1", TABS, 200, b"1\tshort\n"),
        ("guest", "paths?select=steps", TABS, 400, None),
        ("stranger", "paths", STEPS, 406, None),
        ("stranger", "paths", TABS, 406, None),
    ],
)
def test_a_role_gets_what_it_may_see_and_call(rooms, role, path, accept, status, body):
    answer = rooms.get(path, Who(role), Accept=accept)
    assert answer.status_code == status
    assert body is None or answer.data == body


def test_documents_tell_of_them(rooms):
    paths = rooms.get("openapi.json").json["paths"]
    own = {path: set(paths[path]["get"]["responses"]["200"]["content"]) & {STEPS, TABS, NAMES} for path in paths}
    assert (own["/paths"], own["/owners"]) == ({STEPS, TABS, NAMES}, {TABS, NAMES})
    seen = rooms.get("openapi.json", Who("guest")).json["paths"]["/paths"]["get"]["responses"]["200"]["content"]
    assert set(seen) & {STEPS, TABS, NAMES} == {TABS}
