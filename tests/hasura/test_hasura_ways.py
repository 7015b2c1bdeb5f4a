"""The ways in which a role may ask for rows (`query_root_fields`), in GraphQL, REST and SOAP."""

import json
import re
import sqlite3

import graphql_service.app
import pytest
import rest_service.app
import soap_service.app
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase
from graphql_service.settings import GraphqlSettings
from rest_service.settings import Settings as RestSettings
from soap_service.settings import SoapSettings

from tests.fixtures.guarded_store import Door, Who
from tests.hasura.workshop import tables

KEYED, COUNTER = Who("keyed"), Who("counter")
GRAPHQL = [
    (KEYED, "{ maker_by_pk(id: 1) { name piece(order_by: {id: asc}) { title } } }", {"maker_by_pk": {"name": "Ann", "piece": [{"title": "Jug"}, {"title": "Cup"}]}}),
    (KEYED, "{ maker { id } }", "field 'maker' not found in type: 'query_root'"),
    (KEYED, "{ piece { id } }", "field 'piece' not found in type: 'query_root'"),
    (KEYED, "{ piece_by_pk(id: 1) { id } }", "field 'piece_by_pk' not found in type: 'query_root'"),
    (KEYED, "{ __schema { queryType { fields { name } } } }", {"__schema": {"queryType": {"fields": [{"name": "maker_by_pk"}]}}}),
    (COUNTER, "{ maker_aggregate { aggregate { count } nodes { id } } }", {"maker_aggregate": {"aggregate": {"count": 3}, "nodes": [{"id": 1}, {"id": 2}, {"id": 3}]}}),
    (COUNTER, "{ maker_by_pk(id: 1) { id } }", "field 'maker_by_pk' not found in type: 'query_root'"),
]  # fmt: skip
REST = [
    (KEYED, "maker?id=eq.1&select=name,piece(title)&piece.order=id", [{"name": "Ann", "piece": [{"title": "Jug"}, {"title": "Cup"}]}]),
    (KEYED, "maker?select=id", None),
    (KEYED, "maker?id=gt.1", None),
    (KEYED, "maker?or=(id.eq.1,id.eq.2)", None),
    (KEYED, "piece?id=eq.1", None),
    (COUNTER, "maker?select=count()", [{"count": 3}]),
    (COUNTER, "maker?select=id", None),
    (COUNTER, "maker?id=eq.1", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    config = folder / "trivet.yaml"
    config.write_text(tables.POLICIES, encoding="utf-8")
    with sqlite3.connect(folder / "w.db") as connection:
        connection.executescript(tables.script("sqlite"))
    connection.close()
    engine = Engine(SqliteDatabase(folder / "w.db", size=2, limit=5.0), config=config)
    engine.refresh()
    yield (
        graphql_service.app.create_app(GraphqlSettings(log_level="error"), engine, Door()).test_client(),
        rest_service.app.create_app(RestSettings(log_level="error"), engine, Door()).test_client(),
        soap_service.app.create_app(SoapSettings(log_level="error"), engine, Door()).test_client(),
    )
    engine.close()


@pytest.mark.parametrize(("who", "query", "expected"), GRAPHQL)
def test_graphql(house, who, query, expected):
    answer = house[0].post("/v1/graphql", json={"query": query}, headers=who.headers).get_json()
    if isinstance(expected, str):
        assert [error["message"] for error in answer["errors"]] == [expected]
    else:
        assert answer == {"data": expected}


@pytest.mark.parametrize(("who", "address", "expected"), REST)
def test_rest(house, who, address, expected):
    response = house[1].get(f"/rest/v1/{address}", headers=who.headers)
    if expected is None:
        assert (response.status_code, response.get_json()["code"]) == (403, "42501")
    else:
        assert (response.status_code, json.loads(response.data)) == (200, expected)


def test_no_document_shows_a_way_that_is_closed(house):
    wsdl = house[2].get("/soap/v1?wsdl", headers=KEYED.headers).get_data(as_text=True)
    operations = set(re.findall(r'operation name="(\w+)"', wsdl))
    assert {name for name in operations if "Maker" in name or "Piece" in name} == {"GetMaker"}
    paths = house[1].get("/rest/v1/openapi.json", headers=KEYED.headers).get_json()["paths"]
    assert "get" not in paths.get("/maker", {})
    assert "/piece" not in paths
