"""Events through a real Redis: heard, missed without harm, found again."""

import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chassis import events
from chassis.events import Publisher, Subscriber, connect


class Server:
    """A Redis server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        program = shutil.which("redis-server") or "redis-server"
        command = [program, "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self._folder]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self.socket.exists)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
        self.socket.unlink(missing_ok=True)


class Ear:
    """A subscriber that keeps what it hears, and each time that it was told to ask for the present state."""

    def __init__(self, url: str) -> None:
        self.heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.asked = threading.Semaphore(0)
        self.subscriber = Subscriber(url, [events.CATALOG, events.KEYS], self._hear, self.asked.release)
        self.subscriber.start()

    def _hear(self, channel: str, message: dict[str, Any]) -> None:
        if message.get("crash"):
            raise RuntimeError("a handler's own fault")
        self.heard.put((channel, message))


def until(holds: Any) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to be")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def ear(server: Server) -> Iterator[Ear]:
    found = Ear(server.url)
    assert found.asked.acquire(timeout=10)
    yield found
    found.subscriber.stop()
    found.subscriber.join(10)


def test_an_event_is_heard_on_its_channel(server: Server, ear: Ear) -> None:
    publisher = Publisher(connect(server.url))
    assert publisher.publish(events.REVOKED, {"session": "not listened to"})
    assert publisher.publish(events.CATALOG, {"version": "7"})
    assert ear.heard.get(timeout=10) == (events.CATALOG, {"version": "7"})
    assert ear.subscriber.connected


def test_nonsense_and_a_failing_handler_stop_nothing(server: Server, ear: Ear) -> None:
    client = connect(server.url)
    assert client is not None
    client.publish(events.KEYS, b"not json")
    Publisher(client).publish(events.KEYS, {"crash": True})
    Publisher(client).publish(events.KEYS, {"fine": 1})
    assert ear.heard.get(timeout=10) == (events.KEYS, {"fine": 1})


def test_a_lost_redis_is_noticed_and_found_again(server: Server, ear: Ear) -> None:
    server.stop()
    until(lambda: not ear.subscriber.connected)
    assert not Publisher(connect(server.url)).publish(events.KEYS, {})
    server.start()
    assert ear.asked.acquire(timeout=15)
    Publisher(connect(server.url)).publish(events.KEYS, {"again": 1})
    assert ear.heard.get(timeout=10) == (events.KEYS, {"again": 1})


def test_without_redis_nobody_is_told() -> None:
    assert connect("") is None
    assert not Publisher(None).publish(events.KEYS, {})
