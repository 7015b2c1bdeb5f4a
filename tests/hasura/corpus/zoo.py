"""The zoo: keepers (each with a boss), the animals that they keep, and their feedings, in both databases' DDL."""

_DDL = """
create table keeper (
  id int primary key, name text not null, boss_id int references keeper (id), wage int, team text);
create table animal (
  id {serial}, name text not null, species text not null, keeper_id int references keeper (id), weight {money},
  born date, tame {bool} not null, notes {json}, seen timestamp, score {float});
create table feeding (
  animal_id int not null references animal (id), day date not null, grams int, primary key (animal_id, day));
create table vet (id int primary key, animal_id int not null references animal (id), fee {bigint});
create view heavy as select id, name, weight from animal where weight > 100;
"""

_ROWS = """
insert into keeper values
 (1, 'Ada', null, 50, 'north'), (2, 'Ben', 1, 40, 'north'), (3, 'Cyd', 1, 40, 'south'), (4, 'Dov', 2, null, null);
insert into animal values
 (1, 'Rex', 'lion', 1, 190.50, '2010-05-01', {false}, '{{"diet": "meat", "toys": ["ball", "rope"], "wing": null}}',
  '2024-01-05 08:00:00', 1.5),
 (2, 'Mia', 'lion', 1, 130.00, '2012-07-09', {true}, '{{"diet": "meat"}}', '2024-01-05 09:30:00', 2.5),
 (3, 'Bo', 'panda', 2, 98.25, '2015-01-31', {true}, '{{"diet": "leaf", "toys": []}}', null, -3),
 (4, 'Zoe', 'zebra', 3, null, null, {false}, null, null, null),
 (5, 'Kim', 'parrot', null, 0.75, '2020-02-29', {true}, '["red", "blue"]', '2024-02-01 00:00:00', 0);
insert into feeding values
 (1, '2024-01-01', 900), (1, '2024-01-02', 1100), (2, '2024-01-01', 700), (3, '2024-01-01', null);
insert into vet values (1, 1, 9007199254740993), (2, 3, null);
"""

_WORDS = {
    "postgresql": {
        "serial": "serial primary key", "money": "numeric(8,2)", "bool": "boolean", "true": "true", "false": "false",
        "json": "jsonb", "float": "double precision", "bigint": "bigint",
    },
    "sqlite": {
        "serial": "integer primary key", "money": "decimal(8,2)", "bool": "boolean", "true": "1", "false": "0",
        "json": "jsonb", "float": "real", "bigint": "bigint",
    },
}  # fmt: skip

# what only PostgreSQL has: functions, and a table with a column of every type
_OWN = """
create extension if not exists ltree;
create extension if not exists citext;
comment on table keeper is 'Who feeds the animals';
comment on column keeper.wage is 'by the day';
create function heavier(than numeric, at_most int default 10) returns setof animal language sql stable
 as $$ select * from animal where weight > than order by id limit at_most $$;
create function oldest() returns setof animal language sql stable as $$ select * from animal order by born limit 1 $$;
create function animal_label(animal) returns text language sql stable
 as $$ select $1.species || ' ' || $1.name $$;
comment on function animal_label is 'What stands on its cage';
create function keeper_lions(keeper) returns setof animal language sql stable
 as $$ select * from animal where keeper_id = $1.id and species = 'lion' $$;
create type size as (tall numeric, wide int);
create type mood as enum ('calm', 'wild');
create domain email as text check (value like '%@%');
create table kinds (
  id int primary key, c_small smallint, c_big bigint, c_numeric numeric, c_real real, c_double double precision,
  c_varchar varchar(3), c_char char(4), c_timestamp timestamp, c_timestamptz timestamptz, c_date date, c_time time,
  c_timetz timetz, c_interval interval, c_point point, c_line line, c_lseg lseg, c_box box, c_path path,
  c_polygon polygon, c_circle circle, c_cidr cidr, c_inet inet, c_macaddr macaddr, c_json json, c_jsonb jsonb,
  c_texts text[], c_grid int[][], c_uuid uuid, c_size size, c_ints int4range, c_times tsrange, c_xml xml, c_money money,
  c_tree ltree, c_mood mood, c_email email, c_citext citext, c_bytes bytea, c_bits bit(3), c_name name);
insert into kinds values (
  1, 32767, 9007199254740993, 1.2340, 0.25, 16.5, 'abc', 'zoo', '2004-10-19 10:23:54', '2015-10-17 14:42:43+02',
  '2014-09-14', '11:09:23', '15:22:23+00', '1 day 01:03:02', '(1,2)', '{2,3,-1}', '[(4,2),(3,1)]', '(31,12),(14,11)',
  '((0,0),(0,3),(1,0))', '((0,0),(0,6),(2,0))', '<(-2,-3),3>', '192.168.100.128/25', '198.24.10.0',
  '08:00:2b:01:02:03', '{"a": "b", "list": [1, 2, 3], "_x": 0, "!@#$%^": "odd", "deep": {"two words": "hi"}}',
  '{"a": {"b": [{"ключ": "да"}]}, "n": 1.50}', '{a,b}', '{{4,5},{7,8}}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  '(1.5,2)', '[123,456)', '["2010-01-01 14:30:00","2010-01-01 15:30:02")', '<foo>bar</foo>', '1.50', 'a.b.c', 'wild',
  'a@b', 'CaSe', '\\x00ff', B'101', 'a name');
insert into kinds (id, c_tree, c_uuid, c_mood, c_citext) values
 (2, 'a', null, 'calm', 'other'), (3, 'a.b', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', null, null),
 (4, 'x.b', null, null, null);
"""


def script(engine: str) -> str:
    """DDL and rows."""
    words = _WORDS[engine]
    return _DDL.format(**words) + _ROWS.format(**words) + (_OWN if engine == "postgresql" else "")


POLICIES = """
version: 1
graphql: {roles: {mute: {introspection: false}}}
resources:
  keeper:
    relations: {keeper: staff}
    permissions:
      carer: {select: {columns: [id, name], filter: {id: {_eq: X-Hasura-Keeper-Id}}}}
      doctor: {select: {columns: [id, name], filter: {}, limit: 1}}
      mute: {select: {columns: [id], filter: {}}}
  animal:
    permissions:
      visitor: {select: {columns: [id, name, species], filter: {tame: {_eq: true}}, limit: 2}}
      carer: {select: {columns: '*', filter: {keeper_id: {_eq: X-Hasura-Keeper-Id}}, allow_aggregations: true}}
      doctor: {select: {columns: [id, name, keeper_id, weight], filter: {}, allow_aggregations: true}}
      counter: {select: {columns: [species], filter: {}, allow_aggregations: true}}
      heir: {select: {columns: [id, name], filter: {keeper_id: {_in: X-Hasura-Keepers}}}}
      stranger: {select: {columns: [id, name], filter: {keeper_id: {_nin: X-Hasura-Keepers}}}}
      reader: {select: {columns: [id, notes], filter: {notes: {_has_keys_any: X-Hasura-Keys}}}}
      searcher: {select: {columns: [id], filter: {name: {_iregex: X-Hasura-Name}}}}
      boss: {select: {columns: [id], filter: {keeper: {boss: {name: {_eq: X-Hasura-Name}}}}}}
      witness:
        select: {columns: [id], filter: {_exists: {_table: feeding, _where: {grams: {_gt: 1000}}}}}
      feeder: {select: {columns: [id, name], filter: {feeding: {grams: {_gt: 800}}}}}
  feeding:
    permissions:
      carer: {select: {columns: [animal_id, day], filter: {}, allow_aggregations: true}}
      doctor: {select: {columns: '*', filter: {day: {_lt: '2024-01-02'}}}}
"""
