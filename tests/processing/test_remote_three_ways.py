"""What docs/processing.md says of remote sources: its own configurations, at real servers, in REST, GraphQL and SOAP."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from data_service.app import open_remote
from data_service.processing.setting import Means
from data_service.settings import DataSettings

from demo.rates import application as rates_application
from tests.fixtures.guarded_store import Suite, Who, exact, postgres_suite, sqlite_suite
from tests.fixtures.remote_servers import graphql_application, rest_application, serving

PAGE = Path(__file__).parents[2] / "docs" / "processing.md"
BLOCKS = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S) if "\nsources:\n" in block]
ANYBODY = Who(role="anonymous")


class World:
    """The facades under a configuration of the page, and the servers."""

    suite: Suite


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    """A world for each of the page's configurations."""
    with ExitStack() as stack:
        worlds = []
        rest = stack.enter_context(serving(rest_application()))
        graphql = stack.enter_context(serving(graphql_application()))
        soap = stack.enter_context(serving(rates_application))
        addresses = (f"cities={rest.url}", f"people={graphql.url}/graphql", f"rates={soap.url}/rates?wsdl")
        for number, block in enumerate(BLOCKS):
            folder = tmp_path_factory.mktemp(f"page{number}")
            (folder / "secrets").mkdir()
            (folder / "secrets" / "api_key").write_text("k")
            (folder / "secrets" / "stock_url").write_text(f"sqlite:///{folder / 'stock.db'}")
            with sqlite3.connect(folder / "stock.db") as connection:
                connection.execute("create table stock (article text primary key, pieces integer)")
                connection.execute("insert into stock values ('Anvil', 7), ('Rope', 100)")
            config = str(folder / "trivet.yaml")
            remote = open_remote(DataSettings(config=config, state_dir=str(folder), sources=addresses))
            means = Means(foreign={"remote": remote}, remote=remote)
            world = World()
            world.rest, world.graphql, world.soap = rest, graphql, soap
            if request.param == "sqlite":
                world.suite = stack.enter_context(sqlite_suite(folder, policies=block, means=means))
            else:
                url = request.getfixturevalue("postgres_server").create_database(f"page{number}")
                world.suite = stack.enter_context(postgres_suite(url, folder, policies=block, means=means))
            worlds.append(world)
        yield worlds


@pytest.fixture
def fields(made: list[World]) -> World:
    """The world of the page's fields."""
    return made[0]


@pytest.fixture
def operations(made: list[World]) -> World:
    """The world of the page's operations."""
    return made[1]


def test_rest_shows_them(fields: World) -> None:
    get = fields.suite.get
    assert get("addresses?select=city,country&order=id").get_json() == [
        {"city": "Oslo", "country": "Norway"},
        {"city": "Bergen", "country": "Norway"},
        {"city": "Rome", "country": "Italy"},
    ]
    assert exact(get("customers?select=id,score,balance_usd&order=id").data) == [
        {"id": 1, "score": Decimal("9.5"), "balance_usd": Decimal("10.96")},
        {"id": 2, "score": Decimal("7.25"), "balance_usd": Decimal("0.54")},
        {"id": 3, "score": None, "balance_usd": None},
    ]
    assert get("products?select=in_stock&order=id").get_json() == [
        {"in_stock": 7}, {"in_stock": 100}, {"in_stock": None}, {"in_stock": None},
    ]  # fmt: skip


def test_graphql_shows_them(fields: World) -> None:
    answer = fields.suite.ask("{ customers(order_by: {id: asc}) { balance_usd addresses { country } } }")
    assert exact(answer.data)["data"]["customers"][0] == {
        "balance_usd": Decimal("10.96"),
        "addresses": [{"country": "Norway"}, {"country": "Norway"}],
    }


def test_soap_shows_them(fields: World) -> None:
    found = fields.suite.call("ListCustomers", orderBy={"item": [{"field": "id"}]})
    assert [row.balance_usd for row in found["items"]["Customers"]] == [Decimal("10.96"), Decimal("0.54"), None]


def test_nobody_filters_by_them(fields: World) -> None:
    assert fields.suite.get("addresses?country=eq.Norway").status_code == 400
    assert "errors" in fields.suite.ask('{ addresses(where: {country: {_eq: "Norway"}}) { id } }').get_json()
    assert fields.suite.get("addresses?order=country").status_code == 400


def test_a_source_that_is_ill_leaves_nulls_and_a_warning(fields: World) -> None:
    fields.graphql.failing = True
    try:
        body = fields.suite.ask("{ customers(order_by: {id: asc}, limit: 1) { name score } }").get_json()
    finally:
        fields.graphql.failing = False
    assert body["data"] == {"customers": [{"name": "Ada", "score": None}]}
    warning = "customers.score is partly null: the source people does not answer as it should"
    assert body["extensions"] == {"warnings": [warning]}


def test_a_source_that_is_ill_fails_what_needs_it(fields: World) -> None:
    fields.soap.failing = True
    try:
        answer = fields.suite.get("customers?select=balance_usd")
        body = fields.suite.ask("{ customers { balance_usd } }").get_json()
    finally:
        fields.soap.failing = False
    assert (answer.status_code, answer.get_json()["code"]) == (502, "TRV310")
    assert body["errors"][0]["message"].startswith("customers.balance_usd is not to be had: the source rates ")


def test_a_soap_service_has_rest_and_graphql(operations: World) -> None:
    send, expected = operations.suite.send, [{"Currency": "JPY", "Value": Decimal("170.11"), "Day": "2024-05-31"}]
    assert exact(send("POST", "rpc/exchange_rates", ANYBODY, body={"Currency": ["JPY"]}).data) == expected
    assert len(operations.suite.get("rpc/exchange_rates?Value=gt.5", ANYBODY).get_json()) == 3
    query = '{ exchange_rates(args: {Currency: ["JPY"]}) { Currency Value Day } }'
    assert exact(operations.suite.ask(query, ANYBODY).data) == {"data": {"exchange_rates": expected}}


def test_a_rest_service_has_graphql(operations: World) -> None:
    body = operations.suite.ask('{ country_of(args: {name: "Oslo"}) { country } }', ANYBODY).get_json()
    assert body == {"data": {"country_of": {"country": "Norway"}}}
    assert operations.suite.get("rpc/country_of?name=Rome", ANYBODY).get_json() == {"country": "Italy"}


def test_nobody_calls_what_no_line_opens(operations: World) -> None:
    assert operations.suite.send("POST", "rpc/cities_named", ANYBODY, body={"names": "Rome"}).status_code in (401, 403)
    assert operations.suite.send("POST", "rpc/cities_named", body={"names": "Rome"}).status_code == 200


def test_a_rest_service_has_soap(operations: World) -> None:
    assert operations.suite.call("CallCountryOf", ANYBODY, name="Oslo") == "Norway"  # zeep unwraps a single value
    rates = operations.suite.call("CallExchangeRates", ANYBODY, Currency={"string": ["JPY", "USD"]})
    found = [(row.Currency, row.Value) for row in rates]
    assert found == [("JPY", Decimal("170.11")), ("USD", Decimal("1.0852"))]
