"""A small stand-in for another service: a real HTTP server that answers what a test says, over TCP or a unix socket."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Peer:
    """The server: where it is, what it was asked, and how it answers (status, headers, body)."""

    url: str
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes]]
    asked: list[Asked] = field(default_factory=list)
    open_sockets: list[socket.socket] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection, as a restarted service does."""
        for one in self.open_sockets:
            one.shutdown(socket.SHUT_RDWR)
        self.open_sockets.clear()


class _Quiet(socketserver.ThreadingMixIn):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up in these tests."""


class _TcpServer(_Quiet, socketserver.TCPServer):
    """Over TCP."""


class _UnixServer(_Quiet, socketserver.UnixStreamServer):
    """Over a unix socket."""


@pytest.fixture(params=["tcp", "unix"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """A peer over each kind of socket; it answers 200 and an empty object unless told otherwise."""
    found = Peer("", lambda _: (200, {}, b"{}"))
    handler = type("Handler", (_Handler,), {"peer": found})
    server: socketserver.BaseServer
    if request.param == "tcp":
        server = _TcpServer(("127.0.0.1", 0), handler)
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
    else:
        server = _UnixServer(str(tmp_path / "peer.sock"), handler)
        found.url = f"unix:{tmp_path / 'peer.sock'}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peer: Peer

    def setup(self) -> None:
        super().setup()
        self.peer.open_sockets.append(self.connection)

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        names = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, names, body, id(self.connection))
        self.peer.asked.append(asked)
        status, headers, content = self.peer.answer(asked)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve

    def log_message(self, *_: object) -> None:
        """Say nothing."""
