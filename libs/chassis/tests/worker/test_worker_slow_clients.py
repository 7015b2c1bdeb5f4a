"""Clients that take their time: nobody else waits for them, and the hub does not wait for ever."""

import os
import signal
import time
from typing import Any

import pytest

from .conftest import wait_for


def head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]).encode("latin-1")


@pytest.fixture
def hub(server: Any) -> Any:
    if server.kind == "gthread":
        pytest.skip("gthread waits for as long as the client likes: nginx reads requests whole before it")
    return server


def test_slow_clients_hold_up_nobody(server: Any) -> None:
    slow = [server.client() for _ in range(3)]
    try:
        for number, client in enumerate(slow):
            client.send(b"GET / HT" if number else head("POST", "/", "Content-Length: 10") + b"x")
        with server.client() as quick:
            assert all(quick.get("/").status == 200 for _ in range(20))
    finally:
        for client in slow:
            client.close()


def test_hundreds_of_idle_clients_hold_up_nobody(hub: Any) -> None:
    idle = [hub.client() for _ in range(300)]
    for client in idle[:100]:
        client.send(head("GET", "/pause?s=0.3"))
    with hub.client() as quick:
        assert quick.get("/ignore").body == b"ignored"
    assert {client.answer().status for client in idle[:100]} == {200}
    for client in idle:
        client.close()


def test_who_asks_a_lot_at_once_is_not_served_before_all_others(hub: Any) -> None:
    (worker,) = hub.workers()
    with hub.client() as greedy, hub.client() as modest:
        assert greedy.get("/").status == modest.get("/").status == 200
        os.kill(worker, signal.SIGSTOP)
        greedy.send(b"".join(head("GET", f"/closing?name=greedy{number}") for number in range(150)))
        modest.send(head("GET", "/closing?name=modest"))
        os.kill(worker, signal.SIGCONT)
        assert modest.answer().body == b"body"
        assert all(greedy.answer().body == b"body" for _ in range(150))
    wait_for(lambda: "closed greedy149" in hub.notes())  # it is closed after it has been sent
    notes = hub.notes()
    assert notes.index("closed greedy0") < notes.index("closed modest") < notes.index("closed greedy149")


def test_a_head_must_arrive_in_time(hub: Any) -> None:
    with hub.client() as client:
        client.send(b"GET / HTTP/1.1\r\nX-Slow")
        answer = client.answer()
        assert (answer.status, answer.header("Connection"), client.rest()) == (408, "close", b"")


def test_a_head_in_drops_must_arrive_in_time_too(hub: Any) -> None:
    with hub.client(patience=0.2) as client:
        client.send(b"GET / HTTP/1.1\r\nX: ")
        came = b""
        for _ in range(100):
            try:
                client.send(b"y")
                came = client.sock.recv(1000)
                break
            except TimeoutError:
                continue
        assert came.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_must_arrive_in_time(hub: Any, framing: str) -> None:
    with hub.client() as client:
        client.send(head("POST", "/digest", framing) + b"5\r\n")
        assert client.answer().status == 408
        assert client.rest() == b""


def test_a_body_that_nobody_reads_must_arrive_in_time_too(hub: Any) -> None:
    with hub.client() as client:
        client.send(head("POST", "/ignore", "Content-Length: 100") + b"x")
        assert client.answer().body == b"ignored"
        assert client.rest() == b""  # closed, and nothing else said


def test_a_body_in_drops_must_arrive_in_time_too(hub: Any) -> None:
    with hub.client(patience=0.1) as client:
        client.send(head("POST", "/digest", "Content-Length: 100000"))
        came = b""
        for _ in range(100):
            try:
                client.send(b"y" * 1000)  # 10,000 bytes a second where 100,000 are wanted
                came = client.sock.recv(1000)
                break
            except TimeoutError:
                continue
        assert came.startswith(b"HTTP/1.1 408 ")


def test_a_steady_body_may_take_longer(hub: Any) -> None:
    body = b"y" * 600_000
    with hub.client() as client:
        client.send(head("POST", "/digest", f"Content-Length: {len(body)}"))
        for at in range(0, len(body), 20_000):
            client.send(body[at : at + 20_000])
            time.sleep(0.05)  # 1.5 s in all: more than the one second that a body may take to begin
        assert client.answer().body.startswith(b"600000 ")


def test_who_takes_nothing_of_an_answer_is_given_up(hub: Any) -> None:
    before = len(hub.notes())
    with hub.client(patience=20) as client:
        client.send(head("GET", "/large?n=100"))
        client.read(100)
        for _ in range(200):
            with hub.client() as other:
                other.get("/pause?s=0.05")
            if any(note.startswith("large") for note in hub.notes()[before:]):
                break
        assert "large 100" not in hub.notes()[before:]
        assert any(note.startswith("large") for note in hub.notes()[before:])
