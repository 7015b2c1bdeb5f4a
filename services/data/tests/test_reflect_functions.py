"""Functions of PostgreSQL, as they are reflected on a real server."""

import psycopg
import pytest
from contracts.catalog import Catalog, Function
from data_service.reflect.options import Exposure
from data_service.reflect.postgres import fingerprint, reflect

SCRIPT = r"""
create extension citext;  -- its functions are its own
create schema sales;
create type mood as enum ('sad', 'ok');
create type address as (street text, no integer);
create domain positive as integer check (value > 0);
create table shop (id int primary key, name text not null);
create table hidden_log (id int);
create function add(a integer, b integer default 2) returns integer language sql immutable return a + b;
comment on function add is 'The sum of both';
create function add(a text) returns text language sql stable return a;
create function whole(json) returns json language sql return $1;
create function whole_number(integer) returns integer language sql return $1;
create function shops(minimum integer) returns setof shop language sql stable
    begin atomic select * from shop where id >= minimum; end;
create function first_shop() returns shop language sql stable begin atomic select * from shop limit 1; end;
create function pairs(n positive) returns table (x integer, y numeric(5,2)) language sql begin atomic select n, n; end;
create function outs(in a int, out b int, inout c text) language sql as 'select a, c';
create function where_is(m mood, places address[]) returns address language sql begin atomic select places[1]; end;
create function numbers() returns setof integer language sql begin atomic select 1 union select 2; end;
create function many(variadic parts text[]) returns text[] language sql return parts;
create function nothing() returns void language sql as '';
create function sales.add(a integer) returns integer language sql return a;
create function powerful() returns integer language sql security definer return 1;
create function on_write() returns trigger language plpgsql as 'begin return new; end';
create function any_of(a anyelement) returns anyelement language sql as 'select a';
create function whatever() returns setof record language sql as 'select 1';
create aggregate total(integer) (sfunc = int4pl, stype = integer);
create procedure proceed() language sql as '';
create function forbidden() returns integer language sql return 1;
create function shop_label(shop) returns text language sql return $1.name;
"""


@pytest.fixture(scope="module")
def connection(postgres_server):
    with psycopg.connect(postgres_server.create_database("reflect_functions", SCRIPT), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def catalog(connection) -> Catalog:
    return reflect(connection, Exposure(schemas=("public", "sales")))


def one(catalog: Catalog, name: str) -> Function:
    [found] = catalog.functions_by_name[name]
    return found


def test_what_can_be_called_and_nothing_else(catalog: Catalog) -> None:
    assert list(catalog.functions_by_name) == [
        "add", "first_shop", "forbidden", "many", "nothing", "numbers", "outs", "pairs", "shops", "whatever", "where_is", "whole",
        "sales_add",
    ]  # fmt: skip


def test_overloads_are_several_of_one_name(catalog: Catalog) -> None:
    numbers, texts = catalog.functions_by_name["add"]
    assert [(a.name, a.type, a.db_type, a.required) for a in numbers.arguments] == [
        ("a", "int4", "integer", True),
        ("b", "int4", "integer", False),
    ]
    assert (numbers.volatility, numbers.comment) == ("immutable", "The sum of both")
    assert (numbers.returns.kind, numbers.returns.many, numbers.returns.type) == ("scalar", False, "int4")
    assert (texts.volatility, texts.returns.type) == ("stable", "text")


def test_a_single_argument_without_a_name_is_the_whole_body(catalog: Catalog) -> None:
    whole = one(catalog, "whole")
    assert whole.whole_body is not None
    assert whole.whole_body.db_type == "json"


def test_rows_of_a_table_are_rows_of_its_resource(catalog: Catalog) -> None:
    assert (one(catalog, "shops").returns.resource, one(catalog, "shops").returns.many) == ("shop", True)
    assert (one(catalog, "first_shop").returns.resource, one(catalog, "first_shop").returns.many) == ("shop", False)


def test_a_function_may_have_columns_of_its_own(catalog: Catalog) -> None:
    pairs = one(catalog, "pairs").returns
    assert [(f.name, f.type) for f in pairs.fields] == [("x", "int4"), ("y", "numeric")]
    assert (pairs.kind, pairs.many) == ("rows", True)
    outs = one(catalog, "outs")
    assert [a.name for a in outs.arguments] == ["a", "c"]
    assert ([f.name for f in outs.returns.fields], outs.returns.many) == (["b", "c"], False)
    assert [(f.name, f.type) for f in one(catalog, "where_is").returns.fields] == [("street", "text"), ("no", "int4")]


def test_types_of_arguments_are_portable(catalog: Catalog) -> None:
    mood, places = one(catalog, "where_is").arguments
    assert (mood.type, mood.values) == ("enum", ("sad", "ok"))
    assert (places.type, places.element, places.db_type) == ("array", "other", "public.address[]")
    [parts] = one(catalog, "many").arguments
    assert (parts.variadic, parts.required, parts.type, parts.element) == (True, False, "array", "text")
    assert one(catalog, "many").returns.element == "text"


def test_a_set_of_scalars_and_nothing_at_all(catalog: Catalog) -> None:
    assert (one(catalog, "numbers").returns.kind, one(catalog, "numbers").returns.many) == ("scalar", True)
    assert one(catalog, "nothing").returns.kind == "void"


def test_owners_rights_are_lent_by_a_written_line_only(connection, catalog: Catalog) -> None:
    assert "powerful" not in catalog.functions_by_name
    lent = reflect(connection, Exposure(schemas=("public",), definers=frozenset({"powerful"})))
    assert "powerful" in lent.functions_by_name


def test_what_our_login_may_not_call_is_not_there(connection) -> None:
    connection.execute("create role caller; revoke execute on function forbidden from public")
    connection.execute("grant usage on schema public to caller; grant select on shop to caller; set role caller")
    try:
        found = reflect(connection, Exposure(schemas=("public",)))
    finally:
        connection.execute("reset role; grant execute on function forbidden to public")
    assert "forbidden" not in found.functions_by_name
    assert "add" in found.functions_by_name


@pytest.mark.parametrize(
    "change",
    [
        "create function fresh() returns integer language sql return 1",
        "create or replace function add(a integer, b integer default 3) returns integer language sql return a + b",
        "comment on function first_shop is 'The first'",
        "alter type address add attribute city text",
        "alter function first_shop volatile",
    ],
)
def test_the_fingerprint_notices(connection, change: str) -> None:
    before = fingerprint(connection, Exposure())
    connection.execute(change)
    assert fingerprint(connection, Exposure()) != before
