"""SQLite has no functions to call: every protocol says so in its own form."""

from collections.abc import Iterator

import pytest

from tests.fixtures.guarded_store import ADMIN, Suite, sqlite_suite


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Suite]:
    with sqlite_suite(tmp_path_factory.mktemp("functionless")) as made:
        yield made


def test_rest(store: Suite) -> None:
    answer = store.get("rpc/add?b=1&a=2")
    assert (answer.status_code, answer.json["code"]) == (404, "PGRST202")
    assert answer.json["message"] == "Could not find the function main.add(a, b) in the schema cache"
    assert store.send("POST", "rpc/abs", ADMIN).json["code"] == "PGRST202"


def test_graphql(store: Suite) -> None:
    (error,) = store.ask("{ add(args: {a: 1}) }").json["errors"]
    assert error["message"] == "field 'add' not found in type: 'query_root'"


def test_soap(store: Suite) -> None:
    answer = store.post("<CallAdd><a>1</a></CallAdd>")
    assert answer.status_code == 500
    assert b"CallAdd" in answer.data
