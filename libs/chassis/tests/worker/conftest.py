"""A gunicorn with one of our workers, as services run it, and a client that says exactly what a test wants."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

HERE = Path(__file__).parent
KINDS = ("gthread", "hub")


@dataclass
class Answer:
    """What came back."""

    version: str
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The header's value; None where it is not given."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Client:
    """A connection on which anything may be sent. It does not wait for longer than ``patience`` seconds."""

    def __init__(self, place: Path | int, patience: float = 10.0) -> None:
        unix = isinstance(place, Path)
        self.sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.sock.settimeout(patience)
        self.sock.connect(str(place) if unix else ("127.0.0.1", place))
        self._file: BinaryIO = self.sock.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def get(self, target: str, *headers: str) -> Answer:
        self.send(head("GET", target, *headers))
        return self.answer()

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, whole."""
        found = self.start()
        if method == "HEAD" or found.status in (204, 304) or found.status < 200:
            return found
        if found.header("Transfer-Encoding") == "chunked":
            while size := int(self._line(), 16):
                found.body += self._exactly(size)
                assert self._line() == b""
            assert self._line() == b""
        elif (length := found.header("Content-Length")) is not None:
            found.body = self._exactly(int(length))
        else:
            found.body = self._file.read()
        return found

    def start(self) -> Answer:
        """The next answer's status and headers."""
        version, _, rest = self._line().decode().partition(" ")
        found = Answer(version, int(rest[:3]))
        while line := self._line().decode("latin-1"):
            name, _, value = line.partition(": ")
            found.headers.append((name, value))
        return found

    def rest(self) -> bytes:
        """All that comes until the server hangs up."""
        with contextlib.suppress(ConnectionResetError):
            return self._file.read()
        return b""

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        assert len(data) == size, f"the connection ended after {len(data)} bytes of {size}"
        return data

    def _line(self) -> bytes:
        line = self._file.readline()
        assert line.endswith(b"\r\n"), f"the connection ended: {line!r}"
        return line[:-2]


def head(method: str, target: str, *headers: str) -> bytes:
    """A request's head; with its Host."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]).encode("latin-1")


class Server:
    """A gunicorn in a folder of its own, on a unix socket, or with a ``port`` on TCP."""

    def __init__(self, kind: str, *options: str, port: int | None = None, **settings: str) -> None:
        self.kind = kind
        self.port = port
        self.folder = Path(tempfile.mkdtemp(prefix="tw-", dir="/tmp"))
        self.path = self.folder / "s"
        self._environment = {
            **os.environ,
            "TRIVET_LISTEN": f"unix:{self.path}" if port is None else f"127.0.0.1:{port}",
            "TRIVET_STATE_DIR": str(self.folder / "state"),
            "TRIVET_WORKER": kind,
            "NOTES": str(self.folder / "notes"),
            **settings,
        }
        argv = [sys.executable, "-m", "gunicorn", "-c", "python:chassis.serving", *options, "served_app:app"]
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(argv, cwd=HERE, env=self._environment, stdout=log, stderr=log)
        (self.folder / "notes").touch()
        wait_for(self._answers, self._words)

    def client(self, patience: float = 10.0) -> Client:
        return Client(self.path if self.port is None else self.port, patience)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(text) for text in found.split()]

    def notes(self) -> list[str]:
        """What the application noted."""
        return (self.folder / "notes").read_text().split("\n")[:-1]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """End it; its exit code."""
        self.process.terminate()
        code = self.process.wait(30)
        subprocess.run(["rm", "-r", str(self.folder)], check=True)
        return code

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            with self.client() as client:
                return client.get("/").status == 200
        except OSError:
            return False

    def _words(self) -> str:
        return self.log()


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(holds: object, words: object = lambda: "", patience: float = 20.0) -> None:
    """Return once ``holds()`` is true."""
    deadline = time.monotonic() + patience
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, words()  # type: ignore[operator]
        time.sleep(0.02)


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each of the workers, with short patience where it has any, small limits, and 1 MiB as the largest body."""
    settings = {"TRIVET_HEAD_TIMEOUT": "1", "TRIVET_BODY_RATE": "100000", "TRIVET_BODY_LIMIT": str(4 * 2**20)}
    found = Server(request.param, **settings, TRIVET_REQUEST_TIMEOUT="3")
    yield found
    assert found.stop() == 0


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A connection to the worker at hand."""
    with server.client() as found:
        yield found
