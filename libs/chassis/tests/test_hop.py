"""The hop: connections kept and replaced, outages and delays told apart, nothing sent twice."""

import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from chassis.hop import Hop
from contracts.problems import Problem


def test_an_answer_comes_back_whole(peer: Any) -> None:
    peer.answer = lambda asked: (418, {"X-Odd": "yes"}, b"got " + asked.body)
    reply = Hop(peer.url).call("POST", "/a?b=c", b"text", {"X-Mine": "1"})
    assert (reply.status, reply.headers["x-odd"], reply.body) == (418, "yes", b"got text")
    assert (peer.asked[0].method, peer.asked[0].path, peer.asked[0].headers["x-mine"]) == ("POST", "/a?b=c", "1")


def test_a_connection_is_kept(peer: Any) -> None:
    hop = Hop(peer.url)
    for _ in range(3):
        hop.call("GET", "/")
    assert len({asked.connection for asked in peer.asked}) == 1


def test_at_most_so_many_are_kept(peer: Any) -> None:
    hop = Hop(peer.url, keep=1)
    barrier = threading.Barrier(3)

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        barrier.wait(10)
        return 200, {}, b""

    peer.answer = answer
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: hop.call("GET", "/"), range(3)))
    assert len(hop._idle) == 1


def test_a_connection_the_other_side_closed_is_replaced(peer: Any) -> None:
    hop = Hop(peer.url)
    hop.call("GET", "/one")
    peer.hang_up()
    assert hop.call("GET", "/two").status == 200
    assert [asked.path for asked in peer.asked] == ["/one", "/two"]


def test_an_answer_that_says_close_is_not_kept(peer: Any) -> None:
    peer.answer = lambda _: (200, {"Connection": "close"}, b"")
    hop = Hop(peer.url)
    hop.call("GET", "/")
    assert hop._idle == []


@pytest.mark.parametrize("url", ["unix:/nonexistent/peer.sock", "http://127.0.0.1:1"])
def test_nobody_there_is_a_problem(url: str) -> None:
    with pytest.raises(Problem) as caught:
        Hop(url, connect_patience=0.0).call("GET", "/")
    assert (caught.value.code, caught.value.status, caught.value.headers) == ("TRV107", 503, {"Retry-After": "1"})


def test_too_late_is_another_problem_and_is_not_sent_again(peer: Any) -> None:
    let_go = threading.Event()

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        let_go.wait(10)
        return 200, {}, b""

    peer.answer = answer
    with pytest.raises(Problem) as caught:
        Hop(peer.url).call("GET", "/", timeout=0.1)
    let_go.set()
    assert (caught.value.code, caught.value.status) == ("TRV108", 504)
    assert len(peer.asked) == 1


def test_a_broken_answer_is_a_problem_and_is_not_asked_for_again(peer: Any) -> None:
    peer.answer = lambda _: (200, {"Content-Length": "100", "Connection": "close"}, b"short")
    with pytest.raises(Problem) as caught:
        Hop(peer.url).call("POST", "/", b"write", timeout=5)
    assert caught.value.code == "TRV107"
    assert len(peer.asked) == 1


def test_a_service_that_starts_again_is_waited_for(tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    started: list[socketserver.UnixStreamServer] = []

    def start() -> None:
        started.append(socketserver.UnixStreamServer(str(tmp_path / "late.sock"), Handler))
        started[0].handle_request()

    timer = threading.Timer(0.2, start)
    timer.start()
    assert Hop(f"unix:{tmp_path / 'late.sock'}", connect_patience=10).call("GET", "/").status == 204
    timer.join()
    started[0].server_close()
