"""A flood of wrong logins through the gateway, from several addresses and on all doors, as a program of its own.

``python -m tests.security.flooding PORT ADDRESSES CONNECTIONS`` goes on until its standard input ends, then prints how many answers of
which status came, by door, as JSON. Every password is another one, so that nothing remembered helps.
"""

import itertools
import json
import socket
import sys
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator

VICTIM = "clerk@example.com"
_SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<ListOrders xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
)
DOORS = ("login", "rest", "graphql", "soap")


def request(door: str, name: str, password: str, address: str) -> bytes:
    """A login at a door, from an address as a proxy in front of the gateway would tell it."""
    basic = f"Authorization: Basic {b64encode(f'{name}:{password}'.encode()).decode()}\r\n"
    if door == "login":
        path, body, more = "/auth/v1/token?grant_type=password", json.dumps({"email": name, "password": password}), ""
    elif door == "rest":
        path, body, more = "/rest/v1/orders?select=id&limit=1", "", basic
    elif door == "graphql":
        path, body, more = "/graphql", '{"query": "{ orders(limit: 1) { id } }"}', basic
    else:
        path, body, more = "/soap/v1", _SOAP, basic
    kind = "text/xml" if door == "soap" else "application/json"
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {address}\r\n{more}"
    return f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


class Line:
    """A connection to the gateway that is opened again when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()

    def ask(self, sent: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises `OSError`."""
        try:
            self._socket.sendall(sent)
            return self._answer()
        except OSError:
            self._socket.close()
            self._open()
            raise

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=90)
        self._file = self._socket.makefile("rb")

    def _answer(self) -> tuple[int, bytes]:
        status, length, chunked, closes = self._file.readline().split(), 0, False, False
        if len(status) < 2:
            raise OSError("the connection was closed")
        while (line := self._file.readline().strip().lower()) not in (b"",):
            length = int(line.split(b":")[1]) if line.startswith(b"content-length:") else length
            chunked = chunked or line == b"transfer-encoding: chunked"
            closes = closes or line == b"connection: close"
        body = b"".join(self._chunks()) if chunked else self._file.read(length)
        if closes:
            self._socket.close()
            self._open()
        return int(status[1]), body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline(), 16):
            yield self._file.read(size)
            self._file.readline()
        self._file.readline()


def flood(port: int, addresses: int, connections: int, over: threading.Event) -> "dict[str, Counter[str]]":
    """Wrong logins until ``over``; how many answers of which status came, by door."""
    counts: dict[str, Counter[str]] = {door: Counter() for door in DOORS}
    numbers = itertools.count()

    def work(door: str) -> None:
        line = Line(port)
        while not over.is_set():
            number = next(numbers)
            name = VICTIM if number % 3 == 0 else f"nobody{number}@example.com"
            try:
                status, _ = line.ask(request(door, name, f"wrong-{number}", f"203.0.113.{number % addresses + 1}"))
                counts[door][str(status)] += 1
            except OSError as fault:
                counts[door][type(fault).__name__] += 1

    threads = [threading.Thread(target=work, args=(DOORS[n % len(DOORS)],)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


if __name__ == "__main__":
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print(json.dumps(flood(*map(int, sys.argv[1:4]), ended)))
