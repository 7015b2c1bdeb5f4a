"""Functions whose names are odd, taken or shared by several are called in all three protocols."""

from collections.abc import Iterator

import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from openapi_spec_validator import OpenAPIV31SpecValidator
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, Suite, exact

SCRIPT = r"""
create table shop (id int primary key);
create table call_area (id int primary key);
insert into shop values (1);
create function shop() returns integer language sql immutable return 7;
create function shop_aggregate() returns integer language sql immutable return 8;
create function "odd Näme 1"("the arg" integer, "and" integer default 1, "select" text default 'x',
    "quo""te" integer default 0) returns table ("col umn" integer, "where" text) language sql immutable
    begin atomic select "the arg" + "and" + "quo""te", "select"; end;
create function area(radius numeric) returns numeric language sql immutable return radius * radius * 3;
create function area(width numeric, height numeric) returns numeric language sql immutable return width * height;
create function area() returns numeric language sql immutable return 0;
"""


@pytest.fixture(scope="module")
def suite(postgres_server) -> Iterator[Suite]:
    engine = Engine(PostgresDatabase(postgres_server.create_database("function_names", SCRIPT), size=2, limit=5.0))
    engine.refresh()
    yield Suite(engine, lambda: None)
    engine.close()


def graphql(suite: Suite, query: str):
    answer = exact(suite.ask(query).data)
    assert list(answer) == ["data"], answer
    return answer["data"]


def soap(suite: Suite, operation: str, **arguments):
    return serialize_object(suite.call(operation, **arguments), dict)


def test_a_name_that_a_table_has(suite: Suite) -> None:
    assert exact(suite.get("rpc/shop").data) == 7
    assert exact(suite.get("shop").data) == [{"id": 1}]
    assert graphql(suite, "{ shop { id } shop_2 shop_aggregate { aggregate { count } } shop_aggregate_2 }") == {
        "shop": [{"id": 1}],
        "shop_2": 7,
        "shop_aggregate": {"aggregate": {"count": 1}},
        "shop_aggregate_2": 8,
    }
    assert soap(suite, "CallShop") == 7


def test_odd_names(suite: Suite) -> None:
    row = {"col umn": 6, "where": "y"}
    body = {"the arg": 2, "and": 3, "select": "y", 'quo"te': 1}
    assert exact(suite.send("POST", "rpc/odd%20N%C3%A4me%201", ADMIN, body).data) == [row]
    found = graphql(suite, '{ odd_N_me_1(args: {the_arg: 2, and: 3, select: "y", quo_te: 1}) { col_umn where } }')
    assert found == {"odd_N_me_1": [{"col_umn": 6, "where": "y"}]}
    arguments = {"the_x0020_arg": 2, "and": 3, "select": "y", "quo_x0022_te": 1}
    assert soap(suite, "CallOddNäme1", **arguments) == [{"col_x0020_umn": 6, "where": "y"}]


def test_overloads(suite: Suite) -> None:
    assert exact(suite.get("rpc/area?radius=2").data) == 12
    assert exact(suite.get("rpc/area?width=2&height=5").data) == 10
    assert graphql(
        suite, "{ area area_by_radius(args: {radius: 2}) area_by_width_height(args: {width: 2, height: 5}) }"
    ) == {
        "area": 0,
        "area_by_radius": 12,
        "area_by_width_height": 10,
    }
    assert soap(suite, "CallArea2") == 0
    assert soap(suite, "CallAreaByRadius", radius=2) == 12
    assert soap(suite, "CallAreaByWidthHeight", width=2, height=5) == 10


def test_the_documents_are_valid(suite: Suite) -> None:
    OpenAPIV31SpecValidator(suite.get("openapi.json").json).validate()
    query = "{ __schema { types { name fields { name type { name } } inputFields { name type { name } } } } }"
    names = [found["name"] for found in graphql(suite, query)["__schema"]["types"]]
    assert len(names) == len(set(names))
