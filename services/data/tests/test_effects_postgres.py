"""What PostgreSQL's catalog tells of reading and writing: views, inheritance, cascades, triggers, rules."""

import random

import psycopg
import pytest
from data_service.reflect.effects import Effects
from data_service.reflect.postgres_effects import read_effects
from psycopg import sql

SCRIPT = r"""
create table customers (id int primary key, name text, seen timestamptz default now());
create table orders (id int primary key, customer_id int references customers on delete cascade on update cascade);
create table items (id int primary key, order_id int references orders on delete cascade, note text);
create table notes (id int primary key, item_id int references items on delete set null);
create table strict (id int primary key, order_id int references orders);
create table log (id int generated always as identity primary key, what text);
create table watched (id int primary key);
create table above_watched (id int primary key);
alter table watched add above int references above_watched on delete cascade;
create function tell() returns trigger language plpgsql as
    $$ begin insert into log (what) values (tg_op); return null; end $$;
create trigger tell after insert or delete on watched for each row execute function tell();
create table asleep (id int primary key);
create trigger tell after insert on asleep for each row execute function tell();
alter table asleep disable trigger tell;
create table searched (t text, v tsvector);
create trigger fill before insert on searched for each row
    execute function tsvector_update_trigger(v, 'pg_catalog.english', t);
create table ruled (id int primary key);
create rule also as on insert to ruled do also insert into log (what) values ('rule');
create function counting() returns int language sql volatile as 'insert into log (what) values (''d'') returning id';
create table counted (id int primary key, n int default counting());
create function fine(int) returns boolean language plpgsql volatile as
    $$ begin insert into log (what) values ('check'); return true; end $$;
create table checked (id int primary key check (fine(id)));
create domain odd as int check (fine(value));
create table of_odd (id int primary key, o odd);

create table parent (id int, kind text);
create table child () inherits (parent);
create table parted (id int, at date) partition by range (at);
create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
create table parted_rest partition of parted default;

create view names as select id, name from customers;
create view busy as select n.name, o.id from names n join orders o on o.customer_id = n.id;
create view writable as select * from items where note is not null;
create view lately as select * from customers where seen > now() - interval '1 day';
create view today as select id, current_date as d from customers;
create view mine as select id from customers where name = current_user;
create view lot as select id, random() as r from customers;
create view above_lot as select id from lot;
create view sampled as select id from customers tablesample bernoulli (50);
create view as_times as select id, name::timestamptz as t from customers;
create view as_text as select id::text, upper(name) as name, count(*) over (), sum(id) over () from customers;
create function own() returns int language sql stable as 'select count(*)::int from orders';
create view calls as select id, own() as n from customers;
create function own_plus(int, int) returns int language sql volatile as 'select 1';
create operator #+# (leftarg = int, rightarg = int, function = own_plus);
create view operates as select id #+# 1 as n from customers;
create aggregate own_sum (int) (sfunc = own_plus, stype = int, initcond = '0');
create view aggregates as select own_sum(id) from customers;
create view systemic as select relname::text from pg_class;
create sequence numbers;
create view next as select last_value from numbers;
create materialized view kept as select id from customers;
create view of_kept as select id from kept;
create view triggered as select id, name from customers;
create trigger tell instead of insert on triggered for each row execute function tell();
create table secret (id int primary key, owner text);
alter table secret enable row level security;
create view of_secret as select id from secret;
create table plain_part (id int);
create extension file_fdw;
create server files foreign data wrapper file_fdw;
create foreign table remote (id int) server files options (program 'echo 1');
create foreign table remote_child () inherits (plain_part) server files options (program 'echo 2');
"""


@pytest.fixture(scope="module")
def url(postgres_server):
    found = postgres_server.create_database("effects")
    with psycopg.connect(found, autocommit=True) as connection:
        connection.execute(SCRIPT)
    return found


@pytest.fixture(scope="module")
def effects(url) -> Effects:
    with psycopg.connect(url) as connection:
        return read_effects(connection)


def tables(*names):
    return frozenset(("public", name) for name in names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customers", ["customers"]),
        ("names", ["customers"]),
        ("busy", ["customers", "orders"]),
        ("as_text", ["customers"]),
        ("child", ["child"]),
        ("parent", ["child"]),
        ("parted", ["parted"]),
        ("parted_1", ["parted"]),
    ],
)
def test_a_view_shows_the_stored_tables_below_it_and_kin_share_a_name(effects, name, expected):
    assert effects.reads["public", name] == tables(*expected)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("lately", "now"),
        ("today", "time or the user"),
        ("mine", "time or the user"),
        ("lot", "random"),
        ("above_lot", "(public.lot)"),
        ("sampled", "sample"),
        ("as_times", "times"),
        ("calls", "own"),
        ("operates", "own_plus"),
        ("aggregates", "own_plus"),
        ("systemic", "system table"),
        ("next", "sequence"),
        ("kept", "materialized"),
        ("of_kept", "materialized"),
        ("of_secret", "row-level security"),
        ("remote", "foreign"),
        ("plain_part", "foreign"),
    ],
)
def test_what_may_change_by_itself_is_unsteady(effects, name, word):
    assert word in effects.unsteady["public", name]


@pytest.mark.parametrize(
    "name", ["customers", "orders", "names", "busy", "writable", "as_text", "parent", "parted", "triggered", "watched"]
)
def test_all_else_is_steady(effects, name):
    assert ("public", name) not in effects.unsteady


def test_row_level_security_makes_a_table_unsteady_for_a_login_that_it_binds(url, effects):
    assert ("public", "secret") not in effects.unsteady
    with psycopg.connect(url) as connection:
        connection.execute("create role bound; set role bound")
        assert "row-level" in read_effects(connection).unsteady["public", "secret"]
        connection.rollback()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notes", ["notes"]),
        ("items", ["items", "notes"]),
        ("customers", ["customers", "orders", "items", "notes"]),
        ("strict", ["strict"]),
        ("names", ["customers", "orders", "items", "notes"]),
        ("writable", ["items", "notes"]),
        ("child", ["child"]),
        ("parent", ["child"]),
        ("parted_1", ["parted"]),
        ("asleep", ["asleep"]),
        ("searched", ["searched"]),
    ],
)
def test_a_write_touches_what_its_cascades_reach(effects, name, expected):
    assert effects.touches["public", name] == tables(*expected)


@pytest.mark.parametrize("name", ["watched", "above_watched", "ruled", "counted", "checked", "of_odd", "triggered"])
def test_a_write_that_runs_code_of_the_users_may_touch_anything(effects, name):
    assert effects.touches["public", name] is None


def test_whatever_a_write_changes_was_told(url, effects):
    """Random writes, and a look at which tables are not what they were."""
    chance = random.Random(4)
    with psycopg.connect(url, autocommit=True) as connection:
        names = [name for schema, name in effects.reads if effects.reads[schema, name] == {(schema, name)}]
        names = [name for name in names if ("public", name) not in effects.unsteady]

        def look():
            asked = sql.SQL("select md5(string_agg(t::text, '|' order by t::text)) from {} t")
            return {name: connection.execute(asked.format(sql.Identifier(name))).fetchone() for name in names}

        def attempt(statement):
            try:
                connection.execute(statement)
            except psycopg.errors.IntegrityError:
                pass

        seen = set()
        for turn in range(400):
            for row in range(0 if turn % 20 else 4):
                for table in ("customers", "orders", "items", "notes"):
                    attempt(f"insert into {table} values ({row}, {repr('n') if table == 'customers' else row})")
            number, other = chance.randrange(4), chance.randrange(4)
            table, statement = chance.choice(
                [
                    ("customers", f"insert into customers values ({number}, 'n')"),
                    ("orders", f"insert into orders values ({number}, {other})"),
                    ("items", f"insert into items values ({number}, {other}, 'x')"),
                    ("notes", f"insert into notes values ({number}, {other})"),
                    ("watched", f"insert into watched values ({number})"),
                    ("ruled", f"insert into ruled values ({number})"),
                    ("customers", f"update customers set id = {number} where id = {other}"),
                    ("names", f"update names set name = '{number}' where id = {other}"),
                    ("customers", f"delete from customers where id = {number}"),
                    ("orders", f"delete from orders where id = {number}"),
                    ("items", f"delete from items where id = {number}"),
                    ("writable", f"delete from writable where id = {number}"),
                    ("watched", f"delete from watched where id = {number}"),
                    ("parent", f"insert into child values ({number}, 'c')"),
                    ("counted", f"insert into counted (id) values ({number})"),
                ]
            )
            before = look()
            attempt(statement)
            changed = {("public", name) for name, state in look().items() if state != before[name]}
            touched = effects.touches["public", table]
            assert touched is None or changed <= touched, statement
            seen |= {(table, name) for _, name in changed}
        assert {("customers", "items"), ("items", "notes"), ("watched", "log"), ("names", "customers")} <= seen
