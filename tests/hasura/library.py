"""A small library in both databases' DDL: every scalar that both know, nulls, ties, and relations of each kind."""

_DDL = """
create table author (
  id {serial}, name {text} not null unique, born {date}, rating {int}, active {bool} not null default {true},
  bio {json}, mentor_id {int} references author (id));
create table book (
  id {serial}, title {text} not null, author_id {int} references author (id) on delete cascade, price {money},
  pages {int} not null default 100, sold {bigint}, score {float}, published_on {date}, isbn {text} unique,
  meta {json}, cover {bytes}, made_at {timestamp}, available {bool} not null default {true},
  constraint book_pages_check check (pages > 0));
create table genre (code {text} primary key, label {text} not null);
create table book_genre (
  book_id {int} not null references book (id) on delete cascade, genre_code {text} not null references genre (code),
  weight {small} not null default 1, primary key (book_id, genre_code));
create table loan (
  book_id {int} not null references book (id), number {int} not null, reader {text} not null,
  out_at {timestamp}, back_at {timestamp}, primary key (book_id, number));
create table note (line {text}, kind {text});
create view shelf as select author_id, count(*) as books, sum(pages) as pages from book group by author_id;
"""

_TYPES = {
    "postgresql": {
        "serial": "serial primary key", "int": "integer", "small": "smallint", "bigint": "bigint", "text": "text",
        "bool": "boolean", "true": "true", "false": "false", "date": "date", "timestamp": "timestamp",
        "money": "numeric(8,2)", "float": "double precision", "json": "jsonb", "bytes": "bytea",
    },
    "sqlite": {
        "serial": "integer primary key", "int": "integer", "small": "smallint", "bigint": "bigint", "text": "text",
        "bool": "boolean", "true": "1", "false": "0", "date": "date", "timestamp": "timestamp",
        "money": "decimal(8,2)", "float": "real", "json": "jsonb", "bytes": "blob",
    },
}  # fmt: skip

_ROWS = """
insert into author (id, name, born, rating, active, bio, mentor_id) values
 (1, 'Ada', '1815-12-10', 5, {true}, '{{"city": "London", "langs": ["en", "fr"], "n": {{"a": 1}}}}', null),
 (2, 'Boris', '1960-02-29', null, {false}, '{{"city": "Oslo", "langs": []}}', 1),
 (3, 'Chloé', null, 3, {true}, null, 1),
 (4, 'Dora', '1990-01-01', 3, {true}, '[1, "x", null]', 2);
insert into book (id, title, author_id, price, pages, sold, score, published_on, isbn, meta, made_at, available) values
 (1, 'Engines', 1, 10.50, 300, 9007199254740993, 4.5, '1843-09-01', 'i-1', '{{"tags": ["x", "y"], "lang": "en"}}',
  '2020-01-01 10:00:00', {true}),
 (2, 'Notes', 1, 5.00, 120, null, null, '1843-10-01', 'i-2', '{{"tags": [], "lang": "fr"}}', '2020-01-02 10:00:00', {true}),
 (3, 'Ice_50%', 2, null, 200, 10, 2.25, null, null, null, null, {false}),
 (4, 'engines again', 2, 10.50, 300, 10, 2.25, '2001-05-05', 'i-4', '{{"lang": "en"}}', '2020-01-02 10:00:00', {true}),
 (5, 'Orphan', null, 0.99, 50, 0, -1.5, '2010-10-10', 'i-5', '"text"', null, {true});
insert into genre (code, label) values ('sf', 'Science fiction'), ('sci', 'Science'), ('none', 'None');
insert into book_genre (book_id, genre_code, weight) values (1, 'sci', 1), (1, 'sf', 2), (2, 'sci', 1), (4, 'sf', 3);
insert into loan (book_id, number, reader, out_at, back_at) values
 (1, 1, 'Ann', '2021-01-01 09:00:00', '2021-01-08 09:00:00'), (1, 2, 'Ben', '2021-02-01 09:00:00', null),
 (2, 1, 'Ann', null, null);
insert into note (line, kind) values ('a', 'k'), ('b', null);
"""

_COUNTERS = "select setval('author_id_seq', 4); select setval('book_id_seq', 5);"
TABLES = ("author", "book", "genre", "book_genre", "loan", "note")

SPECIAL = """
create function author_label(author) returns text language sql stable as $$ select $1.name || ' ' || $1.rating $$;
create function book_blurb(book) returns text language sql stable as $$ select $1.title || ' (' || $1.pages || ')' $$;
create function author_classics(author) returns setof book rows 9 language sql stable
 as $$ select * from book where author_id = $1.id and published_on < '1900-01-01' $$;
create type mood as enum ('calm', 'wild');
create extension if not exists citext;
create table special (
  id uuid primary key, mood mood, tags text[], numbers integer[], nick citext, plain json, doc jsonb, addr inet,
  span interval, at timestamptz, clock time, clock_z timetz, small smallint, ratio real, days daterange,
  code char(3), cash money, twice integer generated always as (small * 2) stored);
insert into special values
 ('11111111-1111-1111-1111-111111111111', 'calm', '{a,b}', '{1,2}', 'Nick', '{"a": 1}', '{"a": {"b": [1, 2]}}',
  '10.0.0.1', '1 day', '2020-01-01 12:00+02', '10:00', '10:00+02', 7, 1.5, '[2020-01-01,2020-02-01)', 'ab', '1.50'),
 ('22222222-2222-2222-2222-222222222222', 'wild', '{}', null, 'other', null, '[1, 2, "k"]', null, null, null, null,
  null, null, null, null, null, null);
"""


def script(engine: str) -> str:
    """DDL and rows; PostgreSQL has a table of the types that are its own."""
    return _DDL.format(**_TYPES[engine]) + rows(engine) + (SPECIAL if engine == "postgresql" else "")


def rows(engine: str) -> str:
    """The rows alone."""
    return _ROWS.format(**_TYPES[engine]) + (_COUNTERS if engine == "postgresql" else "")
