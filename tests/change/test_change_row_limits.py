"""How many rows a read has: what is asked for, else the default, never more than the cap; counts are of all rows."""

import sqlite3
from contextlib import closing

import pytest
from contracts.filters import FieldRef, Param, RelationRef
from contracts.operations import (
    Affected,
    Aggregate,
    Constant,
    Create,
    Document,
    Embed,
    FieldOutput,
    Group,
    Member,
    Node,
    Read,
    Rows,
    Sort,
)
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.sql.statements import Caps

from tests.change.traffic import Inside
from tests.fixtures.guarded_store import ADMIN, Suite

DEFAULT, MOST, ALL = 4, 7, 12
SCHEMA = f"""
create table things (id integer primary key, name text);
create table parts (id integer primary key, thing_id integer not null references things (id));
insert into things with recursive n(i) as (select 1 union all select i + 1 from n where i < {ALL}) select i, 'x' from n;
insert into parts with recursive n(i) as (select 1 union all select i + 1 from n where i < {ALL}) select i, 1 from n;
"""
ID = (FieldOutput("id", FieldRef("id")),)
BY_ID = (Sort(FieldRef("id")),)
COUNT = Group("aggregate", (Aggregate("count", "count"),))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request, tmp_path_factory):
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("rows") / "things.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)
        opened = SqliteDatabase(path, size=2, limit=5.0)
    else:
        script = SCHEMA
        url = request.getfixturevalue("postgres_server").create_database("row_limits", script)
        opened = PostgresDatabase(url, size=2, limit=5.0)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def capped(database):
    return served(database, Caps(DEFAULT, MOST))


def served(database, caps):
    engine = Engine(database, caps=caps)
    engine.refresh()
    return Suite(engine, lambda: None)


@pytest.mark.parametrize(
    ("caps", "asked", "rows"),
    [
        (Caps(), "", ALL),
        (Caps(DEFAULT), "", DEFAULT),
        (Caps(DEFAULT), "?limit=10", 10),
        (Caps(DEFAULT, MOST), "", DEFAULT),
        (Caps(DEFAULT, MOST), "?limit=10", MOST),
        (Caps(DEFAULT, MOST), "?limit=2", 2),
        (Caps(None, MOST), "", MOST),
        (Caps(DEFAULT, 3), "", 3),
    ],
)
def test_rest(database, caps, asked, rows):
    answer = Inside(served(database, caps), ADMIN).rest(f"things{asked}")
    assert len(answer.json) == rows
    assert answer.headers["Content-Range"] == f"0-{rows - 1}/*"


def test_a_range_s_total_is_of_all_rows(capped):
    answer = capped.get("things", Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"0-{DEFAULT - 1}/{ALL}")
    answer = capped.get("things?offset=10&limit=100", Prefer="count=exact")
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"10-{ALL - 1}/{ALL}")


def test_embeds_have_their_own(capped):
    assert len(capped.get("things?select=id,parts(id)&id=eq.1").json[0]["parts"]) == DEFAULT
    assert len(capped.get("things?select=id,parts(id)&id=eq.1&parts.limit=100").json[0]["parts"]) == MOST
    node = Node(outputs=(Embed("p", RelationRef("parts"), Node(outputs=ID), spread=True),), sort=BY_ID, limit=Param(0))
    assert len(capped.run(Read("things", node), [1])[0]["id"]) == DEFAULT


def test_graphql_and_soap(capped):
    client = Inside(capped, ADMIN)
    found = client.graphql("{ things { id } some: things(limit: 100) { id } one: things_by_pk(id: 9) { id } }").json
    assert [len(rows) for rows in (found["data"]["things"], found["data"]["some"])] == [DEFAULT, MOST]
    assert found["data"]["one"] == {"id": 9}
    assert client.soap("<ListThings/>").text.count("<Things>") == DEFAULT


def test_aggregates_are_over_all_rows(capped):
    def summary(*outputs, **kinds):
        return capped.run(Read("things", Node(outputs=outputs, sort=BY_ID, shape="summary", **kinds)), [100, None])

    assert summary(COUNT) == {"aggregate": {"count": ALL}}
    assert summary(COUNT, Rows("nodes", ID)) == {
        "aggregate": {"count": ALL},
        "nodes": [{"id": number} for number in range(1, DEFAULT + 1)],
    }
    asked = summary(COUNT, Rows("nodes", ID), limit=Param(0))
    assert (asked["aggregate"]["count"], len(asked["nodes"])) == (ALL, MOST)
    unsaid = summary(COUNT, Rows("nodes", ID), limit=Param(1))
    assert (unsaid["aggregate"]["count"], len(unsaid["nodes"])) == (ALL, DEFAULT)
    assert len(summary(Rows("nodes", ID), Constant("__typename", "t"))["nodes"]) == DEFAULT


def test_aggregates_of_related_rows_are_over_all_of_them(capped):
    query = "{ things(where: {id: {_eq: 1}}) { parts_aggregate { aggregate { count } nodes { id } } } }"
    (thing,) = Inside(capped, ADMIN).graphql(query).json["data"]["things"]
    assert thing["parts_aggregate"]["aggregate"] == {"count": ALL}
    assert len(thing["parts_aggregate"]["nodes"]) == DEFAULT


def test_groups_are_rows_too(capped):
    outputs = (*ID, Aggregate("n", "count"))
    assert len(capped.run(Read("things", Node(outputs=outputs)))) == DEFAULT
    assert capped.run(Read("things", Node(outputs=(Aggregate("n", "count"),)))) == [{"n": ALL}]


def test_each_read_of_a_document_has_them(capped):
    document = Document((Member("a", Read("things")), Member("b", Read("parts", Node(limit=Param(0))))))
    found = capped.run(document, [100])
    assert [len(found["a"]), len(found["b"])] == [DEFAULT, MOST]


def test_what_a_write_returns_is_all_of_it(capped):
    rows = [{"id": 100 + number, "thing_id": 2} for number in range(10)]
    create = Create(
        "parts", ("id", "thing_id"), Param(0), returning=Node(outputs=(Affected("n"), Rows("r", ID)), shape="summary")
    )
    found = capped.run(create, [rows])
    assert (found["n"], len(found["r"])) == (10, 10)
