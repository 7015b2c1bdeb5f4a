"""From which columns the columns of views come: exactly where the database says it, too many rather than too few else."""

import sqlite3

import psycopg
import pytest
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

DDL = """
create table people (id integer primary key, name text, mail text, low text generated always as (lower(mail)) stored);
create table pets (id integer primary key, owner integer references people (id), mail text, name text);
create view plain as select id as number, mail as address from people;
create view twice as select address from plain;
create view made as select upper(mail) as loud, name from people;
create view chosen as select p.id, (select max(mail) from people) as top from pets p;
create view both_ways as select mail as word from people union all select name from pets;
create view inside as select x.word from (select mail as word from people) x;
create view computed_inside as select x.word from (select mail || name as word from people) x;
create view joined as select p.mail, q.name as pet from people p join pets q on q.owner = p.id;
create view used as select mail, people.name from people join pets using (mail);
create view with_words as with w as (select mail as word from people) select word from w;
create view counted as select name, count(mail) as mails, count(*) as n from people group by name;
create view cased as select case when mail is null then 'none' else mail end as word from people;
create view windowed as select row_number() over (order by mail) as place, id from people;
create view exists_so as select id, exists (select 1 from people p where p.mail = q.mail) as known from pets q;
"""
MORE = """
create function mail_of(number integer) returns text language sql as 'select mail from people where id = number';
create view called as select id, mail_of(id) as word from people;
create view whole as select p as everything from people p;
create view lateral_one as select l.word from people p, lateral (select p.mail as word) l;
create view listed as select v.word from people p, lateral (values (p.mail)) v(word);
create materialized view stored as select mail from people;
create table part_of (id integer, mail text) partition by list (id);
create table part_one partition of part_of for values in (1);
create table child () inherits (pets);
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lineage(request, tmp_path_factory):
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("lineage") / "views.db"
        with sqlite3.connect(path) as connection:
            connection.executescript(DDL)
        connection.close()
        database = SqliteDatabase(path, size=1, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("lineage")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(DDL + MORE)
        database = PostgresDatabase(url, size=1, limit=5.0)
    found = database.lineage()
    database.close()
    schema = "main" if request.param == "sqlite" else "public"

    def of(table, column):
        """The columns that are the same, and those that it may be made of, as ``table.column``."""
        spot = (schema, table, column)
        return tuple({f"{t}.{c}" for _, t, c in by.get(spot, ())} for by in (found.same, found.derived))

    of.kind = request.param
    return of


@pytest.mark.parametrize(
    "table, column, source",
    [
        ("plain", "address", "people.mail"), ("inside", "word", "people.mail"), ("joined", "mail", "people.mail"),
        ("joined", "pet", "pets.name"), ("pets", "owner", "people.id"),
    ],
)  # fmt: skip
def test_plain_columns_are_known(lineage, table, column, source):
    same, derived = lineage(table, column)
    assert source in same
    assert derived == set()


def test_views_of_views_lead_on(lineage):
    same, _ = lineage("twice", "address")
    assert same & {"plain.address", "people.mail"}


@pytest.mark.parametrize(
    "table, column",
    [
        ("made", "loud"), ("chosen", "top"), ("both_ways", "word"), ("computed_inside", "word"), ("with_words", "word"),
        ("counted", "mails"), ("cased", "word"), ("windowed", "place"), ("exists_so", "known"), ("people", "low"),
    ],
)  # fmt: skip
def test_what_is_made_of_a_column_says_so(lineage, table, column):
    same, derived = lineage(table, column)
    assert "people.mail" in same | derived


def test_what_is_merged_is_made_of_either(lineage):
    same, derived = lineage("used", "mail")
    assert same | derived
    _, derived = lineage("both_ways", "word")
    assert {"people.mail", "pets.name"} <= derived


def test_postgresql_s_own(lineage):
    if lineage.kind == "sqlite":
        pytest.skip("these are PostgreSQL's")
    for view, column in (("whole", "everything"), ("lateral_one", "word"), ("listed", "word"), ("stored", "mail"),
                         ("called", "word")):  # fmt: skip
        same, derived = lineage(view, column)
        assert "people.mail" in same | derived, view
    assert lineage("part_one", "mail")[0] == {"part_of.mail"}
    assert lineage("part_of", "mail")[0] == {"part_one.mail"}
    assert lineage("child", "mail")[0] == {"pets.mail"}
    assert lineage("counted", "n") == (set(), set()), "it names no column"
    assert lineage("made", "name") == ({"people.name"}, set())
