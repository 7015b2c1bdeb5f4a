"""Functions as Hasura tracks them: their forms, names of their own, and the root that they stand in."""

import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

SCRIPT = r"""
create table plum (id int primary key, sort text not null, grade int, code uuid);
create table tally (outcome int);
create table word (text text);
insert into plum values
  (1, 'Mirabelle', 3, '11111111-1111-1111-1111-111111111111'), (2, 'Damson', 1, '11111111-1111-1111-1111-111111111111'),
  (3, 'Damson gage', 3, '22222222-2222-2222-2222-222222222222');
create table eaten (id int generated always as identity primary key, plum_id int);
create function plums_like(part text) returns setof plum language sql stable begin atomic
  select * from plum where sort ilike '%' || part || '%'; end;
create function tallied(one int, other int default 10) returns setof tally language sql stable
  begin atomic select one + other; end;
create function coded(which uuid, named text) returns setof plum language sql stable begin atomic
  select * from plum where code = which and sort = named; end;
create function variable(hasura_session json, name text) returns setof word language sql stable
  begin atomic select hasura_session ->> name; end;
create function role_told(who json) returns setof word language sql stable
  begin atomic select who ->> 'x-hasura-user-id'; end;
create function best() returns plum language sql stable begin atomic select * from plum order by grade desc, id limit 1; end;
create function eat(which int) returns setof eaten language sql as 'insert into eaten (plum_id) values (which) returning *';
create function some_plums(n int) returns setof plum language sql volatile as 'select * from plum order by id limit n';
create function eats_secretly() returns setof eaten language sql as 'insert into eaten (plum_id) values (1) returning *';
create function counted() returns bigint language sql stable begin atomic select count(*) from eaten; end;
create function alike(to_plum plum) returns setof plum language sql stable begin atomic
  select * from plum p where p.grade = to_plum.grade; end;
create function listed() returns setof plum language sql stable begin atomic select * from plum order by id; end;
"""
CONFIG = """
version: 1
resources:
  plum: {permissions: {clerk: {select: {columns: [id, sort], filter: {id: {_lt: 3}}, allow_aggregations: true}}}}
functions:
  listed: {graphql: {name: everyPlum}, permissions: {clerk: {}}}
  plums_like: {graphql: {roots: {function: search, function_aggregate: searchTotals}}, permissions: {clerk: {}}}
  some_plums: {graphql: {exposed_as: query}, permissions: {clerk: {}}}
  eats_secretly: {graphql: {exposed_as: query}}
  counted: {graphql: {exposed_as: mutation}}
  role_told: {session_argument: who}
"""
CLERK = Who("clerk")


@pytest.fixture(scope="module")
def suite(postgres_server, tmp_path_factory):
    config = tmp_path_factory.mktemp("tracked") / "trivet.yaml"
    config.write_text(CONFIG)
    url = postgres_server.create_database("functions_tracked", SCRIPT)

    def restore():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("truncate eaten restart identity")

    engine = Engine(PostgresDatabase(url, size=2, limit=5.0), config=config)
    engine.refresh()
    yield Suite(engine, restore)
    engine.close()


def answer(suite, query, who=ADMIN, **variables):
    return exact(suite.ask(query, who, **variables).data)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ both: tallied(args: {one: 2, other: 3}) { outcome } none: tallied(args: {one: null, other: 2}) { outcome } "
         "usual: tallied(args: {one: 2}) { outcome } }",
         {"both": [{"outcome": 5}], "none": [{"outcome": None}], "usual": [{"outcome": 12}]}),
        ('{ search(args: {part: "damson"}, order_by: {id: desc}, limit: 1) { sort } }', {"search": [{"sort": "Damson gage"}]}),
        ('{ search(args: {part: ""}, distinct_on: grade, order_by: [{grade: asc}, {id: desc}]) { id } }',
         {"search": [{"id": 2}, {"id": 3}]}),
        ('{ search(args: {part: "m"}, where: {grade: {_gt: 1}}, offset: 1, order_by: {id: asc}) { id } }', {"search": [{"id": 3}]}),
        ('{ searchTotals(args: {part: "damson"}) { aggregate { count max { grade } } nodes { id } } }',
         {"searchTotals": {"aggregate": {"count": 2, "max": {"grade": 3}}, "nodes": [{"id": 2}, {"id": 3}]}}),
        ('{ coded(args: {which: "11111111-1111-1111-1111-111111111111", named: "Damson"}) { id } }', {"coded": [{"id": 2}]}),
        ('{ variable(args: {name: "x-hasura-user-id"}) { text } role_told { text } }',
         {"variable": [{"text": "7"}], "role_told": [{"text": "7"}]}),
        ("{ best { sort } }", {"best": {"sort": "Mirabelle"}}),
        ('{ text: alike(args: {to_plum: "(9,None,1,)"}) { id } object: alike(args: {to_plum: {grade: 1}}) { id } '
         "plum_by_pk(id: 1) { alike(order_by: {id: asc}) { id } } }",
         {"text": [{"id": 2}], "object": [{"id": 2}], "plum_by_pk": {"alike": [{"id": 1}, {"id": 3}]}}),
        ("{ everyPlum(limit: 1) { id } everyPlum_aggregate { aggregate { count } } }",
         {"everyPlum": [{"id": 1}], "everyPlum_aggregate": {"aggregate": {"count": 3}}}),
        ("{ some_plums(args: {n: 1}) { id } plum_by_pk(id: 2) { id } }",
         {"some_plums": [{"id": 1}], "plum_by_pk": {"id": 2}}),
        ("mutation { eat(args: {which: 3}) { plum_id } counted }", {"eat": [{"plum_id": 3}], "counted": 1}),
    ],
)  # fmt: skip
def test_forms(suite, query, expected):
    try:
        assert answer(suite, query) == {"data": expected}
    finally:
        suite.restore()


@pytest.mark.parametrize(
    ("query", "message", "path"),
    [
        ('{ plums_like(args: {part: "a"}) { id } }', "field 'plums_like' not found in type: 'query_root'", "plums_like"),
        ("{ listed { id } }", "field 'listed' not found in type: 'query_root'", "listed"),
        ("{ counted }", "field 'counted' not found in type: 'query_root'", "counted"),
        ("mutation { some_plums(args: {n: 1}) { id } }", "field 'some_plums' not found in type: 'mutation_root'", "some_plums"),
        ("{ tallied(args: {other: 1}) { outcome } }", "Non default arguments cannot be omitted", "tallied.args.args"),
        ("{ tallied { outcome } }", "missing required field 'args'", "tallied.args"),
        ('{ role_told(args: {who: "{}"}) { text } }', "'role_told' has no argument named 'args'", "role_told"),
        ("{ eats_secretly { id } }", "cannot execute INSERT in a read-only transaction", "eats_secretly"),
    ],
)  # fmt: skip
def test_refusals(suite, query, message, path):
    [error] = answer(suite, query)["errors"]
    assert error["message"] == message
    assert error["extensions"]["path"].startswith(f"$.selectionSet.{path}")
    assert answer(suite, "mutation { counted }") == {"data": {"counted": 0}}


def test_rows_are_those_that_a_role_may_select(suite):
    query = '{ search(args: {part: ""}, order_by: {id: asc}) { id } searchTotals(args: {part: ""}) { aggregate { count } } everyPlum { id } }'
    two = [{"id": 1}, {"id": 2}]
    assert answer(suite, query, CLERK) == {
        "data": {"search": two, "searchTotals": {"aggregate": {"count": 2}}, "everyPlum": two}
    }
    assert "grade" in answer(suite, '{ search(args: {part: ""}) { grade } }', CLERK)["errors"][0]["message"]
    assert (
        answer(suite, "{ tallied(args: {one: 1}) { outcome } }", CLERK)["errors"][0]["extensions"]["code"]
        == "validation-failed"
    )


def test_types_keep_the_functions_name_unless_it_has_another(suite):
    query = """query($a: plums_like_args!) { search(args: $a) { id } everyPlum { id } }"""
    assert len(answer(suite, query, a={"part": "damson"})["data"]["search"]) == 2
    rows = """query($p: plum_scalar!) { alike(args: {to_plum: $p}) { __typename } }"""  # a row as a value
    assert answer(suite, rows, p={"grade": 1}) == {"data": {"alike": [{"__typename": "plum"}]}}
    roots = answer(suite, "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")["data"][
        "__schema"
    ]
    queries = {field["name"] for field in roots["queryType"]["fields"]}
    assert {"search", "searchTotals", "everyPlum", "everyPlum_aggregate", "some_plums"} <= queries
    assert queries.isdisjoint({"plums_like", "plums_like_aggregate", "listed", "eat", "counted"})
    assert {"eat", "counted"} <= {field["name"] for field in roots["mutationType"]["fields"]}
