"""Requests as they may come: both workers understand the same ones in the same way."""

import hashlib
import json
import socket
from typing import Any

import pytest

CHUNKED = "Transfer-Encoding: chunked"


def head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]).encode("latin-1")


def told(answer: Any) -> dict[str, Any]:
    assert answer.status == 200
    return json.loads(answer.body)


def test_a_connection_serves_one_request_after_the_other(client: Any) -> None:
    for number in range(3):
        answer = client.get(f"/?n={number}")
        assert told(answer)["environ"]["QUERY_STRING"] == f"n={number}"
        assert (answer.version, answer.header("Connection")) == ("HTTP/1.1", "keep-alive")


def test_requests_sent_at_once_are_answered_in_order(client: Any) -> None:
    post = head("POST", "/?n=1", "Content-Length: 4") + b"body"
    chunked = head("POST", "/?n=2", CHUNKED) + b"4\r\nbody\r\n0\r\n\r\n"
    client.send(head("GET", "/?n=0") + post + chunked + head("GET", "/pause?s=0.1") + head("GET", "/?n=4"))
    first = [told(client.answer()) for _ in range(3)]
    assert [found["environ"]["QUERY_STRING"] for found in first] == ["n=0", "n=1", "n=2"]
    assert [found["body"] for found in first] == ["", "body", "body"]
    assert client.answer().status == 200
    assert told(client.answer())["environ"]["QUERY_STRING"] == "n=4"


def test_many_requests_sent_at_once_are_all_answered(client: Any) -> None:
    client.send(b"".join(head("GET", f"/?n={number}") for number in range(100)))
    for number in range(100):
        assert told(client.answer())["environ"]["QUERY_STRING"] == f"n={number}"


@pytest.mark.parametrize("step", [1, 7])
def test_a_request_may_come_in_small_pieces(client: Any, step: int) -> None:
    whole = (
        head("POST", "/x?y=z", "X-Some: thing", CHUNKED)
        + b'3;a=b;c="d"\r\none\r\n3\r\ntwo\r\n0\r\nX-Trailer: 1\r\n\r\n'
    )
    for start in range(0, len(whole), step):
        client.send(whole[start : start + step])
    found = told(client.answer())
    assert (found["body"], found["environ"]["HTTP_X_SOME"], found["environ"]["RAW_URI"]) == (
        "onetwo",
        "thing",
        "/x?y=z",
    )
    assert "HTTP_X_TRAILER" not in found["environ"]
    assert client.get("/").status == 200


def test_a_body_of_a_length_and_one_in_chunks_arrive_whole(client: Any) -> None:
    body = bytes(range(256)) * 8000
    expected = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()
    client.send(head("POST", "/digest", f"Content-Length: {len(body)}") + body)
    assert client.answer().body == expected
    parts = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
    client.send(head("POST", "/digest", CHUNKED))
    for part in parts:
        client.send(b"%X\r\n%b\r\n" % (len(part), part))
    client.send(b"0\r\n\r\n")
    assert client.answer().body == expected


@pytest.mark.parametrize("late", [False, True])
def test_a_body_is_read_by_lines_and_pieces(client: Any, late: bool) -> None:
    body = b"first\nsecond\nthird\nfourth"
    client.send(head("POST", "/lines", f"Content-Length: {len(body)}") + (b"" if late else body))
    if late:
        for at in range(len(body)):
            client.send(body[at : at + 1])
    assert json.loads(client.answer().body) == ["first\n", "sec", "on", "d\n", "third\n", "fourth", "", ""]


def test_a_body_waits_for_100_continue(client: Any) -> None:
    client.send(head("POST", "/", "Content-Length: 4", "Expect: 100-Continue"))
    assert client.start().status == 100
    client.send(b"body")
    assert told(client.answer())["body"] == "body"
    assert client.get("/").status == 200


def test_http_1_0_is_not_told_to_continue(client: Any) -> None:
    client.send(b"POST / HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody")
    assert told(client.answer())["body"] == "body"


def test_another_expectation_is_refused(client: Any) -> None:
    client.send(head("POST", "/", "Content-Length: 4", "Expect: miracles"))
    assert client.answer().status == 417


@pytest.mark.parametrize("framing", ["Content-Length: 5", CHUNKED])
def test_a_body_that_nobody_reads_does_not_become_the_next_request(client: Any, framing: str) -> None:
    body = b"hello" if "Length" in framing else b"5\r\nhello\r\n0\r\n\r\n"
    client.send(head("POST", "/ignore", framing) + body + head("GET", "/?n=2"))
    assert client.answer().body == b"ignored"
    assert told(client.answer())["environ"]["QUERY_STRING"] == "n=2"


def test_a_large_body_that_nobody_reads_does_not_cost_the_answer(server: Any, client: Any) -> None:
    client.send(head("POST", "/ignore", "Content-Length: 3000000"))
    try:
        client.send(b"x" * 3_000_000)
    except BrokenPipeError:
        assert server.kind == "gthread"  # the hub takes it, so that the client comes to read its answer
    assert client.answer().body == b"ignored"


def test_a_client_may_stop_sending_and_still_get_its_answers(client: Any) -> None:
    client.send(head("GET", "/pause?s=0.2") + head("GET", "/?n=2"))
    client.sock.shutdown(socket.SHUT_WR)
    assert client.answer().status == 200
    assert told(client.answer())["environ"]["QUERY_STRING"] == "n=2"
    assert client.rest() == b""


@pytest.mark.parametrize("framing", ["Content-Length: 50", CHUNKED])
def test_a_body_cut_short_is_not_taken_for_whole(server: Any, client: Any, framing: str) -> None:
    client.send(head("POST", "/digest", framing) + (b"half" if "Length" in framing else b"4\r\nhalf\r\n"))
    client.sock.shutdown(socket.SHUT_WR)
    assert not client.rest().startswith(b"HTTP/1.1 200") or server.kind == "gthread"  # which hands on what there is
    with server.client() as other:
        assert other.get("/").status == 200


def test_http_1_0_closes_unless_it_asks_not_to(server: Any) -> None:
    with server.client() as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        answer = client.answer()
        assert (answer.version, answer.header("Connection"), client.rest()) == ("HTTP/1.0", "close", b"")
    with server.client() as client:
        for _ in range(2):
            client.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            assert client.answer().header("Connection") == "keep-alive"


def test_a_client_may_ask_to_close(client: Any) -> None:
    client.send(head("GET", "/", "Connection: close") + head("GET", "/"))
    assert client.answer().header("Connection") == "close"
    assert client.rest() == b""


def test_an_upgrade_is_declined(client: Any) -> None:
    assert client.get("/", "Connection: Upgrade", "Upgrade: websocket").status == 200


def test_a_method_nobody_knows_reaches_the_application(client: Any) -> None:
    for method in ("FOO", "GETX", "X-LONG-METHOD"):
        client.send(head(method, "/", "Content-Length: 2") + b"{}")
        found = told(client.answer())
        assert (found["environ"]["REQUEST_METHOD"], found["body"]) == (method, "{}")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/plain", "/plain", ""),
        ("/a%20b%2Fc?d=%20e", "/a b/c", "d=%20e"),
        ("/%C3%A9", "/\xc3\xa9", ""),
        ("/%zz%", "/%zz%", ""),
        ("//double//slash", "//double//slash", ""),
        ("/?a?b", "/", "a?b"),
        ("/../x/./y", "/../x/./y", ""),
        ("http://elsewhere/p?q", "/p", "q"),
        ("/f?g#h", "/f", "g"),
    ],
)
def test_the_target_is_told_as_it_was_and_decoded(client: Any, target: str, path: str, query: str) -> None:
    environ = told(client.get(target))["environ"]
    assert (environ["RAW_URI"], environ["PATH_INFO"], environ["QUERY_STRING"]) == (target, path, query)
    assert environ["SCRIPT_NAME"] == ""


def test_options_may_ask_about_everything(client: Any) -> None:
    client.send(head("OPTIONS", "*"))
    assert told(client.answer())["environ"]["RAW_URI"] == "*"


def test_repeated_headers_are_joined(server: Any, client: Any) -> None:
    environ = told(client.get("/", "X-A: 1", "X-A: 2", "x-a: 3", "Cookie: a=1", "Cookie: b=2"))["environ"]
    assert environ["HTTP_X_A"] == "1,2,3"
    assert environ["HTTP_COOKIE"] == ("a=1,b=2" if server.kind == "gthread" else "a=1; b=2")


def test_headers_become_the_environ_of_wsgi(client: Any) -> None:
    sent = (
        "Content-Type: text/x",
        "X-High: \xe9",
        "X-Pad:  \t padded \t ",
        "X-Empty:",
        "Host-Name: h",
        "content-LENGTH: 2",
    )
    client.send(head("POST", "/", *sent) + b"hi")
    found = told(client.answer())
    environ = found["environ"]
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], found["body"]) == ("text/x", "2", "hi")
    assert (environ["HTTP_X_HIGH"], environ["HTTP_X_PAD"], environ["HTTP_X_EMPTY"]) == ("\xe9", "padded", "")
    assert (environ["HTTP_HOST"], environ["SERVER_PROTOCOL"], environ["wsgi.url_scheme"]) == (
        "test",
        "HTTP/1.1",
        "http",
    )
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == ("test", "80", "")
    assert not {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"} & set(environ)


def test_names_with_underscores_are_dropped(client: Any) -> None:
    environ = told(client.get("/", "X_Real_Ip: 6.6.6.6", "X-Real_Ip: 6.6.6.6"))["environ"]
    assert "HTTP_X_REAL_IP" not in environ


def test_the_proxy_tells_the_scheme(client: Any) -> None:
    assert told(client.get("/", "X-Forwarded-Proto: https"))["environ"]["wsgi.url_scheme"] == "https"
    assert told(client.get("/", "X-Forwarded-Proto: http"))["environ"]["wsgi.url_scheme"] == "http"
    assert client.get("/", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: off").status == 400
