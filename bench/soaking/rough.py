"""Clients as they also are: wrong, slow, gone. Their answers are checked too, where they wait for any."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.soaking.clerk import equal
from bench.soaking.record import Pace, Record
from bench.soaking.store import item
from bench.soaking.talk import Lost, Talk

Address = Path | tuple[str, int]
_JSON = {"Content-Type": "application/json"}
_XML = {"Content-Type": "text/xml"}
# method, path, body, headers; status, and a word that the answer must hold
_WRONG: list[tuple[str, str, bytes | None, dict[str, str], int, str]] = [
    ("GET", "/rest/v1/nothing", None, {}, 404, '"PGRST205"'),
    ("GET", "/rest/v1/items?colour=eq.1", None, {}, 400, '"42703"'),
    ("GET", "/rest/v1/items?id=frob.1", None, {}, 400, '"PGRST100"'),
    ("POST", "/rest/v1/items", b"{", _JSON, 400, '"PGRST102"'),
    ("POST", "/rest/v1/items", b'{"id": 1}', _JSON, 401, '"42501"'),
    ("GET", "/rest/v1/items", None, {"Authorization": "Bearer nonsense"}, 401, '"PGRST301"'),
    ("GET", "/rest/v1/%2e%2e/x", None, {}, 400, '"TRV109"'),
    ("POST", "/v1/graphql", b"not json", _JSON, 400, '"errors"'),
    ("POST", "/v1/graphql", b'{"query": "{ items { colour } }"}', _JSON, 200, "validation-failed"),
    ("POST", "/v1/graphql", b'{"query": "{ items {"}', _JSON, 200, '"errors"'),
    ("POST", "/soap/v1", b"<broken", _XML, 400, "Fault>"),
    ("POST", "/soap/v1", b"<a/>", _XML, 500, "Fault>"),
    ("GET", "/nowhere", None, {}, 404, '"TRV110"'),
]


class Policy:
    """What somebody without a login may see of an item at present; two answers while a change is under way."""

    def __init__(self, *allowed: bool) -> None:
        self.shows_grades = set(allowed)


class Place(NamedTuple):
    """Where a suite is: its host and port, and the folder of its sockets."""

    host: str
    sockets: Path


class Rough(threading.Thread):
    """One client after the other, none of them as one would wish."""

    def __init__(self, number: int, place: Place, record: Record, pace: Pace, policy: Policy) -> None:
        super().__init__(name=f"rough-{number}")
        name, _, port = place.host.partition(":")
        self._nginx = (name, int(port))
        self._sockets = place.sockets
        self._talk = Talk(place.host)
        self._record = record
        self._pace = pace
        self._policy = policy
        self._draw = random.Random(1000 + number)

    def run(self) -> None:
        """Be a nuisance."""
        kinds = [self._stranger, self._stranger, self._wrong, self._wrong, self._slow, self._half_closed]
        kinds += [self._pipelined, self._too_slow, self._gone, self._gone]
        while not self._record.over.is_set():
            self._pace.wait()
            kind, begun = self._draw.choice(kinds), time.time()
            try:
                kind()
            except Lost as lost:
                self._record.fault("lost", str(lost), lost.begun)
                time.sleep(0.2)
            except Exception as fault:  # noqa: BLE001  (whatever it is, the answer was not what it must be)
                # over a bare socket a lost answer is a broken connection, or half an answer
                self._record.fault(kind.__name__.strip("_"), f"{type(fault).__name__}: {str(fault)[:300]}", begun)
        self._talk.close()

    def _stranger(self) -> None:
        number = self._draw.randint(1, 450)
        allowed = set(self._policy.shows_grades)
        status, rows = self._talk.rest("GET", f"items?id=eq.{number}")
        allowed |= self._policy.shows_grades
        names = [("id", "name", "grade") if grades else ("id", "name") for grades in allowed]
        wanted = [[{name: item(number)[name] for name in shown}] if number <= 400 else [] for shown in names]
        if status != 200 or rows not in wanted:
            raise AssertionError(f"{status} {rows} instead of one of {wanted}")
        self._record.answered("anonymous item")

    def _wrong(self) -> None:
        method, path, body, headers, status, word = self._draw.choice(_WRONG)
        found, _, data = self._talk.ask(method, path, body, headers)
        if found != status or word not in data.decode():
            raise AssertionError(f"{method} {path} {body!r}: {found} {data[:300]!r}, not {status} with {word}")
        self._record.answered("refusal")

    # --- over bare sockets, to nginx and to the worker itself --------------------------------------------------------

    def _address(self) -> Address:
        return self._draw.choice([self._nginx, self._sockets / "rest.sock"])

    def _request(self, number: int, *lines: str) -> bytes:
        return "\r\n".join(
            [f"GET /rest/v1/items?select=id&id=eq.{number} HTTP/1.1", "Host: a", *lines, "", ""]
        ).encode()

    def _slow(self) -> None:
        number, pieces = self._draw.randint(1, 400), self._draw.randint(2, 5)
        data = self._request(number, "Connection: close")
        with _connect(self._address()) as client:
            for start in range(0, len(data), len(data) // pieces):
                client.sendall(data[start : start + len(data) // pieces])
                time.sleep(self._draw.uniform(0.0, 0.5))
            _answer_is(_rest(client), 200, [{"id": number}])
        self._record.answered("slow client")

    def _half_closed(self) -> None:
        number = self._draw.randint(1, 400)
        with _connect(self._sockets / "rest.sock") as client:
            client.sendall(self._request(number))
            client.shutdown(socket.SHUT_WR)
            _answer_is(_rest(client), 200, [{"id": number}])
        self._record.answered("half-closed client")

    def _pipelined(self) -> None:
        numbers = [self._draw.randint(1, 400) for _ in range(self._draw.randint(2, 20))]
        with _connect(self._sockets / "rest.sock") as client:
            last = self._request(numbers[-1], "Connection: close")
            client.sendall(b"".join(self._request(number) for number in numbers[:-1]) + last)
            text = _rest(client).decode()
        bodies = [json.loads(part.partition("\r\n\r\n")[2]) for part in text.split("HTTP/1.1 200 ")[1:]]
        equal(bodies, [[{"id": number}] for number in numbers])
        self._record.answered("pipelined requests")

    def _too_slow(self) -> None:
        if self._draw.random() < 0.9:
            return
        with _connect(self._sockets / "rest.sock") as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
            _status_is(_rest(client), 408)
        self._record.answered("too slow client")

    def _gone(self) -> None:
        """Somewhere on the way; nobody waits for an answer."""
        target = f"/rest/v1/items?order=name.desc&id=lte.{self._draw.randint(1, 400)}"
        heavy = f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"
        data = self._draw.choice([self._request(1), heavy.encode() * 5, b"POST /rest/v1/items HTTP/1.1\r\nHost: a\r\n"])
        leave: Callable[[socket.socket], object] = self._draw.choice(
            [lambda _: None, lambda client: client.recv(1), lambda _: time.sleep(0.02)]
        )
        with _connect(self._address()) as client:
            client.sendall(data[: self._draw.randint(1, len(data))] if self._draw.random() < 0.5 else data)
            client.settimeout(1.0)
            try:
                leave(client)
            except OSError:
                pass
        self._record.answered("gone client")


def _connect(address: Address) -> socket.socket:
    client = socket.socket(socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET)
    client.settimeout(30)
    client.connect(str(address) if isinstance(address, Path) else address)
    return client


def _rest(client: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def _status_is(answer: bytes, status: int) -> None:
    if not answer.startswith(f"HTTP/1.1 {status} ".encode()):
        raise AssertionError(f"{answer[:300]!r} instead of {status}")


def _answer_is(answer: bytes, status: int, rows: object) -> None:
    _status_is(answer, status)
    equal(json.loads(answer.partition(b"\r\n\r\n")[2]), rows)
