"""What the tests of running share: short folders for sockets, and a real nginx before upstreams that say what came."""

import json
import os
import shutil
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from trivet_cli import layout, nginx_conf, programs
from trivet_cli.layout import Layout
from trivet_cli.supervisor import Supervisor

BODY_LIMIT = 20_000
LOGIN_RATE = 1


def free_port() -> int:
    """A TCP port that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; `/rest/v1/answer/<status>` with that status and an error body of its own."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.split("/")
        status = int(parts[4]) if self.path.startswith("/rest/v1/answer/") else 200
        seen = {"service": self.server.name, "method": self.command, "path": self.path, "headers": self.headers.items()}
        body = json.dumps(seen).encode() + b" " * 2000
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", self.headers.get("X-Request-Id", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _answer

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        pass


class _Upstream(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(str(path), _Echo)
        self.name = name
        self.connections: list[socket.socket] = []

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def end(self) -> None:
        """End the server, and the connections that nginx would keep."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@dataclass
class Router:
    """A running nginx and the upstreams behind it."""

    places: Layout
    port: int
    upstreams: dict[str, _Upstream] = field(default_factory=dict)

    def open(self, name: str) -> None:
        """Start the upstream of this name."""
        self.places.socket(name).unlink(missing_ok=True)
        server = self.upstreams[name] = _Upstream(self.places.socket(name), name)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self, name: str) -> None:
        """End the upstream of this name."""
        self.upstreams.pop(name).end()
        self.places.socket(name).unlink(missing_ok=True)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for unix sockets."""
    path = Path(tempfile.mkdtemp(prefix="tv-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def router() -> Iterator[Router]:
    """nginx with the suite's own configuration, started as the suite starts it."""
    with _running() as router:
        yield router


@pytest.fixture(scope="module")
def trusting_router() -> Iterator[Router]:
    """The same, behind proxies at 127.0.0.0/8 and 10.1.0.0/16 that may say for whom they ask."""
    with _running(("127.0.0.0/8", "10.1.0.0/16", "fd00::/8")) as router:
        yield router


@contextmanager
def _running(proxies: Sequence[str] = ()) -> Iterator[Router]:
    folder = Path(tempfile.mkdtemp(prefix="tv-", dir="/tmp"))
    places = layout.layout_of(str(folder / "state"))
    layout.make(places)
    router = Router(places, free_port())
    for name in nginx_conf.UPSTREAMS:
        router.open(name)
    values = nginx_conf.values_for(
        places, bind="127.0.0.1", port=router.port, login_rate=LOGIN_RATE, body_limit=BODY_LIMIT
    )
    supervisor = Supervisor(places.run, places.log, lambda _text: None)
    supervisor.start(
        programs.nginx(
            nginx_conf.write(places, values, proxies, environ=os.environ), {}, f"http://127.0.0.1:{router.port}"
        )
    )
    supervisor.wait_ready(10)
    yield router
    supervisor.stop()
    for name in list(router.upstreams):
        router.close(name)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds; fails when it never does."""

    def wait(condition: Callable[[], bool]) -> None:
        for _ in range(400):
            if condition():
                return
            time.sleep(0.025)
        raise AssertionError("it never came to hold")

    return wait
