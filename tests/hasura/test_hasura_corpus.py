"""Hundreds of questions as Hasura's users ask them, with exact answers: data in its order, and each error's place and words."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import graphql_service.app
import psycopg
import pytest
from data_service.execute.database import Database
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from graphql_service.settings import GraphqlSettings

from tests.fixtures.guarded_store import ADMIN, Door
from tests.hasura.conftest import Library
from tests.hasura.corpus import callers, conditions, orders, questions, refusals, schema, zoo


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def park(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The zoo on each database."""
    folder: Path = tmp_path_factory.mktemp("zoo")
    (folder / "trivet.yaml").write_text(zoo.POLICIES, encoding="utf-8")
    database: Database
    if request.param == "sqlite":
        with sqlite3.connect(folder / "zoo.db") as connection:
            connection.executescript(zoo.script("sqlite"))
        connection.close()
        database = SqliteDatabase(folder / "zoo.db", size=2, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("zoo")
        with psycopg.connect(url, autocommit=True) as made:
            made.execute(zoo.script("postgresql"))
        database = PostgresDatabase(url, size=2, limit=5.0)
    yield Library(database, request.param, folder / "trivet.yaml")
    database.close()


def _own(park):
    """A row that only PostgreSQL can answer is asked there alone."""
    if park.engine != "postgresql":
        pytest.skip("only PostgreSQL has it")
    return park


def _told(value):
    """A value as JSON text, in its order; numbers that are whole are told as such."""
    return json.dumps(json.loads(json.dumps(value), parse_float=_number))


def _number(text):
    number = float(text)
    return int(number) if number.is_integer() else number


def _check(park, query, variables, expected, who=ADMIN):
    """Data in the order of its keys, or the one error."""
    response = park.post({"query": query, "variables": variables}, who)
    assert response.status_code == 200
    answer = response.get_json()
    if isinstance(expected, tuple):
        path, code, message = expected
        assert list(answer) == ["errors"], answer
        found = [
            (error["extensions"]["path"], error["extensions"]["code"], error["message"]) for error in answer["errors"]
        ]
        assert found == [(f"${path}", code, message)]
    else:
        assert _told(answer) == _told({"data": expected})


def _ids(park, table, arguments, expected):
    _check(park, f"{{ {table}({arguments}) {{ id }} }}", None, {table: [{"id": number} for number in expected]})


@pytest.mark.parametrize(("where", "expected"), conditions.ANIMALS)
def test_conditions(park, where, expected):
    _ids(park, "animal", f"where: {where}, order_by: {{id: asc}}", expected)


@pytest.mark.parametrize(("where", "expected"), conditions.KEEPERS)
def test_conditions_on_those_above(park, where, expected):
    _ids(park, "keeper", f"where: {where}, order_by: {{id: asc}}", expected)


@pytest.mark.parametrize(("where", "expected"), conditions.PAIRS)
def test_conditions_on_pairs(park, where, expected):
    _ids(_own(park), "keeper", f"where: {where}, order_by: {{id: asc}}", expected)


@pytest.mark.parametrize(("where", "expected"), conditions.POSTGRES)
def test_conditions_of_postgresql(park, where, expected):
    _ids(_own(park), "animal", f"where: {where}, order_by: {{id: asc}}", expected)


@pytest.mark.parametrize(("where", "expected"), conditions.KINDS)
def test_conditions_by_type(park, where, expected):
    _ids(_own(park), "kinds", f"where: {where}, order_by: {{id: asc}}", expected)


@pytest.mark.parametrize(("arguments", "expected"), orders.ANIMALS)
def test_orders_and_pages(park, arguments, expected):
    _ids(park, "animal", arguments, expected)


@pytest.mark.parametrize(("arguments", "expected"), orders.KEEPERS)
def test_orders_by_what_is_below(park, arguments, expected):
    _ids(park, "keeper", arguments, expected)


@pytest.mark.parametrize(("query", "variables", "expected"), questions.PLAIN)
def test_answers(park, query, variables, expected):
    _check(park, query, variables, expected)


@pytest.mark.parametrize(("query", "variables", "expected"), questions.POSTGRES)
def test_answers_of_postgresql(park, query, variables, expected):
    _check(_own(park), query, variables, expected)


@pytest.mark.parametrize(("query", "variables", "path", "code", "message"), refusals.REFUSED)
def test_refusals(park, query, variables, path, code, message):
    _check(park, query, variables, (path, code or "validation-failed", message))


@pytest.mark.parametrize(("query", "variables", "path", "code", "message"), refusals.POSTGRES)
def test_refusals_of_postgresql(park, query, variables, path, code, message):
    _check(_own(park), query, variables, (path, code or "validation-failed", message))


@pytest.mark.parametrize(("who", "query", "expected"), callers.ASKED)
def test_roles(park, who, query, expected):
    _check(park, query, None, expected, who)


def test_numbers_as_text(park):
    settings = GraphqlSettings(log_level="error", graphql_stringify=True)
    http = graphql_service.app.create_app(settings, park.data, Door()).test_client()

    def ask(query):
        return http.post("/v1/graphql", json={"query": query}, headers=ADMIN.headers).get_json()["data"]

    assert ask("{ animal_by_pk(id: 1) { id weight score keeper { wage } vet { fee } } vet_by_pk(id: 2) { fee } }") == {
        "animal_by_pk": {"id": 1, "weight": "190.50", "score": "1.5", "keeper": {"wage": 50}, "vet": [{"fee": "9007199254740993"}]},
        "vet_by_pk": {"fee": None},
    }  # fmt: skip
    query = "{ animal_aggregate { aggregate { count sum { id weight } max { weight } avg { id } } nodes { weight } } }"
    found = ask(query.replace("animal_aggregate", "animal_aggregate(where: {id: {_lt: 3}})"))["animal_aggregate"]
    assert found["nodes"] == [{"weight": "190.50"}, {"weight": "130.00"}]
    assert found["aggregate"] == {
        "count": 2, "sum": {"id": 3, "weight": "320.50"}, "max": {"weight": "190.50"}, "avg": {"id": 1.5},
    }  # fmt: skip
    changed = ask("mutation { update_vet_by_pk(pk_columns: {id: 1}, _inc: {fee: 0}) { fee } }")
    assert changed == {"update_vet_by_pk": {"fee": "9007199254740993"}}


_TYPE = "type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"


def _written(type_):
    """A type as it is written in a schema."""
    if type_["kind"] == "NON_NULL":
        return f"{_written(type_['ofType'])}!"
    return f"[{_written(type_['ofType'])}]" if type_["kind"] == "LIST" else type_["name"]


def _shown(park, name, kind):
    found = park.data_of(f'{{ __type(name: "{name}") {{ {kind} {{ name {_TYPE} }} }} }}')["__type"][kind]
    return {member["name"]: _written(member["type"]) for member in found}


@pytest.mark.parametrize(("name", "kind", "expected"), schema.TYPES)
def test_types(park, name, kind, expected):
    shown = _shown(park, name, kind)
    assert {member: shown.get(member) for member in expected} == expected
    assert [member for member in shown if member in expected] == list(expected)


def test_what_is_never_null(park):
    name, member, expected = schema.NEVER_NULL
    assert _shown(park, name, "fields")[member] == expected[park.engine]


@pytest.mark.parametrize("name", schema.ROOTS)
def test_root_fields(park, name):
    query = f'{{ __type(name: "query_root") {{ fields {{ name {_TYPE} args {{ name {_TYPE} }} }} }} }}'
    fields = {field["name"]: field for field in park.data_of(query)["__type"]["fields"]}
    arguments = {argument["name"]: _written(argument["type"]) for argument in fields[name]["args"]}
    assert (_written(fields[name]["type"]), arguments) == schema.ROOTS[name]


def test_what_operators_do_is_told(park):
    def told(name):
        found = park.data_of(f'{{ __type(name: "{name}") {{ inputFields {{ name description }} }} }}')
        return {field["name"]: field["description"] for field in found["__type"]["inputFields"]}

    texts, json_values = told("String_comparison_exp"), told("jsonb_comparison_exp")
    assert texts["_eq"] is None
    assert "`%`" in texts["_like"]
    assert "key" in json_values["_has_key"]
    assert json_values["_contains"] != json_values["_contained_in"]
