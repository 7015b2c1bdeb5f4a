"""The express lane answers what it can without Flask, and leaves the rest untouched."""

import io

import pytest
from chassis.express import Request
from rest_service.door import RestDoor
from rest_service.tables import Tables


def request(method: str, path: str, query: str = "", body: bytes = b"", **more: str) -> Request:
    address = f"{path}?{query}" if query else path
    return Request(
        {
            "REQUEST_METHOD": method,
            "RAW_URI": address,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **more,
        }
    )


@pytest.fixture
def lane(memory, door) -> RestDoor:
    """The lane over ``memory``."""
    return RestDoor(Tables(memory), door, body_limit=1000)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "DELETE"])
def test_reads_and_writes_of_resources_are_answered(lane, memory, method):
    answer = lane.answer(request(method, "/rest/v1/film", "id=eq.1", b'{"title":"X"}'))
    assert 200 <= answer.status < 300
    assert [operation.resource for operation, _, _ in memory.seen] == ["film"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/rest/v1/film"),
        ("OPTIONS", "/rest/v1/film"),
        ("LOCK", "/rest/v1/film"),
        ("GET", "/film"),
        ("GET", "/rest/v1"),
        ("GET", "/rest/v1/"),
        ("GET", "/rest/v1/openapi.json"),
        ("POST", "/rest/v1/rpc/add"),
        ("GET", "/rest/v1/film/"),
        ("GET", "/rest/v1//film"),
        ("GET", "/rest/v1/a%2Fb"),
        ("GET", "/rest/v1/Order%20Items"),
        ("GET", "/rest/v1/größe"),
        ("GET", "/livez"),
    ],
)
def test_other_addresses_are_left_to_flask(lane, memory, method, path):
    asked = request(method, path, body=b"{}")
    assert lane.answer(asked) is None
    assert asked.environ["wsgi.input"].read() == b"{}"
    assert memory.seen == []


def test_a_shape_that_comes_again_asks_with_the_same_operation(lane, memory):
    for n in (1, 2):
        lane.answer(request("GET", "/rest/v1/film", f"id=eq.{n}&limit={n}"))
    (first, one, _), (second, two, _) = memory.seen
    assert first is second
    assert (one, two) == (["1", 1], ["2", 2])


def test_pages_of_one_shape_tell_their_own_place(lane):
    headers = [dict(lane.answer(request("GET", "/rest/v1/film", f"limit=2&offset={n}")).headers) for n in (4, 8)]
    assert [found["Content-Range"] for found in headers] == ["4-5/*", "8-9/*"]
    assert [found["Content-Location"] for found in headers] == ["/film?limit=2&offset=4", "/film?limit=2&offset=8"]
