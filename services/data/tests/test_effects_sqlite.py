"""What SQLite's compiler tells of reading and writing: views, cascades and triggers."""

import random

import apsw
import pytest
from data_service.reflect.sqlite_effects import read_effects

SCRIPT = """
create table customers (id integer primary key, name text);
create table Orders (id integer primary key, customer_id int references customers on delete cascade on update cascade);
create table items (id integer primary key, order_id int references orders on delete cascade, note text);
create table notes (id integer primary key, item_id int references items on delete set null);
create table strict_one (id integer primary key, order_id int references orders);
create table log (id integer primary key autoincrement, what text);
create table watched (id integer primary key, above int references above_watched on delete cascade);
create table above_watched (id integer primary key);
create trigger tell after delete on watched begin insert into log (what) values ('gone'); end;
create trigger tell_more after insert on log when new.what = 'gone' begin update counters set n = n + 1; end;
create table counters (n int);
insert into counters values (0);
create table of_column (id integer primary key, a, b);
create trigger of_b after update of b on of_column begin insert into log (what) values ('b'); end;
create table "odd ""name" (id integer primary key, "a b" text, sum int generated always as (id + 1) virtual);
create table searched (id integer primary key, t text);
create virtual table words using fts5 (t);
create trigger index_it after insert on searched begin insert into words values (new.t); end;

create view names as select id, name from customers;
create view busy as select n.name, o.id from names n join orders o on o.customer_id = n.id;
create view counted as select count(*) as n from customers;
create view each_of as select c.id, j.value from customers c, json_each('[1,2]') j;
create view lately as select id from customers where name > datetime('now');
create view today as select current_date as d from customers;
create view lot as select id, random() as r from customers;
create view above_lot as select id from lot;
create view systemic as select name from sqlite_schema;
create view pragmatic as select name from pragma_table_list;
create view of_words as select t from words;
create view broken as select * from missing;
create view writable as select id, name from customers;
create trigger through instead of insert on writable begin insert into customers values (new.id, new.name); end;
create trigger away instead of delete on writable begin delete from customers where id = old.id; end;
"""


@pytest.fixture(scope="module")
def connection():
    made = apsw.Connection(":memory:")
    made.execute(SCRIPT)
    made.execute("pragma foreign_keys = on")
    return made


@pytest.fixture(scope="module")
def effects(connection):
    return read_effects(connection)


def tables(*names):
    return frozenset(("main", name) for name in names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customers", ["customers"]),
        ("Orders", ["Orders"]),
        ("names", ["customers"]),
        ("busy", ["customers", "Orders"]),
        ("counted", ["customers"]),
        ("each_of", ["customers"]),
        ('odd "name', ['odd "name']),
    ],
)
def test_a_view_shows_the_stored_tables_below_it(effects, name, expected):
    assert effects.reads["main", name] == tables(*expected)
    assert ("main", name) not in effects.unsteady


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("lately", "datetime"),
        ("today", "current_date"),
        ("lot", "random"),
        ("above_lot", "random"),
        ("systemic", "sqlite_"),
        ("pragmatic", "pragma_table_list"),
        ("words", "virtual"),
        ("of_words", "words"),
    ],
)
def test_what_may_change_by_itself_is_unsteady(effects, name, word):
    assert word in effects.unsteady["main", name]


def test_a_view_that_nothing_can_read_is_left_out(effects):
    assert ("main", "broken") not in effects.reads


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notes", ["notes"]),
        ("items", ["items", "notes"]),
        ("customers", ["customers", "Orders", "items", "notes"]),
        ("strict_one", ["strict_one"]),
        ("watched", ["watched", "log", "counters"]),
        ("above_watched", ["above_watched", "watched", "log", "counters"]),
        ("of_column", ["of_column", "log", "counters"]),
        ('odd "name', ['odd "name']),
        ("writable", ["customers", "Orders", "items", "notes"]),
    ],
)
def test_a_write_touches_what_its_cascades_and_triggers_reach(effects, name, expected):
    assert effects.touches["main", name] == tables(*expected)


def test_a_write_to_a_virtual_table_may_touch_anything(effects):
    assert effects.touches["main", "words"] is None
    assert effects.touches["main", "searched"] is None


def test_nothing_is_run_to_find_that_out(connection, effects):
    assert connection.execute("select n from counters").fetchall() == [(0,)]
    assert connection.execute("select count(*) from log").fetchall() == [(0,)]


def test_whatever_a_write_changes_was_told(connection, effects):
    """Random writes, and a look at which tables are not what they were."""
    chance = random.Random(4)
    names = [name for (_, name), found in effects.reads.items() if found == {("main", name)}]
    names.append("log")

    def look():
        return {
            name: connection.execute(f'select * from "{name.replace(chr(34), chr(34) * 2)}"').fetchall()
            for name in names
        }

    seen = set()
    for turn in range(800):
        for row in range(0 if turn % 20 else 4):
            for table in ("customers", "orders", "items", "notes"):
                connection.execute(f"insert or ignore into {table} (id) values ({row})")
                parents = {"orders": "customer_id", "items": "order_id", "notes": "item_id"}
                if table in parents:
                    connection.execute(f"update {table} set {parents[table]} = {row} where id = {row}")
        number, other = chance.randrange(4), chance.randrange(4)
        table, statement = chance.choice(
            [
                ("customers", f"insert or replace into customers values ({number}, 'n')"),
                ("Orders", f"insert or replace into orders values ({number}, {other})"),
                ("items", f"insert into items values ({number}, {other}, 'x')"),
                ("notes", f"insert into notes values ({number}, {other})"),
                ("above_watched", f"insert into above_watched values ({number})"),
                ("watched", f"insert into watched values ({number}, {other})"),
                ("customers", f"update customers set id = {number} where id = {other}"),
                ("customers", f"delete from customers where id = {number}"),
                ("Orders", f"delete from orders where id = {number}"),
                ("items", f"delete from items where id = {number}"),
                ("above_watched", f"delete from above_watched where id = {number}"),
                ("writable", f"delete from writable where id = {number}"),
                ("of_column", f"insert or replace into of_column values ({number}, 1, 2)"),
                ("of_column", f"update of_column set b = {number}"),
            ]
        )
        before = look()
        try:
            connection.execute(statement)
        except apsw.ConstraintError:
            pass
        changed = {("main", name) for name, state in look().items() if state != before[name]}
        assert changed <= effects.touches["main", table], statement
        seen |= {(table, name) for _, name in changed}
    assert {("customers", "items"), ("items", "notes"), ("above_watched", "counters"), ("writable", "Orders")} <= seen
