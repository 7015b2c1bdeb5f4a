"""A worker's life: load goes on while it is told to reload or to end, and while others of its kind die."""

import contextlib
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import KINDS, Server, free_port, head, wait_for


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(kind: str) -> Iterator[Any]:
    """Starts servers for one test."""
    servers: list[Server] = []

    def begin(*options: str, port: int | None = None, **settings: str) -> Server:
        servers.append(Server(kind, *options, port=port, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


class Load:
    """Clients that ask without pause; ``lost`` are requests that got no answer though they were sent in order.

    A kept connection that the server closed between two requests is not a loss, as any client knows; a new one is made.
    """

    def __init__(self, server: Server, target: str, clients: int = 4) -> None:
        self._server = server
        self._target = target
        self._over = threading.Event()
        self.answered = 0
        self.lost: list[str] = []
        self.bodies: set[bytes] = set()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                client = self._server.client()
            except OSError:
                return  # it has ended
            with client:
                while not self._over.is_set():
                    try:
                        answer = client.get(self._target)
                    except (AssertionError, OSError) as fault:
                        self.lost.append(repr(fault))
                        break
                    self.answered += 1
                    self.bodies.add(answer.body)
                    if answer.status != 200:
                        self.lost.append(str(answer.status))
                    if answer.header("Connection") == "close":
                        break


def test_a_reload_loses_no_request(start: Any) -> None:
    server = start(TRIVET_WORKERS="2")
    with Load(server, "/pause?s=0.01") as load:
        for _ in range(2):
            before = set(server.workers())
            server.signal(signal.SIGHUP)
            wait_for(lambda old=before: len(server.workers()) == 2 and not old & set(server.workers()), server.log)
    assert load.lost == []
    assert len(load.bodies) > 2  # of several generations


def test_the_end_loses_no_request_that_was_sent(start: Any) -> None:
    server = start(TRIVET_THREADS="20")
    with Load(server, "/pause?s=0.05", clients=8) as load:
        wait_for(lambda: load.answered > 50)
        waiting = [server.client() for _ in range(10)]
        for client in waiting:
            client.send(head("GET", "/pause?s=0.5"))
        if server.kind == "gthread":
            time.sleep(0.3)  # it forgets those whom it has not accepted yet; the hub does not
        server.signal(signal.SIGTERM)
        answers = [client.answer() for client in waiting]
        assert {answer.status for answer in answers} == {200}
        assert server.process.wait(20) == 0
    assert load.lost == []
    for client in waiting:
        client.close()


def test_an_idle_connection_is_served_once_more_and_told(start: Any) -> None:
    server = start()
    with server.client() as client:
        assert client.get("/").header("Connection") == "keep-alive"
        server.signal(signal.SIGTERM)
        time.sleep(1.2)
        assert client.get("/").header("Connection") == "close"
    assert server.process.wait(20) == 0


def test_who_works_for_too_long_is_left_behind(start: Any, kind: str) -> None:
    server = start("--graceful-timeout", "1")
    with server.client() as client:
        client.send(head("GET", "/pause?s=30&name=late"))
        time.sleep(0.3)
        server.signal(signal.SIGTERM)
        if kind == "hub":  # gthread waits for its threads to end, until it is killed
            assert client.rest() == b""
        server.process.wait(20)
    assert "paused late" not in server.notes()


def test_a_worker_that_dies_takes_only_its_own_requests(start: Any) -> None:
    server = start(TRIVET_WORKERS="2")
    clients = [server.client() for _ in range(16)]
    pids = {int(client.get("/pause?s=0").body) for client in clients}
    assert pids <= set(server.workers())
    victim = next(iter(pids))
    for client in clients:
        client.send(head("GET", "/pause?s=0.5"))
    time.sleep(0.1)
    os.kill(victim, signal.SIGKILL)
    for client in clients:
        try:
            assert int(client.answer().body) != victim
        except (AssertionError, OSError):
            client.close()
    wait_for(lambda: len(server.workers()) == 2 and victim not in server.workers(), server.log)
    with server.client() as client:
        assert client.get("/").status == 200


def test_a_worker_makes_room_for_the_next_after_so_many_requests(start: Any) -> None:
    server = start("--max-requests", "50")
    with Load(server, "/pause?s=0", clients=2) as load:
        wait_for(lambda: len(load.bodies) > 2, server.log)
    assert load.lost == []


def test_a_worker_shows_that_it_lives_while_it_has_nothing_to_do_and_while_all_wait(start: Any) -> None:
    server = start("--timeout", "3")
    (worker,) = server.workers()
    with server.client() as client:
        client.send(head("GET", "/pause?s=4.5"))
        assert client.answer().status == 200  # nothing else happened meanwhile
    assert server.workers() == [worker]


def test_a_worker_that_hangs_is_replaced(start: Any, kind: str) -> None:
    if kind == "gthread":
        pytest.skip("its loop runs on beside the thread that hangs")
    server = start("--timeout", "2")
    (worker,) = server.workers()
    with server.client() as client:
        client.send(head("GET", "/hang"))
        assert client.rest() == b""
    wait_for(lambda: len(server.workers()) == 1 and worker not in server.workers(), server.log)


def test_a_connection_that_is_not_used_is_closed(start: Any) -> None:
    server = start("--keep-alive", "1")
    with server.client() as used, server.client() as fresh:
        assert used.get("/").status == 200
        assert used.rest() == b""
        if server.kind == "hub":  # gthread first waits for five seconds in a thread
            assert fresh.rest() == b""
    assert server.process.poll() is None


def test_there_are_no_more_connections_than_allowed(start: Any, kind: str) -> None:
    if kind == "gthread":
        pytest.skip("not ours")
    server = start("--worker-connections", "3")
    kept = [server.client() for _ in range(3)]
    assert {client.get("/").status for client in kept} == {200}
    with server.client(patience=0.5) as one_more:
        one_more.send(head("GET", "/"))
        with pytest.raises(TimeoutError):
            one_more.sock.recv(1)
        for client in kept:
            client.close()
        one_more.sock.settimeout(10)
        assert one_more.sock.recv(15) == b"HTTP/1.1 200 OK"


def test_a_worker_without_descriptors_left_waits_for_some(start: Any, kind: str) -> None:
    if kind == "gthread":
        pytest.skip("gthread ends")
    server = start()
    (worker,) = server.workers()
    used = len(os.listdir(f"/proc/{worker}/fd"))
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (used + 3, used + 3))
    kept = [server.client() for _ in range(10)]
    for client in kept:
        client.send(head("GET", "/"))
    assert kept[0].answer().status == 200
    wait_for(lambda: "No connection can be taken" in server.log())
    for client in kept[:8]:
        client.close()
    assert kept[9].answer().status == 200  # in its turn
    assert server.workers() == [worker]
    assert server.log().count("No connection can be taken") < 20  # it does not try without pause


def test_tcp_is_served_too(start: Any) -> None:
    port = free_port()
    server = start(port=port)
    with server.client() as client:
        environ = json.loads(client.get("/", "Host-Not: x").body)["environ"]
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", str(port))
        assert (environ["REMOTE_ADDR"], environ["HTTP_HOST"]) == ("127.0.0.1", "test")
        client.send(head("POST", "/ignore", "Content-Length: 3000000"))
        with contextlib.suppress(ConnectionError):
            client.send(b"x" * 3_000_000)
        assert client.answer().body == b"ignored"  # though most of the body has not been read
    server.signal(signal.SIGTERM)
    assert server.process.wait(20) == 0


def test_memory_stays_as_it_is(start: Any, kind: str) -> None:
    if kind == "gthread":
        pytest.skip("not ours")
    server = start()
    (worker,) = server.workers()
    shapes = head("GET", "/ignore") + head("POST", "/ignore", "Content-Length: 2") + b"{}" + head("GET", "/pieces")
    shapes += head("POST", "/ignore", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n"
    ask(server, shapes, 4, 2_500)
    before = resident(worker)
    ask(server, shapes, 4, 12_500)
    for _ in range(500):  # connections come and go, some in the middle of something
        with server.client() as client:
            client.send(b"GET /pause?s=0 HTTP/1.1\r\nHost: a\r\n\r\nGET")
    assert resident(worker) - before < 1500, "KiB more after 50,000 requests"


def ask(server: Server, shapes: bytes, number: int, times: int) -> None:
    with server.client() as client:
        for _ in range(times // 50):
            client.send(shapes * 50)
            for _ in range(number * 50):
                assert client.answer().status == 200


def resident(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
