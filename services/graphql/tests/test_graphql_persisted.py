"""Documents named by an id: automatic persisted queries, trusted documents, and the allow list."""

import hashlib
import json

import pytest
from chassis.settings import SettingsError
from graphql import print_ast
from graphql_service import trusted
from graphql_service.app import create_app
from graphql_service.settings import GraphqlSettings

from .conftest import FakeData, FakeGate

QUERY = "{ album { id } }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()
DATA = {"data": {"album": [{"id": "id"}]}}


class Service:
    def __init__(self, **settings):
        self.data, self.gate = FakeData(), FakeGate()
        self.http = create_app(GraphqlSettings(**settings), data=self.data, edge=self.gate).test_client()

    def post(self, **body):
        return self.http.post("/graphql", json=body)

    def code(self, **body):
        return self.post(**body).get_json()["errors"][0]["extensions"]["code"]


def named(value=HASH, version=1):
    return {"persistedQuery": {"version": version, "sha256Hash": value}}


def test_a_hash_is_unknown_until_its_text_came():
    service = Service()
    response = service.post(extensions=named())
    assert response.get_json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert response.get_json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert response.headers["Cache-Control"] == "no-store"
    assert service.post(query=QUERY, extensions=named()).get_json() == DATA
    assert service.post(extensions=named()).get_json() == DATA
    assert service.post(extensions=named(HASH.upper())).get_json() == DATA
    got = service.http.get("/graphql", query_string={"extensions": json.dumps(named())})
    assert got.get_json() == DATA
    unknown = service.http.get("/graphql", query_string={"extensions": json.dumps(named("0" * 64))})
    assert (unknown.status_code, unknown.headers["Cache-Control"]) == (200, "no-store")


def test_nothing_wrong_is_kept():
    service = Service()
    assert service.code(query="{ artist { id } }", extensions=named()) == "BAD_REQUEST"
    bad = "{ nope }"
    digest = hashlib.sha256(bad.encode()).hexdigest()
    assert service.code(query=bad, extensions=named(digest)) == "validation-failed"
    for value in (HASH, digest):
        assert service.code(extensions=named(value)) == "PERSISTED_QUERY_NOT_FOUND"
    assert service.code(query=QUERY, extensions=named(version=2)) == "BAD_REQUEST"
    assert service.code(query=QUERY, extensions=named(7)) == "BAD_REQUEST"
    assert service.code(query=QUERY, extensions={"persistedQuery": "x"}) == "BAD_REQUEST"
    assert service.post(extensions={"other": 1}).status_code == 400


def test_persisted_queries_can_be_closed():
    service = Service(graphql_persisted=False)
    assert service.post(query=QUERY, extensions=named()).get_json() == DATA
    assert service.code(extensions=named()) == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_processes_share_what_they_keep(redis_url):
    one, other = Service(redis_url=redis_url), Service(redis_url=redis_url)
    one.post(query=QUERY, extensions=named())
    assert other.post(extensions=named()).get_json() == DATA


def test_without_redis_each_keeps_its_own():
    service = Service(redis_url="redis://127.0.0.1:1")
    assert service.code(extensions=named()) == "PERSISTED_QUERY_NOT_FOUND"
    service.post(query=QUERY, extensions=named())
    assert service.post(extensions=named()).get_json() == DATA


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "albums.graphql").write_text(
        "query Albums($n: Int) { album(limit: $n) { ...a } }\n"
        "query Artists { artist { name } }\nfragment a on album { id title }"
    )
    (tmp_path / "codegen.json").write_text(json.dumps({"abc": QUERY}))
    operations = [{"id": "apollo", "name": "T", "type": "query", "body": "query T { track { number } }"}]
    (tmp_path / "manifest.json").write_text(
        json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations})
    )
    (tmp_path / "README.md").write_text("not one")
    return tmp_path


def test_trusted_documents_have_ids(folder):
    service = Service(graphql_documents=str(folder))
    assert service.post(documentId="abc").get_json() == DATA
    assert service.post(documentId=f"sha256:{HASH}").get_json() == DATA
    assert service.post(extensions=named()).get_json() == DATA
    assert service.post(documentId="apollo").get_json() == {"data": {"track": [{"number": "number"}]}}
    assert service.code(documentId="nobody") == "PERSISTED_QUERY_NOT_FOUND"
    assert service.post(documentId=7).status_code == 400
    assert service.post(query="{ artist { id } }").get_json() == {"data": {"artist": [{"id": "id"}]}}


def test_an_allow_list(folder):
    service = Service(graphql_documents=str(folder), graphql_only_documents=True)
    assert service.post(query="{ artist { id } }").get_json() == {"data": {"artist": [{"id": "id"}]}}  # admin
    service.gate.role = "clerk"
    assert service.post(documentId="abc").get_json() == DATA
    assert service.post(query="{ album { __typename id }\n}").get_json() == {
        "data": {"album": [{"__typename": "album", "id": "id"}]}
    }
    albums = "fragment a on album { title: title id }"
    assert service.post(query="fragment a on album { id title } query Albums($n: Int) { album(limit: $n) { ...a } }")
    for query in (
        "{ album { title } }",
        "{ __schema { queryType { name } } }",
        f"query Albums($n: Int) {{ album(limit: $n) {{ ...a }} }} {albums}",
        "{ album { id } } #",
        "{",
    ):
        answer = service.post(query=query).get_json()
        if query.endswith("#"):
            assert answer == DATA
            continue
        error = answer["errors"][0]
        assert (error["message"], error["extensions"]["code"]) == ("query is not allowed", "query-not-allowed"), query
    query = "{ album { artist_id } }"
    digest = hashlib.sha256(query.encode()).hexdigest()
    assert service.code(query=query, extensions=named(digest)) == "query-not-allowed"
    assert service.code(extensions=named(digest)) == "PERSISTED_QUERY_NOT_FOUND"


def test_what_is_not_on_the_list_is_read_within_the_limits(folder, monkeypatch):
    service = Service(graphql_documents=str(folder), graphql_only_documents=True, graphql_bytes=100, graphql_tokens=30)
    service.gate.role = "clerk"
    read = []
    monkeypatch.setattr(trusted, "print_ast", lambda node: read.append(node) or print_ast(node))
    assert service.code(query="{ album { id } }" + " " * 100) == "document-limit-exceeded"
    assert service.code(query="{ album {" + " a" * 30 + "} }") == "query-not-allowed"
    assert read == []  # (nor was it understood as far as that)
    assert service.post(query=QUERY).get_json() == DATA
    assert len(read) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("a.graphql", "{"), ("a.json", "[]"), ("a.json", '{"a": 1}'), ("a.json", '{"a": "{"}')]
)
def test_faulty_files_are_told_at_start(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=name):
        Service(graphql_documents=str(tmp_path))
    with pytest.raises(SettingsError, match="nowhere"):
        Service(graphql_documents=str(tmp_path / "nowhere"))
