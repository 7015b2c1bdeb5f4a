"""Functions of PostgreSQL called through the engine, in roles."""

import json
from decimal import Decimal

import psycopg
import pytest
from chassis.versions import Writer
from contracts.filters import Compare, FieldRef, Given, Param, RelationRef
from contracts.identity import Caller, Principal, narrowed
from contracts.operations import Aggregate, Call, Document, Embed, FieldOutput, Group, Member, Node, Read, Rows, Sort
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.versioning import Versioning

SCRIPT = r"""
create schema sales;
create type address as (street text, no integer);
create domain few as integer check (value < 10);
create table city (id int primary key, name text not null);
create table shop (id int primary key, name text not null, city_id int references city, secret text);
create table log (id int generated always as identity primary key, what text not null);
insert into city values (1, 'Graz'), (2, 'Linz');
insert into shop values (1, 'Baker', 1, 'a'), (2, 'Cobbler', 1, 'b'), (3, 'Draper', 2, 'c');
create function add(a integer, b integer default 2) returns integer language sql immutable return a + b;
create function add(x text) returns text language sql immutable return 'text ' || x;
create function twin(a integer) returns integer language sql immutable return a;
create function twin(a text) returns text language sql immutable return a;
create function shops(minimum integer default 0) returns setof shop language sql stable
    begin atomic select * from shop where id >= minimum order by id desc; end;
create function shop_of(which integer) returns shop language sql stable
    begin atomic select * from shop where id = which; end;
create function pairs(n integer) returns table (x integer, y numeric) language sql stable
    begin atomic select i, i * 1.50 from generate_series(1, n) i; end;
create function outs(out low integer, out high integer) language sql immutable as 'select 1, 9';
create function split(n integer, out low integer, out high integer) language sql immutable as 'select n / 2, n - n / 2';
create function half(n integer, out low integer) language sql immutable strict as 'select n / 2';
create function home(which integer) returns address language sql immutable as 'select null::address';
create function echo(j json, jb jsonb, n numeric[], t text[], a address, aa address[], f few, at timestamptz, b bytea)
    returns json language sql stable return json_build_array(j, jb, n, t, a, aa, f, at at time zone 'UTC', b);
create function numbers(n integer) returns setof integer language sql immutable
    begin atomic select generate_series(1, n); end;
create function joined(variadic parts text[]) returns text language sql immutable return array_to_string(parts, '-');
create function whole(json) returns json language sql immutable return $1;
create function shout(text) returns text language sql immutable return upper($1);
create function size(bytea) returns integer language sql immutable return length($1);
create function write_log(what text) returns setof log language sql
    as 'insert into log (what) values (what), (what || ''!'') returning *';
create function note(what text) returns void language sql as 'insert into log (what) values (what)';
create function refuse() returns void language plpgsql as
    $$ begin raise sqlstate 'PT402' using message = 'Pay first', detail = 'It costs 3', hint = 'Bring money'; end $$;
create function answer(message text, detail text) returns void language plpgsql as
    $$ begin raise sqlstate 'PGRST' using message = answer.message, detail = answer.detail; end $$;
create function answer(state text) returns void language plpgsql as
    $$ begin raise exception using errcode = state, message = 'role of words'; end $$;
create function null_number() returns integer language sql immutable return null::integer;
create function nothing() returns void language sql stable as '';
create function sales.tax(a numeric) returns numeric language sql immutable return a * 0.20;
create function whoami(hasura_session json, prefix text default '') returns text language sql stable
    return prefix || (hasura_session ->> 'x-hasura-user-id');
create function stamp() returns text language sql security definer return 'lent';
"""
CONFIG = """
version: 1
schemas: [public, sales]
resources:
  city: {permissions: {clerk: {select: {columns: '*', filter: {}}}}}
  shop:
    permissions:
      clerk: {select: {columns: [id, name, city_id], filter: {city_id: {_eq: 1}}, allow_aggregations: true}}
functions:
  add: {permissions: {clerk: {}}}
  shops: {permissions: {clerk: {}}}
  shop_of: {permissions: {clerk: {rows: returned}}}
  stamp: {security_definer: true, permissions: {clerk: {}}}
"""
CLERK = Caller(principal=Principal(role="clerk", subject="s"))


def caller(role="admin"):
    return Caller(principal=Principal(role=role, subject="s"))


class Desk:
    """An engine that is asked in Python's terms."""

    def __init__(self, url, folder):
        self.url = url
        config = folder / "trivet.yaml"
        config.write_text(CONFIG)
        self.engine = Engine(PostgresDatabase(url, size=3, limit=5.0), config=config)
        self.engine.refresh()

    def run(self, call, *values, who=None):
        return self.engine.execute(call, values, who or caller())

    def ask(self, call, *values, who=None):
        return json.loads(self.run(call, *values, who=who).body, parse_float=Decimal)

    def refusal(self, call, *values, who=None):
        with pytest.raises(Problem) as caught:
            self.run(call, *values, who=who)
        return caught.value

    def count(self):
        with psycopg.connect(self.url) as connection:
            return connection.execute("select count(*) from log").fetchone()[0]


@pytest.fixture(scope="module")
def desk(postgres_server, tmp_path_factory):
    desk = Desk(postgres_server.create_database("engine_calls", SCRIPT), tmp_path_factory.mktemp("calls"))
    yield desk
    desk.engine.close()


def named(*names, form="json"):
    return tuple(Given(name, Param(index), form) for index, name in enumerate(names))


# --- results -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "values", "expected"),
    [
        (Call("add", named("a", "b")), (1, 5), 6),
        (Call("add", named("a")), (1,), 3),
        (Call("add", named("a"), reads_only=True), ("1",), 3),
        (Call("add", named("x")), ("y",), "text y"),
        (Call("numbers", named("n")), (3,), [1, 2, 3]),
        (Call("numbers", named("n")), (0,), []),
        (Call("numbers", named("n"), Node(limit=Param(1), offset=Param(2))), (5, 2, 1), [2, 3]),
        (Call("null_number"), (), None),
        (Call("outs"), (), {"low": 1, "high": 9}),
        (Call("split", named("n")), (None,), {"low": None, "high": None}),
        (Call("half", named("n")), (None,), {"low": None}),
        (Call("home", named("which")), (1,), {"street": None, "no": None}),
        (Call("pairs", named("n")), (2,), [{"x": 1, "y": Decimal("1.50")}, {"x": 2, "y": Decimal("3.00")}]),
        (Call("shop_of", named("which")), (2,), {"id": 2, "name": "Cobbler", "city_id": 1, "secret": "b"}),
        (Call("shop_of", named("which")), (9,), None),
        (Call("joined", named("parts")), (["a", 'b"c', "d,e"],), 'a-b"c-d,e'),
        (Call("joined", named("parts", form="text")), (["a", "b"],), "a-b"),
        (Call("joined"), (), ""),
        (Call("whole", named("")), ({"a": [1, None]},), {"a": [1, None]}),
        (Call("whole", named("")), (7,), 7),
        (Call("shout", named("", form="text")), ("hey",), "HEY"),
        (Call("size", named("", form="bytes")), ("AAEC",), 3),
        (Call("sales_tax", named("a")), (10,), Decimal("2.00")),
        (Call("tax", named("a"), schema="sales"), (10,), Decimal("2.00")),
    ],
)
def test_what_a_function_gives(desk, call, values, expected):
    assert desk.ask(call, *values) == expected


def test_arguments_of_every_kind(desk):
    call = Call("echo", named("j", "jb", "n", "t", "a", "aa", "f", "at", "b"))
    address = {"street": "Ring", "no": 7}
    given = (
        "text",
        {"k": [1]},
        [1.5, None, 2],
        ["a", "null", None],
        address,
        [address],
        3,
        "2024-01-31T10:00Z",
        "\\x00",
    )
    at = "2024-01-31T10:00:00"
    assert desk.ask(call, *given) == [
        "text", {"k": [1]}, [Decimal("1.5"), None, 2], ["a", "null", None], address, [address], 3, at, "\\x00",
    ]  # fmt: skip
    texts = tuple(Given(argument.name, argument.value, "text") for argument in call.arguments)
    given = ('"text"', '{"k":[1]}', "{1.5,NULL,2}", '{a,"null",NULL}', "(Ring,7)", '{"(Ring,7)"}', "3", at, "\\x00")
    assert desk.ask(Call("echo", texts), *given)[:7] == [
        "text", {"k": [1]}, [Decimal("1.5"), None, 2], ["a", "null", None], address, [address], 3,
    ]  # fmt: skip
    assert desk.ask(call, *[None] * 9) == [None] * 9


def test_rows_are_read_like_any_others(desk):
    node = Node(
        outputs=(
            FieldOutput("n", FieldRef("name")),
            Embed("city", RelationRef("city"), Node(outputs=(FieldOutput("name", FieldRef("name")),))),
        ),
        filter=Compare(FieldRef("id"), "gt", Param(0)),
        sort=(Sort(FieldRef("name")),),
        limit=Param(1),
    )
    result = desk.run(Call("shops", (), node, count="exact"), 1, 1)
    assert json.loads(result.body) == [{"n": "Cobbler", "city": {"name": "Graz"}}]
    assert (result.rows, result.total) == (1, 2)


def test_what_a_function_gives_can_be_summed_up(desk):
    node = Node(
        outputs=(
            Group("aggregate", (Aggregate("count", "count"), Aggregate("top", "max", (FieldRef("y"),)))),
            Rows("nodes", (FieldOutput("x", FieldRef("x")),)),
        ),
        shape="summary",
    )
    found = desk.ask(Call("pairs", named("n"), node), 3)
    assert found == {"aggregate": {"count": 3, "top": Decimal("4.50")}, "nodes": [{"x": 1}, {"x": 2}, {"x": 3}]}


def test_one_row_of_a_set(desk):
    call = Call("pairs", named("n"), Node(shape="one"))
    assert desk.ask(call, 1) == {"x": 1, "y": Decimal("1.50")}
    assert desk.refusal(call, 2).code == "PGRST116"


# --- which function ------------------------------------------------------------------------------------------------


def test_an_unknown_function_and_the_nearest(desk):
    problem = desk.refusal(Call("shop", named("a")), 1)
    assert (problem.code, problem.status) == ("PGRST202", 404)
    assert problem.message == "Could not find the function public.shop(a) in the schema cache"
    assert problem.hint == "Perhaps you meant to call the function public.shops"


def test_the_nearest_is_of_the_schema_asked_for(desk):
    assert desk.refusal(Call("taxx", schema="sales")).hint == "Perhaps you meant to call the function sales.tax"
    assert desk.refusal(Call("shops", schema="sales")).hint is None


def test_arguments_that_no_overload_takes(desk):
    problem = desk.refusal(Call("add", named("a", "c")), 1, 2)
    assert problem.message == "Could not find the function public.add(a, c) in the schema cache"
    assert problem.hint == "Perhaps you meant to call the function public.add(a, b)"
    assert "without parameters" in desk.refusal(Call("add")).message
    assert desk.refusal(Call("add", (Given("a", Param(0)), Given("a", Param(0)))), 1).code == "PGRST202"


def test_overloads_that_both_fit(desk):
    problem = desk.refusal(Call("twin", named("a")), 1)
    assert (problem.code, problem.status) == ("PGRST203", 300)
    assert problem.message == (
        "Could not choose the best candidate function between: public.twin(a => integer), public.twin(a => text)"
    )


def test_a_schema_that_is_not_exposed(desk):
    assert desk.refusal(Call("add", schema="inner")).code == "PGRST106"


def test_a_value_that_is_none_of_its_type(desk):
    problem = desk.refusal(Call("add", named("a")), "one")
    assert (problem.code, problem.message) == ("22P02", 'invalid input syntax for type integer: "one"')
    assert (
        desk.refusal(
            Call("echo", named("j", "jb", "n", "t", "a", "aa", "f", "at", "b")), *[None] * 6, 12, None, None
        ).code
        == "23514"
    )
    assert desk.refusal(Call("size", named("", form="bytes")), "no base64!").code == "22P02"


# --- writing -------------------------------------------------------------------------------------------------------


def test_a_function_that_writes_runs_once(desk):
    before = desk.count()
    call = Call("write_log", named("what"), Node((FieldOutput("what", FieldRef("what")),)), count="exact")
    result = desk.run(call, "once")
    assert json.loads(result.body) == [{"what": "once"}, {"what": "once!"}]
    assert (result.total, desk.count()) == (2, before + 2)


def test_void_is_run_and_gives_nothing(desk):
    before = desk.count()
    assert desk.run(Call("note", named("what")), "void").body == b""
    assert desk.count() == before + 1
    assert desk.run(Call("nothing")).body == b""


def test_a_function_that_writes_fails_where_only_reading_is_allowed(desk):
    before = desk.count()
    problem = desk.refusal(Call("note", named("what"), reads_only=True), "never")
    assert (problem.code, problem.status) == ("25006", 405)
    assert desk.count() == before


def test_more_rows_than_wanted_roll_back(desk):
    before = desk.count()
    call = Call("write_log", named("what"), at_most=Param(1))
    problem = desk.refusal(call, "many", 1)
    assert (problem.code, problem.details) == ("PGRST124", "The query affects 2 rows")
    assert desk.count() == before
    assert desk.refusal(Call("add", named("a"), at_most=Param(1)), 1, 1).code == "PGRST128"


def test_several_calls_are_one_transaction(desk):
    before = desk.count()
    document = Document(
        (
            Member("a", Call("note", named("what"))),
            Member("b", Call("add", named("a"))),
        )
    )
    assert desk.refusal(document, "x").code == "22P02"
    assert desk.count() == before
    document = Document(
        (Member("a", Call("note", (Given("what", Param(0)),))), Member("b", Call("add", (Given("a", Param(1)),))))
    )
    assert desk.ask(document, "x", 1) == {"a": None, "b": 3}
    assert desk.count() == before + 1


def test_calls_that_read_stand_beside_reads(desk):
    document = Document(
        (
            Member("sum", Call("add", named("a"))),
            Member("cities", Read("city", Node((FieldOutput("id", FieldRef("id")),)))),
            Member("top", Call("shops", (), Node((FieldOutput("id", FieldRef("id")),), limit=Param(0)))),
            Member("one", Call("shop_of", (Given("which", Param(0)),), Node((FieldOutput("id", FieldRef("id")),)))),
            Member("none", Call("nothing")),
        )
    )
    assert desk.ask(document, 1) == {
        "sum": 3, "cities": [{"id": 1}, {"id": 2}], "top": [{"id": 3}], "one": {"id": 1}, "none": None,
    }  # fmt: skip


def test_what_a_function_raises_has_its_own_status(desk):
    problem = desk.refusal(Call("refuse"))
    assert (problem.code, problem.status, problem.message) == ("PT402", 402, "Pay first")
    assert (problem.details, problem.hint) == ("It costs 3", "Bring money")


def test_what_a_function_raises_as_json_is_the_answer(desk):
    message = '{"code": "123", "message": "Payment required", "details": "Quota", "hint": "Upgrade"}'
    detail = '{"status": 402, "headers": {"X-Powered-By": "Nerd Rage", "X-Tries": 3}}'
    problem = desk.refusal(Call("answer", named("message", "detail")), message, detail)
    assert (problem.code, problem.status, problem.message) == ("123", 402, "Payment required")
    assert (problem.details, problem.hint) == ("Quota", "Upgrade")
    assert problem.headers == {"X-Powered-By": "Nerd Rage", "X-Tries": "3"}


GOOD = '{"code": "1", "message": "m"}'


@pytest.mark.parametrize(
    "message, detail, part",
    [
        ("INVALID", '{"status": 332, "headers": {}}', "MESSAGE"),
        ('{"code": "1"}', '{"status": 402, "headers": {}}', "MESSAGE"),
        (GOOD, "INVALID", "DETAIL"),
        (GOOD, "", "DETAIL"),
        (GOOD, '{"status": 402}', "DETAIL"),
        (GOOD, '{"status": 99, "headers": {}}', "DETAIL"),
        (GOOD, '{"status": 402, "headers": {"X-Split": "a\\r\\nSet-Cookie: b"}}', "DETAIL"),
        (GOOD, '{"status": 402, "headers": {"Content-Length": "0"}}', "DETAIL"),
    ],
)
def test_json_that_is_no_answer_is_told(desk, message, detail, part):
    problem = desk.refusal(Call("answer", named("message", "detail")), message, detail)
    assert (problem.code, problem.status) == ("PGRST121", 500)
    assert part in problem.details
    assert part in problem.hint


@pytest.mark.parametrize(
    "state, status",
    [
        ("PT418", 418), ("PTABC", 500), ("22023", 401), ("23503", 409), ("23505", 409), ("25006", 405), ("25001", 500),
        ("28000", 403), ("2D000", 500), ("38000", 500), ("39000", 500), ("3B000", 500), ("40000", 500),
        ("53400", 500), ("53100", 503), ("54000", 500), ("55000", 500), ("57000", 500), ("58000", 500),
        ("F0000", 500), ("HV000", 500), ("P0001", 400), ("P0002", 500), ("XX001", 500), ("42501", 403), ("42P17", 500),
        ("0L000", 403), ("0P000", 403), ("21000", 400), ("22001", 400), ("23514", 400), ("AB123", 400),
    ],
)  # fmt: skip
def test_an_sqlstate_has_the_status_that_postgrest_gives_it(desk, state, status):
    assert desk.refusal(Call("answer", named("state")), state).status == status


# --- roles ---------------------------------------------------------------------------------------------------------


def test_closed_by_default(desk):
    assert [f.name for f in desk.engine.catalog(CLERK).functions] == ["add", "add", "shop_of", "shops", "stamp"]
    problem = desk.refusal(Call("numbers", named("n")), 1, who=CLERK)
    assert (problem.code, problem.message) == ("42501", "permission denied for function numbers")
    assert not desk.engine.catalog(caller("stranger")).functions


def test_rows_of_a_resource_are_those_that_the_role_may_see(desk):
    assert desk.ask(Call("shops"), who=CLERK) == [
        {"id": 2, "name": "Cobbler", "city_id": 1}, {"id": 1, "name": "Baker", "city_id": 1},
    ]  # fmt: skip
    assert desk.run(Call("shops", count="exact"), who=CLERK).total == 2
    secret = Call("shops", (), Node((FieldOutput("s", FieldRef("secret")),)))
    assert desk.refusal(secret, who=CLERK).code == "42703"
    hidden = Call("shops", (), Node(filter=Compare(FieldRef("secret"), "eq", Param(0))))
    assert desk.refusal(hidden, "c", who=CLERK).code == "42703"


def test_unless_it_is_declared_otherwise(desk):
    assert desk.ask(Call("shop_of", named("which")), 3, who=CLERK) == {
        "id": 3, "name": "Draper", "city_id": 2, "secret": "c",
    }  # fmt: skip


def test_a_narrowed_role_needs_the_function_by_name(desk):
    def keyed(*scope):
        return Caller(principal=Principal(role=narrowed("admin", scope), subject="s", scope=scope))

    assert desk.ask(Call("add", named("a")), 1, who=keyed("rpc/add")) == 3
    assert desk.refusal(Call("add", named("a")), 1, who=keyed("add", "shop")).code == "42501"
    assert desk.refusal(Call("shops"), who=keyed("rpc/shops")).code == "42501"
    assert len(desk.ask(Call("shops"), who=keyed("rpc/shops", "shop:read"))) == 3


def test_owners_rights_by_a_written_line(desk):
    assert desk.ask(Call("stamp"), who=CLERK) == "lent"


def test_a_function_that_is_changed_is_noticed(desk):
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute("create function fleeting(a integer) returns integer language sql immutable return a")
    desk.engine.refresh()
    assert desk.ask(Call("fleeting", named("a")), 4) == 4
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute("drop function fleeting")
    assert desk.refusal(Call("fleeting", named("a")), 4).code == "PGRST202"


def test_the_session_is_given_by_nobody_but_us(desk):
    def known(number):
        session = {"x-hasura-user-id": str(number)}
        return Caller(principal=Principal(role="admin", subject="s", session=session))

    (function,) = desk.engine.catalog(caller()).functions_by_name["whoami"]
    assert [argument.name for argument in function.arguments] == ["prefix"]
    for number in (1, 2):
        assert desk.ask(Call("whoami", named("prefix")), "n", who=known(number)) == f"n{number}"
    assert desk.ask(Call("whoami"), who=caller()) is None
    forged = desk.refusal(Call("whoami", named("hasura_session")), {"x-hasura-user-id": "1"}, who=known(2))
    assert forged.code == "PGRST202"


def test_what_is_behind_a_call_is_told(desk):
    found = desk.engine.explain(Call("shops"), CLERK)
    assert '"public"."shops"()' in found.statement
    assert [(rule.resource, rule.verb, rule.place) for rule in found.rules] == [
        ("shops", "call", "trivet.yaml:11"),
        ("shop", "select", "trivet.yaml:8"),
    ]
    closed = desk.engine.explain(Call("numbers", named("n")), CLERK)
    assert [(rule.resource, rule.verb, rule.place) for rule in closed.rules] == [("numbers", "call", None)]


def test_which_answers_may_be_kept(desk, tmp_path):
    config = tmp_path / "trivet.yaml"
    config.write_text("version: 1\nschemas: [public, sales]\ncache: {only_writer: true, max_age: 30}\n")
    database = PostgresDatabase(desk.url, size=2, limit=5.0)
    versioning = Versioning(tmp_path / "versions", Writer.claim(tmp_path / "versions"), database)
    engine = Engine(database, config=config, versioning=versioning)
    engine.refresh()
    versioning.tend()

    def basis(call, *values):
        return engine.execute(call, values, caller()).basis

    try:
        assert basis(Call("add", named("a")), 1).age == 30
        assert basis(Call("whoami")) is None
        cities = Read("city")
        before = basis(cities)
        assert engine.execute(cities, (), caller()).basis == before
        assert basis(Call("note", named("what")), "x") is None
        assert basis(cities) != before  # nobody knows what a function that writes has written to
    finally:
        engine.close()
