"""The workshop in both databases' DDL, its rows, and who may do what with them."""

_DDL = """
create table maker (id {serial}, name {text} unique, bio {text}, registered {bool} not null default {false});
create table piece (
  id {serial}, title {text} unique, story {text}, maker_id {int} references maker (id), shown {bool}, made_on {date});
create table passport (id {serial}, maker_id {int} not null unique references maker (id), number {text} not null);
create table visitor (
  id {serial}, name {text} not null unique, age {int} not null, city {text}, staff {bool} not null default {false});
create table address (
  id {serial}, door {text} not null, street {text} not null, visitor_id {int} references visitor (id));
create table journal (
  id {serial}, title {text} not null, body {text}, maker_id {int} references maker (id),
  state {text}, changed_by {int} references maker (id));
create table device (id {serial}, name {text} not null, spec {json} not null);
create table person (id {serial}, name {text} not null unique, boss {bool} default {false});
create table account (id {serial}, number {int} not null);
create table lead (id {int} primary key, name {text} not null, added_by {text});
create table edition (
  id {int}, version {text}, title {text}, maker_id {int} references maker (id), final {bool}, primary key (id, version));
create table gauge (
  id {serial}, small {small}, whole {int}, big {bigint}, rough {float}, exact {money}, label {text} not null default 'new');
create table glaze (name {text} primary key, note {text});
create table bowl (id {serial}, glaze {text} not null references glaze (name), spare {text} references glaze (name));
create table "Guild" (id {serial}, "Name" {text});
create view shown_piece as select id, title, shown from piece where shown;
create view piece_count as select maker_id, count(*) as pieces from piece group by maker_id;
"""

_TYPES = {
    "postgresql": {
        "serial": "serial primary key", "int": "integer", "small": "smallint", "bigint": "bigint", "text": "text",
        "bool": "boolean", "true": "true", "false": "false", "date": "date", "money": "numeric(8,2)",
        "float": "double precision", "json": "jsonb",
    },
    "sqlite": {
        "serial": "integer primary key", "int": "integer", "small": "smallint", "bigint": "bigint", "text": "text",
        "bool": "boolean", "true": "1", "false": "0", "date": "date", "money": "decimal(8,2)", "float": "real",
        "json": "jsonb",
    },
}  # fmt: skip

_ROWS = """
insert into maker (id, name, registered) values (1, 'Ann', {false}), (2, 'Bob', {true}), (3, 'Cid', {false});
insert into piece (id, title, story, maker_id, shown, made_on) values
 (1, 'Jug', 'of clay', 1, {true}, '2020-01-01'), (2, 'Cup', 'with an ear', 1, {false}, '2021-01-01'),
 (3, 'Vase', 'tall', 2, {false}, null), (4, 'Tile', null, 2, {true}, null);
insert into passport (id, maker_id, number) values (1, 1, 'P-1');
insert into visitor (id, name, age, city) values (5, 'Eve', 21, 'Bern'), (6, 'Fay', 22, null), (7, 'Gus', 30, 'Rome');
insert into journal (id, title, maker_id) values (1, 'first', 1), (2, 'second', 2);
insert into device (id, name, spec) values
 (1, 'kiln', '{{"heat": 900, "parts": ["door", "coil"], "maker": {{"name": "K", "year": 1990}}}}'), (2, 'wheel', '["a", "b", 3]');
insert into person (id, name, boss) values (1, 'plain', {false}), (2, 'boss', {true});
insert into account (id, number) values (1, 10), (2, 20);
insert into lead (id, name, added_by) values (1, 'lead 1', 'sales 1');
insert into edition (id, version, title, maker_id, final) values
 (1, '1.0', 'Glazes', 1, {true}), (2, '1.1', 'Glazes', 1, {false}), (3, '1.0', 'Clays', 2, {false});
insert into gauge (id, small, whole, big, rough, exact) values (1, 100, 1000, 9007199254740993, 1.5, 10.25);
insert into glaze (name, note) values ('ash', 'grey'), ('salt', null), ('tin', 'white');
insert into bowl (id, glaze, spare) values (1, 'ash', null), (2, 'salt', 'tin');
insert into "Guild" (id, "Name") values (1, 'Potters');
"""
EMPTY = "; ".join(
    f"delete from {table}"
    for table in (
        "bowl", "glaze", "passport", "piece", "address", "visitor", "journal", "device", "person", "account", "lead",
        "edition", "gauge", '"Guild"', "maker",
    )
)  # fmt: skip
_SEQUENCES = (
    ("maker", 3), ("piece", 4), ("passport", 1), ("visitor", 7), ("address", 0), ("journal", 2), ("device", 2),
    ("person", 2), ("account", 2), ("gauge", 1), ("bowl", 2), ('"Guild"', 1),
)  # fmt: skip

POLICIES = """
version: 1
resources:
  glaze: {graphql: {enum: true}}
  maker:
    permissions:
      potter:
        select: {columns: [id, name, registered], filter: {id: {_eq: X-Hasura-Maker-Id}}}
        insert: {columns: '*', check: {_and: [{id: {_eq: X-Hasura-Maker-Id}}, {registered: {_eq: false}}]}}
        update: {columns: '*', filter: {_and: [{id: {_eq: X-Hasura-Maker-Id}}, {registered: {_eq: false}}]}, check: {}}
      apprentice: {insert: {columns: '*', check: {bio: {_is_null: false}}}}
      nester:
        select: {columns: [id, name], filter: {}}
        insert: {columns: [name], check: {}}
      keyed: {select: {columns: [id, name], filter: {}, query_root_fields: [select_by_pk]}}
      counter: {select: {columns: [id], filter: {}, allow_aggregations: true, query_root_fields: [select_aggregate]}}
  piece:
    permissions:
      potter:
        select: {columns: '*', filter: {_or: [{maker_id: {_eq: X-Hasura-Maker-Id}}, {shown: {_eq: true}}]}}
        insert: {columns: '*', check: {maker_id: {_eq: X-Hasura-Maker-Id}}}
        update: {columns: '*', filter: {maker_id: {_eq: X-Hasura-Maker-Id}}, check: {}}
        delete: {filter: {maker_id: {_eq: X-Hasura-Maker-Id}}}
      editor:
        select: {columns: '*', filter: {_or: [{maker_id: {_in: X-Hasura-Maker-Ids}}, {shown: {_eq: true}}]}}
        insert: {columns: '*', check: {maker_id: {_in: X-Hasura-Maker-Ids}}}
      restricted:
        select: {columns: '*', filter: {}}
        insert: {columns: '*', check: {}}
        update: {columns: [], filter: {}}
      hider:
        select: {columns: [id, title, shown], filter: {shown: {_eq: true}}}
        insert: {columns: [title, shown], check: {}}
        update: {columns: [title, shown], filter: {}, check: {}}
        delete: {filter: {}}
      keyed: {select: {columns: '*', filter: {}, query_root_fields: []}}
      nester:
        select: {columns: [id, title, maker_id], filter: {}}
        insert: {columns: [title], check: {}}
  visitor:
    permissions:
      host:
        select: {columns: [id, name, age, staff], filter: {id: {_eq: X-Hasura-Visitor-Id}}}
        insert: {columns: [id, age], check: {id: {_eq: X-Hasura-Visitor-Id}}, set: {name: X-Hasura-Visitor-Name, staff: true}}
      child:
        select: {columns: [id, name, age, staff], filter: {id: {_eq: X-Hasura-Child-Id}}}
        insert: {columns: [age], check: {id: {_eq: X-Hasura-Child-Id}}, set: {name: X-Hasura-Child-Name, id: X-Hasura-Child-Id}}
      self:
        select: {columns: '*', filter: {id: {_eq: X-Hasura-Visitor-Id}}}
        insert: {columns: '*', check: {id: {_eq: X-Hasura-Visitor-Id}}}
        update: {columns: '*', filter: {id: {_eq: X-Hasura-Visitor-Id}}, check: {}}
        delete: {filter: {id: {_eq: X-Hasura-Visitor-Id}}}
      mover:
        select: {columns: '*', filter: {}}
        update: {columns: [name, age], filter: {}, check: {}, set: {city: melbourne}}
      traveller:
        select: {columns: '*', filter: {}}
        update: {columns: [name, age], filter: {}, check: {}, set: {city: X-Hasura-City}}
      agent:
        select: {columns: [id, name], filter: {}}
        delete: {filter: {id: {_in: X-Hasura-Visitor-Ids}}}
      remover: {delete: {filter: {id: {_eq: X-Hasura-Visitor-Id}}}}
  journal:
    permissions:
      potter:
        select: {columns: '*', filter: {maker_id: {_eq: X-Hasura-Maker-Id}}}
        insert: {columns: [id, title, body, maker_id], check: {}}
        update: {columns: [title, body], filter: {}, check: {}, set: {state: edited, changed_by: X-Hasura-Maker-Id}}
  device:
    permissions:
      seller:
        select: {columns: '*', filter: {}}
        insert: {columns: '*', check: {spec: {_has_keys_all: X-Hasura-Spec-Keys}}}
      tester:
        select: {columns: '*', filter: {}}
        insert: {columns: '*', check: {spec: {_has_keys_any: X-Hasura-Spec-Keys}}}
  account:
    permissions:
      potter:
        select: &if_boss {columns: [id, number], filter: {_exists: {_table: person, _where: {id: {_eq: X-Hasura-Maker-Id}, boss: {_eq: true}}}}}
        insert: {columns: [number], check: {_exists: {_table: person, _where: {id: {_eq: X-Hasura-Maker-Id}, boss: {_eq: true}}}}}
        update: *if_boss
        delete: {filter: {_exists: {_table: person, _where: {id: {_eq: X-Hasura-Maker-Id}, boss: {_eq: true}}}}}
  lead:
    permissions:
      sales:
        insert: {columns: '*', check: {added_by: {_eq: X-Hasura-Maker-Id}}}
        update: {columns: [name], filter: {added_by: {_eq: X-Hasura-Maker-Id}}, check: {added_by: {_eq: X-Hasura-Maker-Id}}}
        select: {columns: '*', filter: {}}
  edition:
    permissions:
      potter:
        select: {columns: '*', filter: {_or: [{maker_id: {_eq: X-Hasura-Maker-Id}}, {final: {_eq: true}}]}}
        update:
          columns: [title, version, final]
          filter: {_and: [{maker_id: {_eq: X-Hasura-Maker-Id}}, {final: {_eq: false}}]}
          check: {final: {_eq: false}}
  Guild:
    permissions:
      potter:
        select: {columns: '*', filter: {id: {_eq: X-Hasura-Guild-Id}}}
        insert: {columns: '*', check: {id: {_eq: X-Hasura-Guild-Id}}}
        update: {columns: '*', filter: {id: {_eq: X-Hasura-Guild-Id}}, check: {}}
"""


def script(engine: str) -> str:
    """Tables and rows."""
    return _DDL.format(**_TYPES[engine]) + rows(engine)


def rows(engine: str) -> str:
    """The rows alone; on PostgreSQL the next numbers too."""
    found = _ROWS.format(**_TYPES[engine])
    if engine == "postgresql":
        found += "".join(
            f"select setval(pg_get_serial_sequence('{table}', 'id'), {max(last, 1)}, {str(last > 0).lower()});"
            for table, last in _SEQUENCES
        )
    return found
