"""GraphQL over HTTP: methods, media types, batches, and what else clients look for (graphql.md §1)."""

import gzip
import json
import zlib

import pytest
from contracts.problems import Problem

STRICT = "application/graphql-response+json"
QUERY = "{ album { id } }"
DATA = {"data": {"album": [{"id": "id"}]}}
MUTATION = "mutation { delete_album_by_pk(id: 1) { id } }"


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_post_and_get(suite, path):
    posted = suite.http.post(path, json={"query": QUERY, "operationName": None, "variables": None, "extensions": None})
    got = suite.http.get(path, query_string={"query": QUERY, "variables": "{}"})
    for response in (posted, got):
        assert (response.status_code, response.get_json()) == (200, DATA)
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_bytes_of_data_pass_through_in_order(suite):
    response = suite.http.post("/graphql", json={"query": "{ z: album { title id } a: __typename album { id } }"})
    assert response.data == b'{"data":{"z":[{"title":"title","id":"id"}],"a":"query_root","album":[{"id":"id"}]}}'
    assert len(suite.data.asked) == 1


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        (STRICT, STRICT + "; charset=utf-8"),
        (STRICT + ", application/json;q=0.9", STRICT + "; charset=utf-8"),
        (STRICT + ";q=0.5, application/json", "application/json; charset=utf-8"),
    ],
)
def test_the_media_type_is_negotiated(suite, accept, content_type):
    response = suite.http.post("/graphql", json={"query": QUERY}, headers={"Accept": accept})
    assert response.headers["Content-Type"] == content_type


def test_what_cannot_be_accepted(suite):
    response = suite.http.post("/graphql", json={"query": QUERY}, headers={"Accept": "text/csv"})
    assert (response.status_code, response.get_json()["errors"][0]["extensions"]["code"]) == (406, "not-supported")


@pytest.mark.parametrize("content_type", ["text/plain", "application/graphql", "application/json; charset=utf-16", ""])
def test_other_bodies_are_not_taken(suite, content_type):
    response = suite.http.post("/graphql", data='{"query":"{album{id}}"}', content_type=content_type)
    assert response.status_code == 415
    assert suite.data.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"query":"\\ud800"}', b"[" * 100_000])
def test_what_is_not_json(suite, body):
    response = suite.http.post("/graphql", data=body, content_type="application/json")
    assert (response.status_code, response.get_json()["errors"][0]["extensions"]["code"]) == (400, "invalid-json")


@pytest.mark.parametrize(
    "body",
    [
        7,
        {},
        {"query": 7},
        {"query": QUERY, "variables": [1]},
        {"query": QUERY, "operationName": 7},
        {"query": QUERY, "extensions": "x"},
    ],
)
def test_what_is_no_graphql_request(suite, body):
    for accept in ("application/json", STRICT):
        response = suite.http.post("/graphql", json=body, headers={"Accept": accept})
        assert response.status_code == 400
        assert list(response.get_json()) == ["errors"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ album { "},
        {"query": "{ nope }"},
        {"query": "query($x: Int!) { album(limit: $x) { id } }", "variables": {}},
    ],
)
def test_bad_requests_have_their_status_by_media_type(suite, body):
    legacy = suite.http.post("/graphql", json=body, headers={"Accept": "application/json"})
    strict = suite.http.post("/graphql", json=body, headers={"Accept": STRICT})
    assert (legacy.status_code, strict.status_code) == (200, 400)
    assert list(legacy.get_json()) == list(strict.get_json()) == ["errors"]


def test_mutations_need_post(suite):
    response = suite.http.get("/graphql", query_string={"query": MUTATION})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.get_json()["errors"][0]["extensions"]["code"] == "method-not-allowed"
    assert suite.data.asked == []
    assert suite.http.post("/graphql", json={"query": MUTATION}).get_json() == {
        "data": {"delete_album_by_pk": {"id": "id"}}
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods(suite, method):
    response = suite.http.open("/graphql", method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert response.get_json()["errors"][0]["extensions"] == {"path": "$", "code": "method-not-allowed"}


@pytest.mark.parametrize(
    "query, status", [({"query": QUERY}, 200), ({"query": MUTATION}, 405), ({"query": "{ nope }"}, 200), ({}, 400)]
)
def test_head_is_a_get_without_its_body(suite, query, status):
    got = suite.http.get("/graphql", query_string=query)
    response = suite.http.head("/graphql", query_string=query)
    assert (got.status_code, response.status_code, response.data) == (status, status, b"")
    for name in ("Content-Type", "ETag", "Allow"):
        assert response.headers.get(name) == got.headers.get(name)


def test_a_head_of_what_is_known_already(suite):
    tag = suite.http.get("/graphql", query_string={"query": QUERY}).headers["ETag"]
    response = suite.http.head("/graphql", query_string={"query": QUERY}, headers={"If-None-Match": tag})
    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8 "])  # both doors
def test_packed_bodies(suite, content_type):
    def post(body, coding="gzip"):
        headers = {"Content-Encoding": coding, "Content-Type": content_type}
        answer = suite.http.post("/graphql", data=body, headers=headers)
        return answer.status_code, answer.get_json()

    body = json.dumps({"query": QUERY}).encode()
    assert post(gzip.compress(body)) == (200, DATA)
    assert post(zlib.compress(body), "deflate") == (200, DATA)
    assert post(body, "identity") == (200, DATA)
    bomb = gzip.compress(b" " * 11_000_000)
    for given, coding, status in ((body, "gzip", 400), (body, "br", 415), (bomb, "gzip", 413)):
        found, answer = post(given, coding)
        assert (found, list(answer)) == (status, ["errors"])


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_a_parameter_that_is_not_json_is_named(suite, name):
    (error,) = suite.http.get("/graphql", query_string={"query": QUERY, name: "{"}).get_json()["errors"]
    assert error == {
        "message": f"the parameter '{name}' is not JSON",
        "extensions": {"path": "$", "code": "invalid-json"},
    }


def test_options_pass(suite):
    response = suite.http.options("/graphql")
    assert response.status_code == 200
    assert {"GET", "POST", "OPTIONS"} <= set(response.headers["Allow"].split(", "))


def test_a_batch_is_answered_one_by_one(suite):
    batch = [{"query": QUERY}, {"query": "{ nope }"}, 7]
    response = suite.http.post("/graphql", json=batch)
    assert response.status_code == 200
    first, second, third = response.get_json()
    assert first == DATA
    assert [list(item) for item in (second, third)] == [["errors"], ["errors"]]
    assert suite.http.post("/graphql", json=[]).get_json() == []
    assert suite.http.post("/graphql", json=[{"query": QUERY}] * 4).get_json()["errors"]


def test_which_operation(suite):
    query = "query A { album { id } } query B { artist { id } }"
    answer = suite.http.post("/graphql", json={"query": query, "operationName": "B"}).get_json()
    assert answer == {"data": {"artist": [{"id": "id"}]}}
    answer = suite.http.post("/graphql", json={"query": query, "operationName": "C"}).get_json()
    assert answer["errors"][0]["message"] == 'no such operation found in the document: "C"'


def test_a_kept_document_serves_other_variables(suite):
    query = "query($n: Int!, $t: Boolean!) { album(limit: $n) { id title @include(if: $t) } }"
    assert suite.ask(query, {"n": 1, "t": False}) == DATA
    assert suite.ask(query, {"n": 2, "t": True}) == {"data": {"album": [{"id": "id", "title": "title"}]}}
    assert [values for _, values in suite.data.asked] == [[1], [2]]


def test_no_digit_is_lost_on_the_way(suite):
    body = b'{"query":"query($w: album_bool_exp){album(where:$w){id}}","variables":{"w":{"price":{"_eq":1.10000000000000000001}}}}'
    suite.http.post("/graphql", data=body, content_type="application/json")
    assert str(suite.data.asked[0][1][0]) == "1.10000000000000000001"


def test_credentials_are_refused_before_graphql(suite):
    suite.gate.problem = Problem("PGRST303", "JWT expired", headers={"WWW-Authenticate": "Bearer"})
    response = suite.http.post("/graphql", json={"query": QUERY})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    error = {"message": "Could not verify JWT: JWTExpired", "extensions": {"path": "$", "code": "invalid-jwt"}}
    assert response.get_json() == {"errors": [error]}
    suite.gate.problem = Problem("TRV204", "Your requested role is not in allowed roles")
    assert suite.error(QUERY)[:2] == ("Your requested role is not in allowed roles", "access-denied")


def test_a_crash_shows_nothing(suite, monkeypatch):
    monkeypatch.setattr(suite.data, "execute", lambda *_: 1 / 0)
    response = suite.http.post("/graphql", json={"query": QUERY})
    assert response.status_code == 500
    assert response.get_json()["errors"][0]["extensions"] == {"path": "$", "code": "unexpected"}
    assert b"division" not in response.data


def test_unknown_addresses_and_the_small_ones(suite):
    response = suite.http.get("/v1/nothing")
    assert (response.status_code, response.get_json()["errors"][0]["extensions"]["code"]) == (404, "not-found")
    assert suite.http.get("/healthz").data == b"OK"
    assert suite.http.get("/v1/version").get_json()["version"].startswith("v2.")
    assert suite.http.get("/readyz").status_code == 200
