"""Upserts: POST with a resolution, and PUT; what they ask of data, what they refuse, and how they are answered."""

import msgspec
import pytest
from contracts.filters import Param
from contracts.operations import Conflict
from contracts.problems import Problem
from contracts.results import Result
from rest_service.request import Incoming, translate
from rest_service.response import of_result

ROWS = [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]
FULL = "return=representation"


@pytest.mark.parametrize(
    ("query", "prefer", "conflict"),
    [
        ("", "", None),
        ("on_conflict=id", "", None),
        ("", "resolution=merge-duplicates", Conflict(update=("id", "title"))),
        (
            "on_conflict=title,%22a.b%22",
            "resolution=merge-duplicates",
            Conflict(("title", "a.b"), update=("id", "title")),
        ),
        ("columns=title", "resolution=merge-duplicates", Conflict(update=("title",))),
        ("", "resolution=ignore-duplicates", Conflict()),
        ("on_conflict=", "resolution=ignore-duplicates", Conflict()),
        ("", "resolution=other", None),
    ],
)
def test_the_conflict_rule_of_a_post(ask, query, prefer, conflict):
    assert ask("POST", query, ROWS, Prefer=prefer).operation.conflict == conflict


def test_an_on_conflict_that_is_no_list_of_names(ask):
    with pytest.raises(Problem) as caught:
        ask("POST", "on_conflict=a,,b", ROWS, Prefer="resolution=merge-duplicates")
    assert caught.value.code == "PGRST100"


def put(query, body, key=("id",), **headers):
    return translate(Incoming("PUT", "film", query, headers, msgspec.json.encode(body), key=key))


@pytest.mark.parametrize(
    ("query", "body", "key"),
    [
        ("id=eq.1", {"id": 1, "title": "a"}, ("id",)),
        ("id=eq.1", [{"id": 1, "title": "a"}], ("id",)),
        ("id=eq.1", {"id": "1", "title": "a"}, ("id",)),
        ("id=eq.1.50", {"id": 1.50, "title": "a"}, ("id",)),
        ("b=eq.x&a=eq.true", {"a": True, "b": "x"}, ("a", "b")),
    ],
)
def test_a_put(query, body, key):
    if body == {"id": 1.50, "title": "a"}:
        body = msgspec.Raw(b'{"id": 1.50, "title": "a"}')
    asked = put(query, body, key)
    assert asked.operation.conflict == Conflict(update=asked.operation.columns)
    assert isinstance(asked.operation.rows, Param)
    assert len(asked.values[asked.operation.rows.index]) == 1


@pytest.mark.parametrize(
    ("query", "key", "code", "status"),
    [
        ("", ("id",), "PGRST105", 405),
        ("id=eq.1", (), "PGRST105", 405),
        ("id=gt.1", ("id",), "PGRST105", 405),
        ("id=not.eq.1", ("id",), "PGRST105", 405),
        ("id=in.(1)", ("id",), "PGRST105", 405),
        ("id=eq(any).{1}", ("id",), "PGRST105", 405),
        ("id->x=eq.1", ("id",), "PGRST105", 405),
        ("id=eq.1&id=eq.1", ("id",), "PGRST105", 405),
        ("id=eq.1&title=eq.a", ("id",), "PGRST105", 405),
        ("id=eq.1", ("id", "no"), "PGRST105", 405),
        ("or=(id.eq.1)", ("id",), "PGRST105", 405),
        ("id=eq.1&limit=1", ("id",), "PGRST114", 400),
        ("id=eq.1&offset=0", ("id",), "PGRST114", 400),
        ("id=eq.2", ("id",), "PGRST115", 400),
        ("id=eq.01", ("id",), "PGRST115", 400),
    ],
)
def test_puts_that_are_refused(query, key, code, status):
    with pytest.raises(Problem) as caught:
        put(query, {"id": 1, "title": "a"}, key)
    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.mark.parametrize("body", [[], {}, {"title": "a"}, {"id": None}, ROWS[::-1], 5])
def test_bodies_that_are_not_the_row_of_the_address(body):
    with pytest.raises(Problem) as caught:
        put("id=eq.1", body)
    assert caught.value.code == "PGRST115"


@pytest.mark.parametrize(
    ("prefer", "inserted", "status", "applied"),
    [
        ("resolution=merge-duplicates", 1, 201, "resolution=merge-duplicates"),
        ("resolution=merge-duplicates", 0, 200, "resolution=merge-duplicates"),
        (f"{FULL}, resolution=merge-duplicates", 0, 200, f"resolution=merge-duplicates, {FULL}"),
        ("resolution=ignore-duplicates", 0, 201, "resolution=ignore-duplicates"),
        (f"resolution=merge-duplicates, {FULL}", None, 201, FULL),
    ],
)
def test_answers_to_posts(ask, prefer, inserted, status, applied):
    answer = of_result(Result(body=b"[]", affected=1, inserted=inserted), ask("POST", "", ROWS, Prefer=prefer).wish)
    assert (answer.status, answer.headers["Preference-Applied"]) == (status, applied)
    assert answer.headers["Content-Range"] == "*/*"


@pytest.mark.parametrize(("prefer", "inserted", "status"), [("", 1, 204), ("", 0, 204), (FULL, 1, 201), (FULL, 0, 200)])
def test_answers_to_puts(prefer, inserted, status):
    asked = put("id=eq.1", {"id": 1}, Prefer=prefer)
    answer = of_result(Result(body=b"[{}]", rows=1, affected=1, inserted=inserted), asked.wish)
    assert answer.status == status
    assert "Content-Range" not in answer.headers
    assert (answer.body == b"[{}]") == bool(prefer)


def test_put_finds_the_key_in_the_catalog(client, memory):
    assert client.put("/film?id=eq.40", data=b'{"id": 40, "title": "Film 40"}').status_code == 204
    operation = memory.seen[-1][0]
    assert (operation.resource, operation.conflict) == ("film", Conflict(update=("id", "title")))
    unknown = client.put("/flim?id=eq.1", data=b"{}")
    assert (unknown.status_code, unknown.json["code"]) == (404, "PGRST205")


def test_no_put_where_there_is_no_key(client, memory):
    assert "PUT" not in client.options("/actor").headers["Allow"]
    keyless = msgspec.structs.replace(memory.catalog_of.resources[0], key=())
    memory.catalog_of = msgspec.structs.replace(memory.catalog_of, resources=(keyless,))
    assert client.options("/film").headers["Allow"] == "OPTIONS,GET,HEAD,POST,PATCH,DELETE"
    assert client.put("/film?id=eq.1", data=b'{"id": 1}').json["code"] == "PGRST105"
