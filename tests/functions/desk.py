"""A few shops and functions of PostgreSQL over them, and who may call what."""

SCRIPT = r"""
create type mood as enum ('sad', 'ok');
create type address as (street text, no integer);
create table city (id int primary key, name text not null);
create table shop (id int primary key, name text not null, city_id int references city, secret text);
create table log (id int generated always as identity primary key, what text not null);
insert into city values (1, 'Graz'), (2, 'Linz');
insert into shop values (1, 'Baker', 1, 'a'), (2, 'Cobbler', 1, 'b'), (3, 'Draper', 2, 'c');
create function add(a integer, b integer default 2) returns integer language sql immutable return a + b;
comment on function add is 'The sum of both numbers';
create function shops(minimum integer default 0) returns setof shop language sql stable
    begin atomic select * from shop where id >= minimum order by id desc; end;
create function shop_of(which integer) returns shop language sql stable
    begin atomic select * from shop where id = which; end;
create function pairs(n integer) returns table (x integer, y numeric) language sql stable
    begin atomic select i, i * 1.50 from generate_series(1, n) i; end;
create function paged(page integer, filter text) returns table (n integer) language sql stable
    begin atomic select i from generate_series(1, 3) i where i <= page or filter = ''; end;
create function outs(out low integer, out high integer) language sql immutable as 'select 1, 9';
create function described(j jsonb, n numeric[], m mood, a address, at timestamptz, b bytea, ok boolean, on_day date)
    returns json language sql stable
    return json_build_array(j, n, m, a, at at time zone 'UTC', b, ok, on_day);
create function a_record() returns record language sql immutable as 'select 1 as x, text ''a'' as y';
create function some_records(n integer) returns setof record language sql immutable
    as 'select v as x, true as y from generate_series(1, n) as v';
create function numbers(n integer) returns setof integer language sql immutable
    begin atomic select generate_series(1, n); end;
create function joined(variadic parts text[]) returns text language sql immutable return array_to_string(parts, '-');
create function whole(json) returns json language sql immutable return $1;
create function shout(text) returns text language sql immutable return upper($1);
create function bytes_back(bytea) returns bytea language sql immutable return $1 || '\xff'::bytea;
create function as_xml(xml) returns xml language sql immutable return $1;
create function write_log(what text) returns setof log language sql
    as 'insert into log (what) values (what), (what || ''!'') returning *';
create function note(what text) returns void language sql as 'insert into log (what) values (what)';
create function refuse() returns void language plpgsql as
    $$ begin raise sqlstate 'PT402' using message = 'Pay first', detail = 'It costs 3', hint = 'Bring money'; end $$;
create function twin(a integer) returns integer language sql immutable return a;
create function twin(a text) returns text language sql immutable return a;
create function nothing_there() returns integer language sql immutable return null::integer;
create function moods() returns setof mood language sql immutable
    begin atomic select 'ok'::mood union all select 'sad'::mood; end;
"""
CONFIG = """
version: 1
resources:
  city: {permissions: {clerk: {select: {columns: '*', filter: {}}}}}
  shop:
    permissions:
      clerk: {select: {columns: [id, name, city_id], filter: {city_id: {_eq: 1}}, allow_aggregations: true}}
functions:
  add: {permissions: {clerk: {}, anonymous: {}}}
  shops: {permissions: {clerk: {}}}
  shop_of: {permissions: {clerk: {rows: returned}}}
  note: {permissions: {clerk: {}}}
"""
