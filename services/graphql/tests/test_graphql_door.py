"""The express lane: which requests it takes, and that it answers as Flask's view does."""

import json

import msgspec
import pytest
from contracts.problems import Problem
from graphql_service.app import create_app
from graphql_service.settings import GraphqlSettings

STRICT = "application/graphql-response+json"
EXPRESS = "application/json"
FLASK = 'application/json; charset="utf-8"'  # as no client writes it: the door leaves it to the view
QUERY = "query Q($n: Int) { album(limit: $n) { id } }"
MUTATION = "mutation M { delete_album_by_pk(id: 1) { id } }"
BODIES = [
    {"query": QUERY, "variables": {"n": 1}, "operationName": "Q", "extensions": {}, "odd": 1},
    {"query": QUERY, "variables": None},
    {"query": QUERY, "variables": {"n": "x"}},
    {"query": QUERY, "variables": {"n": -1}},
    {"query": QUERY, "variables": {"z": 1}},
    {"query": QUERY, "variables": [1]},
    {"query": QUERY, "operationName": "N"},
    {"query": QUERY, "operationName": ""},
    {"query": QUERY + MUTATION},
    {"query": MUTATION},
    {"query": "subscription { album { id } }"},
    {"query": "{ __typename __schema { queryType { name } } }"},
    {"query": "{ nope }"},
    {"query": "{"},
    {"query": None},
    {"query": 7},
    {},
    [],
    [{"query": QUERY}, {"query": "{ nope }"}],
    7,
]
RAW = [b"", b"{", b"\xff", b'{"query":"{album{id}}","variables":{"x":1e9999999999999999999}}', b"[" * 9000]


@pytest.fixture
def entered(suite):
    """The paths with which Flask was entered."""
    paths = []
    suite.http.application.before_request(lambda: paths.append(1))
    return paths


def _answer(suite, body, content_type, accept):
    headers = {} if accept is None else {"Accept": accept}
    response = suite.http.post("/v1/graphql", data=body, content_type=content_type, headers=headers)
    seen = {name: value for name, value in response.headers.items() if name not in ("X-Request-Id", "Server-Timing")}
    return response.status_code, dict(sorted(seen.items())), response.data


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", STRICT, f"{STRICT};q=0.5, */*;q=0.1", "text/csv"])
def test_both_doors_give_the_same_answer(suite, accept):
    for body in (*(json.dumps(body).encode() for body in BODIES), *RAW):
        express = [_answer(suite, body, EXPRESS, accept) for _ in range(2)]
        assert express == [_answer(suite, body, FLASK, accept)] * 2, body


@pytest.mark.parametrize("code", ["PGRST303", "TRV204", "TRV107"])
@pytest.mark.parametrize("accept", ["*/*", STRICT, "text/csv"])
def test_both_doors_refuse_in_the_same_way(suite, code, accept):
    suite.gate.problem = Problem(code, "no", headers={"WWW-Authenticate": "Bearer"})
    body = json.dumps(BODIES[0]).encode()
    assert _answer(suite, body, EXPRESS, accept) == _answer(suite, body, FLASK, accept)
    suite.gate.problem = None
    suite.data.problem = Problem(code, "no", headers={"Retry-After": "3"})
    assert _answer(suite, body, EXPRESS, accept) == _answer(suite, body, FLASK, accept)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_one_request_in_json_never_enters_flask(suite, entered, path, content_type):
    for body in ({"query": QUERY}, {"query": "{ nope }"}, {"query": MUTATION}):
        response = suite.http.post(path, data=json.dumps(body), content_type=content_type)
        assert response.status_code == 200
    assert entered == []


def test_all_else_goes_on_into_flask(suite, entered):
    suite.http.post("/graphql", json=[{"query": QUERY}])
    suite.http.get("/graphql", query_string={"query": QUERY})
    suite.http.post("/graphql", data=json.dumps({"query": QUERY}), content_type=FLASK)
    suite.http.post("/graphql", data=b"{", content_type=EXPRESS)
    suite.http.post("/graphql", json={"query": QUERY}, headers={"Accept": "text/csv"})
    suite.http.post("/elsewhere", json={"query": QUERY})
    suite.http.get("/readyz")
    assert len(entered) == 7


def test_bodies_have_their_limit_in_both_doors(suite):
    settings = GraphqlSettings(body_limit=100)
    http = create_app(settings, data=suite.data, edge=suite.gate).test_client()
    body = json.dumps({"query": QUERY, "extensions": {"x": "y" * 100}})
    found = [http.post("/graphql", data=body, content_type=content_type) for content_type in (EXPRESS, FLASK)]
    assert [response.status_code for response in found] == [413, 413]
    assert found[0].data == found[1].data
    assert suite.data.asked == []


def test_data_is_asked_with_one_and_the_same_operation(suite):
    for number in (1, 2):
        suite.ask(QUERY, {"n": number})
    (first, one), (second, two) = suite.data.asked
    assert first is second
    assert (one, two) == ([1], [2])


def test_variables_of_introspection_are_its_own(suite):
    query = "query($n: String!) { __type(name: $n) { name } }"
    for name in ("album", "track", "album"):
        assert suite.ask(query, {"n": name}) == {"data": {"__type": {"name": name}}}


def test_what_is_kept_goes_with_the_catalog(suite):
    query = "query($n: Int) { album(limit: $n) { id title } }"
    assert "data" in suite.ask(query, {"n": 1})
    catalog = suite.data.catalogs["admin"]
    albums = [
        msgspec.structs.replace(resource, fields=resource.fields[:1]) if resource.name == "album" else resource
        for resource in catalog.resources
    ]
    suite.data.catalogs["admin"] = msgspec.structs.replace(catalog, version="v2", resources=tuple(albums))
    assert suite.error(query, {"n": 1})[0] == "field 'title' not found in type: 'album'"


def test_roles_share_no_translation(suite):
    query = "query($n: Int) { album(limit: $n) { price } }"
    assert "data" in suite.ask(query, {"n": 1})
    suite.gate.role = "clerk"
    assert suite.error(query, {"n": 1})[0] == "field 'price' not found in type: 'album'"


def test_a_read_by_get_can_be_asked_for_again(suite):
    asked = {"query_string": {"query": "{ album { id } }"}}
    first = suite.http.get("/graphql", **asked)
    tag = first.headers["ETag"]
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache")
    again = suite.http.get("/graphql", **asked, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Vary"] == first.headers["Vary"]
    strict = suite.http.get("/graphql", **asked, headers={"If-None-Match": tag, "Accept": STRICT})
    assert strict.status_code == 200
    other = suite.http.get("/graphql", query_string={"query": "{ artist { id } }"}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    posted = suite.http.post("/graphql", json={"query": "{ album { id } }"}, headers={"If-None-Match": "*"})
    assert (posted.status_code, "ETag" in posted.headers) == (200, False)
    refused = suite.http.get("/graphql", query_string={"query": MUTATION}, headers={"If-None-Match": "*"})
    assert (refused.status_code, "ETag" in refused.headers) == (405, False)
