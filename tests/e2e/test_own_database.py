"""A database of one's own, without a configuration: one admin, everything served, in documents that strict readers take."""

import json
import stat
from urllib.parse import quote

import psycopg
import pytest
import requests
import zeep
from graphql import build_client_schema, get_introspection_query, validate_schema
from openapi_spec_validator import validate

from tests.fixtures.large_schemas import ten_schemas_sql
from tests.fixtures.suite import Suite


@pytest.fixture(scope="module")
def served(postgres_server):
    url = postgres_server.create_database("served")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ten_schemas_sql())
    with Suite(url) as suite:
        yield suite


@pytest.fixture(scope="module")
def admin(served):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {served.admin_token()}"
    return session


def test_the_admin_s_password_is_for_its_owner_alone(served):
    path = served.state / "admin-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert served.admin_password not in served.output


def test_nothing_is_open_without_a_login(served):
    url = served.base_url
    assert requests.get(f"{url}/rest/v1/openapi.json", timeout=30).json()["paths"].keys() <= {"/", "/openapi.json"}
    names = requests.post(
        f"{url}/graphql", json={"query": "{ __schema { queryType { fields { name } } } }"}, timeout=30
    )
    assert [field["name"] for field in names.json()["data"]["__schema"]["queryType"]["fields"]] == [
        "no_queries_available"
    ]
    challenge = requests.get(f"{url}/soap/v1?wsdl", timeout=30)
    assert challenge.status_code == 401
    assert challenge.headers["WWW-Authenticate"].startswith("Basic")


def test_openapi_is_valid_and_every_table_reads(served, admin):
    document = admin.get(f"{served.base_url}/rest/v1/openapi.json", timeout=60).json()
    validate(document)
    paths = [path for path, item in document["paths"].items() if "get" in item and path.count("/") == 1 and path != "/"]
    assert len(paths) >= 157
    for path in paths:
        answer = admin.get(f"{served.base_url}/rest/v1{path}?limit=2", timeout=30)
        assert answer.status_code == 200, (path, answer.text)


def test_introspection_makes_a_valid_schema(served, admin):
    answer = admin.post(f"{served.base_url}/v1/graphql", json={"query": get_introspection_query()}, timeout=60)
    schema = build_client_schema(json.loads(answer.content)["data"])
    assert validate_schema(schema) == []
    assert len(schema.query_type.fields) >= 2 * 157


def test_the_wsdl_loads_in_zeep_and_its_operations_answer(served):
    session = requests.Session()
    session.auth = ("admin@trivet.local", served.admin_password)
    client = zeep.Client(
        f"{served.base_url}/soap/v1?wsdl",
        transport=zeep.Transport(session=session, timeout=60),
        settings=zeep.Settings(strict=True),
    )
    operations = [name for name in client.service._binding._operations if name.startswith("List")]
    assert len(operations) == 157
    for name in operations:
        client.service[name](page={"limit": 2})


def test_a_name_that_is_not_there_is_told_with_the_nearest(served, admin):
    document = admin.get(f"{served.base_url}/rest/v1/openapi.json", timeout=60).json()
    path = next(path for path in sorted(document["paths"]) if len(path) > 8 and path.isascii() and "%" not in path)
    answer = admin.get(f"{served.base_url}/rest/v1{quote(path)}x", timeout=30)
    assert answer.status_code == 404
    assert path[1:] in answer.json()["hint"]
