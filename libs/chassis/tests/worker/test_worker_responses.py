"""Answers as HTTP wants them, whatever the application does."""

import hashlib
from typing import Any

import pytest

from .conftest import wait_for


def head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]).encode("latin-1")


def test_a_body_without_a_length_comes_in_chunks(client: Any) -> None:
    answer = client.get("/pieces")
    assert (answer.header("Transfer-Encoding"), answer.body) == ("chunked", b"onetwothree")
    assert client.get("/").status == 200


def test_for_http_1_0_it_is_ended_by_closing(client: Any) -> None:
    client.send(b"GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = client.answer()
    assert (answer.header("Transfer-Encoding"), answer.header("Connection")) == (None, "close")
    assert answer.body == b"onetwothree"


def test_head_has_the_headers_alone(client: Any) -> None:
    client.send(head("HEAD", "/closing?name=head") + head("HEAD", "/pieces") + head("GET", "/ignore"))
    answer = client.answer("HEAD")
    assert (answer.status, answer.header("Content-Length")) == (200, "4")
    answer = client.answer("HEAD")
    assert (answer.status, answer.header("Transfer-Encoding")) == (200, None)
    assert client.answer().body == b"ignored"


@pytest.mark.parametrize(("status", "length"), [(204, None), (304, "4")])
def test_some_answers_have_no_body(client: Any, status: int, length: str | None) -> None:
    client.send(head("GET", f"/bodiless?status={status}") + head("GET", "/ignore"))
    answer = client.answer()
    assert (answer.status, answer.header("Content-Length"), answer.header("ETag")) == (status, length, '"x"')
    assert answer.header("Transfer-Encoding") is None
    assert client.answer().body == b"ignored"


def test_a_large_answer_waits_for_a_slow_reader(server: Any) -> None:
    with server.client(patience=20) as client:
        before = len(server.notes())
        client.send(head("GET", "/large?n=40"))
        answer = client.start()
        digest, size = hashlib.sha256(), 0
        while size < int(answer.header("Content-Length") or 0):
            part = client.read(2**20)
            digest.update(part)
            size += len(part)
            if size == 2**20:
                with server.client() as other:  # nothing is held up
                    assert other.get("/").status == 200
                assert "large 40" not in server.notes()[before:]  # nor is all of it in memory
        assert digest.hexdigest() == hashlib.sha256(b"0123456789abcdef" * 65_536 * 40).hexdigest()
        assert client.get("/").status == 200


def test_a_crash_is_an_answer_without_its_reason(server: Any) -> None:
    for path in ("/crash", "/crash-after-start", "/twice", "/bad-header"):
        with server.client() as client:
            client.send(head("GET", path))
            answer = client.answer()
            assert answer.status == 500
            assert b"secret" not in answer.body
            assert b"Traceback" not in answer.body
            assert answer.header("X-Injected") is None
    assert "secret inside" in server.log()


def test_a_crash_midway_does_not_look_like_an_end(client: Any) -> None:
    client.send(head("GET", "/crash-midway"))
    assert client.start().header("Content-Length") == "10"
    assert client.rest() == b"half"


def test_a_body_that_is_too_short_does_not_borrow_from_the_next_answer(server: Any, client: Any) -> None:
    if server.kind == "gthread":
        pytest.skip("gthread keeps the connection")
    client.send(head("GET", "/short") + head("GET", "/"))
    client.start()
    assert client.rest() == b"half"


def test_a_body_that_is_too_long_is_cut(client: Any) -> None:
    assert client.get("/long").body == b"half"
    assert client.get("/ignore").body == b"ignored"


def test_the_connection_s_headers_are_the_server_s(client: Any) -> None:
    answer = client.get("/hop-by-hop")
    assert answer.header("Keep-Alive") is None
    assert [value for name, value in answer.headers if name == "X-Two"] == ["1", "2"]
    assert answer.header("Date")


def test_start_response_may_be_called_again_with_a_reason(server: Any, client: Any) -> None:
    answer = client.get("/replaced")
    lengths = [value for name, value in answer.headers if name == "Content-Length"]
    assert (answer.status, lengths) == (503, ["4"] if server.kind == "hub" else ["3", "4"])


def test_but_not_once_something_has_gone_out(client: Any) -> None:
    client.send(head("GET", "/replaced-late"))
    assert client.start().status == 200
    assert client.rest() == b"half"


def test_the_callable_of_start_response_writes(client: Any) -> None:
    assert client.get("/written").body == b"onetwoend"
    assert client.get("/ignore").body == b"ignored"


def test_what_can_be_closed_is_closed(server: Any, client: Any) -> None:
    assert client.get("/closing?name=whole").body == b"body"
    client.send(head("HEAD", "/closing?name=headonly"))
    client.answer("HEAD")
    client.send(head("GET", "/closing?name=broken&broken=1"))
    client.rest()
    with server.client() as other:
        other.get("/")
    wait_for(lambda: {"closed whole", "closed headonly", "closed broken"} <= set(server.notes()))


def test_a_client_that_goes_does_not_matter(server: Any) -> None:
    for number in range(5):
        with server.client() as client:
            client.send(head("GET", f"/pause?s=0.2&name=gone{number}") + head("GET", "/"))
    with server.client() as client:
        client.send(head("GET", "/large?n=400"))
        client.read(1000)
    with server.client() as client:
        assert client.get("/pause?s=0.5").status == 200
        assert client.get("/").status == 200
    if server.kind == "gthread":  # the hub lets go of what waits for them: test_worker_abandoned
        wait_for(lambda: {f"paused gone{number}" for number in range(5)} <= set(server.notes()))
    left = [note for note in server.notes() if note.startswith("large")]
    assert "large 400" not in left  # it stopped when nobody took any more
