"""A small store in both databases' DDL, with nulls, ties, composite keys and several relations to one table."""

_DDL = """
create table customers (
  id {int} primary key, name {text} not null, email {text} unique, vip {bool} not null default {false},
  born {date}, balance {money}, profile {json}, created_at {timestamp}, secret {text});
create table addresses (
  id {int} primary key, customer_id {int} not null references customers (id), city {text} not null);
create table products (id {serial}, name {text} not null, price {money} not null, weight {float});
create table tags (id {int} primary key, name {text} not null);
create table product_tags (
  product_id {int} not null references products (id) on delete cascade,
  tag_id {int} not null references tags (id), primary key (product_id, tag_id));
create table orders (
  id {serial}, customer_id {int} not null references customers (id), status {text} not null default 'new',
  ordered_at {timestamp}, note {text},
  shipping_address_id {int} references addresses (id), billing_address_id {int} references addresses (id));
create table order_items (
  order_id {int} not null references orders (id) on delete cascade, line_no {int} not null,
  product_id {int} not null references products (id), quantity {int} not null,
  constraint quantity_positive check (quantity > 0), primary key (order_id, line_no));
create table categories (id {int} primary key, parent_id {int} references categories (id), name {text} not null);
create table files (id {int} primary key, content {bytes});
create table log_lines (line {text});
create table "odd Name.s" ("the Key" {int} primary key, "quo""te" {text}, "ünï" {text});
create view big_orders as select order_id, sum(quantity) as pieces from order_items group by order_id;
"""

_TYPES = {
    "postgresql": {
        "int": "integer", "text": "text", "bool": "boolean", "false": "false", "true": "true", "date": "date",
        "money": "numeric(10,2)", "json": "jsonb", "timestamp": "timestamp", "float": "double precision",
        "bytes": "bytea", "serial": "serial primary key",
    },
    "sqlite": {
        "int": "INTEGER", "text": "TEXT", "bool": "BOOLEAN", "false": "0", "true": "1", "date": "DATE",
        "money": "DECIMAL(10,2)", "json": "JSON", "timestamp": "TIMESTAMP", "float": "REAL", "bytes": "BLOB",
        "serial": "INTEGER PRIMARY KEY",
    },
}  # fmt: skip

_ROWS = """
insert into customers (id, name, email, vip, born, balance, profile, created_at, secret) values
 (1, 'Ada', 'ada@example.com', {true}, '1990-02-28', 10.10, '{{"city": "Oslo", "age": 30, "tags": ["a", "b"]}}',
  '2024-01-31 10:00:00', 's1'),
 (2, 'Bob', 'bob@example.com', {false}, null, 0.50, '{{"city": "Rome", "age": 41}}', '2024-02-29 23:59:59', 's2'),
 (3, 'Çelik 日本', null, {true}, '2000-12-31', null, null, null, 's3');
insert into addresses (id, customer_id, city) values (1, 1, 'Oslo'), (2, 1, 'Bergen'), (3, 2, 'Rome');
insert into products (id, name, price, weight) values
 (1, 'Anvil', 100.00, 50.5), (2, 'Rope', 9.90, 1e20), (3, 'Paint "red"', 9.90, null), (4, 'Unsold', 1.00, 0);
insert into tags (id, name) values (1, 'heavy'), (2, 'new'), (3, 'unused');
insert into product_tags (product_id, tag_id) values (1, 1), (1, 2), (2, 2);
insert into orders (id, customer_id, status, ordered_at, note, shipping_address_id, billing_address_id) values
 (1, 1, 'paid', '2024-03-01 08:00:00', 'first', 1, 2), (2, 1, 'new', '2024-03-02 08:00:00', null, 1, null),
 (3, 2, 'paid', '2024-03-02 08:00:00', '', 3, 3), (4, 2, 'cancelled', null, null, null, null);
insert into order_items (order_id, line_no, product_id, quantity) values
 (1, 1, 1, 2), (1, 2, 2, 1), (2, 1, 2, 5), (3, 1, 3, 1), (3, 2, 1, 1);
insert into categories (id, parent_id, name) values (1, null, 'All'), (2, 1, 'Tools'), (3, 1, 'Art'), (4, 2, 'Hammers');
insert into log_lines (line) values ('one'), ('two');
insert into "odd Name.s" ("the Key", "quo""te", "ünï") values (1, 'q', 'ü');
"""

_FILES = {
    "postgresql": "insert into files (id, content) values (1, '\\x00ff'), (2, null);"
    "select setval('products_id_seq', 4); select setval('orders_id_seq', 4);",
    "sqlite": "insert into files (id, content) values (1, x'00ff'), (2, null);",
}


def rows(engine: str) -> str:
    """The rows alone."""
    return _ROWS.format(**_TYPES[engine]) + _FILES[engine]


def script(engine: str) -> str:
    """DDL and rows for ``postgresql`` or ``sqlite``."""
    types = _TYPES[engine]
    return _DDL.format(**types) + rows(engine)
