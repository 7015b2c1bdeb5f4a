"""Functions that give documents of a media type of their own: a domain named by it says so."""

import pytest

from tests.clients.rest import gallery

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def rooms(postgres_server, tmp_path_factory):
    url = postgres_server.create_database("gallery_documents")
    with gallery.served(url, tmp_path_factory.mktemp("gallery")) as made:
        yield made


@pytest.mark.parametrize(
    "path, accept, status, kind, body",
    [
        ("rpc/page?title=Hi", "text/html", 200, "text/html; charset=utf-8", b"<h1>Hi</h1>"),
        ("rpc/page", BROWSER, 200, "text/html; charset=utf-8", b"<h1>x</h1>"),
        ("rpc/page", "*/*", 200, "text/html; charset=utf-8", b"<h1>x</h1>"),
        ("rpc/page", "text/*", 200, "text/html; charset=utf-8", b"<h1>x</h1>"),
        ("rpc/page", "application/json", 200, "application/json; charset=utf-8", b'"<h1>x</h1>"'),
        ("rpc/page", "image/png", 406, "application/json; charset=utf-8", None),
        ("rpc/dot", "image/gif", 200, "image/gif", b"GIF8"),
        ("rpc/dot", "image/*", 200, "image/gif", b"GIF8"),
        ("rpc/any_kind", "image/png", 200, "application/octet-stream", b"abc"),
        ("rpc/any_kind", "*/*", 200, "application/octet-stream", b"abc"),
    ],
)
def test_a_document(rooms, path, accept, status, kind, body):
    answer = rooms.get(path, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert answer.json["code"] == "PGRST107" if body is None else answer.data == body


def test_a_document_by_post(rooms):
    answer = rooms.ask("POST", "rpc/page", '{"title": "P"}', Accept="text/html", Content_Type="application/json")
    assert (answer.status_code, answer.data) == (200, b"<h1>P</h1>")
